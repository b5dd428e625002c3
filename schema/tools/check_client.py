"""`python -m schema check-client`: whether a client keeps to the protocol, sentence by sentence."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from contextlib import closing
from pathlib import Path

from schema.endpoint import endpoint
from schema.tls import server_context
from schema.tools.check_server import PASSED, UNREACHABLE, USAGE, add_common, address, tell
from schema.tools.conformance.choosing import choose, listed
from schema.tools.conformance.play import Verdicts, play
from schema.tools.conformance.serving import Hearing, Serving
from schema.tools.conformance.table import tables

EXIT_CODES = "exit codes: 0 none failed, 1 one failed, 2 usage, 3 the address cannot be listened on"

#: Seconds that a person may take for what a program does at once.
_FOR_A_PERSON = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--listen", default=":7702", metavar="[HOST]:PORT", help="where the client is to connect (%(default)s)")
    add(
        "--command",
        default="",
        metavar="CMD",
        help="starts the client, once for each conversation; {host}, {port}, {user} and {password-file} are filled in,"
        " the password is in XMLCHAT_PASSWORD too. Lines are typed into it. Without it a person is told what to do",
    )
    add("--user", default="kit", metavar="NAME", help="the name to log in with (%(default)s)")
    add("--tls-cert", type=Path, metavar="FILE", help="speak TLS with this certificate (PEM)")
    add("--tls-key", type=Path, metavar="FILE", help="its key (PEM)")
    add_common(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        scenarios = choose(tables("for_clients"), arguments.only)
        if arguments.list:
            print("\n".join(listed(scenarios)))
            return PASSED
        hearing = _hearing(arguments)
    except (ValueError, OSError) as error:
        print(f"python -m schema check-client: {error}", file=sys.stderr)
        return USAGE
    try:
        serving = Serving(hearing)
    except OSError as error:
        where = endpoint(hearing.host, hearing.port)
        print(f"python -m schema check-client: cannot listen on {where}: {error.strerror}", file=sys.stderr)
        return UNREACHABLE
    with closing(serving):
        results = play(scenarios, serving, Verdicts(serving.wire.findings, serving.wire.documents))
        return tell(results, arguments, "check-client")


def _hearing(arguments: argparse.Namespace) -> Hearing:
    """Raises ValueError and OSError."""
    host, port = address(arguments.listen)
    words = shlex.split(arguments.command)
    if words and shutil.which(words[0]) is None:
        raise ValueError(f"there is no program {words[0]!r} to start")
    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise ValueError("--tls-cert and --tls-key belong together")
    usual = 5.0 if arguments.command else _FOR_A_PERSON
    return Hearing(
        host=host,
        port=port,
        command=arguments.command,
        user=arguments.user,
        timeout=arguments.timeout if arguments.timeout is not None else usual,
        tls=server_context(arguments.tls_cert, arguments.tls_key) if arguments.tls_cert is not None else None,
    )
