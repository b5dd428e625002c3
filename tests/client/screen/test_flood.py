"""A key is shown at once while thousands of messages come in, and they fill no memory."""

from __future__ import annotations

import statistics
import threading
import time
import tracemalloc
from dataclasses import replace

import pytest

from client.screen import viewport
from client.screen.drawn import Drawing
from client.view import timeline
from schema.messages import Broadcast
from tests.client.conftest import Open
from tests.client.fake_server import TIME, Caller, FakeServer, let_in, octets
from tests.client.terminals import Terminal
from tests.client.view.scenes import LOBBY, chat_of, heard

#: Messages, and how many come in a second.
COUNT, RATE = 10_000, 2_000

#: Messages that are sent at once.
BATCH = 50

#: Seconds for a key, half of the time. It is 0.01, and 0.05 is promised; this one may be busy.
AT_ONCE = 0.5


def message(seq: int) -> Broadcast:
    return Broadcast(seq=seq, room="lobby", sender=f"user{seq % 40}", time=TIME, text=f"number {seq}.")


def keys(alice: Terminal, most: int, going: threading.Event) -> list[float]:
    """Presses keys one after the other while it goes on; the seconds until each was shown."""
    waited = []
    for number in range(most):
        if not going.is_set():
            break
        key, line = ("x", "> x") if number % 2 == 0 else ("\x7f", "\n>")
        began = time.monotonic()
        alice.press(key)
        alice.until(lambda screen, line=line: screen.endswith(line))  # type: ignore[misc]
        waited.append(time.monotonic() - began)
    return waited


@pytest.mark.heavy
def test_a_key_is_shown_at_once_while_much_comes(open_terminal: Open, capsys: pytest.CaptureFixture[str]) -> None:
    quiet, going = threading.Event(), threading.Event()
    batches = [octets(*map(message, range(first, first + BATCH))) for first in range(1, COUNT, BATCH)]

    def script(caller: Caller) -> None:
        let_in(caller)
        assert quiet.wait(10)
        going.set()
        began = time.monotonic()
        for number, batch in enumerate(batches):
            time.sleep(max(0.0, began + number * BATCH / RATE - time.monotonic()))
            caller.say(batch)
        going.clear()
        caller.until_gone()

    with FakeServer(script) as server:
        alice = open_terminal(server.address, password="secret")
        alice.until(lambda screen: "alice@" in screen)
        going.set()
        alone = keys(alice, 20, going)
        going.clear()
        quiet.set()
        assert going.wait(10)
        under = keys(alice, COUNT, going)
        alice.until(lambda screen: f"number {COUNT}." in screen)
        alice.child.close(force=True)
    with capsys.disabled():
        print(
            f"\na key is shown after {statistics.median(alone) * 1000:.0f} ms alone, and after "
            f"{statistics.median(under) * 1000:.0f} ms (at most {max(under) * 1000:.0f}) under {RATE:,} messages/s"
        )
    assert len(under) >= 5
    assert statistics.median(under) <= AT_ONCE


def test_ever_more_messages_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """With smaller limits, as each allocation is watched."""
    monkeypatch.setattr(timeline, "MAX_ENTRIES", 200)
    monkeypatch.setattr(viewport, "_KEPT", 100)
    chat = chat_of("bob")
    view, drawing = viewport.Viewport(chat), Drawing()
    sizes = []
    tracemalloc.start()
    try:
        for round_ in range(3):
            for seq in range(1 + 500 * round_, 501 + 500 * round_):
                said = message(seq)
                heard(chat, replace(said, text=f"{said.text} https://a.b/{seq} 🇩🇪"))
                if seq % 20 == 0:
                    for number, row in enumerate(view.draw(80, 24)):
                        drawing.row(number, row, 80, 0, links=True)
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len(chat.timelines[LOBBY]) <= 200
    # A message takes half a kilobyte and more; that of 500 would be seen.
    assert sizes[2] - sizes[1] <= 100_000
