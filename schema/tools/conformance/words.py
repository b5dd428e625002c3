"""What stands in braces in a script, and the ids of its commands.

`#1` is an id that no other script uses. `{word}`, `{room}` and `{fresh}` are a text, a room and a name of this script
alone, also as `{word2}`, and `{nobody}` is a name that nobody has. `{at text}` and `{over text}` are as long as a limit
of the greeting allows, and one longer; `{300 x}` is 300 times `x`; `{too many rooms}` are one more than a login may
name. `{anna}` is a name that the kit knows, and `{anna.password}` goes with it. Anything else was heard before, under
that name.
"""

from __future__ import annotations

import re

from schema.tools.conformance.check import Skipped

_BRACED = re.compile(r"\{([^{}]+)\}")
_ID = re.compile(r"(?<!&)#(\d+)")
_LONG = re.compile(r"(at|over|under) ([a-z-]+)")
_REPEATED = re.compile(r"(\d+) (.+)")
_OWN = re.compile(r"(word|room|fresh|nobody)\d*")


class Words:
    """Those of one script. `run` and `number` make them differ from those of all others."""

    def __init__(self, run: str, number: int, known: dict[str, str], limits: dict[str, int]) -> None:
        self._own = f"{run}-{number}"
        self._limits = limits
        self.known = dict(known)

    def fill(self, said: str) -> str:
        """What is said, in full. Raises Skipped where it needs somebody or a limit that there is not."""
        try:
            return _BRACED.sub(lambda found: self._word(found[1]), self._ids(said))
        except KeyError as error:
            raise Skipped(f"there is no {error.args[0]} here") from None

    def expect(self, said: str) -> str:
        """What is heard, in full but for what is not known yet."""
        return _BRACED.sub(self._known_word, self._ids(said))

    def _ids(self, said: str) -> str:
        return _ID.sub(rf"{self._own}.\1", said)

    def _known_word(self, found: re.Match[str]) -> str:
        try:
            return self._word(found[1])
        except KeyError:
            return found[0]

    def _word(self, name: str) -> str:
        if name in self.known:
            return self.known[name]
        if _OWN.fullmatch(name):
            return f"{name}-{self._own}"
        if long := _LONG.fullmatch(name):
            limit = self.limit(long[2])
            return "x" * (limit + {"at": 0, "over": 1, "under": -1}[long[1]])
        if name == "too many rooms":
            # The lobby counts as one.
            return "".join(f'<room name="r{number}"/>' for number in range(self.limit("rooms")))
        if repeated := _REPEATED.fullmatch(name):
            return repeated[2] * int(repeated[1])
        raise KeyError(name)

    def limit(self, name: str) -> int:
        """A limit of the greeting. Raises Skipped where it names none."""
        if name not in self._limits:
            raise Skipped(f"the greeting names no limit {name}")
        return self._limits[name]
