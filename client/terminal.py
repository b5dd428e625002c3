"""Line mode in a terminal (--plain): what comes appears above the line that is being typed."""

from __future__ import annotations

import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.layout.processors import PasswordProcessor

from client.above import Above
from client.connection import Client
from client.farewell import say_farewell
from client.input import Input
from client.output import Output
from client.safe import Stream, safe
from client.show import Show


class _Keyboard(Vt100Input):
    """Keeps what is typed to itself while a line is shown.

    prompt_toolkit gives the terminal its usual mode back meanwhile, for programs that ask something then. In that mode
    the terminal itself shows each key that is pressed, in the middle of what is being shown.
    """

    def cooked_mode(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Line:
    """The line being typed; another thread may end it."""

    def __init__(self, session: PromptSession[str], above: Above, over: threading.Event) -> None:
        self._session = session
        self._above = above
        self._over = over

    def read(self, prompt: str) -> str | None:
        """What was typed; None at the end. Raises KeyboardInterrupt."""
        try:
            with self._above.typing():
                return self._session.prompt(safe(prompt), pre_run=self._begin)
        except EOFError:
            return None

    def end(self) -> None:
        """Ends it if it is being typed; `over` has been set, so it is not begun any more."""
        loop = self._session.app.loop
        if loop is not None:
            # One that has just been closed raises: the line has been sent.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._leave_if_over)

    def _begin(self) -> None:
        self._above.begin()
        self._leave_if_over()

    def _leave_if_over(self) -> None:
        app = self._session.app
        if self._over.is_set() and app.is_running and not app.is_done:
            app.exit(exception=EOFError)


class _Keys:
    """What is typed in a terminal: lines, and passwords in between. Another thread may end it."""

    def __init__(self, output: Output, above: Above) -> None:
        self._output = output
        self._over = threading.Event()
        keyboard = _Keyboard(sys.stdin)
        # What is typed is erased when it is sent: it comes back as a broadcast, with its time, in everybody's order.
        self._line = _Line(PromptSession(input=keyboard, erase_when_done=True), above, self._over)
        # Nothing is shown of a password, no key brings it back, and Ctrl-C means not to give one.
        hidden: PromptSession[str] = PromptSession(
            input=keyboard,
            erase_when_done=True,
            history=DummyHistory(),
            input_processors=[PasswordProcessor(char="")],
            interrupt_exception=EOFError,
        )
        self._secret = _Line(hidden, above, self._over)

    def read(self, prompt: str) -> str | None:
        """What was typed; None at the end. Raises KeyboardInterrupt."""
        return self._line.read(prompt)

    def end(self) -> None:
        self._over.set()
        self._line.end()
        self._secret.end()

    def ask(self, question: str) -> str:
        return self._answer(self._line.read(question))

    def ask_secret(self, question: str) -> str:
        return self._answer(self._secret.read(question))

    def tell(self, sentence: str) -> None:
        self._output.tell(sentence)

    def _answer(self, said: str | None) -> str:
        if said is None:
            raise EOFError
        return said


@contextmanager
def _unechoed() -> Iterator[None]:
    """What is typed between two lines is kept for the next one; the terminal would show it wherever the cursor stands.

    Ctrl-C stays a signal.
    """
    before = termios.tcgetattr(sys.stdin)
    *rest, local, in_speed, out_speed, characters = before
    quiet = local & ~(termios.ECHO | termios.ICANON)
    try:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, [*rest, quiet, in_speed, out_speed, characters])
        yield
    finally:
        # One that is gone needs nothing back.
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def run_terminal(client: Client, make_output: Callable[[Stream], Output]) -> None:
    """Reads lines until the person leaves or the connection ends. Raises what ended it otherwise."""
    above = Above(sys.stdout)
    output = make_output(above)
    keys = _Keys(output, above)
    typed = Input(client, output, keys)
    output.tell("Type a line and press Enter. /help lists the commands, /ex leaves.")
    # Closed again although each line does so: a second Ctrl-C may have come between, and who shows would wait for room.
    with _unechoed(), Show(client, output, keys.end), closing(above):
        while (text := keys.read(_prompt(client, typed))) is not None:
            if not typed.take(text):
                break
        say_farewell(client, output.tell)


def _prompt(client: Client, typed: Input) -> str:
    return f"{client.session.name}{f' #{typed.room}' if typed.room else ''}> "
