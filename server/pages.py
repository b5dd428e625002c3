"""Pages of messages: as many as asked for, and no more octets than is good for the one who gets them."""

from __future__ import annotations

from collections.abc import Sequence

from schema.messages import Broadcast, Direct, Page
from server.archive import Stored

#: Octets of a page's messages as they are sent: half of what a document of a server's may have, and of an outbox.
MAX_OCTETS = 512 * 1024

#: Octets of a message besides its text.
_FRAME = 200


def make_page(re: str, found: Sequence[Stored], limit: int, *, newest: bool) -> Page:
    """The answer to a history. `found` is in ascending order and has one more than `limit` where there are more.

    Where not all fits, the messages nearest to where the range begins are taken: the newest, or with `newest` False the
    oldest.
    """
    taken = take_page(list(reversed(found)) if newest else found, limit)
    if newest:
        taken.reverse()
    return Page(
        re=re,
        more=len(taken) < len(found),
        broadcasts=tuple(message for message in taken if isinstance(message, Broadcast)),
        directs=tuple(message for message in taken if isinstance(message, Direct)),
    )


def take_page(found: Sequence[Stored], limit: int) -> list[Stored]:
    """The first messages, up to `limit`, that go together into a page; at least one, if there is one."""
    taken: list[Stored] = []
    size = 0
    for message in found[:limit]:
        size += _octets(message)
        if size > MAX_OCTETS and taken:
            break
        taken.append(message)
    return taken


def _octets(message: Stored) -> int:
    """What a message takes in the document, roughly."""
    return text_octets(message.text) + len(message.kind or "") + _FRAME


def text_octets(text: str) -> int:
    """What a text takes in a document, roughly: an escaped character takes three octets more, or four."""
    return len(text.encode()) + 4 * sum(text.count(character) for character in "&<>\n\r")
