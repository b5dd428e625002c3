"""A real prompt of prompt_toolkit, a screen, and threads that write meanwhile."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyte
import pyte.modes
import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from client.above import MAX_HELD, Above
from client.safe import put
from tests.peer import PATIENCE

#: Seconds in which something is given the chance to go wrong; where all is right they pass in vain.
A_WHILE = 0.3


class Screen(io.StringIO):
    """A screen of 80 by 24, and what has left it at the top."""

    def __init__(self) -> None:
        super().__init__()
        self._screen = pyte.HistoryScreen(80, 24, history=3 * MAX_HELD)
        # A terminal begins a line at its left end, as the driver of a real one sees to.
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)
        self._changed = threading.Condition()
        #: Called with what is to be written, by the thread that writes it.
        self.before: Callable[[str], None] = lambda text: None

    def write(self, text: str) -> int:
        self.before(text)
        with self._changed:
            self._stream.feed(text)
            self._changed.notify_all()
        return len(text)

    @property
    def lines(self) -> list[str]:
        """Without the blank lines."""
        return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def all_lines(self) -> list[str]:
        """With those that have left it."""
        gone = ("".join(line[column].data for column in range(80)) for line in self._screen.history.top)
        return [*(line.rstrip() for line in gone), *self.lines]

    def shows(self, *wanted: str) -> None:
        """Waits until exactly these lines stand there."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.lines == [*wanted], PATIENCE), self.lines


class Desk:
    """Somebody who types in a thread of their own."""

    def __init__(self, screen: Screen, keyboard: PipeInput, hand: ThreadPoolExecutor) -> None:
        self.screen = screen
        self.above = Above(screen)
        output = Vt100_Output(screen, lambda: Size(rows=24, columns=80), term="xterm", enable_cpr=False)
        self.session: PromptSession[str] = PromptSession(input=keyboard, output=output, erase_when_done=True)
        self.press = keyboard.send_text
        self._hand = hand

    def read(self) -> str:
        with self.above.typing():
            return self.session.prompt("alice> ", pre_run=self.above.begin)

    def start(self) -> Future[str]:
        return self._hand.submit(self.read)

    def write(self, *texts: str) -> None:
        """In a thread of its own, to its end: all that others do."""

        def put_all() -> None:
            for text in texts:
                put(text, self.above)

        other = threading.Thread(target=put_all, daemon=True)
        other.start()
        other.join(PATIENCE)
        assert not other.is_alive()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with create_pipe_input() as keyboard, ThreadPoolExecutor(1) as hand:
        yield Desk(Screen(), keyboard, hand)
        # Whoever still reads is sent home.
        keyboard.close()


def test_where_nobody_types_it_is_written_at_once_and_in_order(desk: Desk) -> None:
    put("one", desk.above)
    desk.write("two\nthree")
    assert desk.screen.lines == ["one", "two", "three"]


def test_a_line_is_not_drawn_while_another_thread_still_writes(desk: Desk) -> None:
    """It would write behind the prompt, and nobody would draw that again."""
    writes, is_drawn = threading.Event(), threading.Event()
    writer = threading.Thread(target=put, args=("from bob", desk.above))

    def before(text: str) -> None:
        if threading.current_thread() is writer:
            writes.set()
            is_drawn.wait(A_WHILE)
        elif "alice>" in text:
            desk.screen.before = lambda text: None
            is_drawn.set()

    desk.screen.before = before
    writer.start()
    assert writes.wait(PATIENCE)
    typed = desk.start()
    desk.screen.shows("from bob", "alice>")
    desk.press("half a li")
    desk.screen.shows("from bob", "alice> half a li")
    desk.press("ne\r")
    assert typed.result(PATIENCE) == "half a line"
    desk.screen.shows("from bob")


def test_what_comes_while_a_line_begins_is_held_until_its_loop_runs(desk: Desk) -> None:
    seen: list[list[str]] = []

    def reset(_: object) -> None:
        desk.write("from bob")
        seen.append(desk.screen.lines)

    # Before `begin`, and then when the line has been drawn.
    desk.session.app.on_reset += reset
    desk.session.app.after_render += lambda _: seen.append(desk.screen.lines)
    typed = desk.start()
    desk.screen.shows("from bob", "alice>")
    desk.press("\r")
    assert typed.result(PATIENCE) == ""
    assert seen[:2] == [[], ["from bob", "alice>"]]


def test_what_comes_while_a_line_is_typed_stands_above_it(desk: Desk) -> None:
    typed = desk.start()
    desk.press("half a li")
    desk.screen.shows("alice> half a li")
    for number in range(3):
        desk.write(f"number {number}\nand more")
    desk.screen.shows(*[line for number in range(3) for line in (f"number {number}", "and more")], "alice> half a li")
    desk.press("ne\r")
    assert typed.result(PATIENCE) == "half a line"


def test_what_comes_when_a_line_has_been_sent_is_written_once(desk: Desk) -> None:
    last = iter([desk.write])

    def rendered(_: object) -> None:
        if desk.session.app.is_done:
            for write in last:
                write("from bob")

    desk.session.app.after_render += rendered
    desk.press("hello\r")
    assert desk.read() == "hello"
    desk.write("from carol")
    assert desk.screen.lines == ["from bob", "from carol"]


def test_what_comes_when_its_loop_has_been_closed_is_written_by_who_typed(desk: Desk) -> None:
    desk.press("hello\r")
    with desk.above.typing():
        desk.session.prompt("alice> ", pre_run=desk.above.begin)
        desk.write("from bob")
        assert desk.screen.lines == []
    assert desk.screen.lines == ["from bob"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, EOFError, RuntimeError])
def test_whatever_ends_the_line_what_was_held_is_written(desk: Desk, error: type[BaseException]) -> None:
    with pytest.raises(error), desk.above.typing():
        desk.write("from bob")
        assert desk.screen.lines == []
        raise error
    assert desk.screen.lines == ["from bob"]


def test_an_interrupted_writer_leaves_what_others_brought_to_the_next(desk: Desk) -> None:
    def interrupt(_: str) -> None:
        desk.screen.before = lambda text: None
        raise KeyboardInterrupt

    lines = [str(number) for number in range(MAX_HELD)]
    with pytest.raises(KeyboardInterrupt), desk.above.typing():
        desk.write(*lines)
        desk.screen.before = interrupt
    desk.write("at last")
    assert desk.screen.all_lines == [*lines, "at last"]


def test_who_brings_too_much_waits_until_there_is_room(desk: Desk) -> None:
    lines = [str(number) for number in range(2 * MAX_HELD)]
    over = threading.Event()

    def bring() -> None:
        for line in lines:
            put(line, desk.above)
            if line == str(MAX_HELD):
                over.set()

    bringing = threading.Thread(target=bring)
    with desk.above.typing():
        bringing.start()
        assert not over.wait(A_WHILE)
    bringing.join(PATIENCE)
    assert desk.screen.all_lines == lines


def broken(_: str) -> None:
    raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_is_told_to_who_writes(desk: Desk) -> None:
    desk.screen.before = broken
    with pytest.raises(OSError, match="Input/output"):
        put("from bob", desk.above)
    with pytest.raises(OSError, match="Input/output"), desk.above.typing():
        desk.write("from carol")


def test_a_terminal_that_goes_while_a_line_is_typed_ends_it(desk: Desk) -> None:
    typed = desk.start()
    desk.screen.shows("alice>")
    desk.screen.before = broken
    desk.write("from bob")
    with pytest.raises(OSError, match="Input/output"):
        typed.result(PATIENCE)


def test_of_a_crowd_all_comes_once_and_in_order_and_no_prompt_is_left(desk: Desk) -> None:
    together = threading.Barrier(3)
    lines = [[f"{name} {number}" for number in range(200)] for name in ("bob", "carol")]

    def say(own: list[str]) -> None:
        for count, line in enumerate(own):
            if count % 10 == 0:
                together.wait(PATIENCE)
            put(line, desk.above)

    crowd = [threading.Thread(target=say, args=(own,)) for own in lines]
    for one in crowd:
        one.start()
    for _ in range(20):
        desk.press("x\r")
        together.wait(PATIENCE)
        assert desk.read() == "x"
    for one in crowd:
        one.join(PATIENCE)
    shown = desk.screen.all_lines
    assert [[line for line in shown if line in own] for own in lines] == lines
    assert len(shown) == sum(map(len, lines))
