from __future__ import annotations

import pytest

from schema.errors import Refusal
from schema.messages import Broadcast, Direct, Message, User
from server.requests import Enter
from server.steps import Arrival, Draft
from server.store import Row
from tests.server.members import FakeMember

TIME = "2026-03-01T09:00:01.000Z"


def draft(room: str | None, recipient: str | None, client: str = "", refusal: Refusal | None = None) -> Draft:
    return Draft(FakeMember("anna"), "5", client, room, recipient, "waves", TIME, (), "action", refusal)


@pytest.mark.parametrize(
    ("written", "published"),
    [
        (draft("tea", None), Broadcast(seq=9, room="tea", sender="anna", time=TIME, text="waves", kind="action")),
        (draft(None, "ben"), Direct(seq=9, sender="anna", to="ben", time=TIME, text="waves", kind="action")),
    ],
    ids=["pm", "dm"],
)
def test_a_draft_becomes_what_the_audience_gets(written: Draft, published: Message) -> None:
    assert written.published(9) == published


def test_only_a_device_with_a_name_can_be_known_by_what_it_resends() -> None:
    named, nameless = draft("tea", None, client="desk"), draft("tea", None)
    assert (named.key, nameless.key) == (("anna", "desk", "5"), None)
    assert named.row() == Row(TIME, "anna", "tea", None, "waves", "desk", "5", "action")
    assert nameless.row() == Row(TIME, "anna", "tea", None, "waves", None, None, "action")


def test_what_the_disk_refuses_is_an_answer_that_says_wait() -> None:
    refusal = draft("tea", None).unpublished()
    assert (refusal.code.name, refusal.re, refusal.code.action) == ("storage", "5", "wait")
    assert refusal.retry


def test_what_was_refused_before_is_refused_for_that() -> None:
    refusal = Refusal("blocked", "ben takes no direct messages from you.", re="5")
    assert draft(None, "ben", refusal=refusal).unpublished() is refusal


def test_a_welcome_says_who_is_here_and_which_message_was_the_last() -> None:
    welcome = Arrival(FakeMember("anna"), Enter("7", registered=True), User.named("anna", "ben"), "admin").welcome(
        41, 40
    )
    assert (welcome.re, welcome.name, welcome.room, welcome.seq, welcome.place) == ("7", "anna", "lobby", 41, 40)
    assert (welcome.registered, welcome.role, welcome.names) == (True, "admin", ("anna", "ben"))
