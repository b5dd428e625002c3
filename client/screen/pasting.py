"""What was pasted and is too much to put into the line unasked."""

from __future__ import annotations

#: Lines and characters from which on one is asked: no sentence has as many, and a clipboard by mistake has.
ASKED_FROM_LINES, ASKED_FROM_CHARACTERS = 6, 1_000


def clean(pasted: str) -> str:
    """With the line ends that a message has."""
    return pasted.replace("\r\n", "\n").replace("\r", "\n")


def is_much(text: str) -> bool:
    return text.count("\n") + 1 >= ASKED_FROM_LINES or len(text) >= ASKED_FROM_CHARACTERS


class Pasting:
    """Holds a paste until the person has said what to do with it. Not thread-safe."""

    def __init__(self) -> None:
        self._held = ""
        self._around = 0
        self._longest = 0

    @property
    def held(self) -> bool:
        return bool(self._held)

    @property
    def fits(self) -> bool:
        """Whether it can be sent with what is in the line already."""
        return self._around + len(self._text) <= self._longest

    @property
    def _text(self) -> str:
        """Without the line ends that are no part of a message."""
        return self._held.rstrip("\n")

    def hold(self, text: str, around: int, longest: int) -> None:
        """Takes one more. `around` is how many characters are in the line, `longest` how many a message may have."""
        self._held += text
        self._around, self._longest = around, longest

    def release(self) -> str:
        """Gives it away."""
        text, self._held = self._text, ""
        return text

    def question(self, where: str) -> str:
        """What the person is asked; `where` is who would read it. Empty where nothing is held."""
        if not self._held:
            return ""
        size = len(self._text)
        lines = self._text.count("\n") + 1
        much = f"{lines:,} lines" if lines > 1 else f"{size:,} characters"
        if not self.fits:
            count = f"{self._around + size:,} of at most {self._longest:,} characters"
            return f"Pasted {much}: too long, {count}. Esc drops, E edits."
        return f"Paste {much} to {where} as one message? Enter sends, Esc drops, E edits."
