from __future__ import annotations

import pytest

from client.events import LinkDown, LinkUp
from schema.messages import Message, Side, as_fields
from schema.protocol import TRANSITIONS


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (LinkDown(reason="The server has gone away."), {"type": "link-down", "reason": "The server has gone away."}),
        (LinkUp(), {"type": "link-up"}),
    ],
    ids=["down", "up"],
)
def test_an_event_has_fields_as_a_document_has(event: Message, fields: dict[str, str]) -> None:
    assert as_fields(event) == fields


@pytest.mark.parametrize("event", [LinkDown, LinkUp])
def test_no_side_may_ever_say_it(event: type[Message]) -> None:
    assert not event.senders & set(Side)
    assert not any(event in said for sides in TRANSITIONS.values() for said in sides.values())
