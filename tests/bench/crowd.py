"""What many connections cost: memory for each, logins while others are there, and all of them at once."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.family import memory, rest
from tests.bench.running import Figures, Load, LoadError, Running

#: Descriptors that a process needs besides its connections.
_BESIDES = 100


@dataclass(frozen=True, slots=True)
class Sizes:
    idle: int = 5_000
    online: int = 1_000
    logins: int = 500
    storm: int = 1_000
    #: Seconds of silence after which all is taken to have come.
    quiet: float = 0.3


def raise_limit() -> int:
    """Lets this process and all it starts have as many open files as it may; how many connections that is room for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(hard - _BESIDES, 1) if hard != resource.RLIM_INFINITY else 10**9


def run(load: Path, one: Running, sizes: Sizes, room: int, say: Callable[[str], None]) -> Iterator[Figures]:
    """What each case has found with a server that has just been started; `room` is what raise_limit has said."""
    for case, (clients, measure) in {
        # The first: what a server has once taken it seldom gives back.
        "memory": (sizes.idle, _memory),
        "logins": (sizes.online + sizes.logins, _logins),
        "storm": (sizes.storm, _storm),
    }.items():
        wanted = min(clients, room)
        if wanted > one.server.most:
            continue
        say(f"{case}: {one.server.name}")
        figures: Figures = {"case": case, "server": one.server.name, "clients": wanted, "asked": clients}
        try:
            figures |= measure(load, one, sizes, wanted)
        except LoadError as error:
            figures["failure"] = str(error)
        rest(one.pid)
        yield figures


def _memory(load: Path, one: Running, sizes: Sizes, clients: int) -> Figures:
    """Each is logged in, in the room, and says nothing."""
    rest(one.pid)
    before = memory(one.pid)
    # The senders of this load say nothing; all are alike.
    with Load(load, one, receivers=clients, senders=0, settle=sizes.quiet) as crowd:
        after = memory(one.pid)
        took = crowd.ready["seconds"]
    return {
        "kib_each": (after - before) / clients,
        "before_mib": before / 1024,
        "after_mib": after / 1024,
        "seconds": took,
    }


def _logins(load: Path, one: Running, sizes: Sizes, clients: int) -> Figures:
    """Some log in, twenty at a time, while others are online and are told of it."""
    coming = min(sizes.logins, clients - 1)
    with (
        Load(load, one, receivers=clients - coming, senders=0, settle=sizes.quiet),
        Load(load, one, receivers=coming, senders=0, settle=sizes.quiet, first=clients - coming) as newcomers,
    ):
        return {**newcomers.ready, "online": clients - coming, "new": coming, "clients": clients}


def _storm(load: Path, one: Running, sizes: Sizes, clients: int) -> Figures:
    """All connect at the same moment."""
    with Load(load, one, receivers=clients, senders=0, settle=sizes.quiet, at_once=clients) as crowd:
        return crowd.ready
