"""Another password, from the screen: asked for and changed in a thread of its own, while the chat goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable

from client.connection import Client
from client.password import UNCHANGED, ask_passwords, change_password
from client.screen.questions import Questions
from schema.errors import ChatError, Unsendable


class PasswordChange:
    """Not thread-safe: it belongs to the loop that draws."""

    def __init__(self, client: Client, questions: Questions, tell: Callable[[str], None]) -> None:
        """`tell` is called from the thread."""
        self._client = client
        self._questions = questions
        self._tell = tell
        self._worker: threading.Thread | None = None

    def begin(self) -> None:
        """Asks, unless somebody is being asked already."""
        if self._worker is None or not self._worker.is_alive():
            self._questions.begin()
            self._worker = threading.Thread(target=self._change, name="client-password")
            self._worker.start()

    def join(self) -> None:
        """Waits until it is changed, or is not to be."""
        if self._worker is not None:
            self._worker.join()

    def _change(self) -> None:
        try:
            old, new = ask_passwords(self._questions)
        except EOFError:
            self._tell(UNCHANGED)
            return
        finally:
            self._questions.finish()
        try:
            change_password(self._client, old, new, self._tell)
        except Unsendable as error:
            self._tell(f"! Not sent: {error}")
        except ChatError:
            pass  # Who leaves finds that the conversation has ended.
