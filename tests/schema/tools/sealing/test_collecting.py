from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schema.codec import encode
from schema.messages import Message, Page, Side
from schema.tools.inputs.item import Document, Ended, Fault, Item, Stream, Unreadable, Where
from schema.tools.inputs.opening import read_items
from schema.tools.sealing.collecting import Collected
from schema.tools.sealing.selection import Selection
from tests.schema.tools.sealing.made import canonical_form, said, told
from tests.schema.tools.traffic import chat, document, recorded, talk

ALL = Selection(direct=True)


def sent(message: Message | bytes, connection: int = 1, side: Side | None = Side.SERVER, *, log: bool = False) -> Item:
    octets = message if isinstance(message, bytes) else encode(message)
    return Document(octets, Where(Stream("file", side, connection, log=log)))


def welcome(name: str, connection: int) -> Item:
    text = f'<welcome re="1" name="{name}" room="lobby" seq="0" place="0"><user name="{name}"/></welcome>'
    return sent(document(text), connection)


def collected(*items: Item, selection: Selection = ALL) -> list[int]:
    with Collected(iter(items), selection) as found:
        return [seq for seq, _ in found.messages()]


def test_messages_are_there_once_and_in_order_whatever_connection_they_came_on() -> None:
    items = [sent(said(2), 1), sent(said(2), 2), sent(said(1), 2), sent(told(3, "bob"), 1)]
    with Collected(iter(items), ALL) as found:
        assert list(found.messages()) == [
            (n, canonical_form(m)) for n, m in ((1, said(1)), (2, said(2)), (3, told(3, "bob")))
        ]
        assert found.bounds() == (3, 1, 3)
        assert found.unread == 0


def test_nothing_is_an_answer_too() -> None:
    with Collected(iter(()), ALL) as found:
        assert (found.bounds(), list(found.messages()), found.log) == ((0, None, None), [], True)


def test_what_a_history_holds_are_messages() -> None:
    page = Page(re="1", more=False, broadcasts=(said(4),), directs=(told(5, "bob"),))
    assert collected(sent(said(9)), sent(page)) == [4, 5, 9]


def test_what_a_message_carries_in_extensions_is_kept() -> None:
    text = encode(said(1)).replace(b"</text>", b'</text><ext><m xmlns="urn:m"/></ext>')
    with Collected(iter([sent(text)]), ALL) as found:
        assert [octets for _, octets in found.messages() if b'<m xmlns="urn:m"></m>' in octets]


def test_only_what_the_server_said_counts() -> None:
    broken = b"<broadcast"
    items = [
        *(sent(document('<pm id="1"><text>x</text></pm>'), 1, side) for side in (Side.CLIENT, None)),
        sent(broken, 1, Side.CLIENT),
        Fault("never-a-document", "", Where(Stream("file", Side.CLIENT, 1))),
        sent(said(1), 1, None),
    ]
    with Collected(iter(items), ALL) as found:
        assert [seq for seq, _ in found.messages()] == [1]
        assert found.unread == 0


def test_what_cannot_be_read_is_counted() -> None:
    fault = Fault("missing-bytes", "", Where(Stream("file", Side.SERVER, 1)))
    formless = encode(said(2)).replace(b"</text>", b'</text><ext><m xmlns="relative"/></ext>')
    with Collected(iter([sent(b"<broadcast"), sent(said(1)), fault, sent(formless)]), ALL) as found:
        assert (found.unread, found.bounds()[0]) == (3, 1)


def test_one_number_for_two_messages_is_no_conversation() -> None:
    with pytest.raises(Unreadable, match="the number 7 stands for two messages"):
        collected(sent(said(7, "one")), sent(said(7, "two")))


@pytest.mark.parametrize(("items", "log"), [([True, True], True), ([True, False], False), ([False, True], False)])
def test_it_is_known_whether_it_was_a_log(items: list[bool], log: bool) -> None:
    with Collected(iter([sent(said(n), log=one) for n, one in enumerate(items)]), ALL) as found:
        assert found.log is log


def test_what_a_user_received_is_known_from_traffic() -> None:
    items = [
        *(sent(said(1), 1), welcome("bob", 1), welcome("alice", 2)),
        *(sent(said(2), 1), sent(said(3, room="tea"), 2), sent(told(4, "bob"), 1)),
        Ended(Stream("file", Side.CLIENT, 1), closed=True),
        sent(said(5), 1),
    ]
    assert collected(*items, selection=Selection(user="bob", direct=True)) == [2, 4]
    assert collected(*items, selection=Selection(user="bob")) == [2]


def test_of_a_log_it_is_what_the_user_could_read() -> None:
    items = [sent(said(1, room="tea"), log=True), sent(told(2, "bob"), log=True), sent(told(3, "carol"), log=True)]
    assert collected(*items, selection=Selection(user="bob", direct=True)) == [1, 2]


def test_a_recorded_conversation(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(recorded(chat(3)) + recorded(talk("S: <broken"), 2).partition(b"\n")[2])
    with Collected(read_items(str(file)), ALL) as found:
        assert [seq for seq, _ in found.messages()] == [1, 2, 3]
        assert found.unread == 1


def test_what_cannot_be_read_at_all_is_told_and_nothing_left_open() -> None:
    def broken() -> Iterator[Item]:
        yield sent(said(1))
        raise Unreadable("gone")

    with pytest.raises(Unreadable, match="gone"):
        Collected(broken(), ALL)
