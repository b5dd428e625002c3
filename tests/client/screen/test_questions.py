from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from client.screen.questions import Questions
from tests.client.processes import SOON


def asked(
    said: str | None, *, over: bool = False, ask: Callable[[Questions], str] | None = None
) -> tuple[object, list[str]]:
    """What a worker gets that asks "Who?\\x9b", and what was asked whenever the screen was drawn."""

    async def run() -> tuple[object, list[str]]:
        drawn: list[str] = []
        shown = asyncio.Event()

        def show() -> None:
            drawn.append(questions.question)
            if questions.question:
                shown.set()

        questions = Questions(show, lambda _: None)
        if over:
            questions.end()
        questions.begin()
        assert questions.open != over
        worker = asyncio.create_task(asyncio.to_thread(ask or (lambda one: one.ask_secret("Who?\x9b")), questions))
        if not over:
            await asyncio.wait_for(shown.wait(), SOON)
            assert questions.question == "Who?\\x9b"
            questions.reply(said)
            # There may be another one.
            assert questions.question == ""
            assert questions.open
        try:
            return await asyncio.wait_for(worker, SOON), drawn
        except EOFError:
            return EOFError, drawn

    return asyncio.run(run())


def test_an_answer_reaches_who_asked() -> None:
    assert asked("me") == ("me", ["", "Who?\\x9b", ""])
    assert asked("me", ask=lambda questions: questions.ask("Who?\x9b")) == ("me", ["", "Who?\\x9b", ""])


@pytest.mark.parametrize("over", [True, False])
def test_nobody_need_answer(over: bool) -> None:
    assert asked(None, over=over)[0] is EOFError


def test_a_reply_to_nothing_is_nothing() -> None:
    questions = Questions(lambda: None, lambda _: None)
    questions.reply("me")
    assert questions.question == ""


def test_what_is_typed_belongs_to_the_questions_until_all_are_asked() -> None:
    async def run() -> list[bool]:
        shown = asyncio.Event()
        questions = Questions(shown.set, lambda _: None)
        states = [questions.open]
        questions.begin()
        states.append(questions.open)
        shown.clear()
        await asyncio.to_thread(questions.finish)
        await asyncio.wait_for(shown.wait(), SOON)
        return [*states, questions.open]

    assert asyncio.run(run()) == [False, True, False]


def test_answers_may_be_typed_before_they_are_asked() -> None:
    async def run() -> list[str]:
        questions = Questions(lambda: None, lambda _: None)
        questions.begin()
        for answer in ("one", "two"):
            questions.reply(answer)
        return [await asyncio.to_thread(questions.ask_secret, "?") for _ in range(2)]

    assert asyncio.run(run()) == ["one", "two"]


def test_what_was_typed_too_much_is_no_answer_the_next_time() -> None:
    async def run() -> str:
        questions = Questions(lambda: None, lambda _: None)
        questions.begin()
        questions.reply("too much")
        questions.begin()
        questions.reply("right")
        return await asyncio.to_thread(questions.ask_secret, "?")

    assert asyncio.run(run()) == "right"


@pytest.mark.parametrize("order", ["ask end", "end ask"])
def test_a_worker_that_asks_while_the_screen_ends_is_not_kept_waiting(order: str) -> None:
    """Also where the loop is closed, and shows nothing any more."""
    questions = Questions(lambda: None, lambda _: None)

    async def begin() -> None:
        questions.begin()

    asyncio.run(begin())
    with ThreadPoolExecutor(1) as worker:
        if order == "end ask":
            questions.end()
        answer = worker.submit(questions.ask_secret, "Who?")
        while order == "ask end" and not questions.question:
            pass
        questions.end()
        with pytest.raises(EOFError):
            answer.result(SOON)
    questions.finish()


def test_what_is_told_is_passed_on() -> None:
    told: list[str] = []
    Questions(lambda: None, told.append).tell("Well.")
    assert told == ["Well."]
