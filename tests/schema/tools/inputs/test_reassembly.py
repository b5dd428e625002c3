from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.messages import Side
from schema.tools.inputs.reassembly import (
    ACK,
    FIN,
    MAX_WAITING,
    MAX_WAITING_OCTETS,
    RST,
    SYN,
    Event,
    Kind,
    Reassembly,
    ahead,
)
from tests.schema.tools.traffic import Sent, chat, framed, segments

STREAMS = [framed(chat(), side) for side in Side]


def events(sent: Iterable[Sent]) -> list[Event]:
    connection = Reassembly()
    found = [event for number, one in enumerate(sent, 1) for event in connection.feed(one.segment(number))]
    return found + connection.end()


def streams(found: list[Event]) -> list[bytes]:
    """What came out in each direction, with a mark for each hole."""
    said = [b"", b""]
    for event in found:
        said[event.direction] += event.octets if event.kind is Kind.OCTETS else b"?" * event.number
    return said


def kinds(found: list[Event]) -> set[Kind]:
    return {event.kind for event in found} - {Kind.OCTETS}


def test_a_connection_gives_both_streams() -> None:
    found = events(segments(chat(), size=7))
    assert streams(found) == STREAMS
    assert kinds(found) == set()


def shuffled(sent: list[Sent], chance: random.Random, reach: int) -> list[Sent]:
    """Each segment goes at most `reach` places; the SYN stays the first."""
    order = sorted(range(1, len(sent)), key=lambda place: place + chance.uniform(0, reach))
    return [sent[0], *(sent[place] for place in order)]


@given(st.integers(8, 200), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32))
def test_whatever_comes_twice_or_in_another_order_the_streams_are_the_same(
    size: int, client: int, server: int, seed: int
) -> None:
    chance = random.Random(seed)
    sent = segments(chat(2), size=size, first=(client, server))
    sent += chance.sample(sent, k=len(sent) // 2)
    mixed = shuffled(sorted(sent, key=sent.index), chance, MAX_WAITING // 2)
    found = events(mixed)
    assert streams(found) == [framed(chat(2), side) for side in Side]
    assert kinds(found) == set()


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 80)), max_size=30), st.integers(0, 2**32))
def test_overlapping_pieces_give_each_octet_once(pieces: list[tuple[int, int]], seed: int) -> None:
    chance = random.Random(seed)
    stream = bytes(chance.randrange(256) for _ in range(400))
    plain = [Sent(0, 1 + start, 1, ACK, stream[start : start + 20]) for start in range(0, 400, 20)]
    more = [Sent(0, 1 + start, 1, ACK, stream[start : start + size]) for start, size in pieces if stream[start:]]
    mixed = plain + more
    chance.shuffle(mixed)
    opening = [Sent(0, 0, 0, SYN), Sent(1, 0, 1, SYN | ACK)]
    found = events(opening + mixed)
    assert streams(found) == [stream, b""]
    assert kinds(found) == set()


def test_what_is_said_comes_out_in_the_order_in_which_it_was_said() -> None:
    """Though the answers were captured before the commands."""
    sent = segments(chat(1))
    late = [*sent[:3], *(one for one in sent[3:] if one.direction), *(one for one in sent[3:] if not one.direction)]
    said = [(event.direction, event.octets) for event in events(late)]
    assert said == [(event.direction, event.octets) for event in events(sent)]


@pytest.mark.parametrize("lost", range(3, 12))
def test_a_lost_segment_is_a_hole_of_its_size_in_its_direction(lost: int) -> None:
    sent = segments(chat(), size=40)
    hole = sent.pop(lost)
    found = events(sent)
    [missing] = [event for event in found if event.kind is Kind.MISSING]
    assert (missing.direction, missing.number) == (hole.direction, len(hole.octets))
    assert [len(stream) for stream in streams(found)] == [len(stream) for stream in STREAMS]


def test_a_hole_is_given_up_before_too_much_waits() -> None:
    connection = Reassembly()
    sent = segments(chat(200), size=100)
    del sent[10]
    first = next(n for n, one in enumerate(sent) if Kind.MISSING in kinds(connection.feed(one.segment(n))))
    assert 10 < first <= 10 + MAX_WAITING + 2


def test_a_hole_is_given_up_before_too_many_octets_wait() -> None:
    connection = Reassembly()
    start = [Sent(0, 0, 0, SYN), Sent(1, 0, 1, SYN | ACK)]
    large = [Sent(0, 2 + n * 65_000, 1, ACK, b"x" * 65_000) for n in range(20)]
    found = [event for n, one in enumerate(start + large) for event in connection.feed(one.segment(n))]
    assert kinds(found) == {Kind.MISSING}
    assert MAX_WAITING_OCTETS < 20 * 65_000


@pytest.mark.parametrize("handshake", [0, 1, 2, 3])
def test_packets_of_the_handshake_may_be_missing(handshake: int) -> None:
    sent = segments(chat())
    found = events(sent[:handshake] + sent[handshake + 1 :] if handshake < 3 else sent[3:])
    assert streams(found) == STREAMS
    assert kinds(found) == set()


def test_one_that_is_captured_from_the_middle_begins_there() -> None:
    sent = segments(chat(), size=30)
    connection = Reassembly()
    for number, one in enumerate(sent[10:]):
        connection.feed(one.segment(number))
    assert not connection.from_start(0)
    assert not connection.from_start(1)


def test_where_one_side_is_not_captured_the_other_is_read_all_the_same() -> None:
    found = events(one for one in segments(chat(100)) if one.direction == 1)
    assert streams(found)[1] == framed(chat(100), Side.SERVER)
    assert kinds(found) == {Kind.ABSENT}


def test_what_is_sent_again_with_other_content_is_told() -> None:
    sent = segments(chat(), size=30)
    other = replace(sent[5], octets=sent[5].octets[:20] + b"X" + sent[5].octets[21:])
    [different] = [event for event in events([*sent[:8], other, *sent[8:]]) if event.kind is Kind.DIFFERENT]
    assert different.direction == other.direction


def test_a_probe_of_one_octet_is_not_taken_for_another_content() -> None:
    sent = segments(chat(1))
    probe = Sent(0, sent[3].acknowledged - 1, sent[3].sequence, ACK, b"\0")
    assert kinds(events([*sent[:5], probe, *sent[5:]])) == set()


def test_a_packet_that_was_cut_off_is_a_hole_of_what_is_left() -> None:
    connection = Reassembly()
    sent = segments(chat(1))
    whole = sent[3].segment(4)
    found = []
    for number, one in enumerate(sent):
        cut = whole._replace(octets=whole.octets[:10]) if number == 3 else one.segment(number)
        found += connection.feed(cut)
    [event] = [event for event in found if event.kind is Kind.CUT]
    assert event.number == whole.length - 10


def test_a_connection_is_finished_when_both_have_closed() -> None:
    connection = Reassembly()
    sent = segments(chat(1))
    state = []
    for number, one in enumerate(sent):
        connection.feed(one.segment(number))
        state.append(connection.finished)
    assert state == [False] * (len(sent) - 2) + [True, True]


def test_a_connection_that_is_broken_off_is_finished_too() -> None:
    connection = Reassembly()
    for number, one in enumerate(segments(chat(1))[:5]):
        connection.feed(one.segment(number))
    reset = segments(chat(1))[5]
    assert kinds(connection.feed(replace(reset, flags=RST | ACK, octets=b"").segment(9))) == {Kind.RESET}
    assert connection.finished


def test_what_was_acknowledged_at_the_end_and_never_seen_is_missing() -> None:
    connection = Reassembly()
    sent = [one for one in segments(chat(1)) if not one.flags & FIN]
    last = sent[-1]
    for number, one in enumerate(sent[:-1]):
        connection.feed(one.segment(number))
    acknowledged = Sent(1 - last.direction, last.acknowledged, last.sequence + len(last.octets), ACK)
    connection.feed(acknowledged.segment(99))
    connection.end()
    assert connection.missing_at_end(last.direction) == len(last.octets)


def test_a_syn_with_other_numbers_belongs_to_another_connection() -> None:
    connection = Reassembly()
    for number, one in enumerate(segments(chat(1))):
        connection.feed(one.segment(number))
    again = segments(chat(1), first=(500_000_000, 600_000_000))[0]
    assert connection.begins_anew(again.segment(1))
    assert not connection.begins_anew(segments(chat(1))[0].segment(1))


@pytest.mark.parametrize(
    ("sequence", "other", "difference"), [(5, 3, 2), (3, 5, -2), (1, 2**32 - 1, 2), (2**32 - 1, 1, -2), (7, 7, 0)]
)
def test_sequence_numbers_go_round(sequence: int, other: int, difference: int) -> None:
    assert ahead(sequence, other) == difference


def test_a_fin_that_was_not_captured_is_no_missing_octet() -> None:
    sent = segments(chat(1))
    fin = next(place for place, one in enumerate(sent) if one.flags & FIN)
    assert kinds(events(sent[:fin] + sent[fin + 1 :])) == set()
