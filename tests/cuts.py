"""How a connection breaks off in the middle of a document."""

from __future__ import annotations

import socket
import struct

import pytest

FIN, RST, SILENCE = HOWS = ("FIN", "RST", "silence")

#: The ways to cut a document at its octets: all of them in turns, and with more time each of them at every octet.
WAYS = [
    pytest.param(HOWS, id="in turns"),
    *(pytest.param((how,), id=how, marks=pytest.mark.heavy) for how in HOWS),
]


def reset(connected: socket.socket) -> None:
    """Closes it with a RST: closing without lingering throws away what is on its way."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connected.close()
