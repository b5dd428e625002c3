from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest

from schema.messages import Side
from schema.tools.inputs.item import Document, Ended, Fault, Item, Unreadable
from schema.tools.inputs.packet_capture import read_packet_capture
from tests.schema.tools.traffic import (
    CLIENT_PORT,
    Sent,
    captured,
    chat,
    ethernet,
    ipv4,
    ipv6,
    pcap,
    segments,
    talk,
)


def read(octets: bytes, port: int | None = None) -> list[Item]:
    file = io.BytesIO(octets)
    return list(read_packet_capture("a.pcap", file, file.read(4), port))


def documents(items: list[Item]) -> list[tuple[Side | None, bytes]]:
    return [(item.where.stream.sender, item.octets) for item in items if isinstance(item, Document)]


def faults(items: list[Item]) -> list[str]:
    return [item.rule for item in items if isinstance(item, Fault)]


def test_a_conversation_comes_out_as_it_was_said() -> None:
    items = read(captured(segments(chat())))
    assert documents(items) == chat()
    assert faults(items) == []
    assert [item.closed for item in items if isinstance(item, Ended)] == [True]


def test_a_document_knows_its_place() -> None:
    octets = captured(segments(chat()))
    found = [item for item in read(octets) if isinstance(item, Document)]
    assert [one.where.frame for one in found] == list(range(1, len(found) + 1))
    for one in found:
        assert one.where.offset is not None
        assert octets[one.where.offset + 4 :].startswith(one.octets)
    first = found[0].where
    assert (first.packet, first.position, first.utc) == (4, 0, "2026-02-02T02:40:00.003Z")
    assert (first.stream.client, first.stream.server) == (f"127.0.0.1:{CLIENT_PORT}", "127.0.0.1:7700")


def test_many_connections_at_once_are_kept_apart() -> None:
    each = [segments(chat(n + 1), size=50) for n in range(20)]
    longest = max(map(len, each))
    packets = [
        ethernet(ipv4(sent[place], port=40_000 + number))
        for place in range(longest)
        for number, sent in enumerate(each)
        if place < len(sent)
    ]
    items = read(pcap(packets))
    assert faults(items) == []
    for number in range(20):
        mine = [item for item in items if isinstance(item, Document) and item.where.stream.connection == number + 1]
        assert [(one.where.stream.sender, one.octets) for one in mine] == chat(number + 1)


def test_ipv6_and_loopback() -> None:
    packets = [struct.pack("<I", 30) + ipv6(one) for one in segments(chat())]
    assert documents(read(pcap(packets, link=0))) == chat()


def test_the_same_ports_again_are_another_connection() -> None:
    twice = segments(chat()) + segments(chat(1), first=(900_000_000, 950_000_000))
    items = read(captured(twice))
    assert documents(items) == chat() + chat(1)
    assert len([item for item in items if isinstance(item, Ended)]) == 2
    unclosed = segments(chat())[:-3] + segments(chat(1), first=(900_000_000, 950_000_000))
    assert documents(read(captured(unclosed))) == chat() + chat(1)


def test_a_packet_that_straggles_behind_the_end_is_no_connection_of_its_own() -> None:
    sent = segments(chat())
    items = read(captured([*sent, sent[5], sent[4]]))
    assert documents(items) == chat()
    assert faults(items) == []


@pytest.mark.parametrize("first", range(3, 12))
def test_a_capture_that_begins_in_the_middle(first: int) -> None:
    items = read(captured(segments(chat())[first:]))
    assert documents(items) == chat()[first - 3 :]
    assert faults(items) == ["begins-midway"]


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_one_that_begins_within_a_document_goes_on_with_the_next(cut: int) -> None:
    sent = segments(chat())[4:]
    sent[0] = replace(sent[0], sequence=sent[0].sequence + cut, octets=sent[0].octets[cut:])
    items = read(captured(sent))
    assert faults(items) == ["begins-midway"]
    assert [one for one in documents(items) if one[0] is Side.CLIENT] == [
        one for one in chat()[2:] if one[0] is Side.CLIENT
    ]


def test_a_lost_packet_is_a_fault_of_what_carries_and_not_of_the_document() -> None:
    sent = segments(chat(), size=50)
    lost = sent.pop(12)
    items = read(captured(sent))
    [fault] = [item for item in items if isinstance(item, Fault)]
    assert fault.rule == "missing-bytes"
    assert fault.lost
    assert f"{len(lost.octets)} octets" in fault.sentence
    assert "is cut by that" in fault.sentence
    whole = documents(items)
    assert len(whole) in (len(chat()) - 1, len(chat()) - 2)
    assert set(whole) < set(chat())


def test_packets_that_were_cut_off_are_named() -> None:
    packets = [ethernet(ipv4(one)) for one in segments(chat())]
    items = read(pcap(packets, snap=100))
    assert set(faults(items)) == {"packet-cut"}
    assert documents(items) == [one for one in chat() if b"<ex" in one[1]]


def test_another_content_under_the_same_numbers() -> None:
    sent = segments(chat())
    other = replace(sent[6], octets=sent[6].octets.replace(b"Message", b"MESSAGE"))
    items = read(captured([*sent[:8], other, *sent[8:]]))
    assert faults(items) == ["retransmission-differs"]
    assert documents(items) == chat()


def test_one_direction_alone() -> None:
    items = read(captured(one for one in segments(chat(100)) if one.direction == 1))
    assert faults(items) == ["one-direction"]
    assert documents(items) == [one for one in chat(100) if one[0] is Side.SERVER]


def foreign(*octets: bytes) -> list[Sent]:
    """A connection on which these are said in turn, by the client first."""
    found = segments([])[:3]
    following = [found[0].sequence + 1, found[1].sequence + 1]
    for number, said_now in enumerate(octets):
        direction = number % 2
        found.append(Sent(direction, following[direction], following[1 - direction], 0x10, said_now))
        following[direction] += len(said_now)
    return found


def on_port(sent: list[Sent], port: int) -> bytes:
    """The same between other ports."""
    packets = []
    for one in sent:
        packet = bytearray(ipv4(one, port=40_000))
        place = 22 if one.direction == 0 else 20
        packet[place : place + 2] = struct.pack(">H", port)
        packets.append(ethernet(bytes(packet)))
    return pcap(packets)


HTTP = (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
HELLO = (b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x03\x00\x7a\x02")


def test_what_speaks_something_else_on_another_port_is_passed_over_and_counted() -> None:
    items = read(on_port(foreign(*HTTP), 80))
    assert faults(items) == ["foreign"]
    [fault] = [item for item in items if isinstance(item, Fault)]
    assert "1 connection speaks something else" in fault.sentence


def test_what_speaks_something_else_on_the_port_named_is_wrong() -> None:
    assert "not-a-frame" in faults(read(on_port(foreign(*HTTP), 80), port=80))
    assert "not-a-frame" in faults(read(captured(foreign(*HTTP))))


def test_connections_of_other_ports_are_not_looked_at_where_one_is_named() -> None:
    assert read(captured(segments(chat())), port=7000) == []
    assert documents(read(captured(segments(chat())), port=7700)) == chat()


def test_tls_is_called_so_where_a_conversation_was_expected() -> None:
    assert faults(read(on_port(foreign(*HELLO), 7743))) == ["encrypted"]
    assert faults(read(on_port(foreign(*HELLO), 443))) == ["foreign"]
    assert faults(read(on_port(foreign(*HELLO), 443), port=443)) == ["encrypted"]


def test_who_is_the_server_is_known_by_what_is_said() -> None:
    """Where neither the beginning nor the usual port tells."""
    sent = segments(chat())[5:]
    turned = [ethernet(ipv4(one, port=80)) for one in sent]
    octets = bytearray()
    for packet in turned:
        octets += packet.replace(struct.pack(">H", 7700), struct.pack(">H", 50_000), 1)
    items = read(pcap(packet.replace(struct.pack(">H", 7700), struct.pack(">H", 50_000), 1) for packet in turned))
    assert documents(items) == chat()[2:]


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9])
def test_a_file_that_ends_early_gives_what_is_there(kept: float) -> None:
    octets = captured(segments(chat()))
    items = read(octets[: int(len(octets) * kept)])
    assert documents(items) == chat()[: len(documents(items))]
    assert faults(items) == ["capture-ends"]
    assert not any(item.closed for item in items if isinstance(item, Ended))


def test_a_capture_that_ends_within_a_frame_says_so_without_blame() -> None:
    sent = segments(chat(), size=20)[:20]
    assert faults(read(captured(sent))) == ["capture-ends"]


def test_a_connection_that_is_closed_within_a_frame_is_at_fault() -> None:
    sent = segments(chat(1))
    last = sent[-4]
    cut = replace(last, octets=last.octets[:-5])
    closing = [replace(one, sequence=one.sequence - 5) if one.direction == 1 else one for one in sent[-3:]]
    closing = [replace(one, acknowledged=one.acknowledged - 5) if one.direction == 0 else one for one in closing]
    assert faults(read(captured([*sent[:-4], cut, *closing]))) == ["frame-cut"]


def test_a_link_layer_that_is_not_understood_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="link layer 147"):
        read(pcap([b"\0" * 60], link=147))


def test_from_the_middle_of_long_documents_on_it_is_waited_for_the_next() -> None:
    """On ports that tell nothing, and though neither side begins with a frame."""
    users = "<user name='bob'/>" * 300
    long = talk(f'C: <pm id="1"><text>{"a" * 4000}</text></pm>\nS: <users room="lobby">{users}</users>\n')
    sent = segments(long + chat(), size=500)
    first_of_server = next(place for place, one in enumerate(sent) if one.direction == 1 and one.octets)
    packets = on_port(sent[5:first_of_server] + sent[first_of_server + 1 :], 50_000)
    assert [one for one in documents(read(packets)) if one in chat()] == chat()
