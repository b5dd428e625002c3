"""What makes a text harmless to a terminal, and the one place where the client writes lines.

Others choose most of what is shown: texts, names, the sentences of a server. What could steer the terminal, turn the
direction of writing, hide something or pile up over other lines is shown as its code, so that a reader sees that
something was there. What is refused follows Unicode's own properties: the default ignorable characters (UAX #44), the
bidirectional controls (UAX #9), the noncharacters, and more marks on one letter than any language needs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Protocol

#: Marks that one letter may carry, selectors of its form among them. Biblical Hebrew needs five; UTS #39
#: (section 5.4) suspects more than four.
MAX_MARKS = 6

#: Controls, line and paragraph separators, format characters (the bidirectional ones are among them), surrogates.
_UNSAFE = {"Cc", "Zl", "Zp", "Cf", "Cs"}
#: Format characters that are seen: signs above and around Arabic, Syriac and Kaithi numbers.
_SEEN = {*map(chr, range(0x600, 0x606)), *"\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"}
#: Letters and marks that take no room, noncharacters, and what Unicode keeps free for more of the invisible.
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0\ufff0-\ufff8\ufdd0-\ufdef\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)

#: The vowels and ends of Korean syllables, which pile up like marks.
_MARK = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")

_JOINERS = "\u200c\u200d"
#: Scripts in which a joiner shapes what stands before it: Arabic and its neighbours, those of India, Tibet, Burma,
#: Cambodia, Mongolia, and the ancient ones of Asia.
_JOINING = re.compile(
    "[\u0600-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff"
    "\U0001e900-\U0001e95f]"
)
#: Which form a symbol, a digit or a sign takes: as text, or as an emoji.
_EMOJI_FORMS = "\ufe0e\ufe0f"
_FORMS = re.compile("[\ufe00-\ufe0d]")
_HAN_FORMS = re.compile("[\U000e0100-\U000e01ef]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_MONGOLIAN_FORMS = re.compile("[\u180b-\u180f]")
_MONGOLIAN = re.compile("[\u1820-\u18aa]")

#: The flags of England, Scotland and Wales, the only ones that are spelt in tags.
_TAGGED_FLAGS = re.compile(
    "\U0001f3f4\U000e0067\U000e0062(?:"
    "\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073"
    ")\U000e007f"
)

#: What stands for marks beyond the limit, however many.
_TOO_MANY = "\ufffd"


class Stream(Protocol):
    """Where `put` writes: all lines of a text at once, then it flushes."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...


def safe(text: str, spell: Callable[[str], str] | None = None) -> str:
    """The text with all that could harm shown as its code, as \\x1b or \\u202e; marks beyond the limit as one \\ufffd.

    The same for what is safe already. A line end is written as a code too. `spell` may write each character that is
    refused in another way.
    """
    if text.isascii() and text.isprintable():
        return text
    written: list[str] = []
    end = 0
    for flag in _TAGGED_FLAGS.finditer(text):
        written += (_safe(text[end : flag.start()], spell), flag.group())
        end = flag.end()
    written.append(_safe(text[end:], spell))
    return "".join(written)


def put(text: str, stream: Stream) -> None:
    """Writes lines and a line end, at once. Only the full screen is drawn elsewhere, of what `safe` has made."""
    stream.write("\n".join(map(safe, text.split("\n"))) + "\n")
    stream.flush()


def _safe(text: str, spell: Callable[[str], str] | None) -> str:
    spell_one = spell or _code
    written: list[str] = []
    # The character before, if it was let through, and how many marks the last letter has gathered.
    before = ""
    marks = 0
    for place, character in enumerate(text):
        if _MARK.match(character) or unicodedata.category(character)[0] == "M":
            marks += 1
        elif character not in _JOINERS:
            marks = 0
        if marks > MAX_MARKS:
            if spell is not None:
                written.append(spell(character))
            elif marks == MAX_MARKS + 1:
                written.append(_TOO_MANY)
            before = ""
        elif _harms(before, character, text[place + 1 : place + 2]):
            written.append(spell_one(character))
            before = ""
        else:
            written.append(character)
            before = character
    return "".join(written)


def _harms(before: str, character: str, after: str) -> bool:
    """Whether a character has to go that stands between these two; nothing is before it where that had to go."""
    if character < "\x7f":
        return character < " "
    if character in _JOINERS:
        return not (_JOINING.match(before) or (character == "\u200d" and _joins_emoji(before, after)))
    if character in _EMOJI_FORMS:
        return not before or unicodedata.category(before)[0] not in "SNP"
    if _FORMS.match(character):
        return not before or unicodedata.category(before) not in ("So", "Sm", "Lo")
    if _HAN_FORMS.match(character):
        return not _HAN.match(before)
    if _MONGOLIAN_FORMS.match(character):
        return not _MONGOLIAN.match(before)
    if unicodedata.category(character) in _UNSAFE:
        return character not in _SEEN
    return bool(_HIDDEN.match(character))


def _joins_emoji(before: str, after: str) -> bool:
    """Skin colours are modifier symbols (Sk), arrows may be mathematical ones (Sm)."""
    return (
        bool(before and after)
        and (before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk", "Sm"))
        and unicodedata.category(after) in ("So", "Sm")
    )


def _code(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
