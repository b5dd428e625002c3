from __future__ import annotations

import io
import json

from schema.messages import Side
from schema.tools.comparing.effect import BOTH, NARROWED, SAME, Change, Degree, Effect
from schema.tools.comparing.parties import Party, verdicts
from schema.tools.comparing.report import Comparison, write_json, write_text
from schema.tools.comparing.trial import Turned
from schema.tools.inputs.item import Document, Stream, Where
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import BY_NAME

COMMAND = frozenset({Side.CLIENT})
WHERE = Where(Stream("pm.xml"))
SHORTER = Change("maxLength: 9 → 8", Effect(narrowed=Degree.YES, lost="'aaaaaaaaa'"), paths=["/pm/text", "/dm/text"])
MAYBE = Change("pattern: a → \x1b", Effect(widened=Degree.MAYBE), paths=["/pm/@id"])
EVERYTHING = Change("namespace: a → b", BOTH, paths=["/"])
TURNED = Turned(
    Document(b"<pm/>", WHERE), "pm", False, [Finding(BY_NAME["wrong-value"], "It is too long.", WHERE, 1, 5)]
)


def comparison(*changes: Change, turned: bool = False) -> Comparison:
    said = [(change, verdicts(change, COMMAND)) for change in changes]
    tried = [(TURNED, verdicts(TURNED.change, COMMAND))] if turned else []
    return Comparison(said, tried, 7, {})


def text(found: Comparison) -> list[str]:
    out = io.StringIO()
    write_text(found, out)
    return out.getvalue().splitlines()


def test_a_change_is_told_with_a_line_for_each_party() -> None:
    assert text(comparison(SHORTER)) == [
        "/pm/text and 1 more  maxLength: 9 → 8",
        "  old client    breaks: it can send what is now refused, as 'aaaaaaaaa'",
        "  old server    does not break: it is sent nothing new",
        "  old captures  break: they can hold what is now refused, as 'aaaaaaaaa'",
        "7 documents tried, 0 with another verdict",
        "1 change: old client breaks, old server does not break, old captures break",
    ]


def test_what_is_not_sure_is_said_to_be_so_and_a_terminal_is_given_nothing_to_obey() -> None:
    lines = text(comparison(MAYBE))
    assert lines[0] == "/pm/@id  pattern: a → \N{REPLACEMENT CHARACTER}"
    assert lines[2] == "  old server    may break: it can be sent what its schema refuses"


def test_a_change_of_everything_names_no_path() -> None:
    assert text(comparison(EVERYTHING))[0] == "every document  namespace: a → b"


def test_a_document_is_told_with_its_place_and_its_finding() -> None:
    assert text(comparison(turned=True)) == [
        "pm.xml  pm: valid → invalid",
        "  1:5  XC608 wrong-value: It is too long.",
        "  breaks: old client, old captures",
        "7 documents tried, 1 with another verdict",
        "0 changes: old client breaks, old server does not break, old captures break",
    ]


def test_the_same_as_json() -> None:
    out = io.StringIO()
    write_json(comparison(SHORTER, turned=True), out)
    said = json.loads(out.getvalue())
    [change], [document] = said["changes"], said["documents"]
    assert (change["path"], change["paths"], change["what"]) == ("/pm/text", SHORTER.paths, SHORTER.what)
    assert change["verdicts"]["old client"] == {
        "verdict": "breaks",
        "reason": "it can send what is now refused",
        "example": "'aaaaaaaaa'",
    }
    assert (document["file"], document["before"], document["now"]) == ("pm.xml", "valid", "invalid")
    assert document["findings"][0]["rule"] == "XC608"
    assert said["summary"] == {
        "changes": 1,
        "documents": 7,
        "unreadable": {},
        "old client": "breaks",
        "old server": "does not break",
        "old captures": "breaks",
    }


def test_something_breaks_also_where_only_a_document_shows_it_or_it_is_not_sure() -> None:
    assert comparison(MAYBE).breaks
    assert comparison(turned=True).breaks
    assert comparison(Change("x", NARROWED, paths=["/pm"])).worst(Party.CLIENT) is Degree.YES
    assert not comparison(Change("x", SAME, paths=["/pm"])).breaks
    assert not comparison().breaks
