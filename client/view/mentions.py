"""Where a text names the person who reads it."""

from __future__ import annotations

import re

#: What may stand in a name: bob2 does not name bob. A dot at the end is the sentence's.
_IN_NAME = "[A-Za-z0-9_-]"


class Mentions:
    """Finds a name in texts, however it is capitalised."""

    def __init__(self, name: str) -> None:
        self._pattern = re.compile(rf"(?<!{_IN_NAME})(?<!\w\.)@?{re.escape(name)}(?!{_IN_NAME})(?!\.{_IN_NAME})", re.I)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands, from and to."""
        return [found.span() for found in self._pattern.finditer(text)]

    def __contains__(self, text: str) -> bool:
        return self._pattern.search(text) is not None
