"""What the journal hands to the hub, in the one order that everybody will see."""

from __future__ import annotations

from dataclasses import dataclass

from schema.messages import Bye, Command
from server.orders import Ordered

#: The last words to those who logged in with a password that is no longer the one.
PASSWORD_CHANGED = Bye(
    code="password-changed", reconnect=False, text="The password was changed elsewhere; log in with the new one."
)


@dataclass(frozen=True, slots=True)
class Enter:
    """A connection has logged in: `re` is the id of its login."""

    re: str
    registered: bool
    #: The name of the user's device; "" where it has none.
    client: str = ""
    #: The last message that the device saw, and the last direct one if that is further back; None where not said.
    since: int | None = None
    place: int | None = None
    #: Rooms to be in besides the lobby.
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """A connection is gone, for a reason that the log has; what was asked before is still answered."""

    reason: str = "disconnected"


@dataclass(frozen=True, slots=True)
class Read:
    """A connection has read everything up to a message."""

    seq: int


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """A user has changed the password, on disk already: `re` is the id of the command."""

    re: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """A connection is to end, with these last words."""

    bye: Bye


Request = Enter | Leave | Read | Ordered | PasswordChanged | Dismiss | Command
