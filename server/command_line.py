"""The command line of the server."""

from __future__ import annotations

import argparse
import math
import resource
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.config import Config
    from server.service import Service

EPILOG = """\
The first line on stdout is `listening on HOST:PORT`, and with TLS the second `listening on HOST:PORT (TLS)`. Other
machines can connect with TLS only, unless --insecure-bind lets them. SIGTERM and Ctrl-C stop the server: every client
is told, and what is queued is sent. SIGHUP reads the --config file, the certificate and its key again.

`python -m server cert DIR` makes a certificate to try TLS with; see `python -m server cert --help`.

`python -m server user` makes and changes accounts, `python -m server invite` makes invitations, also while a server
runs; see their --help.

Exit status: 0 stopped, 2 usage, 65 a file in the data folder is broken, 69 the address is taken, 73 the data folder or
the capture cannot be written, 77 others may read the accounts or the key, 78 the configuration or the certificate is
wrong.
"""

#: SIGHUP has the configuration read again; the others stop the server.
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}

#: The options that are settings too.
_OPTIONS = (
    *("host", "port", "tls_port", "tls_cert", "tls_key", "insecure_bind"),
    *("users_every", "ping_every", "rate", "registration"),
)

#: Octets of a thread's stack: a quarter of a MiB is plenty for what a connection does, and there may be thousands.
_STACK = 256 * 1024


def _cert(arguments: Sequence[str]) -> int:
    from server.cert import main

    return main(arguments)


def _user(arguments: Sequence[str]) -> int:
    from server.user_commands import main

    return main(arguments)


def _invite(arguments: Sequence[str]) -> int:
    from server.invite_command import main

    return main(arguments)


#: What the first argument may be, other than an option: a command with a command line of its own.
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"cert": _cert, "user": _user, "invite": _invite}


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    _leave_no_core()
    if given and given[0] in COMMANDS:
        return COMMANDS[given[0]](given[1:])
    return _serve(_parser().parse_args(given))


def _leave_no_core() -> None:
    """A dump of the memory would hold passwords that were being checked.

    A limit of one octet is too little for any dump, and unlike 0 it also stops Linux from giving it to a program that
    collects dumps (core(5)). Where 0 is all that is allowed, it stays.
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    least = 0 if most == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (least, least))


def _serve(parsed: argparse.Namespace) -> int:
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
            for door in service.doors:
                print(f"listening on {door}", flush=True)
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
    given = {name: getattr(parsed, name) for name in _OPTIONS}
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
    add("--tls-port", type=_port, metavar="PORT", help="port for TLS too; 0 takes a free one (none; 7743 is usual)")
    add("--tls-cert", metavar="FILE", help="certificate, and its chain behind it, as PEM")
    add("--tls-key", metavar="FILE", help="its private key, as PEM; its owner alone may read it")
    add("--insecure-bind", action="store_true", default=None, help="let other machines connect without TLS")
    add("--data", type=Path, default=Path("data"), metavar="DIR", help="accounts and messages (data)")
    add("--config", type=Path, metavar="FILE", help="settings in TOML, by the names in server/config.py")
    add("--users-every", type=_seconds, metavar="S", help="send the list of users every S seconds (30)")
    add("--ping-every", type=_seconds, metavar="S", help="take clients for dead that were silent for S seconds (30)")
    add("--rate", type=_rate, metavar="N", help="commands a second of one connection; 0 for no limit (200)")
    add("--registration", choices=("open", "invitation", "closed"), help="who may make an account (open)")
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
