from __future__ import annotations

import pytest

from client.commands import Mistyped, Typist
from client.local import Clear, Close, HelpKeys, Local, Next, Query, Retry, Search


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("/query bob", Query("bob")),
        ("/q Bob", Query("bob")),
        ("/next", Next()),
        ("/close", Close()),
        ("/clear", Clear()),
        ("/search two words ", Search("two words")),
        ("/search", Search(None)),
        ("/retry", Retry()),
        ("/help keys", HelpKeys()),
    ],
)
def test_the_screen_has_commands_of_its_own(line: str, wish: Local) -> None:
    assert Typist(str, screen=True).read(line) == wish


@pytest.mark.parametrize("line", ["/query bob", "/next", "/close", "/clear", "/search x", "/retry"])
def test_without_a_screen_they_say_so(line: str) -> None:
    with pytest.raises(Mistyped, match="for the full screen"):
        Typist(str).read(line)
