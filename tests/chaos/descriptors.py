"""Every file descriptor used up: who is connected notices nothing, accept waits, and recovers by itself."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from client import Client
from schema.messages import Broadcast, Error, History, Join, List, Pm, Who
from tests.chaos.process import cpu_seconds, use
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, PATIENCE, Target
from tests.peer import Peer

#: Accepts that may fail until the pauses between them have grown to a second, and the part of a core that this may cost
#: together with the conversation.
_FIRST_TRIES, _SHARE = 8, 0.2


@dataclass(frozen=True, slots=True)
class Sizes:
    #: Descriptors that the server may have.
    limit: int = 64
    seconds: float = 30.0


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("descriptors")
    # Nobody is asked for a sign of life, since bob only listens.
    with Target(folder, ["alice", "bob", "carol"], ping_every=3600) as target:
        with Peer.at(target.address) as alice, Peer.at(target.address) as bob:
            for peer, name in ((alice, "alice"), (bob, "bob")):
                peer.login(name, PASSWORD)
            before = use(target.pid).descriptors
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.prlimit(target.pid, resource.RLIMIT_NOFILE, (sizes.limit, hard))
            idle = [socket.create_connection(target.address, PATIENCE) for _ in range(sizes.limit)]
            _await(lambda: target.log("not-accepted") > 0)
            _converse(target, alice, bob, sizes, report)
            for connection in idle:
                connection.close()
            began = time.monotonic()
            with Client.connect(*target.address, timeout=PATIENCE) as chat:
                chat.login("carol", PASSWORD)
            report.figures["seconds until the next login"] = time.monotonic() - began
            recovered = _await(lambda: use(target.pid).descriptors <= before)
            report.expect(recovered, f"{use(target.pid).descriptors} descriptors are open, before it were {before}")
        report.expect(target.log("internal-error") == 0, "the server had internal errors")
        report.expect(target.stop() == 0, "the server does not stop in good order")
    return report


def _converse(target: Target, alice: Peer, bob: Peer, sizes: Sizes, report: Report) -> None:
    """Two who are logged in talk while nobody else can come."""
    failed, cpu = target.log("not-accepted"), cpu_seconds(target.pid)
    began = time.monotonic()
    slowest, said = 0.0, 0
    while (now := time.monotonic()) < began + sizes.seconds:
        said += 1
        _exchange(alice, bob, f"message {said}")
        slowest = max(slowest, time.monotonic() - now)
        time.sleep(0.02)
    # What nobody had asked for before may not need a descriptor of its own.
    for command in (History(id="h"), Who(id="w"), List(id="l"), Join(id="j", room="tea")):
        answer = bob.ask(command)
        report.expect(not isinstance(answer, Error), f"{command.element} is answered with {answer}")
    lasted = time.monotonic() - began
    failed, share = target.log("not-accepted") - failed, (cpu_seconds(target.pid) - cpu) / lasted
    report.figures |= {"descriptors": sizes.limit, "seconds without any": lasted, "messages meanwhile": said}
    report.figures |= {"slowest of them, ms": slowest * 1000, "accepts that failed": failed, "part of a core": share}
    report.expect(0 < failed + 1 <= lasted + _FIRST_TRIES, f"{failed} accepts failed in {lasted:.0f} s")
    report.expect(share < _SHARE, f"the server used {share:.2f} of a core")


def _exchange(alice: Peer, bob: Peer, text: str) -> None:
    alice.publish(Pm(id=alice.next_id(), text=text))
    bob.receive_until(Broadcast, lambda broadcast: broadcast.text == text)


def _await(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held
