"""`python -m schema transcript`: a conversation as one document whose hashes show every change."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from schema.tools.inputs.item import Unreadable
from schema.tools.inputs.opening import STDIN, read_items
from schema.tools.sealing.collecting import Collected
from schema.tools.sealing.head import MAX_ORIGIN, Head
from schema.tools.sealing.keys import BadKey, Signer, make_key, read_private_key
from schema.tools.sealing.page import Page
from schema.tools.sealing.selection import Selection, moment, written
from schema.tools.sealing.writing import Output, XmlOutput, seal

WHOLE, PARTLY_UNREAD, USAGE, UNREADABLE = 0, 1, 2, 3
EXIT_CODES = "exit codes: 0 written, 1 written without what could not be read, 2 usage, 3 nothing read or written"

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("data", nargs="?", metavar="DATA", help="a server's data folder, or a capture; what validate reads")
    add("-o", "--output", type=Path, metavar="FILE", help="write it there, and not to stdout")
    add("--html", type=Path, metavar="FILE", help="write it as a page to read, too")
    add("--room", type=_name, metavar="NAME", help="only what was said in that room")
    add("--from", dest="since", type=_moment, metavar="TIME", help="2026-11-22 or 2026-11-22T12:30; UTC if no zone")
    add("--to", dest="until", type=_moment, metavar="TIME", help="up to that time, which is not included")
    add("--user", type=_name, metavar="NAME", help="only what that user received, or from a log could read")
    add("--direct", action="store_true", help="direct messages, too; they are private, so they are left out otherwise")
    add("--origin", metavar="TEXT", help="what to call the server; without it the name of DATA")
    add("--sign", type=Path, metavar="KEY", help="sign it with this private key (Ed25519, PEM)")
    add("--new-key", type=Path, metavar="FILE", help="make such a key, and FILE.pub for those who verify")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if (arguments.new_key is None) == (arguments.data is None):
        return _complain("give DATA, or --new-key FILE to make a key", USAGE)
    if arguments.new_key is not None:
        return _make_key(arguments.new_key)
    if arguments.direct and arguments.room is not None:
        return _complain("a direct message is in no room: leave out --room or --direct", USAGE)
    try:
        signer = None if arguments.sign is None else read_private_key(arguments.sign)
    except BadKey as error:
        return _complain(str(error), USAGE)
    try:
        return _write(arguments, signer)
    except Unreadable as error:
        return _complain(f"{arguments.data} cannot be read: {error}", UNREADABLE)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _complain(f"{error.filename or 'the transcript'} cannot be written: {error.strerror}", UNREADABLE)


def _write(arguments: argparse.Namespace, signer: Signer | None) -> int:
    """Raises Unreadable and OSError; then no file is written."""
    made = written(datetime.now(UTC))
    selection = Selection(arguments.room, arguments.since, arguments.until, arguments.user, arguments.direct)
    with Collected(read_items(arguments.data), selection) as found, ExitStack() as files:
        count, first, last = found.bounds()
        source = "log" if found.log else "traffic"
        origin = _origin(arguments)
        head = Head(origin, source, made, count, first, last, selection, found.unread)
        outputs: list[Output] = [XmlOutput(files.enter_context(_opened(arguments.output)))]
        if arguments.html is not None:
            outputs.append(Page(files.enter_context(_opened(arguments.html))))
        sealed = seal(head, (octets for _, octets in found.messages()), signer, outputs)
    _report(head, sealed)
    return PARTLY_UNREAD if head.unread else WHOLE


def _report(head: Head, sealed: str) -> None:
    """On stderr: the transcript may go to stdout."""
    span = "" if head.first is None else f", seq {head.first} to {head.last}"
    print(f"{head.count:,} message{'' if head.count == 1 else 's'}{span}, last hash {sealed}", file=sys.stderr)
    if head.unread:
        print(
            f"{head.unread:,} of what the server sent could not be read and is missing;"
            " python -m schema validate says why",
            file=sys.stderr,
        )
    if head.selection.user is not None and head.source == "log":
        print(
            f"A log does not say who was in which room, so all is in it that {head.selection.user} could read;"
            " a capture knows what was received.",
            file=sys.stderr,
        )


def _origin(arguments: argparse.Namespace) -> str:
    if arguments.origin is not None:
        said = str(arguments.origin)
    else:
        said = "stdin" if arguments.data == STDIN else Path(arguments.data).resolve().name
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", said)[:MAX_ORIGIN]


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO]:
    """A file that takes its place when it is whole; without a path stdout. Raises OSError."""
    if path is None:
        yield sys.stdout.buffer
        return
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        # What was private stays so: the owner alone may read it.
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _make_key(path: Path) -> int:
    try:
        public = make_key(path)
    except OSError as error:
        reason = "exists already" if isinstance(error, FileExistsError) else f"cannot be written: {error.strerror}"
        return _complain(f"{error.filename} {reason}", UNREADABLE)
    print(f"{path} signs: keep it to yourself. {public} verifies: give it to whoever should check.")
    return WHOLE


def _name(said: str) -> str:
    if not _NAME.fullmatch(said):
        raise argparse.ArgumentTypeError(f"{said!r} is no name of a user or a room")
    return said


def _moment(said: str) -> str:
    try:
        return moment(said)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{said!r} is no time; write it as 2026-11-22, 2026-11-22T12:30 or 2026-11-22T12:30:00+01:00"
        ) from None


def _complain(sentence: str, status: int) -> int:
    print(f"python -m schema transcript: {sentence}", file=sys.stderr)
    return status
