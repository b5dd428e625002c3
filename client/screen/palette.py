"""Which colour each role has. All are readable on a dark and on a light ground; with NO_COLOR there is none."""

from __future__ import annotations

from prompt_toolkit.styles import Style

from client.view.spans import NAME_COLOURS

#: Of middle lightness, so that the contrast with black and with white is much the same, 4 to 1 and more.
NAMES = (
    *("#d7005f", "#008700", "#0087af", "#af5f00", "#875fff", "#5f8700", "#d700af", "#008787", "#5f87d7", "#af5f87"),
)
assert len(NAMES) == NAME_COLOURS

#: What stays readable without colours is said in words or by its place; these only help.
STYLE = Style.from_dict(
    {
        "time": "#808080",
        "note": "#808080",
        "card": "",
        "day": "#808080",
        "ruler": "#d7005f bold",
        "me": "bold",
        "mention": "reverse bold",
        "link": "underline",
        # Blank cells: any colour does, see client/screen/drawn.py.
        "pad": "#808080",
        "pending": "#808080 italic",
        "error": "#d7005f bold",
        "found": "reverse",
        "edge": "#808080",
        "status": "reverse",
        "banner.down": "reverse #d7005f bold",
        "banner.up": "reverse #008700",
        "question": "bold",
        "talk": "",
        "talk.current": "reverse",
        "talk.unread": "bold",
        "person.away": "#808080",
        **{f"name-{number}": colour for number, colour in enumerate(NAMES)},
    }
)
