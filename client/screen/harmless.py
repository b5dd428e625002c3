"""The line that is typed, made harmless where it is drawn: what was pasted may hold anything."""

from __future__ import annotations

from itertools import accumulate

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from client.safe import safe

#: Stands for a character that is refused, while it is found out which are; it is refused itself.
_REFUSED = "\0"


class Harmless(Processor):
    """Shows as its code what `safe` would not let through. The text stays as it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        fragments = explode_text_fragments(transformation_input.fragments)
        written = [text for _, text, *_ in fragments]
        shown = spelled(written)
        if shown == written:
            return Transformation(transformation_input.fragments)
        made: StyleAndTextTuples = [(fragments[at][0], text) for at, text in enumerate(shown)]
        starts = [0, *accumulate(map(len, shown))]

        def to_display(at: int) -> int:
            return starts[at] if at < len(starts) else starts[-1] + at - len(shown)

        def to_source(at: int) -> int:
            past = sum(start <= at for start in starts) - 1
            return past if past < len(shown) else len(shown) + at - starts[-1]

        return Transformation(made, to_display, to_source)


def spelled(characters: list[str]) -> list[str]:
    """What is shown for each character."""
    text = "".join(characters)
    if text.isascii() and text.isprintable():
        return characters
    judged = safe(text, lambda _: _REFUSED)
    return [
        _code(character) if verdict == _REFUSED else character
        for character, verdict in zip(characters, judged, strict=True)
    ]


def _code(character: str) -> str:
    code = safe(character)
    # A mark too many is harmless alone.
    return code if code != character else "\ufffd"
