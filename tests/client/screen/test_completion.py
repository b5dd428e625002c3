from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from client.screen.completion import ChatCompleter
from client.view.entries import Talk
from tests.client.view.scenes import chat_of


def completed(line: str) -> list[str]:
    """What the line may become. Bob, bill and carl are here, dora was talked to, and there is a room tea."""
    chat = chat_of("bob", "bill", "carl")
    chat.open(Talk("dora", is_room=False))
    chat.open(Talk("tea"))
    document = Document(line)
    found = ChatCompleter(chat).get_completions(document, CompleteEvent(completion_requested=True))
    return [line[: len(line) + one.start_position] + one.text for one in found]


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("b", ["bill: ", "bob: "]),
        ("BO", ["bob: "]),
        ("hi bo", ["hi bob "]),
        ("hi @bo", ["hi @bob "]),
        ("hi\nbo", ["hi\nbob "]),
        ("a", []),
        ("", []),
        ("hi ", []),
        ("/us", ["/users "]),
        ("/US", ["/users "]),
        ("/se", ["/search "]),
        ("/dm ", ["/dm bill ", "/dm bob ", "/dm carl ", "/dm dora "]),
        ("/dm bo", ["/dm bob "]),
        ("/dm bob ca", ["/dm bob carl "]),
        ("/q d", ["/q dora "]),
        ("/ban bo", ["/ban bob "]),
        ("/join t", ["/join tea "]),
        ("/notify o", ["/notify off ", "/notify on "]),
        ("/help ke", ["/help keys "]),
        ("/help us", ["/help users "]),
        ("/ex ", []),
        ("/nonsense b", []),
        ("//us", []),
    ],
)
def test_tab(line: str, lines: list[str]) -> None:
    assert completed(line) == lines
