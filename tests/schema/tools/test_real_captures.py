"""What tcpdump records of a real conversation over loopback, whole and with all that can happen to a recording."""

from __future__ import annotations

import io
import json
import random
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import dpkt  # type: ignore[import-untyped]
import pytest

from schema.capture import MAGIC, read_records
from schema.messages import Dm, Ex, History, Join, Part, Pm, Who
from schema.tools.command_line import main
from schema.tools.inputs.packets import CutShort, Packet, read_packets
from server.service import Service
from tests.conftest import Connect, Serve
from tests.peer import Peer
from tests.schema.tools.conftest import TcpDump, until

Terminal = pytest.CaptureFixture[str]


@dataclass(frozen=True, slots=True)
class Recording:
    """Of the same conversation: by tcpdump, and by the server itself."""

    packets: Path
    capture: Path
    port: int

    @property
    def documents(self) -> int:
        with self.capture.open("rb") as file:
            assert file.read(len(MAGIC)) == MAGIC
            return len(list(read_records(file)))


def talk(alice: Peer, bob: Peer) -> None:
    """Something of everything."""
    alice.publish(Pm(id="p1", text="hello everybody"))
    bob.ask(Join(id="j1", room="tea"))
    alice.ask(Join(id="j1", room="tea"))
    for number in range(20):
        alice.publish(Pm(id=f"t{number}", room="tea", text="long " * (40 * number + 1)))
    bob.publish(Dm(id="d1", to="alice", text="only for you"))
    assert alice.refused(Pm(id="p2", room="nowhere", text="?")) == "no-such-room"
    bob.ask(Who(id="w1"))
    alice.ask(History(id="h1", room="tea"))
    bob.ask(Part(id="r1", room="tea"))
    for peer in (alice, bob):
        peer.ask(Ex(id="x1"))
        peer.expect_closed()


def whole(path: Path) -> bool:
    """Whether the connections are closed in what was recorded by now."""
    with path.open("rb") as file:
        ends = 0
        try:
            for packet in read_packets(file, file.read(4)):
                ends += packet.octets[47] & 1
        except (CutShort, IndexError, KeyError):
            return False
        return ends >= 4


@pytest.fixture
def recording(serve: Serve, connect: Connect, tcpdump: TcpDump, tmp_path: Path) -> Recording:
    capture = tmp_path / "server.capture"
    service: Service = serve(capture=capture)
    port = service.address[1]
    path = tcpdump(port)
    alice, bob = connect("alice", at=service.address), connect("bob", at=service.address)
    talk(alice, bob)
    alice.close()
    bob.close()
    service.stop()
    until(lambda: whole(path))
    return Recording(path, capture, port)


def packets(recording: Recording) -> list[Packet]:
    with recording.packets.open("rb") as file:
        return list(read_packets(file, file.read(4)))


def rewritten(recording: Recording, order: list[Packet], *, snap: int = 262_144) -> Path:
    """Another file with these packets in this order, written by dpkt."""
    out = io.BytesIO()
    writer = dpkt.pcap.Writer(out, snaplen=snap)
    for packet in order:
        writer.writepkt(packet.octets, ts=packet.time / 1e9)
    path = recording.packets.with_name("rewritten.pcap")
    path.write_bytes(out.getvalue())
    return path


def verdict(path: Path, capsys: Terminal, *arguments: str) -> tuple[int, list[dict[str, object]], dict[str, int]]:
    """The status, the findings and the summary."""
    status = main(["validate", "--format", "ndjson", *arguments, str(path)])
    *findings, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return status, findings, summary


def rules(findings: list[dict[str, object]]) -> set[object]:
    return {finding["name"] for finding in findings}


def test_the_whole_conversation_is_valid_and_is_the_one_that_the_server_has_recorded(
    recording: Recording, capsys: Terminal
) -> None:
    status, findings, summary = verdict(recording.packets, capsys)
    assert (status, findings) == (0, [])
    assert summary["documents"] == recording.documents
    assert summary["connections"] == 2
    assert verdict(recording.capture, capsys)[:2] == (0, [])


def test_over_ipv6_and_on_all_interfaces_at_once(
    serve: Serve, connect: Connect, tcpdump: TcpDump, capsys: Terminal
) -> None:
    """On `any` packets stand behind a header of another kind."""
    service: Service = serve(host="::1")
    path = tcpdump(service.address[1], "any")
    alice = connect("alice", at=service.address[:2])
    alice.publish(Pm(id="p1", text="hello"))
    alice.ask(Ex(id="x1"))
    alice.close()
    service.stop()
    until(lambda: path.read_bytes().count(b"<bye") > 0)
    status, findings, summary = verdict(path, capsys)
    assert (status, rules(findings) - {"unanswered-at-end"}) == (0, set())
    assert summary["documents"] == summary["valid"] == 9


def test_tshark_writes_the_same_as_pcapng(recording: Recording, capsys: Terminal) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = recording.packets.with_suffix(".pcapng")
    subprocess.run(
        ["tshark", "-r", str(recording.packets), "-w", str(path)], check=True, capture_output=True, timeout=60
    )
    status, findings, summary = verdict(path, capsys)
    assert (status, findings, summary["documents"]) == (0, [], recording.documents)


def test_cut_off_at_every_kind_of_place(recording: Recording, capsys: Terminal) -> None:
    octets = recording.packets.read_bytes()
    places = {24, 30, 40, 41, len(octets) - 1}
    for packet in packets(recording)[::9]:
        places |= {packet.offset - 16, packet.offset - 3, packet.offset, packet.offset + len(packet.octets) // 2}
    path = recording.packets.with_name("cut.pcap")
    for place in sorted(places):
        path.write_bytes(octets[:place])
        status, findings, summary = verdict(path, capsys)
        assert rules(findings) <= {"capture-ends", "unanswered-at-end"}, place
        assert status == 0
        assert summary["invalid"] == 0


def test_from_the_middle_on(recording: Recording, capsys: Terminal) -> None:
    for first in range(1, len(packets(recording)), 13):
        status, findings, summary = verdict(rewritten(recording, packets(recording)[first:]), capsys)
        assert rules(findings) <= {"begins-midway", "one-direction", "unanswered-at-end"}, (first, findings)
        assert (status, summary["invalid"]) == (0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_with_packets_doubled_and_in_another_order_nothing_is_wrong(
    seed: int, recording: Recording, capsys: Terminal
) -> None:
    chance = random.Random(seed)
    all_packets = packets(recording)
    order = [packet for packet in all_packets for _ in range(chance.choice((1, 1, 2)))]
    place = {id(packet): number + chance.uniform(0, 6) for number, packet in enumerate(all_packets)}
    # The first of each connection stay where they are, so that its beginning is seen.
    opening = {id(packet) for packet in all_packets if packet.octets[47] & 2}
    order.sort(key=lambda packet: -1 if id(packet) in opening else place[id(packet)])
    status, findings, summary = verdict(rewritten(recording, order), capsys)
    assert (status, findings) == (0, [])
    assert summary["documents"] == recording.documents


@pytest.mark.parametrize("seed", range(6))
def test_with_packets_dropped_the_recording_is_blamed_and_nobody_else(
    seed: int, recording: Recording, capsys: Terminal
) -> None:
    chance = random.Random(seed)
    kept = [packet for packet in packets(recording) if chance.random() > 0.1]
    _, findings, summary = verdict(rewritten(recording, kept), capsys)
    assert rules(findings) <= {"missing-bytes", "begins-midway", "unanswered-at-end", "one-direction"}, findings
    assert summary["invalid"] == 0
    assert summary["documents"] <= recording.documents


def test_recorded_with_too_small_a_length(recording: Recording, capsys: Terminal) -> None:
    out = recording.packets.read_bytes()[:24]
    for packet in packets(recording):
        out += struct.pack("<IIII", 0, 0, min(200, len(packet.octets)), len(packet.octets)) + packet.octets[:200]
    path = recording.packets.with_name("short.pcap")
    path.write_bytes(out)
    status, findings, summary = verdict(path, capsys)
    assert status == 1
    assert "packet-cut" in rules(findings)
    assert summary["invalid"] == 0


def test_something_wrong_is_found_where_it_is(
    serve: Serve, connect: Connect, tcpdump: TcpDump, capsys: Terminal
) -> None:
    service: Service = serve()
    path = tcpdump(service.address[1])
    alice = connect("alice", at=service.address)
    bad = b'<pm xmlns="urn:xmlchat:1" id="7" colour="red"><text>hi</text></pm>'
    alice.send_octets((len(bad) + 4).to_bytes(4, "big") + bad)
    assert alice.answer("7").element == "error"
    alice.send(Pm(id="8", text="the last"))
    alice.answer("8")
    alice.ask(Ex(id="9"))
    alice.close()
    service.stop()
    until(lambda: path.read_bytes().count(b"<bye") == 1)
    status, findings, _ = verdict(path, capsys)
    [finding] = [one for one in findings if one["severity"] == "error"]
    assert status == 1
    assert (finding["name"], finding["line"], finding["column"], finding["sender"]) == (
        "unknown-attribute",
        1,
        34,
        "client",
    )
    offset = finding["offset"]
    assert isinstance(offset, int)
    assert path.read_bytes()[offset + 4 :].startswith(bad)


def test_no_password_is_in_what_is_told_of_a_recording(
    serve: Serve, connect: Connect, tcpdump: TcpDump, capsys: Terminal
) -> None:
    service: Service = serve()
    path = tcpdump(service.address[1])
    mallory = connect(at=service.address)
    for document in (
        b'<login xmlns="urn:xmlchat:1" id="1" name="Mallory"><password>hunter2</password></login>',
        b'<login xmlns="urn:xmlchat:1" id="2" name="mallory"><password>hunter2</login>',
        b'<login xmlns="urn:xmlchat:1" id="3" name="mallory" password="hunter2"/>',
    ):
        mallory.send_octets((len(document) + 4).to_bytes(4, "big") + document)
    for _ in range(3):
        assert mallory.receive().element == "error"
    mallory.close()
    service.stop()
    until(lambda: path.read_bytes().count(b"<error") == 3)
    assert b"hunter2" in path.read_bytes()
    for format in ("text", "parsable", "json", "sarif", "junit"):
        assert main(["validate", "--format", format, str(path)]) == 1
        assert "hunter2" not in capsys.readouterr().out
