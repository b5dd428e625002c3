"""Coming back over real connections: what was missed, then what is said, without a gap and without a repeat."""

from __future__ import annotations

import threading

import pytest

from schema.messages import Broadcast, Direct, Dm, Join, Message, Ping, Pm, Pong, Resumed, User, Users, Who
from tests.conftest import Connect, Serve
from tests.peer import Peer


def talk(peer: Peer, count: int, text: str = "Hello") -> None:
    """Says so many things, without waiting for the answer to each."""
    ids = [peer.next_id() for _ in range(count)]
    for id in ids:
        peer.send(Pm(id=id, text=text))
    for id in ids:
        peer.answer(id)


def read_on(peer: Peer) -> None:
    """Answers each page until everything missed has come."""
    while True:
        message = peer.receive_until(Message, lambda message: isinstance(message, Ping | Resumed))
        if not isinstance(message, Ping):
            return
        peer.send(Pong(re=message.id))


def test_what_was_missed_comes_in_order_and_then_what_is_said(connect: Connect) -> None:
    ben, anna = connect("ben"), connect("anna", client="desk")
    seen = ben.publish(Pm(id="1", text="seen"))
    anna.receive_until(Broadcast)
    anna.close()
    ben.publish(Pm(id="2", text="public"))
    ben.publish(Dm(id="3", to="anna", text="direct"))
    ben.publish(Pm(id="4", text="public again"))
    anna = connect("anna", client="desk", since=seen)
    assert anna.receive_until(Resumed).seq == 4
    anna.receive_until(Ping, lambda ping: ping.id == "read-4")
    ben.publish(Pm(id="5", text="live"))
    anna.receive_until(Broadcast, lambda message: message.seq == 5)
    assert anna.numbers() == [2, 3, 4]
    assert [m.text for m in anna.sync() if isinstance(m, Broadcast | Direct)] == ["public", "direct", "public again"]


@pytest.mark.parametrize(
    ("since", "expected"), [(0, [1, 2, 3]), (1, [2, 3]), (3, []), (4, []), (999_999_999_999_999_999, [])]
)
def test_it_goes_on_after_the_number_that_was_said(connect: Connect, since: int, expected: list[int]) -> None:
    ben = connect("ben")
    talk(ben, 3)
    anna = connect("anna", since=since)
    assert anna.receive_until(Resumed).seq == 3
    assert anna.numbers() == expected
    assert ben.publish(Pm(id="next", text="live")) == 4
    assert [message.seq for message in anna.sync() if isinstance(message, Broadcast)] == [*expected, 4]


def test_without_since_only_what_is_said_comes(connect: Connect) -> None:
    ben = connect("ben")
    talk(ben, 3)
    anna = connect("anna")
    assert [message.element for message in anna.sync()] == ["users"]


def test_of_the_rooms_those_come_that_the_login_names(connect: Connect) -> None:
    ben = connect("ben")
    for room in ("tea", "attic"):
        ben.ask(Join(id=f"join-{room}", room=room))
        ben.publish(Pm(id=f"in-{room}", room=room, text=room))
    anna = connect("anna", since=0, rooms=("tea",))
    anna.receive_until(Resumed)
    assert anna.texts() == ["tea"]
    assert anna.ask(Who(id="who", room="tea")) == Users(re="who", room="tea", users=User.named("anna", "ben"))
    ben.publish(Pm(id="more", room="tea", text="live"))
    ben.publish(Pm(id="less", room="attic", text="not for her"))
    assert [message.text for message in anna.sync() if isinstance(message, Broadcast)] == ["tea", "live"]


def test_a_login_for_too_many_rooms_is_refused(serve: Serve, connect: Connect) -> None:
    address = serve(rooms=3).address
    anna = connect(at=address)
    with pytest.raises(AssertionError, match="too-many-rooms"):
        anna.login("anna", rooms=("a", "b", "c"))
    assert anna.login("anna", rooms=("a", "b")).registered


def test_who_does_not_answer_gets_one_page_and_no_more(connect: Connect) -> None:
    ben = connect("ben")
    talk(ben, 250)
    anna = connect("anna", since=0)
    anna.receive_until(Ping, lambda ping: ping.id == "read-100")
    for other in ("read-99", "read-250", "server-1"):
        anna.send(Pong(re=other))
    talk(ben, 50)
    assert [message.seq for message in anna.sync() if isinstance(message, Broadcast)] == list(range(1, 101))
    # Commands are answered meanwhile, and the author's own message comes when it is its turn.
    assert anna.publish(Pm(id="mine", text="Meanwhile")) == 301
    assert anna.sync() == []
    anna.send(Pong(re="read-100"))
    read_on(anna)
    assert anna.numbers() == list(range(101, 302))


def test_what_is_said_while_somebody_catches_up_comes_once(connect: Connect) -> None:
    ben = connect("ben")
    talk(ben, 350)
    talker = threading.Thread(target=talk, args=(ben, 350))
    anna = connect("anna", since=0)
    talker.start()
    read_on(anna)
    talker.join()
    anna.receive_until(Broadcast, lambda message: message.seq == 700)
    assert anna.numbers() == list(range(1, 700))


def test_cut_off_between_two_pages_it_goes_on_where_it_was(connect: Connect) -> None:
    ben = connect("ben")
    talk(ben, 250)
    came: list[int] = []
    while len(came) < 250:
        anna = connect("anna", client="desk", since=len(came))
        anna.receive_until(Resumed if len(came) == 200 else Ping)
        came += anna.numbers()
        anna.close()
    assert came == list(range(1, 251))


def test_a_stalled_reader_comes_back_and_has_lost_nothing(serve: Serve, connect: Connect) -> None:
    address = serve().address
    ben = connect("ben", at=address)
    slow = connect("slow", at=address, client="desk", window=4096)
    # Until what the system holds for it is full, and then the outbox.
    said = 0
    while not any(isinstance(message, Users) and message.names == ("ben",) for message in ben.others[2:]):
        talk(ben, 20, "x" * 4000)
        said += 20
    slow.expect_closed()
    came = slow.numbers()
    assert 0 < len(came) < said
    back = connect("slow", at=address, client="desk", since=came[-1])
    read_on(back)
    assert [*came, *back.numbers()] == list(range(1, said + 1))
