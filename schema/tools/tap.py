"""`python -m schema tap`: stands between clients and a server, and shows what they say and what is wrong with it."""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from schema.endpoint import PLAIN_PORT, TLS_PORT, endpoint
from schema.tls import client_context
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.tools.line import Line, split_endpoint
from schema.tools.rules.table import Severity
from schema.tools.tapping.backlog import Backlog
from schema.tools.tapping.recording import Recording
from schema.tools.tapping.relay import Relay
from schema.tools.tapping.showing import NdJson, Showing, Text, summed
from schema.tools.tapping.witness import Left, Seen, Witness

VALID, INVALID, USAGE, UNREACHABLE = 0, 1, 2, 3

EXIT_CODES = "exit codes: 0 all valid, 1 something invalid, 2 usage, 3 cannot listen, connect or record"

#: Seconds until a server that does not answer is given up, and the client that waits for it turned away.
_DIALLING = 5.0

_LOOPBACK = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--listen", required=True, metavar="[HOST]:PORT", help="where clients connect; port 0 takes a free one")
    add("--connect", required=True, metavar="HOST[:PORT]", help="the server")
    add("--tls", action="store_true", help="speak TLS with the server; clients connect without")
    add("--ca", type=Path, metavar="FILE", help="with --tls: trust this authority, not those of the system")
    add("--pretty", action="store_true", help="show each message as XML over several lines")
    add("--format", choices=("text", "ndjson"), default="text")
    add("--record", type=Path, metavar="FILE", help="keep what is said in a new capture, passwords blanked")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        listen = split_endpoint(arguments.listen, host=_LOOPBACK)
        connect = split_endpoint(arguments.connect, host="", port=TLS_PORT if arguments.tls else PLAIN_PORT)
        if not connect[0]:
            raise ValueError("--connect names no host")
        if arguments.ca and not arguments.tls:
            raise ValueError("--ca is for --tls")
        if arguments.pretty and arguments.format != "text":
            raise ValueError("--pretty is for --format text")
    except ValueError as error:
        return _failed(str(error), USAGE)
    try:
        context = client_context(arguments.ca) if arguments.tls else None
    except OSError as error:
        return _failed(f"{arguments.ca} cannot be read: {error.strerror or error}", UNREACHABLE)
    try:
        # Whether there is such a host is known now; whether it answers may change while we listen.
        socket.getaddrinfo(*connect, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return _failed(f"{connect[0]} is not known: {getattr(error, 'strerror', None) or error}", UNREACHABLE)
    with contextlib.ExitStack() as stack:
        recording = None
        try:
            if arguments.record is not None:
                recording = Recording(arguments.record)
                stack.callback(recording.close)
        except OSError as error:
            return _failed(f"{arguments.record} cannot be made: {error.strerror}", UNREACHABLE)
        try:
            listening = socket.create_server(
                listen, family=socket.AF_INET6 if ":" in listen[0] else socket.AF_INET, backlog=128
            )
        except (OSError, UnicodeError, OverflowError) as error:
            where = endpoint(*listen)
            return _failed(f"cannot listen on {where}: {getattr(error, 'strerror', None) or error}", UNREACHABLE)
        backlog = Backlog()
        relay = Relay(listening, endpoint(*connect), lambda: Line.connect(*connect, _DIALLING, context), backlog)
        showing = Text(sys.stdout, pretty=arguments.pretty) if arguments.format == "text" else NdJson(sys.stdout)
        looking = _Looking(backlog, showing, recording, str(arguments.record or "-"))
        with _ended_by_signals(looking.ended):
            looking.thread.start()
            relay.start()
            print(f"listening on {endpoint(*listening.getsockname()[:2])}", file=sys.stderr, flush=True)
            looking.ended.get()
            relay.stop()
            backlog.end()
        # From here on a second signal ends us: whoever reads what is shown may have stopped.
        looking.thread.join()
    return looking.status()


class _Looking:
    """The thread that looks at what goes by, in the order in which it was noted."""

    def __init__(self, backlog: Backlog, showing: Showing, recording: Recording | None, file: str) -> None:
        self._backlog = backlog
        self._showing = showing
        self._recording = recording
        self._unrecorded = False
        self._checker = Checker(Documents().judge)
        self._witness = Witness(self._checker, file)
        self._findings: Counter[str] = Counter()
        self._failure: BaseException | None = None
        #: Gets something where it is time to end; safe to use in a signal's handler.
        self.ended: SimpleQueue[None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="tap-witness")

    def status(self) -> int:
        """Says what was counted, and gives the exit code. Raises what has kept the thread from showing more."""
        if self._failure is not None:
            raise self._failure
        self._showing.finish(summed(self._witness.said, self._witness.unserved, self._findings))
        if self._witness.unserved or self._unrecorded:
            return UNREACHABLE
        return INVALID if self._checker.counts.severities[Severity.ERROR] else VALID

    def _run(self) -> None:
        try:
            while (happening := self._backlog.get()) is not None:
                for shown in self._witness.take(happening):
                    if isinstance(shown, Seen):
                        self._record(shown)
                    self._showing.show(shown)
                    if isinstance(shown, Seen | Left):
                        self._findings.update(f"{one.rule.id} {one.rule.name}" for one in shown.findings)
        except BaseException as failure:
            # As when whoever reads the output has gone. The main thread raises it.
            self._failure = failure
            self.ended.put(None)
            while self._backlog.get() is not None:
                pass

    def _record(self, seen: Seen) -> None:
        try:
            if self._recording is not None:
                self._recording.keep(seen)
        except OSError as error:
            # What is shown goes on without it.
            self._recording = None
            self._unrecorded = True
            print(f"python -m schema tap: the record ends here: {error.strerror}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _ended_by_signals(ended: SimpleQueue[None]) -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        ended.put(None)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _failed(sentence: str, status: int) -> int:
    print(f"python -m schema tap: {sentence}", file=sys.stderr)
    return status
