from __future__ import annotations

import pytest

from client.view.links import MAX_ADDRESS, links

SITE = "https://chat.example"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("no address: chat.example, ftp://x, https://", []),
        (f"see {SITE}", [SITE]),
        (f"see {SITE}/a_b?c=d&e=%20#f, and", [f"{SITE}/a_b?c=d&e=%20#f"]),
        ("http://one and HTTPS://two!", ["http://one", "HTTPS://two"]),
        (f"({SITE}/a) [{SITE}/b] '{SITE}/c'.", [f"{SITE}/a", f"{SITE}/b", f"{SITE}/c"]),
        (f"{SITE}/wiki/Tea_(drink)", [f"{SITE}/wiki/Tea_(drink)"]),
        ("http://[::1]:8080/", ["http://[::1]:8080/"]),
        (f'"{SITE}/a"<{SITE}/b>', [f"{SITE}/a", f"{SITE}/b"]),
        (f"{SITE}/“so”", [f"{SITE}/"]),
        # Where these lead is not what they say.
        (f"{SITE}/ä", []),
        ("https://chat.exämple", []),
        (f"{SITE}/\\x1b", [f"{SITE}/"]),
        (f"{SITE}/{'a' * MAX_ADDRESS}", []),
    ],
)
def test_addresses_are_found(text: str, addresses: list[str]) -> None:
    assert [text[start:stop] for start, stop in links(text)] == addresses
