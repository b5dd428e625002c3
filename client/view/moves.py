"""Comings and goings, folded: what a list of users changes, and several changes as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from client.view.entries import Moves
from schema.messages import User

#: Names that one entry keeps of each kind. When a server comes back thousands may, whom nobody reads.
MAX_NAMES = 200


def difference(before: Iterable[User], now: Iterable[User]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who is there that was not, and who is not that was."""
    then, these = [user.name for user in before], [user.name for user in now]
    was, are = set(then), set(these)
    return tuple(name for name in these if name not in was), tuple(name for name in then if name not in are)


def fold(moves: Moves, came: Iterable[str], left: Iterable[str]) -> Moves:
    """The same entry after more have come and left. Who left and came back has not moved."""
    here, gone, passed = dict.fromkeys(moves.came), dict.fromkeys(moves.left), dict.fromkeys(moves.both)
    for name in came:
        if name in gone:
            del gone[name]
        else:
            passed.pop(name, None)
            here[name] = None
    for name in left:
        if name in here:
            del here[name]
            passed[name] = None
        else:
            gone[name] = None
    return replace(moves, came=_kept(here), left=_kept(gone), both=_kept(passed))


def _kept(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)[:MAX_NAMES]
