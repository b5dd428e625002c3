from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.buffer import Buffer

from client.drafts import Drafts, Unsent, load, save
from client.screen.drafting import UNANSWERED, Drafting
from client.view.chat import Chat
from client.view.entries import Talk
from schema.messages import Error, Ok, Pm
from tests.client.view.scenes import BOB, LOBBY, NOW, TEA, chat_of, heard, shown


class Writer:
    """Somebody who writes, without a screen."""

    def __init__(self, file: Path | None) -> None:
        self.chat: Chat = chat_of("bob")
        self.line = Buffer()
        self.drafting = Drafting(self.chat, self.line, file, lambda: NOW)
        self.line.on_text_changed += lambda _: self.drafting.changed()
        self.drafting.restore()

    def goes(self, talk: Talk, *, carry: bool = False) -> str:
        """What stands in the line there."""
        self.chat.go(talk)
        self.drafting.follow(carry=carry)
        return self.line.text

    def writes(self, text: str) -> None:
        self.line.insert_text(text)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "drafts.json"


@pytest.fixture
def writer(file: Path) -> Writer:
    return Writer(file)


def test_each_conversation_has_its_own_line(writer: Writer) -> None:
    writer.writes("to all")
    assert writer.goes(BOB) == ""
    writer.writes("to bob")
    assert writer.goes(LOBBY) == "to all"
    assert writer.line.cursor_position == 6
    assert writer.goes(BOB) == "to bob"


def test_who_is_led_elsewhere_by_an_answer_takes_the_line_along(writer: Writer) -> None:
    writer.writes("before")
    writer.goes(TEA)
    writer.goes(LOBBY)
    writer.line.reset()
    writer.goes(TEA)
    writer.writes("kept")
    writer.goes(LOBBY)
    writer.writes("typed ahead")
    assert writer.goes(TEA, carry=True) == "kept\ntyped ahead"
    assert writer.goes(LOBBY) == ""


def test_all_is_there_after_a_restart(writer: Writer, file: Path) -> None:
    writer.writes("to all")
    writer.goes(BOB)
    writer.writes("to bob")
    writer.drafting.save()
    again = Writer(file)
    assert again.line.text == "to all"
    assert BOB in again.chat.timelines
    assert shown(again.chat) == ["* What you began to write is kept: bob."]
    assert again.goes(BOB) == "to bob"


def test_what_ctrl_c_took_away_is_there_the_next_time_but_not_when_something_else_was_typed(
    writer: Writer, file: Path
) -> None:
    writer.writes("half a line")
    writer.drafting.drop()
    assert writer.line.text == ""
    writer.drafting.save()
    assert Writer(file).line.text == "half a line"
    writer.writes("/quit")
    writer.line.reset()
    writer.drafting.save()
    assert not file.exists()


def test_a_message_without_an_answer_is_kept_and_can_be_sent_again(writer: Writer, file: Path) -> None:
    for id_, text in (("1", "one"), ("2", "two"), ("3", "three")):
        writer.chat.timeline.send(Pm(id=id_, text=text), "alice", NOW)
    heard(writer.chat, (Error(re="2", code="no", action="wait", text="Later."), Pm(id="2", text="two")))
    writer.drafting.save()
    assert [one.text for one in load(file).unsent] == ["one", "three"]
    assert writer.drafting.has_unsent
    # As it turns out when the conversation has ended, one of them was answered.
    writer.drafting.save({"3"})
    again = Writer(file)
    assert shown(again.chat) == ["alice: three !"]
    failed = again.chat.timeline.take_failed()
    assert failed is not None
    assert failed.reason == UNANSWERED


def test_one_that_nobody_sent_again_is_kept_again(file: Path) -> None:
    save(file, Drafts({}, [Unsent(BOB, "one"), Unsent(TEA, "waves", "action")]))
    writer = Writer(file)
    assert shown(writer.chat, BOB) == ["alice: one !"]
    writer.writes("x")
    writer.drafting.save(set())
    assert load(file).unsent == [Unsent(BOB, "one"), Unsent(TEA, "waves", "action")]


def test_what_was_answered_is_kept_no_more(writer: Writer, file: Path) -> None:
    writer.chat.timeline.send(Pm(id="1", text="one"), "alice", NOW)
    writer.drafting.save()
    assert file.exists()
    heard(writer.chat, (Ok(re="1", seq=1, time=NOW), Pm(id="1", text="one")))
    writer.drafting.save()
    assert not file.exists()


def test_a_damaged_file_is_said(file: Path) -> None:
    file.write_text("{")
    writer = Writer(file)
    assert "is damaged and is not used" in shown(writer.chat)[0]
    assert writer.line.text == ""


def test_what_cannot_be_kept_is_said_once(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "state" / "drafts.json")
    # A file where there has to be a folder.
    (tmp_path / "state").write_text("")
    writer.writes("x")
    for _ in range(2):
        writer.drafting.save()
    assert shown(writer.chat) == ["! What you write cannot be kept: File exists."]


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    writer = Writer(None)
    writer.writes("x")
    writer.drafting.save()
    assert list(tmp_path.iterdir()) == []
