from __future__ import annotations

import ast
import io
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client.safe import MAX_MARKS, put, safe
from tests.conftest import ROOT
from tests.schema.strategies import AWKWARD

#: All that Unicode calls default ignorable (UAX #44), with what is reserved for it, but for the joiners and the
#: selectors of a form, which have their uses.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(f"{chr(end - 1)}{chr(end)}" for end in range(0xFFFF, 0x110000, 0x10000))
STEERING = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\ud800-\udfff{IGNORABLE}{NONCHARACTERS}]")

FORMS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
#: What hides, where it stands behind nothing that it could belong to.
STRAY = re.compile(f"(?:^|[\\sA-Za-z\u200c\u200d{FORMS}])[\u200c\u200d{FORMS}]")

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"

HARMFUL = (
    *("\x1b[2J", "\x1b]0;title\x07", "\x9b2J", "\x9d0;title\x9c", "\x7f", "\0", "\b\b", "\r", "\n", "\t", "\x85"),
    *("\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\u00ad", "\u3164", "\u034f", "\ufff9", "\ufdd0", "\ud800"),
    *("\u0301" * 9, "\u064e" * 9, "\u1161" * 9, "\u0903" * 9, "\u200d", "\u200c", "\ufe0f", "\ufe01", "\U000e0100"),
    *("\U000e0041", "\U000e007f", ENGLAND, "\u180b", "\u0628", "\u0915", "\u1820", "\u6f22", "😀"),
)
#: Any text, rich in what does harm.
TEXTS = st.lists(st.characters(exclude_categories=()) | st.sampled_from((*AWKWARD, *HARMFUL))).map("".join)


def most_marks(text: str) -> int:
    """On one letter; joiners are passed over."""
    most = marks = 0
    for character in text.replace("\u200c", "").replace("\u200d", ""):
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        most = max(most, marks)
    return most


@given(TEXTS)
@example("\u0628" + "\u064e\u200d" * 20)
@example("a" + "\u0301" * 20 + "\u200b" + "\u0301" * 20)
def test_a_safe_text_steers_nothing_and_hides_nothing(text: str) -> None:
    shown = safe(text).replace(ENGLAND, "")
    assert not STEERING.search(shown)
    assert not STRAY.search(shown)
    assert most_marks(shown) <= MAX_MARKS


@given(TEXTS)
@example("\u0628" + "\u064e" * 9 + "\u200d")
def test_a_safe_text_stays_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(TEXTS, TEXTS)
def test_safe_texts_are_safe_on_one_line(one: str, other: str) -> None:
    line = f"{safe(one)}: {safe(other)}"
    assert safe(line) == line


@given(TEXTS.filter(lambda text: safe(text) != text))
def test_what_is_taken_out_leaves_something_to_be_seen(text: str) -> None:
    assert len(safe(text)) >= len(text) or "\ufffd" in safe(text)


@given(TEXTS)
def test_what_another_way_of_writing_gives_back_is_the_same_text(text: str) -> None:
    """Otherwise a program that reads our JSON would get another text than was sent."""
    written = safe(text.replace("<", ""), lambda character: f"<{ord(character)}>")
    assert re.sub("<([0-9]+)>", lambda code: chr(int(code[1])), written) == text.replace("<", "")


@pytest.mark.parametrize(
    "text",
    [
        "plain words, 100 %",
        "Grüße, naïve café, cafe\u0301",
        "Tiếng Việt, Tie\u0302\u0301ng Vie\u0323\u0302t",
        "مرحبا بالعالم، السَّلامُ عَلَيْكُمْ",
        "می\u200cخواهم، ه\u200d، ۱۴۰۵",
        "\u0600\u0661\u0662\u0663",
        "שָׁלוֹם עוֹלָם, בְּרֵאשִׁ֖ית",
        "नमस्ते, क्\u200dष, र्\u200cय",
        "শ্রী, র\u200d্য, ശ്രീ, ന്\u200d, ශ්\u200dරී",
        "สวัสดีชาวโลก ที่นี่",
        "བསྒྲུབས་པ།, မြန်မာ, ខ្ញុំស្រលាញ់",
        "ᠮᠣᠩᠭᠣᠯ ᠤᠨ\u180b",
        "你好，世界, 葛\U000e0100城, こんにちは, 안녕, \u1112\u1161\u11ab",
        "👩\u200d👩\u200d👧 👩🏽\u200d🚒 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈 🧑\u200d⚖\ufe0f",
        f"🇩🇪🇯🇵 {ENGLAND} 1\ufe0f\u20e3 ☎\ufe0e ©\ufe0f",
        "∑ ≠ √ ½ “quoted” – … № \u00a0 \u3000 \ue0b0",
    ],
    ids=ascii,
)
def test_ordinary_text_of_all_scripts_is_shown_as_it_is(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J\x9d", "\\x9b2J\\x9d"),
        ("a\tb\x7f\0", "a\\x09b\\x7f\\x00"),
        ("\roverwritten\b", "\\x0doverwritten\\x08"),
        ("one\ntwo", "one\\x0atwo"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066a\u2069\u061c", "\\u2066a\\u2069\\u061c"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("pay\u200bpal\ufeff pay\u200dpal pay\u200cpal", "pay\\u200bpal\\ufeff pay\\u200dpal pay\\u200cpal"),
        ("soft\u00adly \u3164 \u115f \uffa0", "soft\\xadly \\u3164 \\u115f \\uffa0"),
        ("\ufff9a\ufffab\ufffb", "\\ufff9a\\ufffab\\ufffb"),
        ("\U000e0041 🏴\U000e0041\U000e007f", "\\U000e0041 🏴\\U000e0041\\U000e007f"),
        ("\ufffe\ufdd0\U0010ffff", "\\ufffe\\ufdd0\\U0010ffff"),
        ("\ud800", "\\ud800"),
        ("a\ufe0f 😀\ufe0f\ufe0f\ufe01\U000e0101", "a\\ufe0f 😀\ufe0f\\ufe0f\\ufe01\\U000e0101"),
        ("😀\u200d 😀\u200da", "😀\\u200d 😀\\u200da"),
        ("\u0628\u200d\u200d\u200c", "\u0628\u200d\\u200d\\u200c"),
        ("a" + "\u0301" * 400 + "b", "a" + "\u0301" * MAX_MARKS + "\ufffdb"),
        ("\u1112" + "\u1161" * 400, "\u1112" + "\u1161" * MAX_MARKS + "\ufffd"),
    ],
    ids=ascii,
)
def test_what_does_harm_is_shown_as_its_code(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(TEXTS)
def test_all_that_is_put_out_is_safe_and_ends_its_line(text: str) -> None:
    stream = io.StringIO(newline="")
    put(text, stream)
    assert stream.getvalue() == "".join(f"{safe(line)}\n" for line in text.split("\n"))


#: What writes, or gives something to somebody else to write.
_WRITES = {"print", "write", "writelines", "print_formatted_text", "pprint", "print_exc", "excepthook", "fdopen"}
_THE_ONE = r"stream.write('\n'.join(map(safe, text.split('\n'))) + '\n')"
#: What writes its argument, the question, and waits for an answer.
_ASKS = {"input", "getpass", "prompt"}


def calls(source: Path) -> list[tuple[str, ast.Call]]:
    """By the last of their names."""
    nodes = [node for node in ast.walk(ast.parse(source.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return [(getattr(node.func, "attr", "") or getattr(node.func, "id", ""), node) for node in nodes]


def harmless(argument: ast.expr) -> bool:
    """Our own words, or made safe."""
    is_safe = isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name) and argument.func.id == "safe"
    return is_safe or isinstance(argument, ast.Constant)


@pytest.mark.parametrize("source", sorted((ROOT / "client").rglob("*.py")), ids=lambda path: path.name)
def test_nothing_is_written_past_put(source: Path) -> None:
    written = [ast.unparse(call) for name, call in calls(source) if name in _WRITES]
    assert written == ([_THE_ONE] if source.name == "safe.py" else [])


@pytest.mark.parametrize("source", sorted((ROOT / "client").rglob("*.py")), ids=lambda path: path.name)
def test_every_question_is_safe(source: Path) -> None:
    asked = [call.args[0] for name, call in calls(source) if name in _ASKS]
    assert [ast.unparse(question) for question in asked if not harmless(question)] == []
