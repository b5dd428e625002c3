"""What comes on one connection while a capture is played, against what the capture says came there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import Enum
from functools import partial

from schema.messages import Bye, Error, Ex, Greeting, Message, Notice, Ping, Pong, Side, Users
from schema.tools.replaying.comparing import Change, changes, leaves, same
from schema.tools.replaying.script import UNPLAYED_BYES, Asked, Said, Talk

#: Documents of a sequence between which the best match is looked for; of longer ones each is held against the one in
#: its place, since the search takes the square of the time.
MAX_MATCHED = 2_000

_DIGITS = re.compile("[0-9]+")


class About(Enum):
    """What a document is to the client."""

    ANSWER = "answer"
    GREETING = "greeting"
    MESSAGE = "message"
    NOTICE = "notice"
    USERS = "users"
    BYE = "bye"
    ERROR = "error"
    #: An answer to what was never asked.
    STRAY = "stray"


@dataclass(frozen=True, slots=True)
class Difference:
    """`expected` is the document of the capture and `got` what came in its place; None is nothing."""

    about: About
    connection: int
    expected: Said | None
    got: Message | None
    changes: list[Change]
    #: Of an answer: what was sent.
    command: Said | None = None


@dataclass(slots=True)
class _Lists:
    """The lists of users of one room: what is, not what happens, so that one may be told and the next not."""

    expected: list[Said] = field(default_factory=list)
    got: list[Message] = field(default_factory=list)
    #: The last of those expected that has come, or one after it.
    reached: int = -1

    def come(self, message: Message) -> None:
        self.got.append(message)
        for at in range(max(self.reached, 0), len(self.expected)):
            captured = self.expected[at].message
            if captured is not None and same(captured, message):
                self.reached = at
                return

    def has(self, at: int) -> bool:
        return self.reached >= at


class Heard:
    """Not thread-safe."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._asked = Asked()
        self._answers: dict[Said, Message] = {}
        self._sent: list[Said] = []
        # Of these, what should have an answer by the capture and has none yet.
        self._open: set[Said] = set()
        self._expected: dict[About, list[Said]] = {about: [] for about in About}
        self._got: dict[About, list[Message]] = {about: [] for about in About}
        self._lists: dict[str, _Lists] = {}
        # By the kind of their ids, the pings that the capture has, and how many of them its client answers.
        self._pings = {_kind(said.message.id) for said in talk.by(Side.SERVER) if isinstance(said.message, Ping)}
        self._pongs = Counter(_kind(said.message.re) for said in talk.by(Side.CLIENT) if isinstance(said.message, Pong))
        # For each document of the server whether it has come.
        self._arrived: dict[Said, Callable[[], bool]] = {}
        self._expect()

    def sent(self, said: Said) -> None:
        self._asked.ask(said)
        self._sent.append(said)
        if said.answer is not None:
            self._open.add(said)

    def take(self, message: Message) -> Said | None:
        """Notes what the server says. The document of the capture in whose place it is, where that is known."""
        command = self._asked.answered(message)
        if command is not None:
            self._answers[command] = message
            self._open.discard(command)
            return command.answer
        about = _about(message)
        if about is About.USERS:
            assert isinstance(message, Users)
            self._lists.setdefault(message.room, _Lists()).come(message)
            return None
        if about is None:
            return None
        got, expected = self._got[about], self._expected[about]
        got.append(message)
        return expected[len(got) - 1] if len(got) <= len(expected) else None

    def answers(self, ping: Ping) -> bool:
        """Whether to answer it: as often as the capture does, since a pong may say that something was read.

        One of a kind that the capture does not have comes of time, and is answered.
        """
        kind = _kind(ping.id)
        if kind in self._pings:
            self._pongs[kind] -= 1
        return self._pongs[kind] >= 0

    def is_settled(self) -> bool:
        """Whether everything that was sent has its answer, or had none in the capture."""
        return not self._open

    def has(self, said: Said) -> bool:
        """Whether this document of the server has come, or need not."""
        arrived = self._arrived.get(said)
        return arrived is None or arrived()

    def differences(self) -> Iterator[Difference]:
        number = self.talk.number
        for said in self._sent:
            expected, got = said.answer, self._answers.get(said)
            # What had no answer when the capture ended would have had one.
            if expected is not None and (found := changes(expected.message, got, only_code=said.octets is None)):
                yield Difference(About.ANSWER, number, expected, got, found, said)
        for about, captured in self._expected.items():
            yield from self._in_sequence(about, captured, self._got[about])
        for lists in self._lists.values():
            if lists.reached + 1 < len(lists.expected):
                missing = lists.expected[lists.reached + 1]
                last = lists.got[-1] if lists.got else None
                yield Difference(About.USERS, number, missing, last, changes(missing.message, last))

    def _expect(self) -> None:
        """Sorts what the capture has; what is on its way when a client leaves may come or not."""
        leaving = next((said.position for said in self.talk.by(Side.CLIENT) if isinstance(said.message, Ex)), None)
        for said in self.talk.by(Side.SERVER):
            message = said.message
            if message is None:
                continue
            if (command := said.asked) is not None:
                self._arrived[said] = partial(self._is_answered, command)
                continue
            about = _about(message)
            gone = leaving is not None and said.position > leaving and about is not About.BYE
            if about is None or gone or (isinstance(message, Bye) and message.code in UNPLAYED_BYES):
                continue
            if about is About.USERS:
                assert isinstance(message, Users)
                lists = self._lists.setdefault(message.room, _Lists())
                before = lists.expected[-1].message if lists.expected else None
                # One that says nothing new comes every half minute.
                if before is None or not same(before, message):
                    lists.expected.append(said)
                self._arrived[said] = partial(lists.has, len(lists.expected) - 1)
            else:
                self._expected[about].append(said)
                self._arrived[said] = partial(_has, self._got[about], len(self._expected[about]))

    def _is_answered(self, command: Said) -> bool:
        """What was never sent, since the capture does not hold it, is not waited for."""
        return command not in self._open

    def _in_sequence(self, about: About, captured: list[Said], got: list[Message]) -> Iterator[Difference]:
        number = self.talk.number
        leaving = any(isinstance(said.message, Ex) for said in self._sent)
        if leaving and about in (About.MESSAGE, About.NOTICE):
            # More may have been on its way when the client left, as in the capture.
            got = got[: len(captured)]
        for expected, message in paired([one.message for one in captured], got):
            said = captured[expected] if expected is not None else None
            came = got[message] if message is not None else None
            yield Difference(about, number, said, came, changes(said.message if said else None, came))


def _has(got: list[Message], count: int) -> bool:
    return len(got) >= count


def _kind(id: str) -> str:
    """A server counts its pings, or names in them what was to be read; the rest tells its reason."""
    return _DIGITS.sub("", id)


def paired(captured: list[Message | None], got: list[Message]) -> Iterator[tuple[int | None, int | None]]:
    """The places in which two sequences differ: one beside the other, or one alone."""
    before = [frozenset(leaves(one).items()) if one is not None else frozenset() for one in captured]
    after = [frozenset(leaves(one).items()) for one in got]
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    before, after = before[start:], after[start:]
    if max(len(before), len(after)) > MAX_MATCHED:
        blocks = [(0, len(before), 0, len(after))]
    else:
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        blocks = [block[1:] for block in matcher.get_opcodes() if block[0] != "equal"]
    for a, a_end, b, b_end in blocks:
        for step in range(max(a_end - a, b_end - b)):
            one = a + step if a + step < a_end else None
            other = b + step if b + step < b_end else None
            if one is None or other is None or before[one] != after[other]:
                yield None if one is None else one + start, None if other is None else other + start


def _about(message: Message) -> About | None:
    """None for a ping, which comes of time and of what was read, and for a pong that answers nothing."""
    if isinstance(message, Ping | Pong):
        return None
    if getattr(message, "re", None) is not None:
        return About.STRAY
    return _ABOUT.get(type(message), About.MESSAGE)


_ABOUT: dict[type[Message], About] = {
    Greeting: About.GREETING,
    Notice: About.NOTICE,
    Users: About.USERS,
    Bye: About.BYE,
    Error: About.ERROR,
}
