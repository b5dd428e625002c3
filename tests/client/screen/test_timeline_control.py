from __future__ import annotations

import re

import pytest

from client.screen.timeline_control import TimelineControl
from client.screen.viewport import Viewport
from server.service import Service
from tests.client.conftest import Enter, Open
from tests.client.screen.conftest import said
from tests.client.terminals import Terminal
from tests.client.view.scenes import chat_of, heard, public


def test_it_draws_as_many_rows_as_there_are() -> None:
    control = TimelineControl(Viewport(heard(chat_of("bob"), public("hello"))))
    content = control.create_content(40, 7)
    assert content.line_count == 7
    assert content.get_line(6)[0][0] == "class:time"
    assert "".join(fragment[1] for fragment in content.get_line(6)).endswith("bob: hello")
    assert not content.show_cursor


FAMILY, FLAG, HEART = "👩\u200d👩\u200d👧", "🇩🇪", "❤\ufe0f"
SITE = "https://chat.example/" + "long/" * 14


@pytest.mark.heavy
def test_clusters_leave_everything_else_where_it_is(alice: Terminal, enter: Enter) -> None:
    """On a terminal that draws their parts; what is drawn again later too."""
    bob = enter("bob")
    bob.pm(f"{FAMILY * 14} {FLAG}{HEART} " * 2 + " at last")
    alice.until(lambda screen: "at last" in said(screen))
    for number in range(3):
        bob.pm(f"number {number}")
        alice.until(lambda screen, number=number: f"number {number}" in screen)  # type: ignore[misc]
        alice.until(lambda _: {alice.row(number)[edge].data for number in range(22) for edge in (16, 64)} == {"│"})
        assert re.search(r" +│ +│ bob$", alice.text.split("\n")[1])


@pytest.mark.heavy
def test_a_link_leads_where_it_says_from_each_row(service: Service, open_terminal: Open, enter: Enter) -> None:
    alice = open_terminal(service.address, "--register", password="secret", size=(50, 20))
    alice.until(lambda screen: "You are alice. Here:" in screen)
    bob = enter("bob")
    bob.pm(f"see {SITE} and\x9d8;;evil\x9c so on")
    alice.until(lambda screen: "so on" in said(screen))
    # A menu over the rows with the link, and gone again.
    for number in range(2):
        bob.pm(f"number {number}")
    alice.until(lambda screen: "number 1" in screen)
    alice.press("/\t")
    alice.until(lambda screen: "announce" in screen)
    alice.press("\x15")
    alice.until(lambda screen: "announce" not in screen and screen.endswith("\n>"))
    targets = re.findall(rb"\x1b\]8;([^;]*);([^\x1b]*)\x1b\\", alice.raw)
    opened = [(parameters, target) for parameters, target in targets if target]
    assert len(opened) >= 3
    assert len(set(opened)) == 1
    assert opened[0][1].decode() == SITE
    # Each is closed before anything else is written, but for its own address.
    parts = re.split(rb"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\", bytes(alice.raw))
    assert [bool(part) for part in parts[1::2]] == [True, False] * (len(parts) // 4)
    shown = [re.sub(rb"\r|\x1b\[[0-9;?]*[A-Za-z]", b"", part).decode() for part in parts[2::4]]
    assert "".join(shown[:3]) == SITE
    assert all(one and one in SITE for one in shown)
