"""`python -m server invite`: makes, lists and revokes invitations, also while the server runs."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from server.clock import SystemClock
from server.errors import StartupError
from server.invitations import Invitations
from server.user_commands import CANNOT_WRITE, NO_USER, OK, accounts_file, fail

EPILOG = """\
Each code is printed on a line, this once: the folder holds only what tells that a code is right. Whoever is given one
can register once with it, where the server has --registration invitation. An invitation that was used cannot be
revoked: disable the account instead.

Exit status: 0 done, 2 usage, 65 the accounts are broken, 67 there is no such invitation, 73 the data folder cannot be
written, 77 others may read the accounts.
"""

#: Codes made at once at the most: more are a mistake.
_MOST = 1000


def main(arguments: Sequence[str]) -> int:
    parsed = _parser().parse_args(arguments)
    try:
        with accounts_file(parsed.data) as file:
            invitations = Invitations(file, SystemClock())
            if parsed.list:
                return _list(invitations)
            if parsed.revoke is not None:
                return _revoke(invitations, parsed.revoke)
            for _ in range(parsed.count):
                print(invitations.make(parsed.days))
    except StartupError as error:
        return fail(error.status, str(error))
    except sqlite3.Error as error:
        return fail(CANNOT_WRITE, f"The invitations cannot be written: {error}.")
    return OK


def _list(invitations: Invitations) -> int:
    for one in invitations.all():
        state = f"used {one.used} by {one.user}" if one.used else f"good until {one.expires or 'it is used'}"
        print(f"{one.id}  made {one.made}  {state}")
    return OK


def _revoke(invitations: Invitations, which: str) -> int:
    if not invitations.revoke(which):
        return fail(NO_USER, "There is no such invitation, or it was used.")
    print("The invitation is not good any more.")
    return OK


def _count(said: str) -> int:
    if not (said.isascii() and said.isdigit() and 1 <= int(said) <= _MOST):
        raise argparse.ArgumentTypeError(f"{said!r} is not a number from 1 to {_MOST}")
    return int(said)


def _days(said: str) -> int:
    if not (said.isascii() and said.isdigit() and int(said) <= 10_000):
        raise argparse.ArgumentTypeError(f"{said!r} is not a number of days, 0 to 10000")
    return int(said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server invite",
        description="Makes invitations to register.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="the server's folder (data)")
    parser.add_argument("--count", type=_count, default=1, metavar="N", help="so many codes, each good once (1)")
    parser.add_argument("--days", type=_days, default=14, metavar="N", help="good for so many days, 0 for ever (14)")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--list", action="store_true", help="those there are, without their codes")
    other.add_argument("--revoke", metavar="WHICH", help="take one back, by its code or as the list names it")
    return parser
