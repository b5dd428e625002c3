"""Passwords and invitations stay where they belong: a real server, real clients, and a search in all that comes out.

What is looked through: the server's log, the capture, everything that the server answers, everything
that the commands and the client print, and the arguments of every process while it runs.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from schema.codec import encode
from schema.framing import frame
from schema.messages import Ex, Login, Passwd, Ping
from tests.client.processes import command, surroundings, talk
from tests.conftest import ROOT, Connect, StartServer
from tests.peer import PATIENCE, Peer
from tests.server.people import accounts_in

#: Stands in every password and invitation of this test, and in nothing else.
MARK = "HUNTER2"

OLD, NEW, WRONG = f"{MARK}-old-one", f"{MARK}-new-one", f"{MARK}-wrong-one"

_PROCESSES = Path("/proc")

#: What is refused before a login, with a secret in it.
LOGINS = {
    "an attribute": f'<login xmlns="urn:xmlchat:1" id="1" name="anna" password="{MARK}"/>',
    "misspelt": f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><pasword>{MARK}</pasword></login>',
    "cut": f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><password>{MARK}',
    "no namespace": f'<login id="1" name="anna"><password>{MARK}</password></login>',
    "too long": f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><password>{MARK * 200}</password></login>',
    "no invitation": f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><invitation>{MARK}!</invitation></login>',
    "an entity": f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><password>&{MARK};</password></login>',
    "a doctype": f'<!DOCTYPE {MARK}><login xmlns="urn:xmlchat:1" id="1" name="anna"/>',
    "not there": f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><password>{WRONG}</password></login>',
}

#: The same after it.
PASSWDS = {
    "too short": f'<passwd xmlns="urn:xmlchat:1" id="1"><old>{OLD}</old></passwd>',
    "too long": f'<passwd xmlns="urn:xmlchat:1" id="1"><old>{OLD}</old><new>{MARK * 200}</new></passwd>',
    "an attribute": f'<passwd xmlns="urn:xmlchat:1" id="1" old="{OLD}"/>',
    "misspelt": f'<password xmlns="urn:xmlchat:1" id="1"><old>{OLD}</old></password>',
    "a word of their own": f'<change xmlns="urn:xmlchat:1" id="1"><old>{OLD}</old><new>{NEW}</new></change>',
    "prefixed": f'<x:change xmlns:x="urn:xmlchat:1" id="1"><x:old>{OLD}</x:old></x:change>',
    "cut": f'<passwd xmlns="urn:xmlchat:1" id="1"><old>{OLD}</old><new>{NEW}',
    "wrong": f'<passwd xmlns="urn:xmlchat:1" id="1"><old>{WRONG}</old><new>{NEW}</new></passwd>',
    "over the limit": f'<passwd xmlns="urn:xmlchat:1" id="1"><old>{OLD}</old><new>{MARK * 30}</new></passwd>',
    "a second login": f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><password>{OLD}</password></login>',
}


class Ears:
    """Keeps all that is said to anybody."""

    def __init__(self) -> None:
        self.heard: dict[str, str] = {}

    def keep(self, what: str, said: str) -> None:
        self.heard[what] = self.heard.get(what, "") + said

    def leaks(self) -> list[str]:
        return [what for what, said in self.heard.items() if MARK in said]


@contextmanager
def arguments_watched(ears: Ears) -> Iterator[None]:
    """Keeps the command lines of all processes that run meanwhile."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            for process in _PROCESSES.glob("[0-9]*/cmdline"):
                try:
                    said = process.read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if MARK in said:
                    ears.keep("arguments", said)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def refused_documents(peer: Peer, documents: dict[str, str], ears: Ears, state: str) -> None:
    """Sends each, and what would be answered with a mistake; keeps what is said to it."""
    for what, document in documents.items():
        peer.send_octets(frame(document.encode()))
        peer.send(Ping(id=f"after {what}".replace(" ", "-")))
        for message in [peer.answer(f"after {what}".replace(" ", "-")), *peer.others]:
            ears.keep(f"answers {state} to {what}", encode(message).decode())
        peer.others.clear()


def in_terminal(ears: Ears, what: str, started: list[str], *dialogue: tuple[str, str], **more: str) -> None:
    """Runs a program in a terminal, and answers its questions."""
    child = pexpect.spawn(
        started[0], started[1:], cwd=str(ROOT), env=surroundings(None, **more), timeout=PATIENCE, encoding="utf-8"
    )
    try:
        for question, answer in dialogue:
            child.expect_exact(question)
            ears.keep(what, f"{child.before}{question}")
            if "ssword" in question or "again" in question:
                child.waitnoecho()
            child.sendline(answer)
        child.expect(pexpect.EOF)
        ears.keep(what, str(child.before))
    finally:
        child.close(force=True)


@pytest.mark.heavy
def test_no_password_and_no_invitation_gets_out(
    start_server: StartServer, connect: Connect, data: Path, tmp_path: Path
) -> None:
    ears = Ears()
    capture = tmp_path / "talk.capture"
    password_file = tmp_path / "password"
    password_file.write_text(OLD)
    settings = tmp_path / "chat.toml"
    settings.write_text('registration = "invitation"\nfree_failures = 3\n')
    with arguments_watched(ears):
        options = ("--config", str(settings), "--capture", str(capture), "--log-format", "json")
        server = start_server(*options, program="server")
        user = [sys.executable, "-m", "server", "user"]
        for what, arguments in (
            ("user add", [*user, "add", "anna", "--password-file", str(password_file)]),
            ("user passwd", [*user, "passwd", "anna", "--password-file", str(password_file)]),
            ("user list", [*user, "list"]),
        ):
            done = subprocess.run(
                [*arguments, "--data", str(data)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
            ears.keep(what, done.stdout + done.stderr)
        code = invitation(data)
        before = connect(at=server.address)
        refused_documents(before, LOGINS, ears, "before the login")
        before.send(Login(id="new", name="ben", password=OLD, invitation=code, register=True))
        ears.keep("welcome", encode(before.answer("new")).decode())
        refused_documents(before, PASSWDS, ears, "after it")
        ears.keep("passwd", encode(before.ask(Passwd(id="change", old=OLD, new=NEW))).decode())
        for number in range(6):
            with Peer.at(server.address) as guesser:
                login = Login(id="1", name="ben", password=WRONG, invitation=f"{MARK}-{number}")
                ears.keep("guesses", encode(guesser.ask(login)).decode())
        before.ask(Ex(id="bye"))
        cut = connect(at=server.address)
        cut.send_octets(frame(LOGINS["not there"].encode())[:-5])
        cut.close()
        for what, password in (("client", OLD), ("client, wrong", WRONG)):
            done = talk(server.address, "--user", "anna", typed="hello\n/password\n", password=password)
            ears.keep(what, done.stdout + done.stderr)
        in_terminal(
            ears,
            "client in a terminal",
            command(server.address, "--plain", "--user", "anna", "--retry-for", "0"),
            ("Your invitation", ""),
            ("Password: ", OLD),
            ("anna>", "/password"),
            ("Your password until now:", OLD),
            ("Choose a password:", NEW),
            ("The same again:", NEW),
            ("Your password is changed", "/ex"),
            TERM="xterm",
            PROMPT_TOOLKIT_NO_CPR="1",
        )
        in_terminal(
            ears,
            "user passwd in a terminal",
            [*user, "passwd", "anna", "--data", str(data)],
            ("Password for anna: ", OLD),
            ("The same again: ", OLD),
        )
        assert server.stop() == 0
    ears.keep("log", server.log)
    ears.keep("capture", capture.read_bytes().decode(errors="replace"))
    # It has heard all of it: what was searched is what was said.
    assert "wrong-password" in ears.heard["log"] + ears.heard["answers after it to wrong"]
    assert "password-changed" in ears.heard["log"]
    assert "throttled" in ears.heard["guesses"]
    assert ears.heard["capture"].count("********") > len(PASSWDS)
    assert "Your password is changed" in ears.heard["client in a terminal"]
    assert ears.leaks() == []
    assert not [where for where, said in ears.heard.items() if code in said]


def invitation(data: Path) -> str:
    with accounts_in(data) as accounts:
        return accounts._invitations.make(days=1)
