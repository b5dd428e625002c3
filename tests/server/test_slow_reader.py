"""Clients that do not read what they are sent: they lose their connection, and nobody waits for them."""

from __future__ import annotations

from schema.messages import Broadcast, Pm, Users
from server.service import Service
from tests.conftest import Connect, Serve
from tests.peer import Peer

#: Enough to fill what the system buffers for a client, and the outbox behind it.
LINE = "x" * 4096


def talk(talker: Peer, reader: Peer, gone: str) -> int:
    """Says something again and again until a user has left, and returns how many messages there were."""
    said = 0
    while not any(isinstance(message, Users) and gone not in message.users for message in reader.others):
        said += 1
        assert said < 10_000, f"{gone} is still here"
        talker.publish(Pm(id=f"m{said}", text=LINE))
        talker.others.clear()
        reader.receive_until(Broadcast, lambda broadcast, seq=said: broadcast.seq == seq)  # type: ignore[misc]
    return said


def test_whoever_is_too_far_behind_is_let_go_and_everyone_else_hears_everything(serve: Serve, connect: Connect) -> None:
    service = serve(outbox=256 * 1024)
    slow, talker, reader = (
        connect("slow", at=service.address, window=4096),
        connect("talker", at=service.address),
        connect("reader", at=service.address),
    )
    reader.sync()
    talk(talker, reader, gone="slow")
    left = [message for message in reader.sync() if isinstance(message, Users)]
    assert len(left) <= 1
    # The goodbye comes only to one who reads before the server stops waiting for it.
    slow.expect_closed()
    assert slow.others[-1].element in ("broadcast", "bye")


def test_whoever_takes_nothing_for_too_long_is_let_go(serve: Serve, connect: Connect) -> None:
    service: Service = serve(outbox=64 * 1024 * 1024, stalled_after=0.5)
    slow = connect("slow", at=service.address, window=4096)
    talker, reader = connect("talker", at=service.address), connect("reader", at=service.address)
    reader.sync()
    talk(talker, reader, gone="slow")
    slow.expect_closed()
    assert slow.others[-1].element == "broadcast"
    assert connect("slow", at=service.address).sync() is not None
