"""The dissector, in tshark itself: every example, a real conversation, and recordings to which all sorts was done."""

from __future__ import annotations

import random
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from lxml import etree

from schema.framing import frame
from schema.messages import NAMESPACE, Dm, Ex, Pm, Side
from schema.tools.command_line import main
from schema.tools.dissecting.fields import fields_of
from schema.tools.judging.blanking import SECRETS
from server.service import Service
from tests.conftest import Connect, Serve
from tests.examples import INVALID, VALID, Example
from tests.schema.tools.comparing.versions import ours
from tests.schema.tools.conftest import TcpDump, until
from tests.schema.tools.dissecting.wireshark import TSHARK_MISSING, Shown, Wireshark, values
from tests.schema.tools.traffic import Said, Sent, captured, chat, ethernet, ipv4, pcap, segments, talk

Terminal = pytest.CaptureFixture[str]

Test = TypeVar("Test", bound=Callable[..., None])


def in_wireshark(test: Test) -> Test:
    """Marks what runs tshark."""
    marked: Test = pytest.mark.heavy(pytest.mark.skipif(TSHARK_MISSING, reason="tshark is not installed")(test))
    return marked


@pytest.fixture
def wireshark(tmp_path: Path) -> Wireshark:
    return Wireshark(tmp_path)


def file(folder: Path, octets: bytes) -> Path:
    path = folder / "capture.pcap"
    path.write_bytes(octets)
    return path


def said(examples: Iterable[Example]) -> list[Said]:
    return [(example.sender, example.octets) for example in examples]


def together(documents: list[Said], size: int) -> bytes:
    """What one side says before the other does stands in as few segments of this size as hold it."""
    joined: list[Sent] = []
    for one in segments(documents, size=60_000):
        if joined and joined[-1].octets and one.octets and joined[-1].direction == one.direction:
            joined[-1] = replace(joined[-1], octets=joined[-1].octets + one.octets)
        else:
            joined.append(one)
    return captured(
        replace(one, sequence=one.sequence + start, octets=one.octets[start : start + size])
        for one in joined
        for start in range(0, len(one.octets) or 1, size)
    )


#: How the values of a field are understood.
KINDS = {field.name: field.kind for field in fields_of(ours())}


def expected(octets: bytes) -> Counter[tuple[str, str]]:
    """What an example holds, by lxml, as the fields of the dissector."""
    found: Counter[tuple[str, str]] = Counter()

    def walk(node: etree._Element, path: str) -> None:
        name = etree.QName(node)
        if name.namespace != NAMESPACE:
            return
        here = f"{path}.{name.localname}" if path else name.localname
        text = (node.text or "") if name.localname in ("text", "extension", *SECRETS) else None
        if text is not None:
            found[here, stars(text) if name.localname in SECRETS else written(text)] += 1
        for key, value in node.attrib.items():
            collapsed = KINDS[f"{here}.{key}"] in ("integer", "word")
            found[f"{here}.{key}", " ".join(value.split()) if collapsed else value] += 1
        for child in node.iterchildren(etree.Element):
            walk(child, here)

    walk(etree.fromstring(octets), "")
    return found


def written(text: str) -> str:
    """As it comes out of an attribute of tshark's."""
    return re.sub("[\t\r\n]", " ", text).replace("\x7f", "\\x7f")


def stars(text: str) -> str:
    return "*" * len(text.encode())


def shown(one: Shown) -> Counter[tuple[str, str]]:
    """The fields of attributes and texts: those that every frame has and those of elements are left out."""
    texts = ("text", "extension", *SECRETS)
    root = one.one("root")
    return Counter(
        (name, value)
        for name, value in one.fields
        if name.startswith(f"{root}.") and (name.rpartition(".")[2] in texts or value != name.rpartition(".")[2])
    )


@in_wireshark
def test_every_example_is_shown_with_all_that_is_in_it(wireshark: Wireshark, tmp_path: Path) -> None:
    frames = wireshark.frames(file(tmp_path, captured(segments(said(VALID)))))
    assert [one.one("root") for one in frames] == [example.element for example in VALID]
    assert [one.one("sender") for one in frames] == [example.sender.value for example in VALID]
    assert [one.one("length") for one in frames] == [str(len(example.stream)) for example in VALID]
    for example, one in zip(VALID, frames, strict=True):
        assert shown(one) == expected(example.octets), example.file
        assert not {"malformed", "not_in_schema", "wrong_direction"} & {name for name, _ in one.fields}, example.file


#: What a refusal is called by the dissector. It does not judge encodings, values or the order of elements.
CALLED = {
    **dict.fromkeys(("not-well-formed", "not-utf8", "byte-order-mark", "encoding", "xml-version"), "malformed"),
    **dict.fromkeys(("doctype", "comment", "processing-instruction", "too-deep"), "malformed"),
    **dict.fromkeys(("unknown-element", "wrong-namespace"), "not_in_schema"),
    "wrong-direction": "wrong_direction",
}


@in_wireshark
def test_what_is_wrong_gets_an_expert_info(wireshark: Wireshark, tmp_path: Path) -> None:
    frames = wireshark.frames(file(tmp_path, captured(segments(said(INVALID)))))
    assert len(frames) == len(INVALID)
    for example, one in zip(INVALID, frames, strict=True):
        called = CALLED.get(str(example.code))
        assert called is None or one.has(called), example.file
        assert called == "malformed" or not one.has("malformed"), example.file
    unknown = next(one for example, one in zip(INVALID, frames, strict=True) if example.file == "invalid/pm-seq.xml")
    assert unknown.one("undeclared") == "pm/@seq=1"


@in_wireshark
@pytest.mark.parametrize("size", [1, 7, 200, 60_000])
def test_frames_in_many_segments_and_many_in_one(size: int, wireshark: Wireshark, tmp_path: Path) -> None:
    documents = chat(4)
    frames = wireshark.frames(file(tmp_path, together(documents, size)))
    assert [one.one("root") for one in frames] == [etree.QName(etree.fromstring(one)).localname for _, one in documents]
    assert values(frames, "broadcast.text") == [f"Message number {number}" for number in range(1, 5)]
    assert (len({one.packet for one in frames}) < len(frames)) is (size == 60_000)


@in_wireshark
def test_answers_and_commands_name_each_other(wireshark: Wireshark, tmp_path: Path) -> None:
    path = file(tmp_path, captured(segments(chat(2) + talk('S: <ping id="m1"/>\nC: <pong re="m1"/>'))))
    frames = wireshark.frames(path)
    by_packet = {one.packet: one for one in frames}
    asked = {one.packet: int(one.one("response_in")) for one in frames if one.has("response_in")}
    assert {packet: int(by_packet[answer].one("response_to")) for packet, answer in asked.items()} == {
        packet: packet for packet in asked
    }
    assert [(by_packet[one].one("root"), by_packet[two].one("root")) for one, two in asked.items()] == [
        ("login", "welcome"),
        ("pm", "ok"),
        ("pm", "ok"),
        ("ex", "bye"),
        # The id is the client's too, which is another.
        ("ping", "pong"),
    ]
    assert values(frames, "response_time") == ["0.001000000"] * 5


@in_wireshark
def test_on_a_port_that_is_not_known_a_document_tells_who_sent_it_if_only_one_side_may(tmp_path: Path) -> None:
    path = file(tmp_path, captured(segments(chat(1) + talk('S: <ping id="1"/>'))))
    frames = Wireshark(tmp_path, port=9999).frames(path, None, "-d", "tcp.port==7700,xmlchat")
    senders = {one.one("root"): one.all("sender") for one in frames}
    assert (senders["pm"], senders["ok"], senders["ping"]) == (["client"], ["server"], [])
    assert [one.has("response_in") for one in frames if one.has("pm")] == [True]


@in_wireshark
def test_a_line_for_each_packet(wireshark: Wireshark, tmp_path: Path) -> None:
    path = file(tmp_path, together(chat(1), 60_000))
    assert wireshark.info(path) == [
        "greeting server=x version=1",
        "login 1 name=alice",
        "login 1 → welcome name=alice room=lobby seq=0 place=0",
        'pm m1 "Message number 1"',
        'pm m1 → ok seq=1; broadcast seq=1 room=lobby from=alice "Message number 1"',
        "ex 9",
        'ex 9 → bye code=logout reconnect=false "Bye."',
    ]
    assert wireshark.info(path, 'xmlchat.broadcast.from == "alice" && xmlchat.broadcast.seq < 2') == [
        'pm m1 → ok seq=1; broadcast seq=1 room=lobby from=alice "Message number 1"'
    ]
    assert wireshark.info(path, 'xmlchat.sender == "client" && !xmlchat.pm') == ["login 1 name=alice", "ex 9"]


@in_wireshark
def test_no_secret_is_shown(wireshark: Wireshark, tmp_path: Path) -> None:
    secrets = talk(
        'C: <login id="1" name="a"><password>hunter2</password><invitation>hunter2</invitation></login>\n'
        'C: <login id="1" name="a"><password><![CDATA[hunter2]]></password></login>\n'
        'C: <login id="1" name="a"><password a="hunter2">x<b>hunter2</b></password></login>\n'
        'C: <login id="1" name="a" password="hunter2">hunter2<room name="tea">hunter2</room></login>\n'
        'C: <passwd id="1"><old>hunter2</old><new>hunter2</new></passwd>\n'
        'C: <passwd id="1"><old>hunter2</old>hunter2<ext><x xmlns="u" y="hunter2">hunter2</x></ext></passwd>\n'
        'C: <login id="1" name="a"><password>hunter2</login>\n'
        'C: <pm id="1" pwd="hunter2"><text/><secret>hunter2</secret></pm>\n'
    )
    secrets += [(Side.CLIENT, b'<login name="a"><password>hunter2</password></login>')]
    path = file(tmp_path, captured(segments(secrets)))
    out = wireshark.run(path, "-V")
    assert "hunter2" not in out
    assert out.count("Root: ") == len(secrets) - 1
    assert "password: *******" in out


@in_wireshark
@pytest.mark.parametrize("octets", [b"\0\0\0\3", b"\xff\xff\xff\xff<pm/>", b"GET / HTTP/1.1\r\n\r\n", b"\0\x10\0\5<"])
def test_a_length_that_is_none(octets: bytes, wireshark: Wireshark, tmp_path: Path) -> None:
    opened, sent = segments([])[:3], segments([(Side.CLIENT, b"12345678")])[3]
    path = file(tmp_path, captured([*opened, replace(sent, octets=octets)]))
    [one] = wireshark.frames(path)
    assert one.has("bad_length")
    assert wireshark.info(path) == ["not a frame"]


@in_wireshark
def test_an_empty_document_and_one_that_is_cut_off(wireshark: Wireshark, tmp_path: Path) -> None:
    sent = segments([(Side.CLIENT, b""), (Side.CLIENT, b"<pm" + b" " * 400)])
    path = file(tmp_path, pcap((ethernet(ipv4(one)) for one in sent), snap=200))
    empty, cut = wireshark.frames(path)
    assert empty.has("malformed")
    assert cut.has("cut")
    assert wireshark.info(path) == ["empty document", "cut frame"]


ODD = (b"<", b">", b"&", b"]]>", b'"', b"<![CDATA[", b"&#0;", b"\xff", b"/", b":", b"\0", b"<x>", b"]")


def mutated(seed: int) -> list[Sent]:
    """A conversation to whose octets something was done, in segments of some size."""
    chance = random.Random(seed)
    documents = said(chance.sample((*VALID, *INVALID), 4))
    found = []
    for side, octets in documents:
        changed = bytearray(octets)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(changed) + 1)
            if chance.random() < 0.5:
                changed[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
            else:
                changed[at:at] = chance.choice(
                    (b"<", b">", b"&", b"]]>", b'"', b"<![CDATA[", b"&#0;", b"\xff", b"/", b":")
                )
        found.append((side, bytes(changed)))
    sent = segments(found, size=chance.choice((1, 30, 500, 60_000)))
    if chance.random() < 0.3:
        sent = [
            one if chance.random() < 0.9 else replace(one, octets=chance.randbytes(len(one.octets))) for one in sent
        ]
    return [one for one in sent if chance.random() < 0.97]


@in_wireshark
@pytest.mark.parametrize("snap", [262_144, 120])
def test_whatever_was_done_to_a_recording_no_script_fails(snap: int, wireshark: Wireshark, tmp_path: Path) -> None:
    """Each conversation comes from another port, so that one tshark reads them all."""
    packets = [ethernet(ipv4(one, port=10_000 + seed)) for seed in range(150) for one in mutated(seed)]
    path = file(tmp_path, pcap(packets, snap=snap))
    out = wireshark.run(path, "-V")
    assert out.count("\nxmlchat") > 150
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    assert wireshark.run(path, "-2", "-T", "fields", "-e", "xmlchat.root").count("\n") > 100


@in_wireshark
def test_a_real_conversation_as_tcpdump_records_it(
    serve: Serve, connect: Connect, tcpdump: TcpDump, tmp_path: Path
) -> None:
    service: Service = serve()
    port = service.address[1]
    path = tcpdump(port)
    alice, bob = connect("alice", at=service.address), connect("bob", at=service.address)
    alice.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    alice.publish(Pm(id="p1", text="Grüß 漢 😀"))
    split = frame(
        b'<c:pm xmlns:c="urn:xmlchat:1" id="p2"><c:text>1 &lt; 2 <![CDATA[&& 2 > 1]]> &#x1F600;</c:text></c:pm>'
    )
    for start in range(0, len(split), 9):
        alice.send_octets(split[start : start + 9])
    alice.answer("p2")
    several = (b'<pm xmlns="urn:xmlchat:1" id="p%d"><text>%d</text></pm>' % (number, number) for number in (3, 4, 5))
    alice.send_octets(b"".join(map(frame, several)))
    for number in (3, 4, 5):
        alice.answer(f"p{number}")
    alice.send_octets(frame(b'<pm xmlns="urn:xmlchat:1" id="p6"><text>broken</pm>'))
    bob.publish(Dm(id="d1", to="alice", text="only for you"))
    for peer in (alice, bob):
        peer.ask(Ex(id="x1"))
        peer.close()
    service.stop()
    until(lambda: path.read_bytes().count(b"<bye") >= 2)
    wireshark = Wireshark(tmp_path, port=port)
    frames = wireshark.frames(path)
    assert values(frames, "pm.text") == ["Grüß 漢 😀", "1 < 2 && 2 > 1 😀", "3", "4", "5"]
    assert [one.one("sender") for one in frames if one.has("malformed")] == ["client"]
    assert values(frames, "direct.from") == ["bob", "bob"]
    assert len(values(frames, "login.password")) == 2
    assert set("".join(values(frames, "login.password"))) == {"*"}
    # Each of the two hears all five.
    heard = wireshark.frames(path, 'xmlchat.broadcast.from == "alice"')
    assert sorted(values(heard, "broadcast.seq")) == sorted([str(number) for number in range(1, 6)] * 2)
    answered = {one.one("pm.id") for one in frames if one.has("pm.id") and one.has("response_in")}
    assert answered == {"p1", "p2", "p3", "p4", "p5"}


@in_wireshark
def test_a_protocol_of_somebody_else(tmp_path: Path) -> None:
    xsd = tmp_path / "order.xsd"
    xsd.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop"><xs:element name="order">'
        '<xs:complexType><xs:sequence><xs:element name="item" type="xs:string" maxOccurs="9"/></xs:sequence>'
        '<xs:attribute name="length" type="xs:int"/></xs:complexType></xs:element></xs:schema>'
    )
    document = b'<s:order xmlns:s="urn:shop" length="2"><item>tea</item><item>milk</item></s:order>'
    wireshark = Wireshark(tmp_path, xsd, protocol="shop")
    [one] = wireshark.frames(file(tmp_path, captured(segments([(Side.CLIENT, document)]))))
    assert (one.one("root"), one.all("order.item"), one.one("order.length")) == ("order", ["tea", "milk"], "2")
    assert not one.has("not_in_schema")


def test_it_is_written_for_the_port_that_is_named(capsys: Terminal) -> None:
    assert main(["dissector", "--port", "7000", "--tls-port", "7001", "--protocol", "chat"]) == 0
    out = capsys.readouterr().out
    assert 'local PROTOCOL, TITLE = "chat", "chat"' in out
    assert "local PORT, TLS_PORT = 7000, 7001" in out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--protocol", "Chat"], 2, "'Chat' is no name: a-z, 0-9 and _"),
        (["--port", "70000"], 2, "a port is 1 to 65535"),
        (["--schema", "missing.xsd"], 3, "missing.xsd is no XSD that can be read"),
    ],
)
def test_what_cannot_be_written(arguments: list[str], status: int, words: str, capsys: Terminal) -> None:
    assert main(["dissector", *arguments]) == status
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
