from __future__ import annotations

import gc
import weakref

from schema.messages import Side
from schema.tools.inputs.item import Document, Ended, Fault, Item, Stream, Where
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.tools.rules.table import RULES, chosen
from tests.schema.tools.traffic import Said, chat, document

INVALID = document('<pm id="x"><body/></pm>')
UNKNOWN_ROOM = document('<broadcast seq="99" room="tea" from="bob" time="2026-03-01T09:00:00.000Z"><text/></broadcast>')


def items(said: list[Said], connection: int = 1) -> list[Item]:
    streams = {side: Stream("file", side, connection) for side in Side}
    found: list[Item] = [Document(octets, Where(streams[side], n)) for n, (side, octets) in enumerate(said, 1)]
    return [*found, Ended(streams[Side.CLIENT], closed=True)]


def checker(*words: str) -> Checker:
    return Checker(Documents().judge, wanted=chosen([*words]) if words else frozenset(RULES))


def test_a_conversation_without_fault_has_no_findings() -> None:
    check = checker()
    assert list(check.findings(items(chat()))) == []
    assert (check.counts.documents, check.counts.invalid, check.counts.connections) == (len(chat()), 0, 1)


def test_every_layer_is_asked_and_what_is_found_is_counted() -> None:
    said = chat()
    wrong: list[Said] = [*said[:-1], (Side.CLIENT, INVALID), (Side.SERVER, UNKNOWN_ROOM), said[-1]]
    check = checker()
    assert [one.rule.name for one in check.findings(items(wrong))] == ["misplaced-element", "not-in-room"]
    assert check.counts.as_fields() == {
        **{"documents": len(wrong), "valid": len(said), "invalid": 2, "connections": 1},
        **{"errors": 2, "warnings": 0, "notes": 0},
    }


def test_only_what_is_wanted_is_told_and_counted() -> None:
    said = chat()
    wrong: list[Said] = [*said[:-1], (Side.CLIENT, INVALID), (Side.SERVER, UNKNOWN_ROOM), said[-1]]
    check = checker("conversation")
    assert [one.rule.name for one in check.findings(items(wrong))] == ["not-in-room"]
    assert check.counts.invalid == 1


def test_connections_are_kept_apart_also_from_one_file_to_the_next() -> None:
    check = checker()
    both = [*items(chat(), 1), *items(chat(), 2)]
    assert list(check.findings(both)) == []
    assert list(check.findings(items(chat()[:-1])[:-1])) == []
    assert list(check.findings(items(chat()))) == []


def test_a_fault_is_a_finding_and_a_hole_is_told_to_the_conversation() -> None:
    said = items(chat())
    where = said[4].where  # type: ignore[union-attr]
    hole = Fault("missing-bytes", "Gone.", where._replace(frame=None), lost=True)
    check = checker()
    assert [one.rule.name for one in check.findings([*said[:3], hole, *said[5:]])] == ["missing-bytes"]


def test_one_document_at_a_time() -> None:
    check = checker()
    heard = [check.hear(one) for one in items(chat()) if isinstance(one, Document)]
    assert [one.message.element for one in heard if one.message][:3] == ["greeting", "login", "welcome"]
    assert not any(one.findings for one in heard)


def test_nothing_is_left_of_a_connection_that_has_ended() -> None:
    """Also without the garbage collector, which comes late where there are millions of documents."""
    check = checker()
    said = items(chat()[:-2])
    gc.collect()
    gc.disable()
    try:
        assert list(check.findings(said)) == []
        kept = weakref.ref(said[0].where.stream.memory)  # type: ignore[union-attr]
        assert kept() is not None
        said.clear()
        assert kept() is None
    finally:
        gc.enable()
