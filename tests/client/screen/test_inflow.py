from __future__ import annotations

import asyncio
import threading

import pytest

from client import Client
from client.screen import inflow as inflow_module
from client.screen.inflow import Exchange, Inflow
from schema.messages import Broadcast, Notice
from tests.client.conftest import Enter
from tests.client.processes import SOON
from tests.client.view.scenes import NOW

NOTICE = Notice(code="local", time=NOW, text="of our own")


async def everything(inflow: Inflow, most: int = 1000) -> list[Exchange]:
    """What comes until nothing more does."""
    taken: list[Exchange] = []
    is_over = False
    while not is_over:
        await asyncio.wait_for(inflow.arrived(), SOON)
        is_over = inflow.ended
        while some := inflow.take(most):
            assert len(some) <= most
            taken += some
    inflow.join()
    return taken


def texts(exchanges: list[Exchange]) -> list[str]:
    return [message.text for message, _ in exchanges if isinstance(message, Broadcast)]


def followed(client: Client, most: int = 1000) -> list[Exchange]:
    async def follow() -> list[Exchange]:
        inflow = Inflow(client)
        inflow.start()
        return await everything(inflow, most)

    return asyncio.run(follow())


@pytest.mark.parametrize("most", [1, 1000])
def test_everything_comes_in_order_to_its_end(enter: Enter, most: int) -> None:
    alice, bob = enter("alice"), enter("bob")
    said = [f"text {number}" for number in range(20)]
    for text in said:
        bob.pm(text)
    alice.ping()
    alice.ex()
    assert texts(followed(alice, most)) == said


def test_more_than_can_wait_waits_outside(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflow_module, "MAX_WAITING", 3)
    alice = enter("alice")
    said = [f"text {number}" for number in range(20)]
    for text in said:
        alice.pm(text)
    alice.ex()
    assert texts(followed(alice, 2)) == said


def test_who_takes_nothing_any_more_keeps_nobody_waiting(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflow_module, "MAX_WAITING", 1)
    alice = enter("alice")
    for _ in range(5):
        alice.pm("hello")

    async def leave() -> Inflow:
        inflow = Inflow(alice)
        inflow.start()
        await asyncio.wait_for(inflow.arrived(), SOON)
        inflow.stop()
        return inflow

    inflow = asyncio.run(leave())
    # After the loop is closed too.
    inflow.put(NOTICE, None)
    alice.ex()
    inflow.join()
    assert inflow.ended


def test_something_of_our_own_stands_among_the_rest(enter: Enter) -> None:
    alice = enter("alice")

    async def follow() -> list[Exchange]:
        inflow = Inflow(alice)
        inflow.start()
        worker = threading.Thread(target=inflow.put, args=(NOTICE, None))
        worker.start()
        worker.join()
        alice.ex()
        return await everything(inflow)

    assert (NOTICE, None) in asyncio.run(follow())


def test_one_that_was_never_started_need_not_be_waited_for(enter: Enter) -> None:
    Inflow(enter("alice")).join()
