"""What an operator chooses, and the limits that are policy, each with its reason."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from schema.endpoint import PLAIN_PORT
from schema.limits import MAX_DOCUMENT, MAX_PASSWORD, MAX_TEXT
from schema.messages import Limit

#: Who may make an account: everybody, who has an invitation, or the operator alone.
OPEN, INVITATION, CLOSED = REGISTRATIONS = ("open", "invitation", "closed")

VERSION = "0.1.0"

#: The files in the data folder: who may log in, and the message log.
ACCOUNTS = "accounts.db"
MESSAGES = "messages.db"

#: Messages in a page of history at the most.
MAX_PAGE = 100

#: The room where everyone is from login on, and where a pm without a room goes.
LOBBY = "lobby"


@dataclass(frozen=True, slots=True)
class Hashing:
    """Costs of an argon2id hash; the defaults are RFC 9106's second choice (section 4), for little memory."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4
    #: Hashes made at once. One takes 64 MiB and, with its four lanes, four cores: more at once are no faster together,
    #: and made others wait nearly twice as long for a core.
    at_once: int = max(1, (os.cpu_count() or 1) // 4)
    #: Whether they are made in processes of their own; only for one that costs next to nothing is that not worth it.
    apart: bool = True
    #: Logins that wait for their turn before the next is told to come later: about ten seconds' work.
    waiting: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Times are in seconds, sizes in octets."""

    data: Path
    host: str = "127.0.0.1"
    port: int = PLAIN_PORT
    #: Where frames inside TLS are taken; None for nowhere. It needs both files, in PEM form: the certificate, with its
    #: chain behind it, and its key.
    tls_port: int | None = None
    tls_cert: str = ""
    tls_key: str = ""
    #: Whether other machines may connect without TLS, if `host` lets them connect at all.
    insecure_bind: bool = False
    #: Where to record what goes over the wire; None for nowhere.
    capture: Path | None = None
    hashing: Hashing = field(default_factory=Hashing)

    #: How often everyone gets the list of users without anything having changed.
    users_every: float = 30.0
    #: Silence after which a client is taken for dead; at half of it, it is asked for a sign of life.
    ping_every: float = 30.0
    #: From the connection to the login: long enough to type a password twice.
    login_within: float = 60.0
    #: For a whole frame, however it trickles: 64 KiB in that time is slower than any modem.
    frame_within: float = 30.0
    #: For a client to take what is queued for it and close, once the conversation is over.
    linger: float = 2.0

    #: What may wait for a client that reads slowly. Over this, or after `stalled_after` without an octet taken, its
    #: connection is ended, so that nobody else waits.
    outbox: int = 1024 * 1024
    stalled_after: float = 10.0
    #: Commands that readers may have waiting for the journal before they stop reading: two seconds' work.
    intake: int = 20_000
    #: Commands of one connection: so many at once, and then so many a second; 0 for no limit. A person types one in a
    #: while, a bridge or a bot hundreds; what this stops is a loop gone wild.
    rate: float = 200.0
    burst: int = 2_000
    #: The same for all connections of one address together: a classroom behind one router.
    address_rate: float = 2_000.0
    address_burst: int = 20_000
    #: Connections in all and from one address; each takes a thread and two descriptors' worth of memory.
    connections: int = 10_000
    address_connections: int = 2_000

    #: Messages are kept for so many days and in so many MiB; 0 for ever. A direct message that nobody has read is kept.
    keep_days: float = 0.0
    keep_mib: float = 0.0
    #: How often old messages are looked for.
    clean_every: float = 60.0

    #: Rooms one connection may be in: each costs the server a place and its users a line.
    rooms: int = 50
    #: Refused documents: this many at once, then one each second, until the connection is closed.
    refusals: int = 100

    #: Who may register: `open`, `invitation` or `closed`.
    registration: str = OPEN
    #: Names that only the operator gives away: whoever has one could pass for the server or for somebody in charge.
    reserved_names: tuple[str, ...] = (
        *("admin", "administrator", "root", "operator", "sysop", "system", "server", "service", "daemon"),
        *("moderator", "mod", "owner", "staff", "support", "help", "helpdesk", "security", "abuse", "postmaster"),
        *("xmlchat", "chat", "lobby", "everyone", "everybody", "all", "here", "channel", "room"),
        *("nobody", "anonymous", "guest", "null", "none", "undefined", "bot", "me", "you", "self"),
    )
    #: Characters of a password that is chosen: what NIST SP 800-63B (section 5.1.1.1) asks for.
    password_min: int = 8
    #: Wrong passwords on one connection until it is closed.
    attempts: int = 5
    #: Wrong passwords for one account from one address that cost nothing but the try: people mistype. After each
    #: further one comes a wait, first of a second and then twice as long each time, up to `longest_wait`.
    free_failures: int = 5
    longest_wait: float = 60.0
    #: Wrong passwords from one address: so many at once, and then so many a minute; 0 for no limit. A class may
    #: mistype; who goes through a list of passwords needs more.
    address_failures: int = 20
    #: Wrong passwords for one account, from all addresses together that it was never used from: so many at once, and
    #: then so many an hour; 0 for no limit. Against those who guess from many addresses.
    account_failures: int = 100
    #: New accounts from one address: so many at once, and then so many in ten minutes; 0 for no limit. Three classes
    #: behind one router may register in the same lesson.
    address_accounts: int = 100

    def limits(self) -> tuple[Limit, ...]:
        """What the greeting tells a client."""
        return (
            Limit("document", MAX_DOCUMENT),
            Limit("text", MAX_TEXT),
            Limit("password", MAX_PASSWORD),
            Limit("password-min", self.password_min),
            Limit("rooms", self.rooms),
            Limit("history", MAX_PAGE),
            Limit("rate", ceil(self.rate)),
            Limit("burst", self.burst if self.rate else 0),
            Limit("ping", ceil(self.ping_every)),
        )
