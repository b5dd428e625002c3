"""A transcript as a page to read: one file that loads nothing and runs nothing, with every text escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import BinaryIO

from schema.codec import decode
from schema.messages import Broadcast, Direct, Side
from schema.tools.sealing.head import Head

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: Only this one style sheet counts, whatever a text might bring in.
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'"

#: Colours of names in the style sheet.
_COLOURS = 12

# What cannot be seen, and what turns the direction of writing: it is shown as a code.
_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Page:
    """An Output of writing.py. All times are UTC, and it says so."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._day = ""

    def begin(self, head: Head, _octets: bytes, start: str) -> None:
        title = f"Transcript of {_safe(head.origin)}"
        self._write(
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
            f"<title>{_plain(head.origin)} - transcript</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f"<header>\n<h1>{title}</h1>\n<dl>\n"
        )
        for name, value in _facts(head, start):
            self._write(f"<dt>{name}</dt><dd>{value}</dd>\n")
        self._write("</dl>\n</header>\n<main>\n")

    def entry(self, n: int, octets: bytes, sha256: str) -> None:
        message = decode(octets, Side.SERVER, guarded=False)
        assert isinstance(message, Broadcast | Direct)
        day, clock = message.time[:10], message.time[11:19]
        if day != self._day:
            self._day = day
            self._write(f"<h2>{day}</h2>\n")
        where = f"#{message.room}" if isinstance(message, Broadcast) else f"to {_name(message.to)}"
        kind = ("direct " if isinstance(message, Direct) else "") + ("action" if message.kind == "action" else "")
        classes = f' class="{kind.strip()}"' if kind.strip() else ""
        self._write(
            f'<article{classes} id="n{n}" title="entry {n}, seq {message.seq}, sha256 {sha256}">'
            f'<time datetime="{message.time}">{clock}</time>'
            f'<span>{_name(message.sender)} <span class="where">{where}</span></span>'
            f"<p>{_safe(message.text)}</p></article>\n"
        )

    def end(self, last: str, signature: str | None) -> None:
        signed = f"<dt>Signature</dt><dd><code>{signature}</code></dd>\n" if signature is not None else ""
        key = " --key KEY.pub" if signature is not None else ""
        self._write(
            f"</main>\n<footer>\n<dl>\n<dt>Last hash</dt><dd><code>{last}</code></dd>\n{signed}</dl>\n"
            "<p>This page is for reading and proves nothing. The transcript that was written with it, an XML document,"
            f" does: <code>python -m schema verify{key} TRANSCRIPT</code> shows whether anything in it was added,"
            " dropped or changed, and must name the last hash that stands here. The hash of each message is its title:"
            " point at it.</p>\n</footer>\n</body>\n</html>\n"
        )

    def _write(self, text: str) -> None:
        self._file.write(text.encode())


def _facts(head: Head, start: str) -> list[tuple[str, str]]:
    chosen = head.selection
    facts = [
        ("Messages", f"{head.count:,}" + ("" if head.first is None else f", seq {head.first} to {head.last}")),
        ("Made", f'<time datetime="{head.made}">{head.made[:10]} {head.made[11:19]}</time>'),
        ("Times", "UTC"),
        ("From", "the message log of the server" if head.source == "log" else "recorded traffic"),
        ("Direct messages", "included" if chosen.direct else "left out"),
    ]
    for name, value in (("Room", chosen.room), ("User", chosen.user), ("Since", chosen.since), ("Until", chosen.until)):
        if value is not None:
            facts.append((name, escape(value)))
    if head.unread:
        facts.append(("Missing", f"{head.unread:,} of what the server sent could not be read"))
    if head.key is not None:
        facts.append(("Signed with", f"<code>{head.key}</code>"))
    return [*facts, ("Hash of the head", f"<code>{start}</code>")]


def _name(name: str) -> str:
    colour = hashlib.sha256(name.encode()).digest()[0] % _COLOURS
    return f'<span class="who c{colour}">{escape(name)}</span>'


def _plain(text: str) -> str:
    return escape(_UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text))


def _safe(text: str) -> str:
    # The codes are put in after the escaping, which leaves what they stand for as it is.
    return _UNSEEN.sub(lambda found: f'<i class="code">U+{ord(found[0]):04X}</i>', escape(text))
