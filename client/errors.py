"""What can go wrong in the client, below `ChatError` (schema/errors.py).

ChatError
├── Unreachable     nobody answers at the address
├── Disconnected    the connection has ended; carries the server's bye, if there was one
├── Unverified      the server's certificate does not verify; nothing was sent to it
├── ServerFault     the server sent what the protocol does not allow
├── Refused         the server answered a command with an error; carries it
├── Mistyped        a line that cannot be carried out (client/commands.py)
├── NoPlace         what somebody wrote names no server (client/where.py)
├── BadAuthorities  the file that says whom to trust does not serve (client/trust.py)
├── Declined        a person does not want to send a password in clear (client/consent.py)
└── Damaged         a file of the client's own makes no sense (client/kept.py)
"""

from __future__ import annotations

from schema.errors import ChatError
from schema.messages import Bye, Error


class Unreachable(ChatError):
    """No connection could be made."""


class Unverified(ChatError):
    """The server cannot show that it is the one that was meant. Trying again makes no sense."""


class Disconnected(ChatError):
    """The connection has ended. `bye` holds the server's last words, None where it said none.

    `final` says that coming back makes no sense.
    """

    def __init__(self, sentence: str, bye: Bye | None = None, *, final: bool = False) -> None:
        super().__init__(sentence)
        self.bye = bye
        self.final = final or (bye is not None and not bye.reconnect)


class ServerFault(ChatError):
    """The server broke the protocol; the connection was ended."""


class Refused(ChatError):
    """The server refused a command. `error` is its answer; `str()` its sentence."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.text)
        self.error = error
