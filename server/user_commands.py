"""`python -m server user`: what the operator does with accounts, also while the server runs.

Both open the same SQLite file. A running server notices what was changed within a second.
"""

from __future__ import annotations

import argparse
import getpass
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from schema.codec import encode
from schema.errors import Unsendable
from schema.messages import Login
from server.accounts import Accounts
from server.accounts_file import AccountsFile
from server.clock import SystemClock
from server.config import ACCOUNTS, Config
from server.errors import Busy, StartupError
from server.login import check_length
from server.settings import read_settings

OK, BAD, NO_USER, CANNOT_WRITE, INTERRUPTED = 0, 65, 67, 73, 130

#: What a role may be (PROTOCOL.md, section 4.14), and the word for having none.
ROLES, NO_ROLE = ("moderator", "admin"), "none"

EPILOG = """\
A password is asked for twice in a terminal; elsewhere give --password-file or --password-stdin. A server that runs on
the same folder takes the changes over within a second: whoever is logged in with a password that was changed, or into
an account that was disabled, is sent away.

Exit status: 0 done, 2 usage, 65 the name or the password will not do, or the accounts are broken, 67 there is no such
user, 73 the data folder cannot be written, 77 others may read the accounts, 78 the configuration is wrong, 130
interrupted.
"""


class _Failure(Exception):
    """Ends the command with this status; the sentence is for the operator."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def main(arguments: Sequence[str]) -> int:
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = parsed.command
    try:
        command(parsed)
    except (_Failure, StartupError) as failure:
        return fail(failure.status, str(failure))
    except Busy:
        return fail(CANNOT_WRITE, "There is not enough memory to hash a password.")
    except sqlite3.Error as error:
        return fail(CANNOT_WRITE, f"The accounts cannot be written: {error}.")
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED
    return OK


def fail(status: int, sentence: str) -> int:
    print(f"xmlchat: {sentence}", file=sys.stderr)
    return status


@contextmanager
def accounts_file(folder: Path) -> Iterator[AccountsFile]:
    """The accounts in a data folder, which is made where there is none; a server may be using it.

    Raises StartupError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(f"The data folder {folder} cannot be written: {error.strerror}.", CANNOT_WRITE) from None
    file = AccountsFile(folder / ACCOUNTS)
    try:
        yield file
    finally:
        file.close()


@contextmanager
def _accounts(parsed: argparse.Namespace) -> Iterator[Accounts]:
    with accounts_file(parsed.data) as file:
        # Nobody else is here who could be made late.
        accounts = Accounts(file, replace(Config(data=parsed.data).hashing, apart=False), SystemClock())
        try:
            yield accounts
        finally:
            accounts.stop()


def _add(parsed: argparse.Namespace) -> None:
    with _accounts(parsed) as accounts:
        if parsed.name in accounts:
            raise _Failure(BAD, f"There is a user {parsed.name} already.")
        password = _password(parsed)
        role = None if parsed.role == NO_ROLE else parsed.role
        if not accounts.register(parsed.name, password, role=role):
            raise _Failure(BAD, f"There is a user {parsed.name} already.")
    print(f"{parsed.name} is registered.")


def _passwd(parsed: argparse.Namespace) -> None:
    with _accounts(parsed) as accounts:
        _check_exists(accounts, parsed.name)
        accounts.set_password(parsed.name, _password(parsed))
    print(f"{parsed.name} has a new password.")


def _disable(parsed: argparse.Namespace) -> None:
    with _accounts(parsed) as accounts:
        _check_exists(accounts, parsed.name)
        accounts.disable(parsed.name)
    print(f"{parsed.name} cannot log in any more.")


def _enable(parsed: argparse.Namespace) -> None:
    with _accounts(parsed) as accounts:
        _check_exists(accounts, parsed.name)
        accounts.enable(parsed.name)
    print(f"{parsed.name} can log in.")


def _role(parsed: argparse.Namespace) -> None:
    with _accounts(parsed) as accounts:
        _check_exists(accounts, parsed.name)
        accounts.set_role(parsed.name, None if parsed.role == NO_ROLE else parsed.role)
    print(f"{parsed.name} has no role." if parsed.role == NO_ROLE else f"{parsed.name} is {parsed.role}.")


def _list(parsed: argparse.Namespace) -> None:
    with _accounts(parsed) as accounts:
        for account in accounts.all():
            state = "disabled" if account.disabled else "active"
            print(f"{account.name:<32} {account.role or '-':<10} {state:<9} {account.registered}")


def _check_exists(accounts: Accounts, name: str) -> None:
    if name not in accounts:
        raise _Failure(NO_USER, f"There is no user {name}.")


def _password(parsed: argparse.Namespace) -> str:
    """What was given or is asked for; it will do. Raises _Failure and StartupError."""
    config = Config(data=parsed.data)
    if parsed.config is not None:
        config = read_settings(parsed.config, config)
    password = _given(parsed)
    if sentence := check_length(password, config.password_min):
        raise _Failure(BAD, sentence)
    try:
        encode(Login(id="1", name=parsed.name, password=password))
    except Unsendable:
        raise _Failure(BAD, "A password cannot hold such characters: no client could send it.") from None
    return password


def _given(parsed: argparse.Namespace) -> str:
    try:
        if parsed.password_file is not None:
            text = str(parsed.password_file.read_text("utf-8"))
        elif parsed.password_stdin:
            text = sys.stdin.buffer.readline().decode()
        else:
            return _asked(parsed.name)
    except OSError as error:
        raise _Failure(BAD, f"The password file {parsed.password_file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise _Failure(BAD, "The password is not UTF-8.") from None
    return text.partition("\n")[0].removesuffix("\r")


def _asked(name: str) -> str:
    if not sys.stdin.isatty():
        raise _Failure(2, "No password: give --password-file or --password-stdin, or run this in a terminal.")
    while True:
        password = getpass.getpass(f"Password for {name}: ")
        if getpass.getpass("The same again: ") == password:
            return password
        print("Those were two different ones.", file=sys.stderr)


def _name(said: str) -> str:
    try:
        encode(Login(id="1", name=said))
    except Unsendable:
        raise argparse.ArgumentTypeError(f"{said!r} is not a name: a-z, then up to 31 of a-z 0-9 . _ -") from None
    return said


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server user",
        description="The accounts of an xmlchat server.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, about, command in _COMMANDS:
        sub = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        sub.set_defaults(command=command)
        sub.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="the server's folder (data)")
        if command is not _list:
            sub.add_argument("name", type=_name, metavar="NAME")
        if command is _role:
            sub.add_argument("role", choices=(*ROLES, NO_ROLE), metavar="ROLE", help=f"{', '.join(ROLES)} or {NO_ROLE}")
        if command is _add:
            sub.add_argument("--role", choices=ROLES, help="what it may do more than others")
        if command in (_add, _passwd):
            sub.add_argument("--config", type=Path, metavar="FILE", help="the server's settings, for password_min")
            secret = sub.add_mutually_exclusive_group()
            secret.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is the password")
            secret.add_argument("--password-stdin", action="store_true", help="the first line of the input is it")
    return parser


_COMMANDS = (
    ("add", "make an account", _add),
    ("passwd", "give an account another password", _passwd),
    ("disable", "keep somebody from logging in", _disable),
    ("enable", "let somebody log in again", _enable),
    ("role", "give somebody a role or take it", _role),
    ("list", "all accounts: name, role, state, when it was registered", _list),
)
