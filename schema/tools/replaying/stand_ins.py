"""What is sent in place of what a capture cannot say, or says of another server: passwords and numbers."""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import replace
from pathlib import Path

from schema.framing import frame
from schema.messages import History, Login, Message, Passwd
from schema.tools.replaying.script import Said

#: What a capture shows in place of a password.
_BLANK = "********"

#: For a login that was refused for its password.
_WRONG = "not the password"
#: For a password that was refused as one.
_TOO_SHORT = "x"

_WRONG_ANSWERS = frozenset(("wrong-password", "too-many-attempts"))

#: For what was refused and is not in the capture: octets that are refused for the same reason, by its code.
_REFUSED = {"not-a-frame": b"****", "not-well-formed": frame(b"****")}


class Passwords:
    """Those that are given, and invented ones for the others. Not thread-safe."""

    def __init__(self, given: dict[str, str] | None = None, for_all: str | None = None) -> None:
        self._known = dict(given or {})
        self._for_all = for_all
        #: Whose password was invented.
        self.invented: set[str] = set()

    def fill(self, said: Said, name: str) -> Message | None:
        """The message with passwords in place of what was blanked. `name` is who is logged in by the capture."""
        message = said.message
        if isinstance(message, Login) and message.password == _BLANK:
            if said.refused_as in _WRONG_ANSWERS:
                return replace(message, password=_WRONG)
            too_short = said.refused_as == "bad-password"
            return replace(message, password=_TOO_SHORT if too_short else self._of(message.name))
        if isinstance(message, Passwd) and _BLANK in (message.old, message.new):
            old, new = message.old, message.new
            if old == _BLANK:
                old = _WRONG if said.refused_as == "wrong-password" else self._of(name)
            if new == _BLANK:
                new = _TOO_SHORT if said.refused_as == "bad-password" else f"{self._of(name)}+"
            return replace(message, old=old, new=new)
        return message

    def changed(self, name: str, password: str) -> None:
        """The server has taken this one in place of the one before."""
        self._known[name] = password

    def _of(self, name: str) -> str:
        if name not in self._known:
            if self._for_all is None:
                self.invented.add(name)
            self._known[name] = self._for_all if self._for_all is not None else f"replayed-{name}"
        return self._known[name]


def read_passwords(path: Path) -> Passwords:
    """From lines NAME:PASSWORD, or one line that is the password of all. Raises OSError, and ValueError."""
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8") from None
    if len(lines) == 1 and ":" not in lines[0]:
        return Passwords(for_all=lines[0])
    given: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, colon, password = line.partition(":")
        if not colon or not name or not password:
            raise ValueError(f"{path}, line {number} is not NAME:PASSWORD")
        given[name] = password
    return Passwords(given)


class Numbers:
    """Which `seq` of the server stands for which of the capture. Not thread-safe."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._order: list[int] = []

    def learn(self, captured: int | None, ours: int | None) -> None:
        if captured is not None and ours is not None and captured not in self._known:
            self._known[captured] = ours
            insort(self._order, captured)

    def translate(self, message: Message) -> Message:
        """With the numbers of this server in what a client asks for."""
        if isinstance(message, Login):
            return replace(message, since=self._ours(message.since), place=self._ours(message.place))
        if isinstance(message, History):
            return replace(message, before=self._ours(message.before), after=self._ours(message.after))
        return message

    def _ours(self, captured: int | None) -> int | None:
        """The same message, or as far behind the last one before it that is known."""
        if not captured:
            return captured
        at = bisect_right(self._order, captured)
        if not at:
            return captured
        before = self._order[at - 1]
        return self._known[before] + captured - before


def for_refused(said: Said) -> bytes | None:
    """Octets, frame and all, that are refused like what the capture does not hold; None where there are none."""
    return _REFUSED.get(said.refused_as or "")
