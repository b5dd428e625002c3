"""PROTOCOL.md says what the code does: its examples decode and its tables are those of the code and of chat.xsd."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import schema
from schema import capture, limits
from schema.codec import decode, encode
from schema.errors import CODES, Refusal
from schema.framing import frame
from schema.messages import (
    MESSAGES,
    Broadcast,
    Command,
    Direct,
    Greeting,
    Login,
    Message,
    Ping,
    Resumed,
    Side,
    Welcome,
)
from schema.protocol import TRANSITIONS, State, advance
from schema.tools.command_line import main
from schema.tools.dissecting.fields import RESERVED, fields_of
from schema.tools.replaying.comparing import SET_ASIDE
from schema.validity import XSD
from tests.schema.tools.comparing.versions import ours

PROTOCOL = Path(schema.__file__).with_name("PROTOCOL.md")

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{2,3} ([0-9.]+) (.*)$", re.MULTILINE)
_CODED = re.compile(r"`([^`]*)`")
_HEX_LINE = re.compile(r"^[0-9a-f]{8} ((?: {1,2}[0-9a-f]{2}){1,16}) +\|.*\|$", re.MULTILINE)


def _sections() -> dict[str, tuple[str, str]]:
    """Number → title and text, up to the next heading of whatever level."""
    text = PROTOCOL.read_text(encoding="utf-8")
    found = list(_HEADING.finditer(text))
    ends = [*(heading.start() for heading in found[1:]), len(text)]
    return {
        heading[1].rstrip("."): (heading[2], text[heading.end() : end])
        for heading, end in zip(found, ends, strict=True)
    }


SECTIONS = _sections()
TITLES = {title: number for number, (title, _) in SECTIONS.items()}


def _blocks(text: str, kind: str) -> list[str]:
    return [found[2] for found in _FENCE.finditer(text) if found[1] == kind]


def _rows(number: str, first: str) -> list[list[str]]:
    """The rows of the table in a section whose first column is called `first`."""
    lines = SECTIONS[number][1].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def _bare(cell: str) -> str:
    found = _CODED.fullmatch(cell)
    assert found is not None, f"{cell!r} should stand in backquotes"
    return found[1]


XML_BLOCKS = [(number, block) for number, (_, text) in SECTIONS.items() for block in _blocks(text, "xml")]
TALKS = [
    (number, block) for number, (_, text) in SECTIONS.items() for block in _blocks(text, "text") if "S: <" in block
]


def test_sections_are_numbered_without_a_gap() -> None:
    main = [number for number in SECTIONS if "." not in number]
    assert main == [str(n + 1) for n in range(11)]
    for chapter in main:
        below = [number for number in SECTIONS if number.startswith(f"{chapter}.")]
        assert below == [f"{chapter}.{n + 1}" for n in range(len(below))]


def test_every_section_referred_to_exists() -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    assert set(re.findall(r"§([0-9]+(?:\.[0-9]+)?)", text)) <= set(SECTIONS)


@pytest.mark.parametrize(("number", "block"), XML_BLOCKS)
def test_every_xml_block_is_one_valid_document(number: str, block: str) -> None:
    decode(block.encode())


def test_every_document_has_a_section_with_an_example_in_the_order_of_the_schema() -> None:
    documented = [title for number, (title, _) in SECTIONS.items() if re.fullmatch(r"5\.\d+", number)]
    assert documented == ["Types", *MESSAGES]


@pytest.mark.parametrize("message", MESSAGES.values(), ids=list(MESSAGES))
def test_the_section_of_a_document_shows_it_and_says_who_sends_it(message: type[Message]) -> None:
    text = SECTIONS[TITLES[message.element]][1]
    directions = {"Client to server": {Side.CLIENT}, "Server to client": {Side.SERVER}, "Both directions": set(Side)}
    said = next(sides for words, sides in directions.items() if text.lstrip().startswith(words))
    assert said == message.senders
    assert "\nAnswer: " in text
    (example,) = _blocks(text, "xml")
    for sender in message.senders:
        assert type(decode(example.encode(), sender)) is message


def test_the_table_of_errors_is_the_codes() -> None:
    said = [
        (_bare(code), _bare(action), ends, meaning) for code, action, ends, meaning in _rows(TITLES["Codes"], "Code")
    ]
    assert said == [
        (code.name, code.action, "ends" if code.fatal else "stays", code.meaning) for code in CODES.values()
    ]


def test_the_list_of_commands_is_that_of_the_code() -> None:
    listed = re.search(
        r"^- A command is (.*?)\. ", SECTIONS[TITLES["Commands and answers"]][1], re.MULTILINE | re.DOTALL
    )
    assert listed is not None
    commands = {message.element for message in MESSAGES.values() if issubclass(message, Command | Ping)}
    assert set(_CODED.findall(listed[1])) == commands


def test_every_code_that_ends_a_connection_has_a_bye() -> None:
    byes = {_bare(code): reconnect for code, reconnect, _ in _rows(TITLES["Leaving"], "`bye` code")}
    fatal = {code.name: "true" if code.action == "wait" else "false" for code in CODES.values() if code.fatal}
    assert byes.items() >= fatal.items()
    said = dict(re.findall(r'<bye [^>]*code="([^"]*)" reconnect="([^"]*)"', PROTOCOL.read_text(encoding="utf-8")))
    assert byes.items() >= said.items()


def test_every_code_of_a_command_is_explained_where_commands_are() -> None:
    chapter = "".join(text for number, (_, text) in SECTIONS.items() if number.startswith("4."))
    about_commands = list(CODES)[list(CODES).index("too-many-connections") :]
    unexplained = {code for code in about_commands if f"`{code}`" not in chapter}
    assert unexplained <= {"bad-password", "shutting-down", "internal"}


def test_the_limits_in_the_greeting_are_those_in_the_table() -> None:
    greeting = decode(_blocks(SECTIONS[TITLES["greeting"]][1], "xml")[0].encode())
    assert isinstance(greeting, Greeting)
    rows = _rows(TITLES["Limits"], "Name")
    assert [limit.name for limit in greeting.limits] == [_bare(row[0]) for row in rows]
    for limit, row in zip(greeting.limits, rows, strict=True):
        assert row[3] in (f"{limit.value:,}", "as the operator sets it")
        assert f"*{limit.name}*" in "".join(text for _, text in SECTIONS.values())


def test_errors_named_anywhere_are_codes() -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    for listed in re.findall(r"Errors: (.*?)\.\n", text, re.DOTALL):
        assert set(_CODED.findall(listed)) <= set(CODES)
    assert {_bare(row[2]) for row in _rows("3.2", "Order")} <= set(CODES)
    assert set(re.findall(r'<error [^>]*code="([^"]*)"', text)) <= set(CODES)


def test_the_table_of_states_is_the_transitions() -> None:
    said: dict[State, dict[Side, dict[type[Message], State]]] = {state: {side: {} for side in Side} for state in State}
    for state, side, documents, after in _rows(TITLES["States"], "State"):
        for element in _CODED.findall(documents):
            assert MESSAGES[element] not in said[State(state)][Side(side)]
            said[State(state)][Side(side)][MESSAGES[element]] = State(after)
    assert said == TRANSITIONS


@pytest.mark.parametrize(("number", "talk"), TALKS)
def test_a_conversation_keeps_to_the_protocol_and_the_server_to_the_canonical_form(number: str, talk: str) -> None:
    state = State.OPENED
    unanswered: dict[Side, set[str]] = {side: set() for side in Side}
    for line in talk.splitlines():
        sender = {"C: ": Side.CLIENT, "S: ": Side.SERVER}[line[:3]]
        document = line[3:].encode()
        message = decode(document, sender)
        state = advance(state, sender, message)
        assert encode(message) == document
        if (asked := getattr(message, "id", None)) is not None:
            unanswered[sender].add(asked)
        if (answered := getattr(message, "re", None)) is not None:
            unanswered[sender.other].remove(answered)
    assert not any(unanswered.values())


@pytest.mark.parametrize(("number", "talk"), TALKS)
def test_a_conversation_goes_on_from_what_was_seen(number: str, talk: str) -> None:
    messages = [decode(line[3:].encode()) for line in talk.splitlines()]
    login = [message for message in messages if isinstance(message, Login)][-1]
    (welcome,) = [message for message in messages if isinstance(message, Welcome)]
    numbered = [message for message in messages if isinstance(message, Broadcast | Direct | Resumed)]
    seqs = [message.seq for message in numbered]
    assert seqs == sorted(seqs)
    assert welcome.place <= welcome.seq
    if login.since is None:
        assert all(seq > welcome.seq for seq in seqs)
    else:
        (end,) = [index for index, message in enumerate(numbered) if isinstance(message, Resumed)]
        assert welcome.place == login.since
        assert all(seq > login.since for seq in seqs)
        assert all(seq > seqs[end] for seq in seqs[end + 1 :])


def test_all_conversations_are_checked() -> None:
    assert [number for number, _ in TALKS] == ["1.1", "4.3", "4.9"]


def test_the_hex_dump_is_the_frame_of_the_document_above_it() -> None:
    text = SECTIONS["2.1"][1]
    (document,) = _blocks(text, "xml")
    (dump,) = _blocks(text, "hexdump")
    octets = frame(encode(decode(document.encode())))
    assert b"".join(bytes.fromhex(found[1]) for found in _HEX_LINE.finditer(dump)) == octets
    assert octets[4:] == document.rstrip("\n").encode()
    said = f"has {len(document.rstrip())} characters but {len(octets) - 4} octets"
    assert said in text
    assert f"Its frame has {len(octets)} octets (hexadecimal {len(octets):x})" in text


def test_the_two_ways_to_write_one_document_say_the_same() -> None:
    plain, prefixed, _ = (decode(block.encode()) for block in _blocks(SECTIONS["3.1"][1], "xml"))
    assert plain == prefixed


def test_the_example_of_a_refusal_is_what_the_codec_says() -> None:
    text = SECTIONS[TITLES["What to do"]][1]
    refused = re.search(r"^This answers `(.*)`:$", text, re.MULTILINE)
    assert refused is not None
    with pytest.raises(Refusal) as caught:
        decode(refused[1].encode(), Side.CLIENT)
    refusal = caught.value
    said = decode(_blocks(text, "xml")[0].encode())
    fields = ("re", "at", "line", "column")
    assert [getattr(said, name) for name in fields] == [getattr(refusal, name) for name in fields]
    assert getattr(said, "code", None) == refusal.code.name
    assert getattr(said, "text", None) == str(refusal)


#: A document for each row of the table in §3.2 that one document can show, by its code.
REFUSED = {
    "too-large": b" " * (limits.MAX_DOCUMENT + 1),
    "byte-order-mark": b'\xef\xbb\xbf<ex xmlns="urn:xmlchat:1" id="1"/>',
    "not-utf8": b'<ex xmlns="urn:xmlchat:1" id="\xff"/>',
    "xml-version": b'<?xml version="1.1" encoding="latin1"?><!DOCTYPE a><ex/>',
    "encoding": b'<?xml version="1.0" encoding="latin1"?><!DOCTYPE a><ex/>',
    "doctype": b"<!DOCTYPE a><a><!-- --></a>",
    "not-well-formed": b"<a><!-- --></b>",
    "comment": b"<a><!-- --></a>",
    "processing-instruction": b"<a><?b?></a>",
    "too-deep": b"<a>" * 17 + b"</a>" * 17,
    "too-many-attributes": b"<a" + b"".join(b' a%d=""' % n for n in range(33)) + b"/>",
    "too-many-elements": b"<a>" + b"<b/>" * limits.MAX_ELEMENTS + b"</a>",
    "xsi-attribute": b'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="a"/>',
    "wrong-namespace": b"<nothing/>",
    "unknown-element": b'<nothing xmlns="urn:xmlchat:1"/>',
    "wrong-direction": b'<ok xmlns="urn:xmlchat:1"/>',
    "invalid": b'<ex xmlns="urn:xmlchat:1"/>',
}


def test_the_table_of_refusals_is_complete_and_in_order() -> None:
    rows = _rows("3.2", "Order")
    assert [_bare(row[2]) for row in rows] == list(REFUSED)
    assert [int(row[0]) for row in rows] == sorted(int(row[0]) for row in rows)


@pytest.mark.parametrize("code", REFUSED)
def test_a_refused_document_gets_its_code(code: str) -> None:
    with pytest.raises(Refusal) as caught:
        # Only a server's document is long enough for that.
        decode(REFUSED[code], Side.SERVER if code == "too-many-elements" else Side.CLIENT)
    assert caught.value.code.name == code


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("2.3", limits.MAX_DOCUMENT),
        ("2.3", limits.MAX_SKIPPED_FRAME),
        ("2.3", limits.MAX_SERVER_DOCUMENT),
        ("2.3", limits.MAX_SERVER_DOCUMENT + limits.PREFIX),
        ("3.2", limits.MAX_DEPTH),
        ("3.2", limits.MAX_ATTRIBUTES),
        ("3.2", limits.MAX_ELEMENTS),
        ("7", limits.MAX_DOCUMENT),
        ("7", limits.MAX_SKIPPED_FRAME),
        ("7", limits.MAX_SERVER_DOCUMENT),
        ("7", limits.MAX_DEPTH),
        ("7", limits.MAX_ATTRIBUTES),
        ("7", limits.MAX_ELEMENTS),
        ("7", limits.MAX_TEXT),
        ("7", limits.MAX_PASSWORD),
    ],
)
def test_limits_are_those_of_the_code(number: str, value: int) -> None:
    assert re.search(rf"(?<![0-9,]){value:,}(?![0-9,])", SECTIONS[number][1])


def test_the_capture_is_one() -> None:
    (block,) = _blocks(SECTIONS["9.1"][1], "capture")
    file = io.BytesIO(block.encode())
    assert file.readline() == capture.MAGIC
    kinds = set()
    for record in capture.read_records(file):
        kinds.add(record.kind)
        if record.kind is capture.Kind.DOCUMENT:
            decode(record.octets, record.sender)
    assert kinds == set(capture.Kind)


def test_the_validator_says_of_the_examples_what_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (talk,) = _blocks(SECTIONS["9.1"][1], "capture")
    Path("talk.capture").write_text(talk, encoding="utf-8")
    Path("wrong.xml").write_text('<pm xmlns="urn:xmlchat:1" id="7" colour="red"><text/></pm>', encoding="utf-8")
    (console,) = _blocks(SECTIONS["9.2"][1], "console")
    expected = re.split(r"^\$ python -m schema (.*)\n", console, flags=re.MULTILINE)[1:]
    for command, output in zip(expected[::2], expected[1::2], strict=True):
        assert main(command.split()) == 1
        # The line of the XSD changes with every comment in it.
        found, told = (re.sub(r"chat\.xsd:\d+", "chat.xsd:N", text) for text in (capsys.readouterr().out, output))
        assert found == told


def test_the_comparison_says_of_two_versions_what_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    old = XSD.read_text(encoding="utf-8")
    kind = old.index('<xs:attribute name="kind"', old.index('name="BroadcastDocument"'))
    new = f'{old[:kind]}<xs:attribute name="edited" type="Flag"/>{old[kind:]}'
    Path("chat-1.0.xsd").write_text(old, encoding="utf-8")
    Path("chat-next.xsd").write_text(new.replace('<xs:minLength value="1"/>', '<xs:minLength value="8"/>'))
    (console,) = _blocks(SECTIONS["9.5"][1], "console")
    command, _, output = console.partition("\n")
    assert main(command.removeprefix("$ python -m schema ").split()) == 1
    # There will be more examples.
    found, told = (
        re.sub(r"^\d+ documents", "N documents", text, flags=re.M) for text in (capsys.readouterr().out, output)
    )
    assert found == told


def test_the_fields_of_the_dissector_are_those_that_stand_there() -> None:
    named = re.findall(r"`xmlchat\.([a-z_.]+)`", SECTIONS["9.6"][1])
    assert {name for name in named if name != "lua"} <= RESERVED | {field.name for field in fields_of(ours())}


def test_the_table_of_what_a_replay_sets_aside_is_the_real_one() -> None:
    rows = {_bare(element): cell for element, cell in _rows("9.8", "Element")}
    said = {element: frozenset(_CODED.findall(cell.partition(";")[0])) for element, cell in rows.items()}
    assert said == SET_ASIDE
    assert rows["notice"].endswith("; without `from` also `text`")


@pytest.mark.parametrize("command", ["tap", "replay"])
def test_every_option_of_the_commands_is_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    options = set(re.findall(r"^ +(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    text = SECTIONS["9.7"][1] + SECTIONS["9.8"][1]
    assert {option for option in options if option not in text} == set()


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def _in_bash(command: str, given: bytes = b"") -> bytes:
    functions = _blocks(SECTIONS["10.1"][1], "bash")[0]
    done = subprocess.run(
        ["bash", "-c", f"{functions}\n{command}"], input=given, capture_output=True, check=True, timeout=30
    )
    return done.stdout


@needs_bash
@pytest.mark.parametrize("text", ["a", "ü😀 %s \\x41 100%", "x" * 300])
def test_the_shell_writes_frames(text: str) -> None:
    document = f'<pm xmlns="urn:xmlchat:1" id="1"><text>{text}</text></pm>'
    assert _in_bash(f"frame '{document}'") == frame(document.encode())


@needs_bash
def test_the_shell_reads_frames() -> None:
    documents = [block.encode() for _, block in TALKS for block in re.findall(r"^S: (.*)$", block, re.MULTILINE)]
    assert _in_bash("unframe", b"".join(map(frame, documents))) == b"".join(one + b"\n" for one in documents)


def test_the_shell_session_sends_valid_documents() -> None:
    session = _blocks(SECTIONS["10.1"][1], "bash")[1]
    sent = [decode(found.encode(), Side.CLIENT).element for found in re.findall(r"frame '(.*)'", session)]
    assert sent == ["login", "pm", "ex"]
