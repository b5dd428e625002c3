"""One immutable class for each document of chat.xsd.

What is written beside a field says how it stands in the XML (schema/written.py). schema/codec.py reads this and holds
no element's name.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from schema.errors import Refusal
from schema.written import (
    attribute,
    child,
    children,
    optional_attribute,
    optional_child,
    optional_secret,
    secret,
    written,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NAMESPACE: Final = "urn:xmlchat:1"
MAJOR: Final = 1
MINOR: Final = 0


class Side(Enum):
    """Who sends."""

    CLIENT = "client"
    SERVER = "server"

    # Members are what they are by identity. Enum's own hash is that of the name, asked for in Python each time.
    __hash__ = object.__hash__

    @property
    def other(self) -> Side:
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Any document. Names, ids and times are text, numbers are integers, flags are booleans."""

    element: ClassVar[str]
    senders: ClassVar[frozenset[Side]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Message):
    """What a client asks for. It gets exactly one answer, which names its id in `re`."""

    senders = frozenset({Side.CLIENT})
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Data(Message):
    """What a server sends."""

    senders = frozenset({Side.SERVER})


@dataclass(frozen=True, slots=True)
class Protocol:
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Room:
    name: str
    users: int


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: str | None = None
    away: bool | None = None

    @classmethod
    def named(cls, *names: str) -> tuple[User, ...]:
        """Users without a role, who are not away."""
        return tuple(map(cls, names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanction:
    kind: str
    user: str | None = None
    address: str | None = None
    by: str | None = None
    time: str
    until: str | None = None
    text: str | None = optional_child("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Command):
    element = "login"
    name: str
    register: bool | None = None
    client: str | None = None
    since: int | None = None
    place: int | None = None
    minor: int | None = None
    password: str | None = optional_secret("password")
    invitation: str | None = optional_secret("invitation")
    rooms: tuple[str, ...] = children("room", only="name")
    extensions: tuple[str, ...] = children("extension")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pm(Command):
    element = "pm"
    text: str = child("text")
    room: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dm(Command):
    element = "dm"
    to: str
    text: str = child("text")
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Who(Command):
    element = "who"
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class List(Command):
    element = "list"
    what: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command):
    element = "join"
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Command):
    element = "part"
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History(Command):
    element = "history"
    room: str | None = None
    user: str | None = None
    before: int | None = None
    after: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Away(Command):
    element = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Back(Command):
    element = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Command):
    element = "block"
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblock(Command):
    element = "unblock"
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passwd(Command):
    element = "passwd"
    old: str = secret("old")
    new: str = secret("new")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kick(Command):
    element = "kick"
    user: str
    text: str | None = optional_child("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute(Command):
    element = "mute"
    user: str
    seconds: int | None = None
    text: str | None = optional_child("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmute(Command):
    element = "unmute"
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban(Command):
    element = "ban"
    user: str | None = None
    address: str | None = None
    seconds: int | None = None
    text: str | None = optional_child("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unban(Command):
    element = "unban"
    user: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce(Command):
    element = "announce"
    text: str = child("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ex(Command):
    element = "ex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Message):
    element = "ping"
    senders = frozenset(Side)
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong(Message):
    element = "pong"
    senders = frozenset(Side)
    re: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Data):
    element = "prompt"
    re: str
    name: str
    account: str
    text: str = child("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(Data):
    element = "welcome"
    re: str
    name: str
    room: str
    seq: int
    place: int
    registered: bool | None = None
    role: str | None = None
    users: tuple[User, ...] = children("user", User)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(user.name for user in self.users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ok(Data):
    element = "ok"
    re: str
    seq: int | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Error(Data):
    element = "error"
    code: str
    action: str
    text: str = child("text")
    re: str | None = None
    at: str | None = None
    line: int | None = None
    column: int | None = None
    retry: int | None = None

    @classmethod
    def of(cls, refusal: Refusal) -> Error:
        """The answer to what was refused."""
        return cls(
            re=refusal.re,
            code=refusal.code.name,
            action=refusal.code.action,
            text=refusal.sentence,
            at=refusal.at,
            line=refusal.line,
            column=refusal.column,
            retry=refusal.retry,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting(Data):
    element = "greeting"
    server: str
    version: str
    time: str
    registration: str | None = None
    protocols: tuple[Protocol, ...] = children("protocol", Protocol)
    limits: tuple[Limit, ...] = children("limit", Limit)
    extensions: tuple[str, ...] = children("extension")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast(Data):
    element = "broadcast"
    seq: int
    room: str
    sender: str = attribute("from")
    time: str
    text: str = child("text")
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct(Data):
    element = "direct"
    seq: int
    sender: str = attribute("from")
    to: str
    time: str
    text: str = child("text")
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Users(Data):
    element = "users"
    room: str
    re: str | None = None
    users: tuple[User, ...] = children("user", User)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(user.name for user in self.users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms(Data):
    element = "rooms"
    re: str
    rooms: tuple[Room, ...] = children("room", Room)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Data):
    element = "page"
    re: str
    more: bool
    broadcasts: tuple[Broadcast, ...] = children("broadcast", Broadcast)
    directs: tuple[Direct, ...] = children("direct", Direct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks(Data):
    element = "blocks"
    re: str
    users: tuple[str, ...] = children("user", only="name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanctions(Data):
    element = "sanctions"
    re: str
    sanctions: tuple[Sanction, ...] = children("sanction", Sanction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Data):
    element = "resumed"
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Data):
    element = "notice"
    code: str
    time: str
    text: str = child("text")
    sender: str | None = optional_attribute("from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye(Data):
    element = "bye"
    code: str
    reconnect: bool
    text: str = child("text")
    re: str | None = None

    @classmethod
    def of(cls, refusal: Refusal) -> Bye:
        """The last words after a refusal that ends the connection."""
        return cls(code=refusal.code.name, reconnect=refusal.code.action == "wait", text=refusal.sentence)


def secrets_of(message: Message) -> tuple[str, ...]:
    """The fields that must not be seen: passwords and invitations."""
    return tuple(spec.name for spec in fields(message) if not spec.repr)


#: Every message class, by the name of its element, in the order of chat.xsd.
MESSAGES: Final[dict[str, type[Message]]] = {
    message.element: message
    for message in (
        *(Login, Pm, Dm, Who, List, Join, Part, History),
        *(Away, Back, Block, Unblock, Passwd),
        *(Kick, Mute, Unmute, Ban, Unban, Announce, Ex),
        *(Ping, Pong),
        *(Prompt, Welcome, Ok, Error),
        *(Greeting, Broadcast, Direct, Users, Rooms, Page, Blocks, Sanctions, Resumed, Notice, Bye),
    )
}


def as_fields(message: Message) -> dict[str, Any]:
    """The message as plain data, for JSON: `type` is its element, the other keys are as in the XML, lists in the
    plural.

    What the document leaves out is left out here.
    """
    return {"type": message.element, **_fields(message)}


def _fields(said: DataclassInstance) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for spec in fields(said):
        value = getattr(said, spec.name)
        if value is None:
            continue
        how = written(spec)
        plain[spec.name if how.many else how.name] = _plain(value)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Message):
        return as_fields(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    return value
