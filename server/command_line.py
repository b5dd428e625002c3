"""The command line of the server."""

from __future__ import annotations

import argparse
import math
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

EPILOG = """\
The first line on stdout is `listening on HOST:PORT`. SIGTERM and Ctrl-C stop the server: every client is told, and what
is queued is sent. Exit status: 0 stopped, 2 usage, 65 a file in the data folder is broken, 69 the address is taken,
73 the data folder or the capture cannot be written, 77 others may read the accounts.
"""

#: What stops the server.
_STOP = {signal.SIGTERM, signal.SIGINT}

#: Octets of a thread's stack: a quarter of a MiB is plenty for what a connection does, and thousands of them are
#: wanted.
_STACK = 256 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    # No thread is interrupted by these: they wait until the server is up and asks for them. A handler would run in the
    # middle of whatever the main thread does, and a second signal in the middle of the first one's.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    # Imported only now, so that --help is quick.
    from server.clock import SystemClock
    from server.config import Config
    from server.errors import StartupError
    from server.log import EventLog
    from server.service import Service

    config = Config(
        data=parsed.data,
        host=parsed.host,
        port=parsed.port,
        capture=parsed.capture,
        users_every=parsed.users_every,
        ping_every=parsed.ping_every,
    )
    threading.stack_size(_STACK)
    try:
        with Service(config, EventLog(parsed.log_format, SystemClock())) as service:
            host, port = service.address
            print(f"listening on {host}:{port}", flush=True)
            signal.sigwait(_STOP)
    except StartupError as error:
        print(f"xmlchat: {error}", file=sys.stderr)
        return error.status
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server",
        description="The xmlchat server.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=7700, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="accounts and messages (data)")
    parser.add_argument(
        "--users-every", type=_seconds, default=30.0, metavar="S", help="send the list of users every S seconds (30)"
    )
    parser.add_argument(
        "--ping-every", type=_seconds, default=30.0, metavar="S", help="ask silent clients for a sign of life (30)"
    )
    parser.add_argument(
        "--capture", type=Path, metavar="FILE", help="record what goes over the wire, without passwords"
    )
    parser.add_argument("--log-format", choices=("text", "json"), default="text", help="log lines on stderr")
    return parser


def _port(said: str) -> int:
    if not (said.isascii() and said.isdigit() and int(said) <= 65535):
        raise argparse.ArgumentTypeError(f"{said} is not a port: 0 to 65535")
    return int(said)


def _seconds(said: str) -> float:
    try:
        seconds = float(said)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{said} is not a time from 0.1 to 86400 seconds")
    return seconds
