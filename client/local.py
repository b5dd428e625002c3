"""What a typed line may ask of the client itself, and not of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Local:
    """Any of them."""


@dataclass(frozen=True, slots=True)
class Help(Local):
    """The person wants help; `text` is it."""

    text: str


@dataclass(frozen=True, slots=True)
class HelpKeys(Local):
    """The person wants to know the keys, which the screen knows."""


@dataclass(frozen=True, slots=True)
class ChangePassword(Local):
    """The person wants another password, and has to be asked for both."""


@dataclass(frozen=True, slots=True)
class Query(Local):
    """The person wants to talk to somebody: their lines go there from now on."""

    name: str


@dataclass(frozen=True, slots=True)
class Connect(Local):
    """The person wants to talk somewhere else; without a host, wants no more waiting for the connection.

    Without a port it is the usual one. `tls` is whether it is to be encrypted, None for as it is now.
    """

    host: str | None = None
    port: int | None = None
    tls: bool | None = None


@dataclass(frozen=True, slots=True)
class GoTo(Local):
    """The person wants to see a conversation by its place in the list, from 1; without one, the list."""

    place: int | None


@dataclass(frozen=True, slots=True)
class Next(Local):
    """The person wants the next conversation in which something is unread."""


@dataclass(frozen=True, slots=True)
class Close(Local):
    """The person is done with this conversation."""


@dataclass(frozen=True, slots=True)
class Clear(Local):
    """The person wants an empty screen."""


@dataclass(frozen=True, slots=True)
class Search(Local):
    """The person looks for a text; without one, for the one before."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Retry(Local):
    """The person wants what was refused last to be sent again."""


@dataclass(frozen=True, slots=True)
class Notify(Local):
    """The person wants notifications or none: on, off or test; None asks whether there are any."""

    wanted: str | None
