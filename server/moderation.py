"""What a moderator's command does before others hear of it: who may, against whom, onto the disk, into the log.

It runs in the moderator's own thread, which may wait for the disk. What follows for those who are logged in are orders
to the hub, given when the command is on disk and in force. So whoever logs in at that moment is either there already,
and sent away, or comes to the hub later, which asks then what is in force.
"""

from __future__ import annotations

import sqlite3

from schema.errors import Refusal
from schema.limits import MAX_TEXT
from schema.messages import Announce, Ban, Bye, Command, Kick, List, Mute, Notice, Sanction, Unban, Unmute
from schema.messages import Sanctions as SanctionList
from server.accounts import Accounts
from server.clock import Clock
from server.log import EventLog
from server.networks import read_network, written
from server.orders import Order, Ordered, Remove, Tell
from server.pages import MAX_OCTETS, text_octets
from server.roles import check_command, check_target
from server.sanctions import BAN, MAX_SANCTIONS, MUTE, Sanctions, explain, with_reason

Moderating = Kick | Mute | Unmute | Ban | Unban | Announce

#: Seconds beyond which there is no end: a hundred years. The calendar ends at 9999.
_FOR_GOOD = 100 * 366 * 86_400

#: Octets of a sanction in a list besides its reason.
_LINE = 250


class Moderation:
    """Safe to use from any thread. What refuses raises Refusal."""

    def __init__(self, accounts: Accounts, sanctions: Sanctions, clock: Clock, log: EventLog) -> None:
        self._accounts = accounts
        self._sanctions = sanctions
        self._clock = clock
        self._log = log

    def check_address(self, host: str) -> None:
        """Refuses a connection from an address that is kept out. Waits for nothing."""
        if banned := self._sanctions.ban_from(host):
            raise self._sanctions.refusal(banned)

    def carry_out(self, by: str, host: str, command: Moderating) -> Ordered:
        """Does what a user asks from an address: on disk and in force when this returns."""
        outcome = "internal"
        try:
            orders = self._carry_out(by, command)
            outcome = "ok"
        except Refusal as refusal:
            outcome = refusal.code.name
            raise
        except sqlite3.Error:
            outcome = "storage"
            sentence = "The accounts cannot be read or written now; it was not done."
            raise Refusal("storage", sentence, re=command.id, retry=5) from None
        finally:
            self._audit(by, host, command, outcome)
        return Ordered(command.id, orders)

    def list(self, by: str, command: List) -> SanctionList:
        """What is in force, the newest first; what does not fit into a document of good size is left out."""
        try:
            check_command(self._accounts.role(by), command)
        except sqlite3.Error:
            raise Refusal("storage", "The accounts cannot be read now.", re=command.id, retry=5) from None
        left = MAX_OCTETS
        shown = []
        for sanction in self._sanctions.all():
            left -= _LINE + text_octets(sanction.text or "")
            if left < 0:
                break
            shown.append(sanction)
        return SanctionList(re=command.id, sanctions=tuple(shown))

    def _carry_out(self, by: str, command: Moderating) -> tuple[Order, ...]:
        role = self._accounts.role(by)
        check_command(role, command)
        user = getattr(command, "user", None)
        if user is not None:
            self._check_user(role, command, user)
        match command:
            case Announce():
                return self._announce(by, command)
            case Kick():
                sentence = with_reason("A moderator has ended your connection", _reason(command))
                return (Remove(Bye(code="kicked", reconnect=False, text=sentence), command.user),)
            case Mute():
                muted = self._impose(MUTE, by, command, command.user, None)
                return (self._notice("muted", explain(muted), command.user),)
            case Ban():
                user, address = _target(command)
                last = Bye.of(self._sanctions.refusal(self._impose(BAN, by, command, user, address)))
                return (Remove(last, user, read_network(address) if address is not None else None),)
            case Unmute():
                lifted = self._sanctions.lift(MUTE, command.user, None)
                return (self._notice("unmuted", "You may speak in public again.", command.user),) if lifted else ()
            case Unban():
                self._sanctions.lift(BAN, *_target(command))
                return ()

    def _check_user(self, role: str | None, command: Moderating, user: str) -> None:
        if user not in self._accounts:
            at = f"/{command.element}/@user"
            raise Refusal("no-such-user", f"There is no user {user}.", re=command.id, at=at)
        check_target(role, command, user, self._accounts.role(user))

    def _impose(self, kind: str, by: str, command: Mute | Ban, user: str | None, address: str | None) -> Sanction:
        seconds = command.seconds
        sanction = Sanction(
            kind=kind,
            user=user,
            address=address,
            by=by,
            time=self._clock.utc(),
            until=self._clock.utc(ago=-seconds) if seconds is not None and seconds <= _FOR_GOOD else None,
            text=_reason(command),
        )
        if not self._sanctions.impose(sanction):
            sentence = f"There are {MAX_SANCTIONS:,} bans and mutes, which is the limit; lift one first."
            raise Refusal("too-many-sanctions", sentence, re=command.id)
        return sanction

    def _announce(self, by: str, command: Announce) -> tuple[Order, ...]:
        if not command.text.strip():
            raise Refusal("empty-text", "The text is empty.", re=command.id, at="/announce/text")
        _check_length(command, command.text)
        if muted := self._sanctions.mute_of(by):
            raise self._sanctions.refusal(muted, command.id)
        return (Tell(Notice(code="announcement", time=self._clock.utc(), text=command.text, sender=by)),)

    def _notice(self, code: str, sentence: str, user: str) -> Tell:
        return Tell(Notice(code=code, time=self._clock.utc(), text=sentence), user)

    def _audit(self, by: str, host: str, command: Moderating, outcome: str) -> None:
        said = getattr(command, "text", None)
        self._log.write(
            "audit",
            address=host,
            user=by,
            command=command.element,
            target=getattr(command, "user", None),
            network=getattr(command, "address", None),
            seconds=getattr(command, "seconds", None),
            # What is too long was refused: the beginning will do.
            reason=said[:MAX_TEXT] if said is not None else None,
            outcome=outcome,
        )


def _target(command: Ban | Unban) -> tuple[str | None, str | None]:
    """The user, or the address in the one form in which it is kept."""
    if (command.user is None) == (command.address is None):
        raise Refusal("bad-target", "Name either a user or an address.", re=command.id)
    if command.address is None:
        return command.user, None
    try:
        return None, written(read_network(command.address))
    except ValueError:
        sentence = f"{command.address} is no address and no network."
        raise Refusal("bad-target", sentence, re=command.id, at=f"/{command.element}/@address") from None


def _reason(command: Kick | Mute | Ban) -> str | None:
    """None where the moderator gives none, or nothing but white space."""
    if command.text is None or not command.text.strip():
        return None
    _check_length(command, command.text)
    return command.text


def _check_length(command: Command, text: str) -> None:
    if len(text) > MAX_TEXT:
        sentence = f"The text has {len(text):,} characters; the limit is {MAX_TEXT:,}. It was not done."
        raise Refusal("text-too-long", sentence, re=command.id, at=f"/{command.element}/text")
