"""Our server as the benchmark starts it: `python -m tests.bench.ours DATA PORT`.

The same as `python -m server`, with every message on disk before anyone sees it; only what the others have nothing of
is off: passwords cost next to nothing to hash, one address may do as much as it likes, and nobody is asked for a sign
of life or sent a list that nothing has caused.
"""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from server.clock import SystemClock
from server.config import Config, Hashing
from server.log import EventLog
from server.service import Service

#: As in server/command_line.py.
_STACK = 256 * 1024

_NEVER = 86_400.0
_ALL = 1_000_000

#: Limits that a version has not got need not be lifted.
_SETTINGS: dict[str, Any] = {
    **{"ping_every": _NEVER, "users_every": _NEVER},
    **{"rate": 0.0, "address_rate": 0.0, "address_accounts": 0},
    **{"connections": _ALL, "address_connections": _ALL},
}
_HASHING: dict[str, Any] = {"passes": 1, "memory_kib": 8, "lanes": 1, "waiting": _ALL, "apart": False}


def main(data: Path, port: int) -> None:
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    threading.stack_size(_STACK)
    hashing = replace(
        Hashing(), **{spec.name: _HASHING[spec.name] for spec in fields(Hashing) if spec.name in _HASHING}
    )
    settings = {spec.name: _SETTINGS[spec.name] for spec in fields(Config) if spec.name in _SETTINGS}
    config = replace(Config(data=data, port=port, hashing=hashing), **settings)
    with Service(config, EventLog("text", SystemClock())):
        signal.sigwait(signals)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
