from __future__ import annotations

from schema.messages import Broadcast, Message, Ok
from server.mail import Mail
from tests.server.members import FakeMember, Handed

TIME = "2026-03-01T09:00:00.000Z"


def said(seq: int) -> Broadcast:
    return Broadcast(seq=seq, room="lobby", sender="anna", time=TIME, text=f"message {seq}")


def ok(seq: int) -> Ok:
    return Ok(re=str(seq), seq=seq, time=TIME)


def numbers(messages: list[Message]) -> list[tuple[str, int]]:
    return [(message.element, message.seq or 0) for message in messages if isinstance(message, Broadcast | Ok)]


def test_nothing_is_queued_before_it_is_handed_over() -> None:
    anna, mail = FakeMember("anna"), Mail(Handed())
    mail.add((anna,), said(1))
    mail.answer(anna, ok(1))
    assert anna.pieces == []
    mail.hand_over()
    assert numbers(anna.received) == [("broadcast", 1), ("ok", 1)]


def test_what_goes_to_one_audience_is_one_piece_and_the_same_octets_for_all() -> None:
    audience = (FakeMember("anna"), FakeMember("ben"))
    mail = Mail(Handed())
    for seq in range(1, 6):
        mail.add(audience, said(seq))
        mail.answer(audience[0], ok(seq))
    mail.hand_over()
    run, _ = audience[0].pieces
    assert audience[1].pieces == [run]
    assert audience[1].pieces[0] is run
    assert numbers(audience[0].received) == [("broadcast", n) for n in range(1, 6)] + [("ok", n) for n in range(1, 6)]


def test_each_gets_messages_in_order_though_audiences_change() -> None:
    anna, ben = FakeMember("anna"), FakeMember("ben")
    both, one = (anna, ben), (anna,)
    mail = Mail(Handed())
    for seq, audience in enumerate((both, one, both, one, one, both), 1):
        mail.add(audience, said(seq))
    mail.hand_over()
    assert [seq for _, seq in numbers(anna.received)] == [1, 2, 3, 4, 5, 6]
    assert [seq for _, seq in numbers(ben.received)] == [1, 3, 6]


def test_what_was_handed_over_is_not_sent_again() -> None:
    anna, mail = FakeMember("anna"), Mail(Handed())
    mail.add((anna,), said(1))
    mail.answer(anna, ok(1))
    mail.hand_over()
    mail.add((anna,), said(2))
    mail.hand_over()
    mail.hand_over()
    assert numbers(anna.received) == [("broadcast", 1), ("ok", 1), ("broadcast", 2)]


def test_a_message_to_nobody_is_no_mail() -> None:
    mail = Mail(Handed())
    mail.add((), said(1))
    mail.hand_over()
