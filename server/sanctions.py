"""Bans and mutes: on disk, so that a restart holds them, and in memory, so that asking never waits."""

from __future__ import annotations

import threading
from datetime import datetime
from math import ceil

from schema.errors import Refusal
from schema.messages import Sanction
from server.accounts_file import AccountsFile
from server.clock import Clock
from server.networks import Network, network_around, read_host, read_network

BAN = "ban"
MUTE = "mute"

#: Bans and mutes in force at the most: each takes some hundred octets of memory, and its reason.
MAX_SANCTIONS = 10_000

_Key = tuple[str, str, str]


class Sanctions:
    """Safe to use from any thread. What is asked waits for nothing; `impose` and `lift` wait for the disk."""

    def __init__(self, file: AccountsFile, clock: Clock) -> None:
        """Raises sqlite3.Error."""
        self._file = file
        self._clock = clock
        # Held while something is changed on disk and in memory, so that both see all changes in one order. Only those
        # who change wait for it: nobody reads under it.
        self._changing = threading.Lock()
        self._kept: dict[_Key, Sanction] = {}
        self._networks: dict[Network, Sanction] = {}
        # The lengths of their prefixes, for IP version 4 and 6: an address is looked up once for each.
        self._lengths: dict[int, tuple[int, ...]] = {4: (), 6: ()}
        rows = file.rows("SELECT kind, user, address, by, time, until, reason FROM sanction")
        self._remember(*(_sanction(*row) for row in rows))

    def mute_of(self, user: str) -> Sanction | None:
        """The mute that is in force for a user."""
        return self._in_force(self._kept.get((MUTE, user, "")))

    def ban_of(self, user: str) -> Sanction | None:
        """The ban that is in force for a user."""
        return self._in_force(self._kept.get((BAN, user, "")))

    def ban_from(self, host: str) -> Sanction | None:
        """A ban that is in force for an address, as a socket gives it."""
        address = read_host(host) if self._networks else None
        if address is None:
            return None
        for length in self._lengths[address.version]:
            if found := self._in_force(self._networks.get(network_around(address, length))):
                return found
        return None

    def barring(self, user: str, host: str, role: str | None) -> Sanction | None:
        """What keeps a user out who comes from an address; a ban of the address holds for those without a role."""
        return self.ban_of(user) or (None if role else self.ban_from(host))

    def all(self) -> list[Sanction]:
        """What is in force, the newest first."""
        found = [sanction for sanction in list(self._kept.values()) if self._in_force(sanction)]
        return sorted(found, key=lambda sanction: (sanction.time, _key(sanction)), reverse=True)

    def impose(self, sanction: Sanction) -> bool:
        """In force and on disk when this returns, in place of an older one of the same kind for the same target.

        False where there are as many as the server keeps. Raises sqlite3.Error, and then nothing has changed.
        """
        key = _key(sanction)
        with self._changing:
            now = self._clock.utc()
            over = [old for old, one in self._kept.items() if one.until is not None and one.until <= now]
            if key not in self._kept and len(self._kept) - len(over) >= MAX_SANCTIONS:
                return False
            with self._file.transaction() as database:
                database.execute("DELETE FROM sanction WHERE until <= ?", (now,))
                database.execute(
                    "INSERT OR REPLACE INTO sanction (kind, user, address, by, time, until, reason)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*key, sanction.by, sanction.time, sanction.until, sanction.text),
                )
            self._forget(*over)
            self._remember(sanction)
        return True

    def lift(self, kind: str, user: str | None, address: str | None) -> bool:
        """Whether there was one in force; it is gone from the disk when this returns. Raises sqlite3.Error."""
        key = (kind, user or "", address or "")
        with self._changing:
            kept = self._kept.get(key)
            if kept is None:
                return False
            self._file.change("DELETE FROM sanction WHERE kind = ? AND user = ? AND address = ?", key)
            self._forget(key)
        return self._in_force(kept) is not None

    def refusal(self, sanction: Sanction, re: str | None = None) -> Refusal:
        """What the one it holds for is answered. A ban is no reason to try again, whenever it ends."""
        if sanction.kind == BAN:
            return Refusal("banned", explain(sanction), re=re)
        return Refusal("muted", explain(sanction), re=re, retry=self._left(sanction))

    def _left(self, sanction: Sanction) -> int | None:
        """Seconds until it ends, at least 1; None where it has no end."""
        if sanction.until is None:
            return None
        left = datetime.fromisoformat(sanction.until) - datetime.fromisoformat(self._clock.utc())
        return max(1, ceil(left.total_seconds()))

    def _in_force(self, sanction: Sanction | None) -> Sanction | None:
        """Times are compared as they are written: the earlier one is the lesser."""
        if sanction is None or (sanction.until is not None and sanction.until <= self._clock.utc()):
            return None
        return sanction

    def _remember(self, *sanctions: Sanction) -> None:
        for sanction in sanctions:
            if sanction.address is not None:
                self._networks[read_network(sanction.address)] = sanction
            self._kept[_key(sanction)] = sanction
        self._measure()

    def _forget(self, *keys: _Key) -> None:
        for key in keys:
            sanction = self._kept.pop(key)
            if sanction.address is not None:
                self._networks.pop(read_network(sanction.address), None)
        self._measure()

    def _measure(self) -> None:
        for version in self._lengths:
            lengths = {network.prefixlen for network in self._networks if network.version == version}
            self._lengths[version] = tuple(sorted(lengths))


def explain(sanction: Sanction) -> str:
    """A sentence for the one it holds for."""
    who = "You are" if sanction.user is not None else "Your address is"
    what = "banned" if sanction.kind == BAN else "muted"
    end = f" until {sanction.until[:19].replace('T', ' ')} UTC" if sanction.until is not None else ""
    return with_reason(f"{who} {what}{end}", sanction.text)


def with_reason(sentence: str, reason: str | None) -> str:
    """A sentence, given without its full stop, and what a moderator says to it."""
    return f"{sentence}: {reason}" if reason else f"{sentence}."


def _key(sanction: Sanction) -> _Key:
    return sanction.kind, sanction.user or "", sanction.address or ""


def _sanction(kind: str, user: str, address: str, by: str | None, time: str, until: str | None, text: str) -> Sanction:
    return Sanction(kind=kind, user=user or None, address=address or None, by=by, time=time, until=until, text=text)
