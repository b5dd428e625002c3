from __future__ import annotations

from itertools import count

import pytest

from client.commands import HELP, SCREEN_HELP, Mistyped, Typist
from client.local import ChangePassword, Connect
from client.screen.keys import HELP as KEYS_HELP
from client.screen.notification import Notifier
from client.screen.typed import Typed
from client.screen.viewport import Viewport
from client.view.chat import Chat
from client.view.entries import Said, Talk
from client.view.link import Returned
from schema.messages import Command, Dm, Error, Ex, History, Join, Ok, Page, Ping, Pm, Who
from tests.client.view.scenes import BOB, CARL, LOBBY, NOW, TEA, chat_of, heard, private, public, shown


class Person:
    """Somebody who types on a screen of 60 by 10; `sent` is what went to the server."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.viewport = Viewport(chat)
        self.sent: list[Command | Ping] = []
        numbers = count(1)
        typist = Typist(lambda: str(next(numbers)), screen=True)
        self.written: list[str] = []
        notifier = Notifier({})
        self.typed = Typed(chat, self.viewport, typist, self.sent.append, lambda: NOW, notifier, self.written.append)

    def types(self, *lines: str) -> None:
        for line in lines:
            assert self.typed.take(line) is None
            self.typed.seek()

    def sees(self) -> list[str]:
        return ["".join(text for _, text in row)[6:].rstrip() for row in self.viewport.draw(60, 10)]

    def picked_out(self) -> list[str]:
        """The rows of what was found."""
        rows = ["".join(text for role, text in row if role == "found") for row in self.viewport.draw(60, 10)]
        return [row for row in rows if row]


@pytest.fixture
def alice() -> Person:
    return Person(chat_of("bob"))


@pytest.mark.parametrize(
    ("talk", "line", "command"),
    [
        (LOBBY, "hello", Pm(id="1", text="hello")),
        (LOBBY, "//ex", Pm(id="1", text="/ex")),
        (LOBBY, "/me waves", Pm(id="1", text="waves", kind="action")),
        (LOBBY, "/dm bob hello", Dm(id="1", to="bob", text="hello")),
        (LOBBY, "/users", Who(id="1")),
        (TEA, "hello", Pm(id="1", text="hello", room="tea")),
        (TEA, "/users", Who(id="1", room="tea")),
        (TEA, "/history 5", History(id="1", room="tea", limit=5)),
        (BOB, "hello", Dm(id="1", to="bob", text="hello")),
        (BOB, "//hello", Dm(id="1", to="bob", text="/hello")),
        (BOB, "/me waves", Dm(id="1", to="bob", text="waves", kind="action")),
        (BOB, "/history", History(id="1", user="bob", limit=20)),
        (BOB, "/users", Who(id="1")),
        (BOB, "/join tea", Join(id="1", room="tea")),
    ],
)
def test_a_line_goes_where_the_person_is(alice: Person, talk: Talk, line: str, command: Command) -> None:
    alice.chat.go(talk)
    alice.types(line)
    assert alice.sent == [command]


@pytest.mark.parametrize(("line", "talk"), [("hello", LOBBY), ("/dm bob hello", BOB), ("/dm carl hello", CARL)])
def test_a_message_is_seen_at_once_where_it_goes(alice: Person, line: str, talk: Talk) -> None:
    assert not alice.typed.has_sent
    alice.types(line)
    assert shown(alice.chat, talk) == ["alice: hello …"]
    assert alice.typed.has_sent


def test_who_has_scrolled_up_sees_what_they_send(alice: Person) -> None:
    heard(alice.chat, *(public(str(seq), seq) for seq in range(1, 50)))
    alice.viewport.scroll(20)
    alice.types("mine")
    assert alice.sees()[-1] == "alice: mine (sending)"


@pytest.mark.parametrize("line", ["/ex", "/quit"])
def test_who_wants_to_leave_is_not_sent_away_by_the_line(alice: Person, line: str) -> None:
    assert isinstance(alice.typed.take(line), Ex)
    assert alice.sent == []


def test_a_password_is_for_another_to_ask(alice: Person) -> None:
    assert alice.typed.take("/password") == ChangePassword()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/nonsense", "There is no command /nonsense."),
        ("/qery bob", "Did you mean /query?"),
        ("/query", "Usage: /query NAME"),
        ("/query alice", "That is you"),
        ("/close", "Only a private conversation"),
        ("/search", "Usage: /search TEXT"),
        ("/retry", "Nothing here has failed."),
        ("/win 2", "There is no conversation 2; the last one is 1."),
        ("/win 0", "There is no conversation 0"),
        ("x" * 4097, "It has 4,097 characters; a message has 4,096 at the most."),
        ("/me " + "x" * 4097, "It has 4,097 characters"),
    ],
)
def test_what_makes_no_sense_does_nothing(alice: Person, line: str, sentence: str) -> None:
    with pytest.raises(Mistyped, match=sentence):
        alice.types(line)
    assert (alice.sent, shown(alice.chat), alice.chat.current) == ([], [], LOBBY)


def test_query_goes_to_a_person_and_close_comes_back(alice: Person) -> None:
    alice.types("/query Bob")
    assert alice.chat.current == BOB
    alice.types("/close")
    assert alice.chat.current == LOBBY
    assert BOB not in alice.chat.timelines


def test_win_goes_by_the_place_in_the_list(alice: Person) -> None:
    heard(alice.chat, private("psst"))
    alice.types("/win")
    assert shown(alice.chat) == ["* The conversations: 1 #lobby, 2 bob 1."]
    alice.types("/win 2")
    assert alice.chat.current == BOB
    alice.types("/win 1")
    assert alice.chat.current == LOBBY


def test_history_asks_for_what_is_not_here_yet(alice: Person) -> None:
    heard(alice.chat, public("one", 7), public("two", 8))
    alice.types("/history 5")
    (asked,) = alice.sent
    assert asked == History(id="1", limit=5, before=7)
    heard(alice.chat, (Page(re="1", more=False), asked))
    assert shown(alice.chat)[-1] == "* Nothing was said before."


def test_going_elsewhere_is_for_another_to_do(alice: Person) -> None:
    assert alice.typed.take("/connect chat.example:7") == Connect("chat.example", 7)


def test_typed_history_shows_the_conversation(alice: Person) -> None:
    alice.types("/history bob")
    assert alice.chat.current == BOB


def test_next_goes_to_what_is_unread(alice: Person) -> None:
    alice.types("/next")
    assert shown(alice.chat) == ["* Nothing is unread."]
    heard(alice.chat, private("psst"))
    alice.types("/next")
    assert alice.chat.current == BOB


def test_clear_empties_the_screen(alice: Person) -> None:
    heard(alice.chat, public("hello"))
    alice.types("/clear")
    assert shown(alice.chat) == []


def test_retry_sends_again_what_failed(alice: Person) -> None:
    alice.types("one", "two", "/me waves")
    for command in list(alice.sent):
        heard(alice.chat, (Error(re=command.id, code="no", action="wait", text="Later."), command))
    assert shown(alice.chat) == ["alice: one !", "alice: two !", "alice: waves !"]
    alice.types("/retry")
    assert shown(alice.chat) == ["alice: one !", "alice: two !", "alice: waves …"]
    assert alice.sent[-1] == Pm(id="4", text="waves", kind="action")
    heard(alice.chat, (Ok(re="4", seq=9, time=NOW), alice.sent[-1]))
    alice.types("/retry")
    assert alice.sent[-1] == Pm(id="5", text="two")


def test_search_goes_from_the_last_to_the_first(alice: Person) -> None:
    heard(alice.chat, *(public(f"number {seq}", seq) for seq in range(1, 100)))
    alice.chat.timeline.more = False
    alice.sees()
    for line, found in (("/search number 7", "number 79"), ("/search number 7", "number 78"), ("/search", "number 77")):
        alice.types(line)
        assert any(row.endswith(found) for row in alice.sees())
        assert not any(row.endswith("number 99") for row in alice.sees())
        assert alice.picked_out() == [found]
    alice.types("/search unheard of")
    assert alice.picked_out() == []
    assert alice.sees()[-1] == "Nothing with “unheard of” in what was said here."


def test_search_ends_and_begins_anew(alice: Person) -> None:
    heard(alice.chat, public("tea", 1))
    alice.chat.timeline.more = False
    alice.types("/search tea", "/search")
    assert shown(alice.chat)[-1].startswith("* Nothing more with “tea”")
    # From the last one again.
    alice.types("/search tea")
    assert len(shown(alice.chat)) == 2


def test_search_goes_on_in_older_messages(alice: Person) -> None:
    timeline = alice.chat.timeline
    heard(alice.chat, *(public(f"number {seq}", seq) for seq in range(50, 100)))
    alice.sees()
    alice.types("/search number 7.")
    assert alice.typed.seek()
    timeline.page([public(f"number {seq}.", seq) for seq in range(20, 50)], more=True)
    assert alice.typed.seek()
    timeline.page([public(f"number {seq}.", seq) for seq in range(1, 20)], more=False)
    assert not alice.typed.seek()
    alice.sees()
    assert alice.picked_out() == ["number 7."]


@pytest.mark.parametrize("line", ["hello", "/query bob"])
def test_a_search_ends_when_the_person_goes_on(alice: Person, line: str) -> None:
    heard(alice.chat, public("tea", 1))
    alice.types("/search coffee")
    assert alice.typed.seek()
    alice.types(line)
    assert not alice.typed.seek()
    assert not any("coffee" in one for one in shown(alice.chat))


def test_a_search_ends_where_the_person_goes_elsewhere(alice: Person) -> None:
    heard(alice.chat, public("tea", 1), private("hm"))
    alice.types("/search coffee")
    assert alice.typed.seek()
    alice.chat.step(1)
    assert not alice.typed.seek()
    alice.chat.step(1)
    assert not alice.typed.seek()


def test_a_search_that_would_push_out_what_is_newer_says_so(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.view.timeline.MAX_ENTRIES", 3)
    heard(alice.chat, public("tea", 1), public("milk", 2))
    alice.chat.timeline.more = True
    alice.types("/search coffee")
    assert shown(alice.chat)[-1].endswith("older messages are on the server, and /clear makes room for them.")


@pytest.mark.parametrize(("line", "text"), [("/help", SCREEN_HELP), ("/help keys", KEYS_HELP)])
def test_help_is_shown_from_its_first_line(alice: Person, line: str, text: str) -> None:
    alice.types(line)
    first = text.splitlines()[0]
    assert any(first.startswith(row) for row in alice.sees()[:1] if row), alice.sees()


def test_help_on_a_screen_tells_more() -> None:
    assert set(HELP.splitlines()[:-1]) < set(SCREEN_HELP.splitlines())
    assert "/query NAME" in SCREEN_HELP
    assert "/query" not in HELP


def test_going_on_ends_what_is_said_of_the_connection(alice: Person) -> None:
    back = Returned(NOW, 1, complete=True)
    alice.chat.link = back
    alice.types("hello")
    assert alice.chat.link != back


def test_an_answer_will_stand_where_it_was_typed(alice: Person) -> None:
    alice.types("/users")
    assert alice.chat.typed_in == {"1": LOBBY}
    assert not any(isinstance(entry, Said) for entry in alice.chat.timeline)


def test_notifications_are_wanted_or_not() -> None:
    alice = Person(chat_of("bob"))
    alice.types("/notify", "/notify on", "/notify", "/notify off")
    said = [line.split(";")[0] for line in shown(alice.chat)]
    off, on = "* Notifications on the desktop are off", "* Notifications on the desktop are on."
    assert said == [off, on, on, off]
    assert alice.written == []
    alice.types("/notify test")
    assert len(alice.written) == 1
    with pytest.raises(Mistyped, match="on, off or test"):
        alice.types("/notify maybe")
