"""Notifications on the desktop, which a terminal shows for the program in it.

There are two ways to ask for one, OSC 9 (iTerm2, kitty, WezTerm, Ghostty, foot) and OSC 777 (urxvt, and VTE where it is
built in); most of those that know the second know the first, and whoever gets both shows two.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Octets of what is shown: some terminals drop a longer sequence.
MAX_SHOWN = 400

#: Seconds without another one after each.
QUIET = 3.0

_TITLE = "xmlchat"


def sequence(text: str, surroundings: Mapping[str, str]) -> str:
    """What has a terminal show a text that went through `safe` and begins with a letter.

    `surroundings` are the environment variables, which tell the terminal.
    """
    shown = text.encode()[:MAX_SHOWN].decode(errors="ignore")
    return _through(_asked(shown, surroundings), surroundings)


def _asked(shown: str, surroundings: Mapping[str, str]) -> str:
    if surroundings.get("TERM", "").startswith("rxvt") or "VTE_VERSION" in surroundings:
        # A semicolon ends a field.
        return f"\x1b]777;notify;{_TITLE};{shown.replace(';', ',')}\x07"
    # Begins with a letter: ConEmu and Windows Terminal take a number there for something else.
    return f"\x1b]9;{shown}\x07"


def _through(asked: str, surroundings: Mapping[str, str]) -> str:
    """Past a multiplexer, which keeps what it does not know to itself."""
    if "TMUX" in surroundings:
        return f"\x1bPtmux;{asked.replace(chr(27), chr(27) * 2)}\x1b\\"
    if "STY" in surroundings:
        return f"\x1bP{asked}\x1b\\"
    return asked


class Notifier:
    """Decides when to show what. Not thread-safe: it belongs to the loop that draws."""

    def __init__(self, surroundings: Mapping[str, str], *, on: bool = False) -> None:
        self._surroundings = surroundings
        #: Whether the person wants any.
        self.on = on
        self._quiet_until = 0.0

    def about(self, text: str, now: float) -> str:
        """What to write for a message that calls the person, at `now` seconds; empty for nothing."""
        if not self.on or now < self._quiet_until:
            return ""
        self._quiet_until = now + QUIET
        return sequence(text, self._surroundings)

    def test(self) -> str:
        """What to write to show how it looks, wanted or not."""
        return sequence("This is how a notification looks.", self._surroundings)

    @property
    def warning(self) -> str:
        """What the person may have to do for it; empty where nothing is known."""
        return "Inside tmux they need: tmux set -g allow-passthrough on" if "TMUX" in self._surroundings else ""

    def describe(self) -> str:
        """Whether there are any, for the person."""
        if not self.on:
            return "Notifications on the desktop are off; /notify on has them."
        return f"Notifications on the desktop are on. {self.warning}".strip()
