from __future__ import annotations

import pytest

from client.screen import viewport as module
from client.screen.viewport import Viewport
from client.screen.wrap import Row, wrap
from client.view.chat import Chat
from client.view.spans import Paragraph
from client.view.timeline import Timeline
from schema.messages import History, Page
from tests.client.view.scenes import BOB, LOBBY, NOW, chat_of, heard, private, public

WIDTH, HEIGHT = 30, 5


def rows(viewport: Viewport, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    return ["".join(text for _, text in row).rstrip() for row in viewport.draw(width, height)]


def numbers(viewport: Viewport, height: int = HEIGHT) -> str:
    """The messages that are seen, by their numbers; - is the line of a day or of what is unread, . a blank row."""
    return " ".join("-" if "──" in row else row.rpartition(" ")[2] or "." for row in rows(viewport, WIDTH, height))


def chat_with(count: int, *, more: bool = False) -> Chat:
    """A lobby in which so many messages were said, each one row high."""
    chat = Chat("alice", "lobby", "chat.example")
    chat.timeline.page([public(str(seq), seq) for seq in range(1, count + 1)], more=more)
    return chat


@pytest.mark.parametrize(
    ("count", "scrolls", "seen"),
    [
        (9, [], "5 6 7 8 9"),
        (9, [1], "4 5 6 7 8"),
        (9, [2, 1], "2 3 4 5 6"),
        (9, [2, -1], "4 5 6 7 8"),
        (9, [2, -2], "5 6 7 8 9"),
        (9, [2, -9], "5 6 7 8 9"),
        (9, [5], "- 1 2 3 4"),
        (9, [50], "- 1 2 3 4"),
        (9, [50, -1], "1 2 3 4 5"),
        (3, [], ". - 1 2 3"),
        (3, [4], ". - 1 2 3"),
        (4, [1], "- 1 2 3 4"),
    ],
)
def test_scrolling(count: int, scrolls: list[int], seen: str) -> None:
    viewport = Viewport(chat_with(count))
    rows(viewport)
    for by in scrolls:
        viewport.scroll(by)
        rows(viewport)
    assert numbers(viewport) == seen


def test_what_comes_does_not_move_what_is_read() -> None:
    chat = chat_with(9)
    viewport = Viewport(chat)
    viewport.scroll(2)
    heard(chat, *(public(str(seq), seq) for seq in range(10, 20)))
    assert numbers(viewport) == "3 4 5 6 7"
    viewport.to_end()
    assert numbers(viewport) == "15 16 17 18 19"


def test_who_scrolls_down_to_the_end_follows_it_again() -> None:
    chat = chat_with(9)
    viewport = Viewport(chat)
    for by in (2, -2):
        viewport.scroll(by)
    heard(chat, public("10", 10))
    assert numbers(viewport) == "6 7 8 9 10"


def test_neither_do_older_messages() -> None:
    chat = Chat("alice", "lobby", "chat.example")
    chat.timeline.page([public(str(seq), seq) for seq in range(11, 20)], more=True)
    viewport = Viewport(chat)
    viewport.draw(WIDTH, HEIGHT)
    viewport.scroll(50)
    assert numbers(viewport) == "… - 11 12 13"
    assert viewport.near_top
    older = Page(re="1", more=False, broadcasts=tuple(public(str(seq), seq) for seq in range(1, 11)))
    heard(chat, (older, History(id="1", before=11)))
    assert numbers(viewport) == "9 10 11 12 13"
    viewport.to_top()
    assert numbers(viewport) == "- 1 2 3 4"


@pytest.mark.parametrize("limit", ["is_full", "more"])
def test_above_the_first_message_stands_whether_there_are_others(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    chat = chat_with(1, more=True)
    if limit == "is_full":
        monkeypatch.setattr(Timeline, "is_full", True)
    expected = "/clear makes room." if limit == "is_full" else "…"
    assert any(expected in row for row in rows(Viewport(chat), 80))


def test_another_width_shows_the_same_end() -> None:
    chat = chat_with(3)
    heard(chat, public("a rather long message that needs rows", 4))
    viewport = Viewport(chat)
    assert rows(viewport, 60, 2)[-1].endswith("a rather long message that needs rows")
    assert " ".join(row.strip() for row in rows(viewport, 30, 2)).endswith("message that needs rows")


def test_a_long_message_is_scrolled_row_by_row() -> None:
    chat = chat_with(0)
    chat.timeline.page([public("\n".join(map(str, range(1, 10))), 1)], more=False)
    viewport = Viewport(chat)
    assert numbers(viewport) == "5 6 7 8 9"
    viewport.scroll(2)
    assert numbers(viewport) == "3 4 5 6 7"
    viewport.scroll(9)
    assert numbers(viewport) == "- 1 2 3 4"


def unread_chat(count: int) -> Viewport:
    """Looks at the lobby, while bob has written something that was read, and so much that was not."""
    chat = chat_of("bob")
    viewport = Viewport(chat)
    chat.open(BOB).page([private(f"old {seq}", seq) for seq in range(1, 10)], more=False)
    heard(chat, *(private(f"new {seq}", seq) for seq in range(11, 11 + count)))
    chat.go(BOB)
    viewport.to_ruler()
    return viewport


@pytest.mark.parametrize(("count", "seen"), [(1, "7 8 9 - 11"), (4, "- 11 12 13 14"), (9, "- 11 12 13 14")])
def test_a_conversation_opens_where_it_was_left(count: int, seen: str) -> None:
    assert numbers(unread_chat(count)) == seen


def test_each_conversation_keeps_its_place() -> None:
    chat = heard(chat_with(9), private("psst", 10))
    viewport = Viewport(chat)
    viewport.scroll(2)
    chat.go(BOB)
    assert viewport.following
    chat.go(LOBBY)
    assert numbers(viewport) == "3 4 5 6 7"


def test_a_text_longer_than_the_screen_is_shown_from_its_beginning() -> None:
    chat = chat_with(9)
    viewport = Viewport(chat)
    viewport.show_from(chat.timeline.note("\n".join(map(str, range(20, 40))), NOW).number)
    # The note is younger than the messages: a day begins.
    assert numbers(viewport) == "20 21 22 23 24" or numbers(viewport).startswith("- 20 21")


def test_what_is_looked_at_may_be_forgotten() -> None:
    chat = chat_with(9)
    viewport = Viewport(chat)
    viewport.scroll(3)
    chat.timeline.clear()
    assert numbers(viewport) == ". . . . …"
    heard(chat, public("20", 20))
    assert "20" in numbers(viewport)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (40, 0), (200, 100)])
def test_it_fits_any_size(size: tuple[int, int]) -> None:
    assert len(Viewport(chat_with(9)).draw(*size)) == size[1]
    assert len(Viewport(chat_of()).draw(*size)) == size[1]


def test_only_what_is_seen_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(paragraph: Paragraph, width: int) -> list[Row]:
        made.append(paragraph)
        return wrap(paragraph, width)

    monkeypatch.setattr(module, "wrap", counted)
    viewport = Viewport(chat_with(1000))
    assert numbers(viewport, 5)
    assert len(made) <= 6
    assert numbers(viewport, 5)
    assert len(made) <= 6
