"""Every document of a client cut at every octet, by a FIN, a RST or silence: no part of it has an effect.

What else is to be seen of a client that vanishes is in test_misfortune.py.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields, replace
from itertools import cycle
from typing import Any

import pytest

from schema.codec import encode
from schema.framing import frame
from schema.messages import Error, History, List, Login, Message, Page, Room, Rooms, Side, Users, Who
from tests.conftest import Connect, Serve
from tests.cuts import RST, SILENCE, WAYS, reset
from tests.examples import MESSAGE_OF_EACH
from tests.peer import Peer
from tests.server.fake_clock import FakeClock

OF_CLIENTS = [message for message in MESSAGE_OF_EACH if Side.CLIENT in message.senders]


def to_the_witness(message: Message) -> Message:
    changes: Any = {"to": "witness"} if "to" in {spec.name for spec in fields(message)} else {}
    return replace(message, **changes)


@pytest.mark.parametrize("ways", WAYS)
@pytest.mark.parametrize("message", OF_CLIENTS, ids=lambda message: message.element)
def test_a_part_of_it_does_nothing(
    serve: Serve, connect: Connect, clock: FakeClock, message: Message, ways: tuple[str, ...]
) -> None:
    address = serve(clock=clock, ping_every=10_000, login_within=10_000, rate=0.0).address
    witness = connect("witness", at=address)
    witness.sync()
    octets = frame(encode(to_the_witness(message)))
    with ExitStack() as cut_short:
        silent = []
        for cut, how in zip(range(1, len(octets)), cycle(ways), strict=False):
            peer = cut_short.enter_context(Peer.at(address))
            if not isinstance(message, Login):
                peer.login("anna")
            # A whole frame and a part of one in a segment: when the first is answered the second has begun.
            peer.send_octets(frame(b"<nonsense/>") + octets[:cut])
            peer.receive_until(Error)
            if how == SILENCE:
                silent.append(peer)
            elif how == RST:
                reset(peer.socket)
            else:
                peer.close()
        clock.forward(31)
        for peer in silent:
            assert peer.expect_bye("frame-timeout").reconnect
    # A list that was sent of itself may be older than the last login.
    for number in range(20_000):
        users = witness.ask(Who(id=f"who-{number}"))
        assert isinstance(users, Users)
        if users.names == ("witness",):
            break
    else:
        pytest.fail("Those who were cut off are still there.")
    came = witness.sync()
    assert [one for one in came if not isinstance(one, Users)] == []
    assert witness.texts() == []
    page = witness.ask(History(id="h"))
    assert isinstance(page, Page)
    assert (page.broadcasts, page.directs) == ((), ())
    rooms = witness.ask(List(id="l"))
    assert isinstance(rooms, Rooms)
    assert rooms.rooms == (Room("lobby", 1),)
