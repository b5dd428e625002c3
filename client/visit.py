"""The full screen from the first question to the last: which server, who, and going to another one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from client.asker import Asker
from client.connection import Client
from client.consent import consider
from client.errors import Refused
from client.kept import Damaged, drafts_file
from client.keychain import Keychain
from client.local import Connect
from client.remembered import Remembered, recall, remember
from client.requests import Identity
from client.sign_in import Applicant, sign_in
from client.trust import trusting
from client.where import NoPlace, Where, read_place, usual_port
from schema.errors import ChatError, Unsendable

#: Where a server is that nobody has named.
_HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line and the environment say; None where they say nothing."""

    host: str | None = None
    port: int | None = None
    tls: bool | None = None
    ca: Path | None = None
    #: Of the name, the password and what follows, to the rooms, none is for any other server than the first.
    user: str | None = None
    password: str | None = None
    register: bool = False
    invitation: str | None = None
    since: int | None = None
    rooms: tuple[str, ...] = ()
    device: str | None = None
    retry_for: float | None = None
    notify: bool = False


class Visit:
    """One run of the client with the full screen."""

    def __init__(self, said: Wishes, asker: Asker, file: Path) -> None:
        """`file` holds what is remembered."""
        self._said = said
        self._asker = asker
        self._file = file
        self._known = self._recall()
        # As whom one was logged in where, in this run.
        self._identities: dict[Where, Identity] = {}
        #: What is told on the screen.
        self._news: list[str] = []

    def run(self) -> None:
        """Raises what keeps one out, or ends the conversation; whoever was asked for the server is asked again."""
        where = self._first()
        asked = where is None
        while True:
            where = where or self._ask_where()
            try:
                client = self._enter(where)
            except (ChatError, TimeoutError) as error:
                if not asked:
                    raise
                self._asker.tell(str(error) or "The server does not answer.")
                if isinstance(error, Refused | Unsendable):
                    # What did not serve here is for no other server either.
                    self._identities.pop(where, None)
                    self._served()
                where = None
                continue
            with client:
                wish = self._show(client, where)
            if wish is None:
                return
            where, asked = self._elsewhere(wish, where), True

    def _recall(self) -> Remembered:
        try:
            return recall(self._file)
        except (Damaged, OSError) as error:
            why = f"{self._file}: {error.strerror}." if isinstance(error, OSError) else str(error)
            self._asker.tell(f"What was remembered is asked for again: {why}")
            return Remembered()

    def _first(self) -> Where | None:
        """The server that was named, or else the one remembered; None where there is neither."""
        said, known = self._said, self._known.where
        if known is not None and said.host in (None, known.host) and said.port in (None, known.port):
            tls = known.tls if said.tls is None else said.tls
            port = known.port if tls == known.tls else said.port or usual_port(tls=tls)
            return Where(known.host, port, tls, (said.ca or known.ca) if tls else None)
        if said.host is None and said.port is None:
            return None
        tls = bool(said.tls)
        return Where(said.host or _HERE, said.port or usual_port(tls=tls), tls, said.ca)

    def _ask_where(self) -> Where:
        usual = self._known.where
        question = f"Server (Enter for {usual or 'this machine'}): "
        while True:
            written = self._asker.ask(question).strip()
            if not written and usual is not None:
                return usual
            try:
                host, port = read_place(written or _HERE)
            except NoPlace as error:
                self._asker.tell(str(error))
                continue
            tls = self._said.tls if self._said.tls is not None else self._wants_tls(Where(host, 0))
            return Where(host, port or usual_port(tls=tls), tls, self._said.ca if tls else None)

    def _wants_tls(self, where: Where) -> bool:
        """What stays on this machine need not be encrypted."""
        if where.is_here:
            return False
        return self._asker.ask("Encrypt, with TLS? [Y/n] ").strip().lower() not in ("n", "no")

    def _elsewhere(self, wish: Connect, here: Where) -> Where:
        assert wish.host is not None
        tls = here.tls if wish.tls is None else wish.tls
        return Where(wish.host, wish.port or usual_port(tls=tls), tls, (here.ca or self._said.ca) if tls else None)

    def _enter(self, where: Where) -> Client:
        """Connects and logs in; what worked is remembered."""
        trust = trusting(where.ca) if where.tls else None
        client = Client.connect(where.host, where.port, retry_for=self._said.retry_for, tls=trust)
        try:
            consider(client, self._asker)
            # The login names them.
            client.session.rooms.update(dict.fromkeys(self._said.rooms))
            self._sign_in(client, where)
            client.know_blocks()
        except BaseException:
            client.close()
            raise
        return client

    def _sign_in(self, client: Client, where: Where) -> None:
        who = self._applicant(where)
        keychain = None
        stored = None
        if who.password is None and self._known.keyring is not False:
            keychain = Keychain.find()
            stored = keychain.get(where, who.name) if keychain and who.name else None
        if stored is None or not self._log_in_with(stored, client, who):
            sign_in(client, who, self._asker)
        identity = client.identity
        assert identity is not None
        self._identities[where] = identity
        self._served()
        wanted = self._known.keyring
        if keychain is not None and identity.password != stored:
            wanted = self._keep_password(keychain, where, identity)
        self._remember(where, identity.name, wanted)

    def _served(self) -> None:
        """What is for the first server only has been used."""
        self._said = replace(
            self._said, user=None, password=None, register=False, invitation=None, since=None, rooms=()
        )

    def _applicant(self, where: Where) -> Applicant:
        said, known = self._said, self._known
        before = self._identities.get(where)
        if before is not None:
            return Applicant(before.name, before.password, device=said.device)
        name = said.user or ""
        if not name and known.user and known.where == where:
            name = known.user
            self._asker.tell(f"Logging in at {where} as {name}; --host and --user say otherwise.")
        return Applicant(
            name,
            said.password,
            # Whoever brings an invitation means to register.
            said.register or said.invitation is not None,
            said.device,
            said.since,
            said.invitation,
            # A name that is remembered from another server may be somebody else's here.
            usual=known.user or "",
        )

    def _log_in_with(self, stored: str, client: Client, who: Applicant) -> bool:
        try:
            who.log_in(client, stored)
        except Refused as refused:
            if refused.error.action == "wait":
                raise
            self._asker.tell(f"The password in the keyring does not serve: {refused}")
            return False
        return True

    def _keep_password(self, keychain: Keychain, where: Where, identity: Identity) -> bool:
        """Whether the person wants it kept, which they are asked once."""
        wanted = self._known.keyring
        if wanted is None:
            question = f"Keep the password in the keyring ({keychain.name})? You are not asked again. [y/N] "
            wanted = self._asker.ask(question).strip().lower() in ("y", "yes")
        if wanted and not keychain.put(where, identity.name, identity.password):
            self._news.append("! The keyring does not take the password; you will be asked for it again.")
        return wanted

    def _remember(self, where: Where, name: str, keyring: bool | None) -> None:
        authorities = str(where.ca.absolute()) if where.ca else None
        now = Remembered(where.host, where.port, where.tls, authorities, name, keyring)
        if now == self._known:
            return
        self._known = now
        try:
            remember(self._file, now)
        except OSError as error:
            self._news.append(f"! How you logged in cannot be remembered: {self._file}: {error.strerror}.")

    def _show(self, client: Client, where: Where) -> Connect | None:
        # Imported only now: until then it may be read in another thread.
        from client.screen.run import run_screen

        assert client.session.name is not None
        news, self._news = self._news, []
        drafts = drafts_file(where.host, where.port, client.session.name)
        wish = run_screen(client, where.host, drafts, news, notify=self._said.notify)
        if client.identity is not None:
            # The password may be another one by now.
            self._identities[where] = client.identity
        return wish
