"""The command line of the client."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from schema.endpoint import PLAIN_PORT, TLS_PORT

if TYPE_CHECKING:
    from client.connection import Client
    from client.output import Form

OK, NOT_ALL, USAGE, UNREACHABLE, IO_ERROR, PROTOCOL, REFUSED = 0, 1, 2, 69, 74, 76, 77
HUNG_UP, INTERRUPTED, TERMINATED = 129, 130, 143

#: Where the server is, where nothing says it.
_HERE = "127.0.0.1"

#: Seconds that a client without a terminal tries to come back.
_SCRIPT_RETRIES_FOR = 60.0

EPILOG = """\
In a terminal the client opens a full screen, or with --plain shows line after line. It asks for what it is not told.
The screen remembers the server and the name of the last login; what is said here wins, and no other mode remembers.

A line is a public message (PM); /dm NAME TEXT is a direct one (DM), /ex leaves (EX), /help lists the rest. At the end
of its input the client waits for all answers and leaves.

A connection that breaks is made again, and what was said meanwhile is shown: in a terminal for as long as it takes,
elsewhere for a minute, or for as long as --retry-for says.

With --exec it sends what is given there, one after the other, each when the one before is answered, and leaves.

Exit status: 0 left in peace, 1 something given with --exec was refused or not sent, 2 usage, 69 no server, or it went
away, 74 the output could not be written, 76 the server broke the protocol or its certificate does not verify, 77 the
login was refused, or not sent in clear, 129 the terminal went away, 130 interrupted, 143 terminated.
"""


class _Terminated(KeyboardInterrupt):
    """SIGTERM."""


class _HungUp(KeyboardInterrupt):
    """SIGHUP: the terminal is gone."""


class _Usage(Exception):
    """Something is missing on the command line."""


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    _leave_no_core()
    # Imported only now, so that --help is quick.
    from client.consent import Declined
    from client.errors import Disconnected, Refused, ServerFault, Unreachable, Unverified
    from client.trust import BadAuthorities
    from schema.errors import Unsendable

    signal.signal(signal.SIGTERM, _terminate)
    _prepare_streams(parsed.form)
    try:
        with contextlib.closing(_Start(parsed)) as start:
            start.find_out()
            if start.on_screen:
                start.visit()
                return OK
            return OK if start.talk() else NOT_ALL
    except (_Usage, Unsendable, BadAuthorities) as error:
        return _fail(USAGE, str(error))
    except Refused as refused:
        hint = " Give --register to register it." if refused.error.code == "unknown-name" else ""
        return _fail(REFUSED, f"{refused}{hint}")
    except (Unreachable, Disconnected, TimeoutError) as error:
        return _fail(UNREACHABLE, str(error) or "The server does not answer.")
    except (ServerFault, Unverified) as error:
        return _fail(PROTOCOL, str(error))
    except Declined as declined:
        return _fail(REFUSED, str(declined))
    except OSError as error:
        return _fail(IO_ERROR, f"The output cannot be written: {error.strerror}.")
    except _HungUp:
        return HUNG_UP
    except _Terminated:
        return TERMINATED
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED


def _leave_no_core() -> None:
    """A dump of the memory would hold the password.

    A limit of one octet is too little for any dump, and unlike 0 it also stops Linux from giving it to a program that
    collects dumps (core(5)). Where 0 is all that is allowed, it stays.
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    least = 0 if most == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (least, least))


class _Start:
    """What the arguments and the surroundings ask for."""

    def __init__(self, parsed: argparse.Namespace) -> None:
        from client.lines import Lines

        self._parsed = parsed
        self._lines = Lines(sys.stdin.fileno())
        self._typed = iter(self._lines)
        self._preparation: threading.Thread | None = None

    def close(self) -> None:
        self._lines.close()
        if self._preparation is not None:
            self._preparation.join()

    def find_out(self) -> None:
        """Asks for what is missing. Raises _Usage where nobody can be asked."""
        if self._parsed.ca is not None and not self._parsed.tls:
            raise _Usage("--ca says whom to trust with TLS: give --tls too.")
        self._has_person = sys.stdin.isatty()
        self._form: Form = self._parsed.form or "plain"
        self._in_terminal = (
            self._has_person
            and sys.stdout.isatty()
            and self._form == "plain"
            and not self._parsed.texts
            and os.environ.get("TERM", "dumb") != "dumb"
        )
        #: Somebody at a terminal can say when to stop; a script should find out by itself.
        self.retry_for: float | None = self._parsed.retry_for
        if self.retry_for is None and not self._in_terminal:
            self.retry_for = _SCRIPT_RETRIES_FOR
        self.on_screen = self._in_terminal and self._parsed.form is None
        self._name = self._parsed.user if self.on_screen else self._find_name()
        self._password = self._find_password()
        self._invitation = self._parsed.invitation or os.environ.get("XMLCHAT_INVITATION") or None

    def visit(self) -> None:
        """The full screen, which alone reads and writes what is remembered: no program is steered by that."""
        self._prepare_screen()
        from client.asker import TerminalAsker
        from client.kept import config_file
        from client.visit import Visit, Wishes

        # Where hanging up is ignored (nohup), it stays so.
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(signal.SIGHUP, _hang_up)
        said = self._parsed
        wishes = Wishes(
            said.host,
            said.port,
            said.tls,
            said.ca,
            self._name,
            self._password,
            said.register,
            self._invitation,
            said.since,
            tuple(said.rooms),
            said.device,
            self.retry_for,
            said.notify,
        )
        Visit(wishes, TerminalAsker(), config_file()).run()

    def _prepare_screen(self) -> None:
        """Has the screen's modules read while somebody is waited for: they take as long as all others."""
        self._preparation = threading.Thread(target=import_module, args=("client.screen.run",), name="client-import")
        self._preparation.start()

    def talk(self) -> bool:
        """Lines in, lines out. False where not all that --exec gives was done."""
        from client.asker import TerminalAsker
        from client.connection import Client
        from client.consent import consider
        from client.sign_in import Applicant, sign_in
        from client.trust import trusting

        parsed = self._parsed
        asker = TerminalAsker() if self._has_person and not parsed.password_stdin else None
        # Whoever brings an invitation means to register.
        register = parsed.register or self._invitation is not None
        who = Applicant(self._name, self._password, register, parsed.device, parsed.since, self._invitation)
        tls = trusting(parsed.ca) if parsed.tls else None
        with Client.connect(parsed.host or _HERE, parsed.port, retry_for=self.retry_for, tls=tls) as client:
            consider(client, asker)
            # The login names them.
            client.session.rooms.update(dict.fromkeys(parsed.rooms))
            sign_in(client, who, asker)
            return self._run(client)

    def _run(self, client: Client) -> bool:
        from client.output import Output

        def is_hidden(sender: str) -> bool:
            return sender in client.session.blocked

        if self._form == "plain":
            client.know_blocks()
        if self._in_terminal:
            from client.terminal import run_terminal

            run_terminal(client, lambda terminal: Output("plain", terminal, terminal, is_hidden))
        else:
            from client.show import Show

            output = Output(self._form, sys.stdout, sys.stderr, is_hidden)
            show = Show(client, output, self._lines.stop)
            if self._parsed.texts:
                from client.one_liners import run_one_liners

                return run_one_liners(client, output, self._parsed.texts, show)
            from client.plain import run_plain

            run_plain(client, output, self._typed, show)
        return True

    def _find_name(self) -> str:
        if self._parsed.user:
            return str(self._parsed.user)
        if not self._has_person:
            raise _Usage("Say who you are: --user NAME.")
        return input("Name: ").strip()

    def _find_password(self) -> str | None:
        parsed = self._parsed
        if parsed.password_file:
            try:
                first, *_ = parsed.password_file.read_text().splitlines() or [""]
            except (OSError, UnicodeDecodeError) as error:
                raise _Usage(f"The password file {parsed.password_file} cannot be read: {error}.") from None
            return str(first)
        if parsed.password_stdin:
            try:
                return next(self._typed, b"").decode()
            except UnicodeDecodeError:
                raise _Usage("The password is not UTF-8.") from None
        password = os.environ.get("XMLCHAT_PASSWORD")
        if password is None and not self._has_person:
            raise _Usage("No password: give --password-file, --password-stdin or XMLCHAT_PASSWORD.")
        return password


def _prepare_streams(form: Form | None) -> None:
    # One that was closed is None here; what takes its place stays open to the end.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What is for programs is UTF-8 everywhere. A person sees codes for what the terminal has no characters for.
        encoding = "utf-8" if form in ("jsonl", "xml") else None
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def _terminate(*_: object) -> None:
    raise _Terminated


def _hang_up(*_: object) -> None:
    raise _HungUp


def _fail(status: int, sentence: str) -> int:
    from client.safe import put, safe

    # The sentence may be the server's, and has to stay one line.
    put(f"xmlchat: {safe(sentence)}", sys.stderr)
    return status


def _port(said: str) -> int:
    if not (said.isascii() and said.isdigit() and 1 <= int(said) <= 65535):
        raise argparse.ArgumentTypeError(f"{said!r} is not a port: 1 to 65535")
    return int(said)


def _seq(said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) <= 18):
        raise argparse.ArgumentTypeError(f"{said!r} is not the number of a message")
    return int(said)


def _seconds(said: str) -> float:
    seconds = float(said)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{said!r} is not a number of seconds")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m client",
        description="The xmlchat client.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", help=f"where the server is (default: {_HERE})")
    parser.add_argument("--port", type=_port, help=f"its port (default: {PLAIN_PORT}, with --tls {TLS_PORT})")
    parser.add_argument(
        "--tls", action=argparse.BooleanOptionalAction, help="encrypt; the server has to show that it is HOST"
    )
    parser.add_argument("--ca", type=Path, metavar="FILE", help="whom to trust (PEM); else whom this system trusts")
    parser.add_argument("--user", metavar="NAME", help="your name in the chat")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is the password")
    secret.add_argument("--password-stdin", action="store_true", help="the first line of the input is the password")
    parser.add_argument("--register", action="store_true", help="the name may be new: register it with this password")
    parser.add_argument("--invitation", metavar="CODE", help="register with this invitation; also XMLCHAT_INVITATION")
    parser.add_argument(
        "--room", dest="rooms", action="append", default=[], metavar="ROOM", help="be in this room too; again for more"
    )
    parser.add_argument("--device", metavar="NAME", help="a name for this device: the server keeps its place")
    parser.add_argument("--since", type=_seq, metavar="SEQ", help="get everything after this message first")
    parser.add_argument(
        "--retry-for", type=_seconds, metavar="S", help="how long to try to come back; 0 for not at all"
    )
    parser.add_argument(
        "--exec",
        dest="texts",
        action="append",
        metavar="TEXT",
        help="send TEXT as if it were typed, and leave once it is answered; again for more. Nothing else is read",
    )
    parser.add_argument(
        "--notify", action="store_true", help="notifications on the desktop for calls, from the full screen"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--plain", dest="form", action="store_const", const="plain", help="lines in, lines out")
    form.add_argument("--jsonl", dest="form", action="store_const", const="jsonl", help="what comes, as JSON objects")
    form.add_argument("--xml", dest="form", action="store_const", const="xml", help="what comes, as XML documents")
    return parser
