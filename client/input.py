"""What a line that somebody typed leads to: a command is sent, help is shown, a mistake is explained."""

from __future__ import annotations

from concurrent.futures import Future

from client.asker import Asker
from client.commands import Mistyped, Typist
from client.connection import Client
from client.local import ChangePassword, Help, Local
from client.output import Output
from client.password import UNCHANGED, ask_passwords, change_password
from schema.errors import Unsendable
from schema.messages import Ex, Message


class Input:
    """Not thread-safe: it belongs to the thread that reads what is typed."""

    def __init__(self, client: Client, output: Output, asker: Asker | None = None) -> None:
        """`asker` is somebody who can be asked for a password."""
        self._client = client
        self._output = output
        self._asker = asker
        self._typist = Typist(client.session.next_id)
        #: What the server answers to the last line; None where nothing was sent.
        self.answer: Future[Message] | None = None
        #: Whether a line could not be sent.
        self.failed = False

    @property
    def room(self) -> str | None:
        """Where a line without a command goes; None is the lobby."""
        return self._typist.room

    def take(self, line: str) -> bool:
        """Carries out a line. False where it said to log out, which the caller then does. Raises Disconnected."""
        self.answer = None
        try:
            command = self._typist.read(line)
            if isinstance(command, Ex):
                return False
            if isinstance(command, Help):
                self._output.tell(command.text)
            elif isinstance(command, ChangePassword):
                self._change_password()
            elif command is not None and not isinstance(command, Local):
                self.answer = self._client.submit(command)
                self._typist.follow(command)
                if not self._client.connected:
                    self._output.tell(f"* Not sent yet, the connection is down: {line}")
        except (Mistyped, Unsendable) as error:
            self.failed = True
            self._output.tell(f"! Not sent: {error}")
        return True

    def _change_password(self) -> None:
        if self._asker is None:
            raise Mistyped("To change your password, run the client in a terminal: it has to be asked for.")
        if not self._client.connected:
            raise Mistyped("The connection is down; change your password when it is back.")
        try:
            old, new = ask_passwords(self._asker)
        except EOFError:
            self._output.tell(UNCHANGED)
            return
        change_password(self._client, old, new, self._output.tell)

    def log_out(self) -> None:
        """Waits until everything sent is answered and says ex. Raises Disconnected."""
        self._client.settle()
        self._client.ex()
