"""One room, one sender, R receivers, at most W messages that not all of them have yet: every server in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.family import cpu, memory, rest
from tests.bench.running import Figures, Load, LoadError, Running

#: With one message in flight everything takes its time; a quarter of the deliveries says as much.
_LOCKSTEP_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Sizes:
    receivers: Sequence[int] = (10, 100, 1000)
    windows: Sequence[int] = (1, 16, 64)
    rounds: int = 5
    #: Aimed at in one run.
    deliveries: int = 200_000
    #: Messages in one run at the least, and so many windows of them.
    messages: int = 50
    windows_full: int = 4
    #: Seconds of silence after which a room is taken to be quiet.
    quiet: float = 0.3


def run(load: Path, servers: Sequence[Running], sizes: Sizes, say: Callable[[str], None]) -> Iterator[Figures]:
    """A cell for each number of receivers, window and server, with the figures of each round."""
    for receivers in sizes.receivers:
        for window in sizes.windows:
            taking_part = [one for one in servers if receivers <= one.server.most]
            cells: list[Figures] = [
                {"server": one.server.name, "receivers": receivers, "window": window, "runs": [], "failures": []}
                for one in taking_part
            ]
            # Round by round and not server by server: what else the machine does then meets all of them.
            for number in range(sizes.rounds):
                for one, cell in zip(taking_part, cells, strict=True):
                    say(f"R={receivers} W={window} round {number + 1}: {one.server.name}")
                    try:
                        cell["runs"].append(_measure(load, one, receivers, window, sizes))
                    except LoadError as error:
                        cell["failures"].append(str(error))
                    rest(one.pid)
            yield from cells


def _settling(clients: int, sizes: Sizes) -> float:
    """Seconds of silence after which everything that the logins caused has come.

    Our own server sends a list of n users up to n² µs late (server/hub.py).
    """
    return sizes.quiet + 1.2e-6 * clients**2


def _messages(one: Running, receivers: int, window: int, sizes: Sizes) -> int:
    aim = sizes.deliveries * one.server.share * (_LOCKSTEP_SHARE if window == 1 else 1.0)
    return max(sizes.messages, sizes.windows_full * window, int(aim / receivers))


def _measure(load: Path, one: Running, receivers: int, window: int, sizes: Sizes) -> Figures:
    messages = _messages(one, receivers, window, sizes)
    settle = _settling(receivers + 1, sizes)
    with Load(load, one, receivers=receivers, window=window, messages=messages, settle=settle) as clients:
        before = cpu(one.pid)
        done = clients.go_on()
        used = cpu(one.pid) - before
        resident = memory(one.pid)
    for wrong in ("missing", "repeated", "disordered"):
        if done[wrong]:
            raise LoadError(f"{done[wrong]} of {messages * receivers} deliveries are {wrong}")
    return {
        **done,
        "cpu_s_per_million": used / done["deliveries"] * 1e6,
        "memory_mib": resident / 1024,
        "logins_per_s": clients.ready["logins_per_s"],
    }
