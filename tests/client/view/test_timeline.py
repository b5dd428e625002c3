from __future__ import annotations

import pytest

from client.view import timeline as timeline_module
from client.view.entries import Said, State
from client.view.timeline import Timeline
from schema.messages import Broadcast, Pm
from tests.client.view.scenes import LATER, NOW, public, written


def lines(timeline: Timeline) -> list[str]:
    return [written(entry) for entry in timeline]


def numbered(*seqs: int) -> list[Broadcast]:
    return [public(str(seq), seq) for seq in seqs]


def pm(text: str, id_: str = "1") -> Pm:
    return Pm(id=id_, text=text)


@pytest.mark.parametrize(
    ("live", "pages", "texts"),
    [
        ([1, 2, 3], [], "1 2 3"),
        ([1, 1, 2], [], "1 2"),
        ([7, 8], [[5, 6]], "5 6 7 8"),
        ([7, 8], [[5, 6], [3, 4]], "3 4 5 6 7 8"),
        ([7, 8], [[6, 7, 8]], "6 7 8"),
        ([], [[1, 2]], "1 2"),
        ([9], [[2, 12]], "2 9 12"),
    ],
)
def test_messages_stand_once_and_in_the_order_of_the_server(
    live: list[int], pages: list[list[int]], texts: str
) -> None:
    timeline = Timeline()
    for message in numbered(*live):
        timeline.hear(message)
    for page in pages:
        timeline.page(numbered(*page), more=False)
    assert " ".join(line.removeprefix("bob: ") for line in lines(timeline)) == texts


def test_a_note_stays_behind_what_it_came_after() -> None:
    timeline = Timeline()
    timeline.begin_at(5)
    timeline.note("* You are alice.", NOW)
    timeline.hear(public("new", 6))
    timeline.page(numbered(4, 5), more=True)
    assert lines(timeline) == ["bob: 4", "bob: 5", "* You are alice.", "bob: new"]
    assert (timeline.more, timeline.oldest) == (True, 4)


def test_a_message_of_ours_is_pending_below_all_others_and_then_in_its_place() -> None:
    timeline = Timeline()
    timeline.send(pm("mine"), "alice", NOW)
    timeline.hear(public("before", 1))
    assert lines(timeline) == ["bob: before", "alice: mine …"]
    timeline.sent("1", 2, LATER)
    timeline.hear(public("behind", 3))
    assert lines(timeline) == ["bob: before", "alice: mine", "bob: behind"]
    assert timeline[1].time == LATER


OWN = public("mine", 2, sender="alice")


@pytest.mark.parametrize("order", ["ok broadcast", "broadcast ok"])
def test_a_message_of_ours_stands_there_once_whatever_comes_first(order: str) -> None:
    timeline = Timeline()
    timeline.send(pm("mine"), "alice", NOW)
    for what in order.split():
        if what == "ok":
            timeline.sent("1", 2, NOW)
        else:
            timeline.hear(OWN, ours=True)
        assert lines(timeline) == ["alice: mine"]


def test_the_same_words_from_elsewhere_stand_there_too() -> None:
    timeline = Timeline()
    timeline.send(pm("mine"), "alice", NOW)
    timeline.hear(public("mine", 1, sender="alice"), ours=True)
    timeline.sent("1", 2, NOW)
    timeline.hear(OWN, ours=True)
    assert lines(timeline) == ["alice: mine", "alice: mine"]


def test_a_message_that_failed_says_why_and_can_be_taken_back() -> None:
    timeline = Timeline()
    for number in "12":
        timeline.send(pm(f"text {number}", number), "alice", NOW)
    assert timeline.fail("1", "Too long.")
    assert lines(timeline) == ["alice: text 1 !", "alice: text 2 …"]
    failed = timeline.take_failed()
    assert isinstance(failed, Said)
    assert (failed.text, failed.state, failed.reason) == ("text 1", State.FAILED, "Too long.")
    assert lines(timeline) == ["alice: text 2 …"]
    assert timeline.take_failed() is None
    assert not timeline.fail("1", "Again.")


def test_comings_and_goings_are_folded_until_something_is_said() -> None:
    timeline = Timeline()
    timeline.move(["bob"], [], NOW)
    timeline.move([], ["carl"], NOW)
    assert lines(timeline) == ["+bob -carl ±"]
    timeline.hear(public("hello", 1))
    timeline.move([], ["bob"], NOW)
    assert lines(timeline) == ["+bob -carl ±", "bob: hello", "+ -bob ±"]
    timeline.move(["bob"], [], NOW)
    assert lines(timeline) == ["+bob -carl ±", "bob: hello"]


def test_what_is_cleared_can_be_had_again() -> None:
    timeline = Timeline()
    timeline.page(numbered(1, 2), more=False)
    timeline.send(pm("mine"), "alice", NOW)
    timeline.clear()
    assert lines(timeline) == ["alice: mine …"]
    assert (timeline.more, timeline.oldest) == (True, None)
    timeline.page(numbered(1, 2), more=False)
    assert lines(timeline) == ["bob: 1", "bob: 2", "alice: mine …"]


@pytest.mark.parametrize(("limit", "most"), [("MAX_ENTRIES", 100), ("MAX_CHARACTERS", 100 * 10)])
def test_it_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch, limit: str, most: int) -> None:
    monkeypatch.setattr(timeline_module, limit, most)
    timeline = Timeline()
    for seq in range(1, 1000):
        timeline.hear(public("0123456789", seq))
        assert len(timeline) <= 100
    assert timeline.more is True
    newest = timeline[len(timeline) - 1]
    assert isinstance(newest, Said)
    assert newest.seq == 999
    assert len(timeline) >= 85
    # What was forgotten may come again.
    oldest = timeline.oldest
    assert oldest is not None
    timeline.page([public("x", oldest - 1)], more=True)
    assert timeline.oldest == oldest - 1


def test_an_entry_is_found_by_its_number() -> None:
    timeline = Timeline()
    for message in numbered(3, 4):
        timeline.hear(message)
    timeline.page(numbered(1, 2), more=False)
    timeline.send(pm("mine"), "alice", NOW)
    assert [timeline.index_of(entry.number) for entry in timeline] == [0, 1, 2, 3, 4]
    assert timeline.index_of(99) is None


def test_what_is_not_sent_is_found() -> None:
    timeline = Timeline()
    for number in ("1", "2", "3"):
        timeline.send(Pm(id=number, text=number), "alice", NOW)
    assert [one.text for one in timeline.unsent()] == ["1", "2", "3"]
    timeline.fail("2", "No.")
    timeline.sent("1", 5, NOW)
    assert [one.text for one in timeline.unsent()] == ["2", "3"]
    timeline.take_failed()
    assert [one.text for one in timeline.unsent()] == ["3"]
