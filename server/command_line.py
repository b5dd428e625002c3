"""The command line of the server."""

from __future__ import annotations

import argparse
import math
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.config import Config
    from server.service import Service

EPILOG = """\
The first line on stdout is `listening on HOST:PORT`. SIGTERM and Ctrl-C stop the server: every client is told, and what
is queued is sent. SIGHUP reads the --config file again.

Exit status: 0 stopped, 2 usage, 65 a file in the data folder is broken, 69 the address is taken, 73 the data folder or
the capture cannot be written, 77 others may read the accounts, 78 the configuration is wrong.
"""

#: SIGHUP has the configuration read again; the others stop the server.
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}

#: Octets of a thread's stack: a quarter of a MiB is plenty for what a connection does, and there may be thousands.
_STACK = 256 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    # No thread is interrupted by these: they wait until the server is up and asks for them. A handler would run in the
    # middle of whatever the main thread does, and a second signal in the middle of the first one's.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    # Imported only now, so that --help is quick.
    from server.clock import SystemClock
    from server.errors import StartupError
    from server.log import EventLog
    from server.service import Service

    threading.stack_size(_STACK)
    try:
        with Service(_configure(parsed), EventLog(parsed.log_format, SystemClock())) as service:
            host, port = service.address
            print(f"listening on {host}:{port}", flush=True)
            while signal.sigwait(_SIGNALS) == signal.SIGHUP:
                _reload(parsed, service)
    except StartupError as error:
        print(f"xmlchat: {error}", file=sys.stderr)
        return error.status
    return 0


def _configure(parsed: argparse.Namespace) -> Config:
    """What the file says, and over it what the command line says. Raises StartupError."""
    from server.config import Config
    from server.settings import read_settings

    config = Config(data=parsed.data, capture=parsed.capture)
    if parsed.config is not None:
        config = read_settings(parsed.config, config)
    given = {name: getattr(parsed, name) for name in ("host", "port", "users_every", "ping_every", "rate")}
    return replace(config, **{name: value for name, value in given.items() if value is not None})


def _reload(parsed: argparse.Namespace, service: Service) -> None:
    from server.errors import StartupError

    try:
        service.reload(_configure(parsed))
    except StartupError as error:
        print(f"xmlchat: nothing was reloaded: {error}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server",
        description="The xmlchat server.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", help="address to listen on (127.0.0.1)")
    add("--port", type=_port, help="port; 0 takes a free one (7700)")
    add("--data", type=Path, default=Path("data"), metavar="DIR", help="accounts and messages (data)")
    add("--config", type=Path, metavar="FILE", help="settings in TOML, by the names in server/config.py")
    add("--users-every", type=_seconds, metavar="S", help="send the list of users every S seconds (30)")
    add("--ping-every", type=_seconds, metavar="S", help="take clients for dead that were silent for S seconds (30)")
    add("--rate", type=_rate, metavar="N", help="commands a second of one connection; 0 for no limit (200)")
    add("--capture", type=Path, metavar="FILE", help="record what goes over the wire, without passwords")
    add("--log-format", choices=("text", "json"), default="text", help="log lines on stderr")
    return parser


def _port(said: str) -> int:
    if not (said.isascii() and said.isdigit() and int(said) <= 65535):
        raise argparse.ArgumentTypeError(f"{said} is not a port: 0 to 65535")
    return int(said)


def _seconds(said: str) -> float:
    seconds = _number(said)
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{said} is not a time from 0.1 to 86400 seconds")
    return seconds


def _rate(said: str) -> float:
    rate = _number(said)
    if not 0 <= rate <= 1e9:
        raise argparse.ArgumentTypeError(f"{said} is not a rate: 0 or more")
    return rate


def _number(said: str) -> float:
    """What is no number is not a number (NaN), which is in no range."""
    try:
        return float(said)
    except ValueError:
        return math.nan
