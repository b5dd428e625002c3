"""`python -m schema replay`: plays the clients of a capture against a server, and says where it answers otherwise."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from schema.endpoint import PLAIN_PORT, TLS_PORT
from schema.tls import client_context
from schema.tools.inputs.item import Unreadable
from schema.tools.inputs.opening import Reading, read_items
from schema.tools.line import Line, NoServer, split_endpoint
from schema.tools.replaying.player import Player
from schema.tools.replaying.script import Unplayable, read_script
from schema.tools.replaying.stand_ins import Passwords, read_passwords
from schema.tools.replaying.telling import Outcome, tell_json, tell_ndjson, tell_text

SAME, DIFFERENT, USAGE, UNREADABLE = 0, 1, 2, 3

EXIT_CODES = "exit codes: 0 the same answers, 1 differences, 2 usage, 3 unreadable or unreachable"

_TELLING = {"text": tell_text, "json": tell_json, "ndjson": tell_ndjson}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("capture", metavar="CAPTURE", help="what --capture, tap or tcpdump has recorded; - is stdin")
    add("--to", required=True, metavar="HOST[:PORT]", help="the server to play it to, as a rule a fresh one")
    add("--tls", action="store_true", help="speak TLS with the server")
    add("--ca", type=Path, metavar="FILE", help="with --tls: trust this authority, not those of the system")
    add("--port", type=int, metavar="N", help="the server's port in a packet capture; else what looks like ours")
    add(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="lines NAME:PASSWORD, or one password for all, for those the capture leaves out; else they are invented",
    )
    add("--timeout", type=seconds, default=10.0, metavar="SECONDS", help="how long to wait for an answer (10)")
    add("--format", choices=sorted(_TELLING), default="text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        where = split_endpoint(arguments.to, host="", port=TLS_PORT if arguments.tls else PLAIN_PORT)
        if not where[0]:
            raise ValueError("--to names no host")
        if arguments.ca and not arguments.tls:
            raise ValueError("--ca is for --tls")
        passwords = read_passwords(arguments.password_file) if arguments.password_file else Passwords()
    except ValueError as error:
        return _failed(str(error), USAGE)
    except OSError as error:
        return _failed(f"{arguments.password_file} cannot be read: {error.strerror}", UNREADABLE)
    try:
        context = client_context(arguments.ca) if arguments.tls else None
    except OSError as error:
        return _failed(f"{arguments.ca} cannot be read: {error.strerror or error}", UNREADABLE)
    try:
        script = read_script(read_items(arguments.capture, Reading(port=arguments.port)))
    except Unreadable as error:
        return _failed(f"{arguments.capture} cannot be read: {error}", UNREADABLE)
    except Unplayable as error:
        return _failed(f"{arguments.capture} cannot be played: {error}", UNREADABLE)
    player = Player(script, lambda: Line.connect(*where, arguments.timeout, context), passwords, arguments.timeout)
    try:
        player.play()
    except NoServer as error:
        return _failed(str(error), UNREADABLE)
    differences = player.differences()
    outcome = Outcome(player.played, differences, script.aside, sorted(passwords.invented))
    _TELLING[arguments.format](outcome, sys.stdout)
    return DIFFERENT if differences or player.played.broken else SAME


def seconds(said: str) -> float:
    """Raises ValueError."""
    number = float(said)
    if not 0 < number <= 3600:
        raise ValueError(said)
    return number


def _failed(sentence: str, status: int) -> int:
    print(f"python -m schema replay: {sentence}", file=sys.stderr)
    return status
