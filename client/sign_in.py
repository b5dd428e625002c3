"""Logging in, with the questions that a person at a terminal is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from client.asker import Asker, ask_password, choose_password
from client.connection import Client
from client.errors import Refused
from schema.errors import Unsendable
from schema.messages import Prompt, Welcome

#: Passwords that a person may try before we give up; the server has its own limit.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants to log in: what was said on the command line, or what was asked for."""

    name: str
    password: str | None
    register: bool = False
    device: str | None = None
    since: int | None = None
    invitation: str | None = None
    #: Whether the name is still to be asked for, or was just typed: then it may be misspelled.
    typed: bool = False
    #: The name of somebody who just presses Enter.
    usual: str = ""

    def log_in(self, client: Client, password: str, *, register: bool = False) -> Welcome:
        return client.login(
            self.name,
            password,
            register=register,
            device=self.device,
            since=self.since,
            invitation=self.invitation,
        )


def sign_in(client: Client, who: Applicant, asker: Asker | None) -> Welcome:
    """Logs in; where `asker` is None nobody can be asked, and the password has to be right. Raises Refused."""
    if asker is not None and not who.name:
        who = _ask_name(who, asker)
    if asker is not None and _may_need_invitation(client, who):
        code = asker.ask("Your invitation, if you are new here (Enter for none): ").strip()
        who = replace(who, invitation=code or None)
    if who.password is None:
        assert asker is not None
        return _dialogue(client, who, asker)
    try:
        return who.log_in(client, who.password, register=who.register)
    except Refused as refused:
        if asker is None or refused.error.code != "unknown-name":
            raise
        if not _wants(asker, who.name):
            raise
        return who.log_in(client, who.password, register=True)


def _may_need_invitation(client: Client, who: Applicant) -> bool:
    """The server does not say whether the name is new, so whoever may be new has to be asked."""
    needed = client.greeting.registration == "invitation" and who.invitation is None
    return needed and (who.password is None or who.register)


def _ask_name(who: Applicant, asker: Asker) -> Applicant:
    question = f"Your name (Enter for {who.usual}): " if who.usual else "Your name: "
    while not (name := asker.ask(question).strip().lower() or who.usual):
        asker.tell("Everybody here has a name: small letters, digits, . _ -")
    return replace(who, name=name, typed=True)


def _settle_name(client: Client, who: Applicant, asker: Asker) -> tuple[Applicant, Prompt]:
    """What the server says of the name. One that was just typed may be another one yet: nobody registers by mistake."""
    while True:
        try:
            prompt = client.login(who.name, invitation=who.invitation)
        except Unsendable:
            if not who.typed:
                raise
            asker.tell(f"{who.name} cannot be a name: 1 to 32 small letters, digits, . _ - with a letter first.")
        except Refused as refused:
            if not who.typed or refused.error.action == "wait":
                raise
            asker.tell(str(refused))
        else:
            if not who.typed or who.register or prompt.account != "new" or _wants(asker, who.name):
                return who, prompt
        who = _ask_name(who, asker)


def _wants(asker: Asker, name: str) -> bool:
    """Whether somebody means to register."""
    return asker.ask(f"Nobody is registered as {name}. Register it? [y/N] ").strip().lower() in ("y", "yes")


def _dialogue(client: Client, who: Applicant, asker: Asker) -> Welcome:
    """The login without a password: the server says whether the name is new."""
    who, prompt = _settle_name(client, who, asker)
    asker.tell(prompt.text)
    is_new = prompt.account == "new"
    if who.invitation is not None and not is_new:
        asker.tell(f"There is a user {who.name} already, or the invitation is not valid.")
    ask = choose_password if is_new else ask_password
    for _ in range(_TRIES - 1):
        try:
            return who.log_in(client, ask(asker), register=is_new)
        except Unsendable:
            asker.tell("A password cannot hold such characters, or as many. Try again.")
        except Refused as refused:
            if refused.error.code not in ("wrong-password", "bad-password"):
                raise
            asker.tell(f"{refused} Try again.")
    return who.log_in(client, ask(asker), register=is_new)
