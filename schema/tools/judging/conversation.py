"""What shape alone cannot see: whether a document has its place in the conversation (PROTOCOL.md §4).

Messages go in, breaches of rules come out; nothing here reads a file or a clock. What was not seen (before a capture
began, in a hole of it) is never held against anybody.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple

from schema.errors import Refusal
from schema.messages import (
    Blocks,
    Broadcast,
    Bye,
    Command,
    Direct,
    Dm,
    Error,
    Ex,
    Greeting,
    History,
    Join,
    List,
    Login,
    Message,
    Ok,
    Page,
    Part,
    Ping,
    Pm,
    Pong,
    Prompt,
    Resumed,
    Rooms,
    Sanctions,
    Side,
    Users,
    Welcome,
    Who,
)
from schema.protocol import ACTIVE, CLIENT, CLOSED, GREETED, LEAVING, OPENED, SERVER, TRANSITIONS, State, advance
from schema.tools.inputs.item import Where
from schema.tools.judging.devices import Devices

#: Commands of one connection that wait for an answer, and answers that are remembered. What is older is forgotten,
#: so that a client that is never answered does not fill the memory.
MAX_PENDING = 4096
MAX_ANSWERED = 256

#: The answers that PROTOCOL.md §5 names; any other command is answered ok. An error answers anything.
ANSWERS: Final[dict[type[Message], tuple[type[Message], ...]]] = {
    Login: (Prompt, Welcome),
    Who: (Users,),
    List: (Rooms, Blocks, Sanctions),
    History: (Page,),
    Ex: (Bye,),
    Ping: (Pong,),
}
_OK = (Ok,)

_LOBBY = "lobby"


class Breach(NamedTuple):
    """A rule that was broken by the document just heard, or, where `where` is given, by that one."""

    rule: str
    sentence: str
    where: Where | None = None


class _Pending(NamedTuple):
    """`command` is None where it is not known: it was refused, or several have one id, and `more` answers come."""

    command: Message | None
    where: Where | None
    more: int = 0


class Conversation:
    """One connection. `seen_from_start` is whether all of it is there up to now; `devices` outlives the connection."""

    def __init__(self, devices: Devices, *, seen_from_start: bool = True) -> None:
        self._devices = devices
        self._state: State | None = OPENED if seen_from_start else None
        # Whether commands, and what rooms one is in, may have been missed.
        self._whole = seen_from_start
        self._allowed = TRANSITIONS[OPENED]
        self._pending: dict[str, _Pending] = {}
        self._pings: dict[str, _Pending] = {}
        self._answered: OrderedDict[str, None] = OrderedDict()
        # Refused documents of the client whose id could not be read: an error with an id may answer one of them.
        self._unreadable = 0
        self._login: Login | None = None
        self._name: str | None = None
        self._rooms: set[str] | None = {_LOBBY} if seen_from_start else None
        self._last_seq = 0
        self._caught_up = True
        self._where: Where | None = None

    def hear(self, sender: Side, message: Message, where: Where | None = None) -> list[Breach]:
        """What is wrong with this document here. `where` it stands is kept for findings that come later."""
        self._where = where
        breaches: list[Breach] = []
        kind = type(message)
        following = self._allowed[sender].get(kind) if self._state is not None else None
        if following is None:
            if not self._misplaced(sender, message, breaches):
                if isinstance(message, Command | Ping):
                    self._asked(message, breaches)
                return breaches
        elif following is not self._state:
            self._move(following)
        heard = _HEARD[sender].get(kind)
        if heard is not None:
            heard(self, message, breaches)
        elif sender is CLIENT:
            self._asked(message, breaches)
        return breaches

    def refused(self, sender: Side, refusal: Refusal | None) -> None:
        """A document that is no message. It gets an error as its answer, with its id if that can be read."""
        if sender is SERVER:
            # It may have been any answer.
            self.lost()
        elif refusal is not None and refusal.re is not None:
            self._pending[refusal.re] = _Pending(None, None)
        else:
            self._unreadable += 1

    def lost(self) -> None:
        """Something was said that was not seen."""
        self._whole = False
        self._state = None
        self._rooms = None
        self._pending.clear()
        self._pings.clear()

    def end(self, *, closed: bool) -> list[Breach]:
        """Nothing more comes. `closed` is whether the end of the connection was seen."""
        left = [(id, pending) for id, pending in self._pending.items() if pending.command is not None]
        left += self._pings.items()
        # Places lead to streams, and these back to here: cut, so that nothing is left for the garbage collector.
        self._where = None
        self._pending.clear()
        self._pings.clear()
        if not left:
            return []
        said = "connection" if closed or self._state is CLOSED else "capture"
        names = ", ".join(f"{_named(pending.command)} {id!r}" for id, pending in left[:5])
        more = f" and {len(left) - 5} more" if len(left) > 5 else ""
        return [Breach("unanswered-at-end", f"When the {said} ended, {names}{more} had no answer.", left[0][1].where)]

    def _move(self, state: State) -> None:
        self._state = state
        self._allowed = TRANSITIONS[state]

    def _misplaced(self, sender: Side, message: Message, breaches: list[Breach]) -> bool:
        """A document that has no place in this state. Whether it is to be heard all the same."""
        if self._state is None:
            # Wherever the conversation was: it is somewhere now where this may be said.
            for state in (ACTIVE, GREETED, LEAVING, OPENED):
                if type(message) in TRANSITIONS[state][sender]:
                    self._move(TRANSITIONS[state][sender][type(message)])
                    return True
            return True
        if self._state is CLOSED:
            # What a client says then was on its way when the bye came.
            if sender is SERVER:
                breaches.append(Breach("after-bye", f"The server says {message.element} after its bye."))
            return False
        try:
            advance(self._state, sender, message)
        except Refusal as refusal:
            breaches.append(Breach(refusal.code.name, refusal.sentence))
        if sender is SERVER and isinstance(message, Welcome | Greeting):
            # What follows is judged by what the server seems to think.
            self._move(ACTIVE if isinstance(message, Welcome) else GREETED)
            return True
        return sender is SERVER

    # What a client says.

    def _asked(self, message: Message, breaches: list[Breach]) -> None:
        id = message.id  # type: ignore[attr-defined]
        self._keep(self._pending, id, message, breaches)

    def _keep(self, waiting: dict[str, _Pending], id: str, message: Message, breaches: list[Breach]) -> None:
        before = waiting.get(id)
        if before is not None and before.command is not None and before.command != message:
            sentence = f"The id {id!r} is that of a {before.command.element} that is not answered yet."
            breaches.append(Breach("id-unanswered", sentence))
        ambiguous = before is not None and before.command != message
        more = before.more + 1 if before is not None else 0
        waiting[id] = _Pending(None if ambiguous else message, self._where, more)
        if len(waiting) > MAX_PENDING:
            del waiting[next(iter(waiting))]

    def _hear_login(self, message: Login, breaches: list[Breach]) -> None:
        self._login = message
        self._asked(message, breaches)

    def _hear_posted(self, message: Pm | Dm, breaches: list[Breach]) -> None:
        self._asked(message, breaches)
        login = self._login
        if self._name is not None and login is not None and login.client is not None:
            other = self._devices.posts(self._name, login.client, message)
            if other is not None:
                sentence = f"The id {message.id!r} was used for another {other} of {self._name} on {login.client!r}."
                breaches.append(Breach("id-used-twice", sentence))

    def _hear_join(self, message: Join, breaches: list[Breach]) -> None:
        self._asked(message, breaches)
        if self._rooms is not None:
            # From now on something may come from there; whether the server agrees is known later.
            self._rooms.add(message.room)

    def _hear_pong(self, message: Pong, breaches: list[Breach]) -> None:
        if self._pings.pop(message.re, None) is None and self._whole:
            breaches.append(Breach("pong-to-nothing", f"No ping with the id {message.re!r} waits for a pong."))

    # What a server says.

    def _hear_ping(self, message: Ping, breaches: list[Breach]) -> None:
        self._keep(self._pings, message.id, message, breaches)

    def _hear_answer(self, message: Message, breaches: list[Breach]) -> Message | None:
        """The command that this answers, where it is known."""
        re: str | None = message.re  # type: ignore[attr-defined]
        if re is None:
            return None
        pending = self._pending.pop(re, None)
        if pending is None:
            self._unasked(re, message, breaches)
            return None
        if pending.more:
            self._pending[re] = pending._replace(more=pending.more - 1)
            return pending.command
        self._answered[re] = None
        if len(self._answered) > MAX_ANSWERED:
            self._answered.popitem(last=False)
        command = pending.command
        if command is None or type(message) is Error:
            return command
        if type(message) not in ANSWERS.get(type(command), _OK):
            expected = " or ".join(one.element for one in ANSWERS.get(type(command), _OK))
            sentence = f"{message.element} is no answer to {_named(command)} {re!r}; expected {expected} or error."
            breaches.append(Breach("wrong-answer", sentence))
        return command

    def _unasked(self, re: str, message: Message, breaches: list[Breach]) -> None:
        if re in self._answered:
            breaches.append(Breach("answered-twice", f"The command {re!r} has had its answer."))
        elif self._unreadable and isinstance(message, Error):
            self._unreadable -= 1
        elif self._whole and isinstance(message, Pong):
            breaches.append(Breach("pong-to-nothing", f"No ping with the id {re!r} waits for a pong."))
        elif self._whole:
            sentence = f"No command with the id {re!r} waits for this {message.element}."
            breaches.append(Breach("answer-to-nothing", sentence))

    def _hear_ok(self, message: Ok, breaches: list[Breach]) -> None:
        command = self._hear_answer(message, breaches)
        if type(command) is Part and self._rooms is not None:
            self._rooms.discard(command.room)

    def _hear_prompt(self, message: Prompt, breaches: list[Breach]) -> None:
        command = self._hear_answer(message, breaches)
        self._check_name(command, message, message.name, breaches)

    def _hear_welcome(self, message: Welcome, breaches: list[Breach]) -> None:
        command = self._hear_answer(message, breaches)
        self._check_name(command, message, message.name, breaches)
        self._name = message.name
        self._last_seq = 0
        login = command if isinstance(command, Login) else None
        self._login = login
        self._rooms = {message.room, *login.rooms} if login is not None else None
        self._caught_up = login is not None and login.since is None and login.place is None

    def _check_name(self, command: Message | None, message: Message, name: str, breaches: list[Breach]) -> None:
        if isinstance(command, Login) and command.name != name:
            sentence = f"The login was for {command.name}, and this {message.element} is for {name}."
            breaches.append(Breach("another-name", sentence))

    def _hear_broadcast(self, message: Broadcast, breaches: list[Breach]) -> None:
        if message.seq <= self._last_seq:
            self._goes_back(message.seq, breaches)
        self._last_seq = message.seq
        if self._rooms is not None and message.room not in self._rooms:
            breaches.append(Breach("not-in-room", f"This connection is not in the room {message.room}."))

    def _hear_direct(self, message: Direct, breaches: list[Breach]) -> None:
        if message.seq <= self._last_seq:
            self._goes_back(message.seq, breaches)
        self._last_seq = message.seq
        self._caught_up = False
        if self._name is not None and self._name not in (message.sender, message.to):
            sentence = f"It is from {message.sender} to {message.to}, and this connection is that of {self._name}."
            breaches.append(Breach("direct-of-others", sentence))

    def _goes_back(self, seq: int, breaches: list[Breach]) -> None:
        breaches.append(Breach("seq-goes-back", f"The seq {seq} comes after {self._last_seq}."))

    def _hear_page(self, message: Page, breaches: list[Breach]) -> None:
        self._hear_answer(message, breaches)
        for messages in (message.broadcasts, message.directs):
            numbers = [one.seq for one in messages]
            back = next((pair for pair in pairwise(numbers) if pair[0] >= pair[1]), None)
            if back is not None:
                breaches.append(Breach("seq-goes-back", f"In the page the seq {back[1]} comes after {back[0]}."))

    def _hear_resumed(self, message: Resumed, breaches: list[Breach]) -> None:
        if self._caught_up and self._whole:
            breaches.append(Breach("resumed-from-nothing", "Nothing was being caught up with."))
        self._caught_up = True
        if message.seq < self._last_seq:
            self._goes_back(message.seq, breaches)

    def _hear_bye(self, message: Bye, breaches: list[Breach]) -> None:
        command = self._hear_answer(message, breaches)
        if type(command) is Ex:
            for id, pending in self._pending.items():
                if pending.command is not None:
                    sentence = f"{_named(pending.command)} {id!r} never had its answer."
                    breaches.append(Breach("no-answer", sentence, pending.where))
            self._pending.clear()
            self._pings.clear()


def _named(message: Message | None) -> str:
    return message.element if message is not None else "what was refused"


_Hear = Callable[[Conversation, Message, list[Breach]], object]

#: What is done with a document beside looking up its place. One of a client that is not here waits for its answer;
#: one of a server that is not here says nothing that a rule looks at.
_HEARD: Final[dict[Side, dict[type[Message], _Hear]]] = {
    CLIENT: {
        Login: Conversation._hear_login,  # type: ignore[dict-item]
        Pm: Conversation._hear_posted,  # type: ignore[dict-item]
        Dm: Conversation._hear_posted,  # type: ignore[dict-item]
        Join: Conversation._hear_join,  # type: ignore[dict-item]
        Pong: Conversation._hear_pong,  # type: ignore[dict-item]
    },
    SERVER: {
        Ping: Conversation._hear_ping,  # type: ignore[dict-item]
        Ok: Conversation._hear_ok,  # type: ignore[dict-item]
        Prompt: Conversation._hear_prompt,  # type: ignore[dict-item]
        Welcome: Conversation._hear_welcome,  # type: ignore[dict-item]
        Broadcast: Conversation._hear_broadcast,  # type: ignore[dict-item]
        Direct: Conversation._hear_direct,  # type: ignore[dict-item]
        Page: Conversation._hear_page,  # type: ignore[dict-item]
        Resumed: Conversation._hear_resumed,  # type: ignore[dict-item]
        Bye: Conversation._hear_bye,  # type: ignore[dict-item]
        **dict.fromkeys((Error, Users, Rooms, Blocks, Sanctions, Pong), Conversation._hear_answer),
    },
}
