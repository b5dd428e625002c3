"""What no client can ask of the hub: what follows for users when a moderator or the operator has decided something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schema.messages import Bye, Notice
from server.networks import Network


@dataclass(frozen=True, slots=True)
class Remove:
    """Ends connections, with these last words: all of a user, or all from a network but those of users with a role."""

    last: Bye
    user: str | None = None
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice to all connections of a user; without one to everyone who is logged in."""

    notice: Notice
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Roles:
    """The users who have a role now, with their roles: all of them, logged in or not."""

    of: Mapping[str, str]


Order = Remove | Tell | Roles


@dataclass(frozen=True, slots=True)
class Ordered:
    """A moderator's command that has been checked and, where it lasts, written to disk: the orders are what is left.

    They are carried out also where the moderator is gone by then, since the disk says that they were.
    """

    re: str
    orders: tuple[Order, ...] = ()
