"""The stage for a server that is checked: we call it, under names of our own."""

from __future__ import annotations

import secrets
import socket
import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from schema.bucket import TokenBucket
from schema.endpoint import endpoint
from schema.framing import frame
from schema.messages import Side
from schema.tools.conformance.check import Failed, Scenario, Skipped, Step
from schema.tools.conformance.inbox import Inbox
from schema.tools.conformance.line import Line
from schema.tools.conformance.pattern import Pattern, document
from schema.tools.conformance.wire import Wire
from schema.tools.conformance.words import Words
from schema.tools.line import NoServer

#: Who a script may name without connecting: ordinary users, and one with a role.
USERS, ADMIN = ("anna", "bert"), "chief"

#: The part of what the limits allow that is used: the server's clock and ours need not agree, and a script may say
#: several things at once.
_SHARE = 0.7

#: The most that is sent to see a server say `too-fast`; one that allows more is not asked. The judge of conversations
#: remembers little more.
MAX_FLOOD = 4_000

#: Refused documents sent at once, and in all, until a server should have had enough.
_ERRORS, MAX_ERRORS = 50, 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The server, and whom it knows. `users` and `admin` are names and passwords."""

    host: str
    port: int
    timeout: float = 5.0
    tls: ssl.SSLContext | None = None
    users: tuple[tuple[str, str], ...] = ()
    admin: tuple[str, str] | None = None

    def connect(self) -> socket.socket:
        """Raises NoServer."""
        where = endpoint(self.host, self.port)
        try:
            connected = socket.create_connection((self.host, self.port), self.timeout)
        except (OSError, UnicodeError, OverflowError) as error:
            raise NoServer(f"Nobody answers at {where}: {getattr(error, 'strerror', None) or error}.") from None
        if self.tls is None:
            return connected
        try:
            return self.tls.wrap_socket(connected, server_hostname=self.host, suppress_ragged_eofs=False)
        except (OSError, ValueError) as error:
            connected.close()
            raise NoServer(f"{where} speaks no TLS that we trust: {error}.") from None


@dataclass(slots=True)
class _Greeting:
    """What the first greeting said."""

    limits: dict[str, int] = field(default_factory=dict)
    registration: str = "open"


class Calling:
    """Belongs to one thread. Lines of users that a script does not open itself are shared by all scripts."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.wire = Wire(Side.SERVER, target.timeout)
        # Names of one run differ from those of others, since the server keeps them.
        self._run = secrets.token_hex(3)
        self._number = 0
        self._greeting = _Greeting()
        self._accounts: dict[str, tuple[str, str]] = {}
        self._shared: dict[str, Line] = {}
        self._own: dict[str, Line] = {}
        self.words = Words(self._run, 0, {}, {})

    @property
    def verbs(self) -> dict[str, Callable[[Step], None]]:
        return {
            "connects": self._connects,
            "logs in": self._logs_in,
            "answers no pings": self._answers_no_pings,
            "floods": self._floods,
            "errs on and on": self._errs,
            "connects without TLS": self._connects_in_clear,
            "has a sound TLS": self._has_sound_tls,
            "offers an old TLS": self._offers_old_tls,
            "is hung up on with notice": self._ends_with_notice,
        }

    def prepare(self) -> None:
        """Reads the greeting and makes the accounts that are missing. Raises NoServer."""
        try:
            line = self._open()
            try:
                greeting = self._greeted(line)
            finally:
                line.close()
            self._greeting = greeting
            self._accounts = dict(zip(USERS, self._target.users, strict=False))
            if self._target.admin is not None:
                self._accounts[ADMIN] = self._target.admin
            for actor in USERS:
                if actor not in self._accounts and greeting.registration == "open":
                    self._accounts[actor] = (f"{actor}-{self._run}", f"horse {secrets.token_hex(12)}")
                    self._shared[actor] = self._log_in(actor, register=True)
        except (Failed, Skipped) as error:
            raise NoServer(f"{endpoint(self._target.host, self._target.port)}: {error}") from None

    def begin(self, _scenario: Scenario) -> None:
        self._number += 1
        self.words = self._new_words()
        for line in self._shared.values():
            line.drain()
            line.inbox.forget()

    def line(self, actor: str) -> Line:
        if actor in self._own:
            return self._own[actor]
        if actor not in self._shared or self._shared[actor].ended:
            if actor in self._shared:
                self._shared.pop(actor).close()
            if actor not in self._accounts:
                raise Skipped(f"there is no account for {actor} here")
            try:
                self._shared[actor] = self._log_in(actor)
            except NoServer as error:
                raise Failed(str(error)) from None
        return self._shared[actor]

    def lacks(self, need: str) -> str:
        match need:
            case "admin" if self._target.admin is None:
                return "there is no --admin"
            case "registration" if self._greeting.registration != "open":
                return f"registration is {self._greeting.registration}"
            case "tls" if self._target.tls is None:
                return "there is no --tls"
            case "second" if len([one for one in USERS if one in self._accounts]) < len(USERS):
                return "there is no second --user"
        return ""

    def end(self) -> None:
        for line in self._own.values():
            line.close()
        self._own.clear()

    def close(self) -> None:
        self.end()
        for line in self._shared.values():
            line.close()

    def _new_words(self) -> Words:
        known = {actor: name for actor, (name, _) in self._accounts.items()}
        known |= {f"{actor}.password": _escaped(password) for actor, (_, password) in self._accounts.items()}
        return Words(self._run, self._number, known, self._greeting.limits)

    def _open(self) -> Line:
        line = self.wire.line(self._target.connect())
        rate, burst = (self._greeting.limits.get(name, 0) for name in ("rate", "burst"))
        if rate and burst:
            line.pace = TokenBucket(max(1.0, burst * _SHARE), rate * _SHARE, monotonic())
        return line

    def _greeted(self, line: Line) -> _Greeting:
        line.hear(Pattern("<greeting/>", self.words))
        root = line.inbox.all[0].root
        limits = {str(one.get("name")): int(one.get("value") or 0) for one in root if one.get("value", "").isdecimal()}
        return _Greeting(limits, root.get("registration") or "open")

    def _log_in(self, actor: str, *, register: bool = False) -> Line:
        line = self._open()
        name, password = self._accounts[actor]
        # Where an account was just given, it is not among the words yet.
        words = self._new_words()
        try:
            line.hear(Pattern("<greeting/>", words))
            line.pings += 1
            more = ' register="true"' if register else ""
            said = f'<login id="#{line.pings}" name="{name}"{more}><password>{_escaped(password)}</password></login>'
            line.send(frame(document(words.fill(said))))
            line.hear(Pattern(f'<welcome re="#{line.pings}" name="{name}"/>', words))
        except BaseException:
            line.close()
            raise
        return line

    def _connects(self, step: Step) -> None:
        self._keep(step.actor, self._open)

    def _logs_in(self, step: Step) -> None:
        """A connection of its own for `anna` or, as `anna2`, for the same user once more."""
        actor = step.actor.rstrip("0123456789")
        if actor not in self._accounts:
            raise Skipped(f"there is no account for {actor} here")
        self._keep(step.actor, lambda: self._log_in(actor))

    def _keep(self, actor: str, make: Callable[[], Line]) -> None:
        """Gives an actor a connection of its own."""
        if actor in self._own:
            self._own.pop(actor).close()
        try:
            self._own[actor] = make()
        except NoServer as error:
            raise Failed(str(error)) from None

    def _answers_no_pings(self, step: Step) -> None:
        self.line(step.actor).inbox.answer = lambda _: None

    def _floods(self, step: Step) -> None:
        """Pings, until there were more than *burst* and what *rate* adds meanwhile."""
        rate, burst = self.words.limit("rate"), self.words.limit("burst")
        if not rate or not burst:
            raise Skipped("the greeting sets no limit to commands")
        count = burst + 2 * rate + 1
        if count > MAX_FLOOD:
            raise Skipped(f"the limits allow {count:,} commands at once, which is too many to try")
        pings = (frame(document(self.words.fill(f'<ping id="#{number}"/>'))) for number in range(count))
        self.line(step.actor).send(b"".join(pings))

    def _errs(self, step: Step) -> None:
        """Sends what has to be refused until the server has had enough."""
        line = self.line(step.actor)
        wrong = frame(document("<nonsense/>")) * _ERRORS
        last = Pattern('<error code="too-many-errors"/>', self.words)
        for sent in range(_ERRORS, MAX_ERRORS + 1, _ERRORS):
            line.send(wrong)
            line.wait_for(partial(_has_heard, line.inbox, sent, last), f"expected {_ERRORS} errors")
            if line.inbox.has_heard(last):
                return
        raise Skipped(f"the server answers {MAX_ERRORS:,} errors without having had enough")

    def _connects_in_clear(self, step: Step) -> None:
        self._keep(step.actor, lambda: self.wire.line(replace(self._target, tls=None).connect()))

    def _has_sound_tls(self, step: Step) -> None:
        connected = self.line(step.actor).socket
        assert isinstance(connected, ssl.SSLSocket)
        version, cipher = connected.version(), connected.cipher()
        if version not in ("TLSv1.2", "TLSv1.3"):
            raise Failed(f"the server chose {version}")
        if cipher is not None and version == "TLSv1.2" and not cipher[0].startswith("ECDHE"):
            raise Failed(f"the server chose {cipher[0]}")

    def _offers_old_tls(self, _step: Step) -> None:
        """Without looking at the certificate: what counts is that there is no connection."""
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        try:
            replace(self._target, tls=old).connect().close()
        except NoServer:
            return
        raise Failed("the server spoke TLS 1.1")

    def _ends_with_notice(self, step: Step) -> None:
        line = self.line(step.actor)
        line.wait_for_end()
        if line.ended != "closed":
            raise Failed("the server closed without close_notify")


def _has_heard(inbox: Inbox, count: int, last: Pattern) -> bool:
    """Whether more than `count` documents have come, the greeting among them, or the last that is to come."""
    return len(inbox.all) > count or inbox.has_heard(last) is not None


def _escaped(password: str) -> str:
    return password.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
