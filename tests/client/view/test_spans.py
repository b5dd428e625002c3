from __future__ import annotations

import pytest

from client.view.entries import Entry, Moves, Note, Said, State
from client.view.spans import NAME_COLOURS, Paragraph, mark, name_role, paragraphs
from tests.client.view.scenes import NOW, chat_of

BOB = name_role("bob")


def said(text: str, sender: str = "bob", **more: object) -> Said:
    return Said(number=1, after=1, time=NOW, sender=sender, text=text, **more)  # type: ignore[arg-type]


def of(entry: Entry) -> Paragraph:
    """How an entry looks below another of the same day."""
    (paragraph,) = paragraphs(chat_of("bob"), entry, said("before"))
    return paragraph


@pytest.mark.parametrize(
    ("entry", "body"),
    [
        (said("hello"), [(BOB, "bob: "), ("text", "hello")]),
        (said("hello", "\x9b2J"), [(name_role("\x9b2J"), "\\x9b2J: "), ("text", "hello")]),
        (said("mine", "alice"), [("me", "alice: "), ("text", "mine")]),
        (said("waves", kind="action"), [(BOB, "* bob "), ("text", "waves")]),
        (said("hi Alice!"), [(BOB, "bob: "), ("text", "hi "), ("mention", "Alice"), ("text", "!")]),
        (
            said("alice: https://b/alice."),
            [
                *((BOB, "bob: "), ("mention", "alice"), ("text", ": ")),
                *(("link https://b/alice", "https://b/alice"), ("text", ".")),
            ],
        ),
        (said("http://a", "alice"), [("me", "alice: "), ("link http://a", "http://a")]),
        (said("I, alice", "alice"), [("me", "alice: "), ("text", "I, alice")]),
        (said("one\r\ntwo\nthree"), [(BOB, "bob: "), ("text", "one\ntwo\nthree")]),
        (said("\x9b2J\u202e\x7f"), [(BOB, "bob: "), ("text", "\\x9b2J\\u202e\\x7f")]),
        (
            said("mine", "alice", state=State.PENDING),
            [("me", "alice: "), ("pending", "mine"), ("pending", " (sending)")],
        ),
        (
            said("mine", "alice", state=State.FAILED, reason="Too long.\x9b"),
            [("me", "alice: "), ("pending", "mine"), ("error", " (not sent: Too long.\\x9b /retry sends it again)")],
        ),
        (Note(number=1, after=1, time=NOW, text="* Hm.\nYes."), [("note", "Hm.\nYes.")]),
        (Note(number=1, after=1, time=NOW, text="! No.\x9b"), [("error", "No.\\x9b")]),
        (Moves(number=1, after=1, time=NOW, came=("b", "c"), left=("d",)), [("note", "b, c came, d left.")]),
        (Moves(number=1, after=1, time=NOW, both=("b",)), [("note", "b came and left.")]),
        (Moves(number=1, after=1, time=NOW, came=tuple("abcdefg")), [("note", "a, b, c, d, e and 2 more came.")]),
    ],
)
def test_an_entry_is_text_with_roles(entry: Entry, body: list[tuple[str, str]]) -> None:
    paragraph = of(entry)
    assert [span for span in paragraph.body if span[1]] == body
    assert [role for role, _ in paragraph.head] == ["time"]


def labels(entry: Entry, before: Entry | None, *, first: bool) -> list[str]:
    *rules, last = paragraphs(chat_of(), entry, before, first=first)
    assert all(rule.rule for rule in rules)
    assert not last.rule
    return [rule.body[0][0] for rule in rules]


YESTERDAY = Said(number=1, after=1, time="2026-02-25T09:05:00Z", sender="bob", text="x")


@pytest.mark.parametrize(
    ("before", "first", "rules"),
    [
        (said("x"), False, []),
        (None, False, ["day"]),
        (YESTERDAY, False, ["day"]),
        (said("x"), True, ["ruler"]),
        (YESTERDAY, True, ["day", "ruler"]),
    ],
)
def test_a_day_and_what_is_unread_begin_with_a_line(before: Entry | None, first: bool, rules: list[str]) -> None:
    assert labels(said("hello"), before, first=first) == rules


def test_a_day_that_is_none_has_no_line() -> None:
    broken = Said(number=2, after=2, time="2026-02-31T09:05:00Z", sender="bob", text="x")
    assert labels(broken, said("x"), first=False) == []


def test_a_name_keeps_its_colour_and_names_share_them_all() -> None:
    assert name_role("bob") == name_role("bob")
    assert len({name_role(f"user{number}") for number in range(200)}) == NAME_COLOURS


def test_what_was_found_is_picked_out_with_its_name_left_as_it_is() -> None:
    assert [role for role, text in mark(of(said("hi Alice!"))).body if text] == [BOB, "found", "found", "found"]
