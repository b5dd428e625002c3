"""What a capture says, made ready to be played: who said what, which answer belongs to which command."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from schema.codec import decode
from schema.errors import ChatError, Refusal
from schema.messages import Bye, Command, Error, Message, Ping, Pong, Side, Users, Welcome
from schema.tools.inputs.item import Document, Ended, Fault, Items

#: Farewells that come of time or of the operator, not of what a client says: nothing that is played brings them about.
UNPLAYED_BYES: Final = frozenset(("shutdown", "ping-timeout", "login-timeout", "frame-timeout", "too-slow"))


class Unplayable(ChatError):
    """There is nothing in a capture that could be played, or nothing to compare with."""


@dataclass(slots=True, eq=False)
class Said:
    """One document of the capture, or what is known of it.

    `position` counts all that is in the capture, `frame` its documents. `message` is None where it is refused, and
    `octets` None where the capture does not hold it. `answer` is what the server said to it, None where it never did.
    """

    position: int
    frame: int
    connection: int
    sender: Side
    octets: bytes | None
    message: Message | None
    re: str | None = None
    answer: Said | None = None
    #: Of a server's document: what it answers.
    asked: Said | None = None

    @property
    def refused_as(self) -> str | None:
        """The code of the error that it was answered with."""
        message = self.answer.message if self.answer else None
        return message.code if isinstance(message, Error) else None


@dataclass(slots=True)
class Talk:
    """One connection. `left` is the position after which the client has gone; None where the server ended it."""

    number: int
    said: list[Said] = field(default_factory=list)
    whole: bool = True
    closed_at: int | None = None
    left: float | None = None

    @property
    def name(self) -> str | None:
        """Who was logged in."""
        return next((one.message.name for one in self.by(Side.SERVER) if isinstance(one.message, Welcome)), None)

    def by(self, sender: Side) -> Iterator[Said]:
        return (one for one in self.said if one.sender is sender)


@dataclass(slots=True)
class Script:
    """`aside` are the connections that are not played, since something of them is not in the capture."""

    talks: dict[int, Talk]
    aside: list[int]


def read_script(items: Items) -> Script:
    """Holds all of the capture in memory. Raises Unplayable, and what the items raise."""
    talks: dict[int, Talk] = {}
    position = documents = placed = 0
    encrypted = False
    sides: set[Side] = set()
    for position, item in enumerate(items):
        stream = item.stream if isinstance(item, Ended) else item.where.stream
        documents += isinstance(item, Document)
        encrypted |= isinstance(item, Fault) and item.rule == "encrypted"
        if stream.connection is None or stream.sender is None:
            continue
        talk = talks.setdefault(stream.connection, Talk(stream.connection))
        if isinstance(item, Ended):
            talk.closed_at = position if item.closed else None
            continue
        if isinstance(item, Fault) and item.lost:
            talk.whole = False
        if item.where.frame is None:
            continue
        placed += isinstance(item, Document)
        sides.add(stream.sender)
        talk.said.append(_said(position, stream.connection, stream.sender, item))
    _check(documents, placed, sides, encrypted=encrypted)
    whole = {number: talk for number, talk in talks.items() if talk.whole and talk.said}
    if not whole:
        raise Unplayable("No connection in it is there from its first octet on, so none can be played.")
    for talk in whole.values():
        _pair(talk)
    lists = _lobby_lists(whole.values())
    for talk in whole.values():
        talk.left = _left(talk, lists, position + 1)
    return Script(whole, sorted(number for number, talk in talks.items() if talk.said and not talk.whole))


def _said(position: int, connection: int, sender: Side, item: Document | Fault) -> Said:
    octets = item.octets if isinstance(item, Document) else None
    message, re = None, None
    if octets is not None:
        try:
            message = decode(octets, sender)
        except Refusal as refusal:
            re = refusal.re
            # A capture keeps a refused document up to what may be a password.
            if octets.endswith(b"*"):
                octets = None
    if isinstance(message, Command | Ping):
        re = message.id
    return Said(position, item.where.frame or 0, connection, sender, octets, message, re)


def _check(documents: int, placed: int, sides: set[Side], *, encrypted: bool) -> None:
    if not placed and encrypted:
        raise Unplayable("Its connections are inside TLS. The server's --capture and tap record them in clear.")
    if not documents:
        raise Unplayable("There is no document in it.")
    if not placed:
        raise Unplayable(
            "It does not say on which connection a document was sent, and by whom. A capture of --capture, of tap or"
            " of tcpdump does."
        )
    if Side.CLIENT not in sides:
        raise Unplayable("Nothing that a client said is in it, so there is nothing to play.")
    if Side.SERVER not in sides:
        raise Unplayable("Nothing that the server said is in it, so there is nothing to compare with.")


def _pair(talk: Talk) -> None:
    """Finds the answer of each command: by its id, and of what was refused without one, in order."""
    asked = Asked()
    for one in talk.said:
        if one.sender is Side.CLIENT:
            if not isinstance(one.message, Pong):
                asked.ask(one)
        elif one.message is not None and (command := asked.answered(one.message)) is not None:
            one.asked, command.answer = command, one


class Asked:
    """What was sent on one connection and is not answered yet."""

    def __init__(self) -> None:
        self._by_id: dict[str, deque[Said]] = {}
        self._nameless: deque[Said] = deque()

    def ask(self, said: Said) -> None:
        if said.re is None:
            self._nameless.append(said)
        else:
            self._by_id.setdefault(said.re, deque()).append(said)

    def answered(self, message: Message) -> Said | None:
        """What this answers; None where it answers nothing that is known."""
        re = getattr(message, "re", None)
        if waiting := self._by_id.get(re) if re is not None else None:
            found = waiting.popleft()
            if not waiting:
                del self._by_id[found.re or ""]
            return found
        return self._nameless.popleft() if isinstance(message, Error) and self._nameless else None


def _lobby_lists(talks: Iterable[Talk]) -> list[tuple[int, int, frozenset[str]]]:
    """Who is there by what is pushed: the position, the connection that it came on, and the names."""
    found = []
    for talk in talks:
        for said in talk.by(Side.SERVER):
            message = said.message
            if isinstance(message, Users) and message.re is None and message.room == "lobby":
                found.append((said.position, talk.number, frozenset(message.names)))
    return sorted(found)


def _left(talk: Talk, lists: list[tuple[int, int, frozenset[str]]], end: int) -> float | None:
    """When the client went, where it did so without a farewell.

    A capture of packets says it. Another does not: there it went before others were told so, after its last document,
    and else it stayed to the `end`. Half a position is between two.
    """
    byes = [one.message.code for one in talk.by(Side.SERVER) if isinstance(one.message, Bye)]
    if byes and byes[-1] not in UNPLAYED_BYES:
        return None
    if talk.closed_at is not None:
        return talk.closed_at
    last = talk.said[-1].position
    name = talk.name
    later = lists[bisect_right(lists, last, key=lambda one: one[0]) :]
    told = (position for position, number, names in later if number != talk.number and name not in names)
    first = next(told, None) if name is not None else None
    return end if first is None else first - 0.5
