from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from schema.messages import Broadcast
from schema.tools.sealing.head import Head
from schema.tools.sealing.keys import Signer
from schema.tools.sealing.page import Page
from schema.tools.sealing.selection import Selection
from tests.schema.tools.sealing.made import Stored, head_of, made_of, said, told

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></article><style>*{display:none}</style>",
    "&lt;b&gt; &amp;amp; &#60;b>",
    "'\"` javascript:x <!-- --> <![CDATA[x]]>",
)
VOID = {"meta", "br"}


class Elements(HTMLParser):
    """The elements that a browser would see, with their attributes, and the text in each <p>."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "p":
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "p" in self.open:
            self.texts[-1] += data


def page_of(messages: tuple[Stored, ...], head: Head | None = None, signer: Signer | None = None) -> str:
    file = io.BytesIO()
    made_of(messages, signer, head, Page(file))
    return file.getvalue().decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    message = said(1, text)
    page = page_of((message,), replace(head_of((message,)), origin=text))
    seen = Elements(page)
    assert seen.open == []
    assert seen.texts[0] == text
    assert seen.names == {
        *("html", "head", "meta", "title", "style", "body", "header", "main", "footer"),
        *("h1", "h2", "dl", "dt", "dd", "article", "time", "span", "p", "code"),
    }


def test_it_loads_and_runs_nothing() -> None:
    page = page_of((said(1, HOSTILE[0]),))
    names = {name for found in Elements(page).attributes for name in found}
    assert names == {"lang", "charset", "http-equiv", "content", "name", "id", "class", "title", "datetime"}
    style = re.search("<style>(.*)</style>", page, re.DOTALL)
    assert style is not None
    allowed = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"content=\"default-src 'none'; style-src 'sha256-{allowed}'\"" in page
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@pytest.mark.parametrize("unseen", ["\u202e", "\u0085", "\u200b", "\ufeff", "\x7f", "\u2067"])
def test_what_cannot_be_seen_is_shown(unseen: str) -> None:
    page = page_of((said(1, f"a{unseen}b"),), replace(head_of((said(1),)), origin=f"x{unseen}"))
    assert unseen not in page
    assert f'a<i class="code">U+{ord(unseen):04X}</i>b' in page


def test_days_rooms_receivers_actions_and_hashes() -> None:
    first, second = "2026-03-01T23:59:59.000Z", "2026-03-02T00:00:00.000Z"
    action = Broadcast(seq=3, room="tea", sender="carol", time=second, text="waves", kind="action")
    page = page_of((said(1, time=first), told(2, "bob", time=second), action))
    assert re.findall("<h2>(.*)</h2>", page) == ["2026-03-01", "2026-03-02"]
    assert "<dt>Times</dt><dd>UTC</dd>" in page
    hashes = re.findall(r'<article.* title="entry (\d), seq (\d), sha256 (\w{64})">', page)
    assert [found[:2] for found in hashes] == [("1", "1"), ("2", "2"), ("3", "3")]
    assert f"<dt>Last hash</dt><dd><code>{hashes[-1][2]}</code></dd>" in page
    assert '<article class="direct" ' in page
    assert '<article class="action" ' in page
    assert '<span class="where">#tea</span>' in page


def test_a_name_has_one_colour() -> None:
    page = page_of((said(1), said(2, sender="bob"), said(3)))
    colours = re.findall(r'class="who (c\d+)">alice<', page)
    assert len(colours) == 2
    assert len(set(colours)) == 1
    assert f".{colours[0]} {{" in page


def test_the_head_is_told(signer: Signer) -> None:
    chosen = Selection("tea", "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z", "bob", False)
    page = page_of((), Head("<o>", "traffic", "2026-03-01T00:00:00.000Z", 0, None, None, chosen, unread=2), signer)
    for told_of in (
        "&lt;o&gt;",
        "tea",
        "bob",
        "left out",
        "recorded traffic",
        signer.public,
        "--key KEY.pub",
        "<dt>Missing",
    ):
        assert told_of in page
