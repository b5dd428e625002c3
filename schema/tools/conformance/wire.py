"""The connections of a run: each has its number, and one checker judges what comes on all of them."""

from __future__ import annotations

import socket

from schema.messages import Side
from schema.tools.conformance.inbox import Inbox
from schema.tools.conformance.line import Line
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.tools.rules.finding import Finding


class Wire:
    """`heard_from` is the side that is checked."""

    def __init__(self, heard_from: Side, timeout: float) -> None:
        self._checker = Checker(Documents().judge)
        self._heard_from = heard_from
        self._timeout = timeout
        self._count = 0
        #: What is wrong with what was heard.
        self.findings: list[Finding] = []

    def line(self, connected: socket.socket) -> Line:
        """Takes over a connected socket."""
        self._count += 1
        # What is sent in pieces goes out in pieces.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        inbox = Inbox(self._checker, self._count, self._heard_from, self.findings)
        return Line(connected, inbox, self._timeout)

    def documents(self) -> int:
        """How many were judged, those of both sides."""
        return self._checker.counts.documents
