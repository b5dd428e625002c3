"""`python -m schema check-server`: whether a server keeps to the protocol, sentence by sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from schema.endpoint import PLAIN_PORT
from schema.tls import client_context
from schema.tools.conformance.calling import Calling, Target
from schema.tools.conformance.check import Outcome, Result
from schema.tools.conformance.choosing import choose, chosen, listed
from schema.tools.conformance.play import Verdicts, play
from schema.tools.conformance.report import FORMATS
from schema.tools.conformance.table import tables
from schema.tools.line import NoServer

PASSED, FAILED, USAGE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130

EXIT_CODES = "exit codes: 0 none failed, 1 one failed, 2 usage, 3 unreachable"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("server", nargs="?", metavar="HOST:PORT", help="the server")
    add("--user", action="append", default=[], metavar="NAME", help="an account to use; twice for two")
    add("--password-file", type=Path, metavar="FILE", help="their passwords, a line for each --user")
    add("--admin", metavar="NAME", help="an account with a role, for the commands of moderators")
    add("--admin-password-file", type=Path, metavar="FILE", help="its first line is the password of --admin")
    add("--tls", action="store_true", help="the server speaks TLS on this port")
    add("--ca", type=Path, metavar="FILE", help="whom to trust with --tls (PEM); else whom this system trusts")
    add_common(parser)
    parser.set_defaults(run=run)


def add_common(parser: argparse.ArgumentParser) -> None:
    """What both kits take."""
    add = parser.add_argument
    add("--only", nargs="+", default=[], metavar="ID", help="these checks: ids, subjects, patterns as framing/*")
    add("--list", action="store_true", help="name all checks with their sentences, and make none")
    add("--format", choices=sorted(FORMATS), default="text")
    add("--timeout", type=_seconds, metavar="S", help="how long to wait for what has to come (5; for a person 120)")


def run(arguments: argparse.Namespace) -> int:
    try:
        scenarios = choose(tables("for_servers"), arguments.only)
        if arguments.list:
            print("\n".join(listed(scenarios)))
            return PASSED
        calling = Calling(_target(arguments))
    except (ValueError, OSError) as error:
        print(f"python -m schema check-server: {error}", file=sys.stderr)
        return USAGE
    with closing(calling):
        try:
            calling.prepare()
        except NoServer as error:
            print(f"python -m schema check-server: {error}", file=sys.stderr)
            return UNREACHABLE
        results = play(scenarios, calling, Verdicts(calling.wire.findings, calling.wire.documents))
        return tell(results, arguments, "check-server")


def tell(results: Iterable[Result], arguments: argparse.Namespace, command: str) -> int:
    """Writes the results that were asked for as they come; the exit status."""
    write = FORMATS[arguments.format]
    try:
        told = write(chosen(results, arguments.only), sys.stdout, f"xmlchat {command}")
    except KeyboardInterrupt:
        print(f"python -m schema {command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    return FAILED if any(result.outcome is Outcome.FAIL for result in told) else PASSED


def _target(arguments: argparse.Namespace) -> Target:
    """Raises ValueError and OSError."""
    host, port = address(arguments.server or "")
    if arguments.ca is not None and not arguments.tls:
        raise ValueError("--ca says whom to trust with --tls")
    return Target(
        host=host,
        port=port,
        timeout=arguments.timeout if arguments.timeout is not None else 5.0,
        tls=client_context(arguments.ca) if arguments.tls else None,
        users=tuple(zip(arguments.user, _lines(arguments.password_file, len(arguments.user), "--user"), strict=True)),
        admin=(arguments.admin, _lines(arguments.admin_password_file, 1, "--admin")[0]) if arguments.admin else None,
    )


def _lines(file: Path | None, count: int, option: str) -> list[str]:
    """The passwords for so many names. Raises ValueError and OSError."""
    found = file.read_text(encoding="utf-8").splitlines() if file is not None and count else []
    if len(found) < count:
        raise ValueError(f"{option} needs its password: a line of the password file for each")
    return found[:count]


def address(said: str) -> tuple[str, int]:
    """`HOST:PORT`, `[ADDRESS]:PORT` or `:PORT`, which is this machine. Raises ValueError."""
    host, colon, port = said.rpartition(":")
    if not colon or not port.isdecimal() or not 0 <= int(port) <= 65_535:
        raise ValueError(f"{said!r} is not HOST:PORT, such as 127.0.0.1:{PLAIN_PORT}")
    return host.strip("[]") or "127.0.0.1", int(port)


def _seconds(said: str) -> float:
    seconds = float(said)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{said!r} is not a number of seconds")
    return seconds
