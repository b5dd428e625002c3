"""The first run, the next one, and going elsewhere, as a person meets them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from client import Client, Unreachable
from client.remembered import Remembered, remember
from client.visit import Visit, Wishes
from client.where import Where
from server.service import Service
from tests.client.conftest import Enter, Open
from tests.client.people import Person
from tests.client.processes import talk
from tests.client.ring import RING
from tests.client.screen.conftest import said
from tests.client.terminals import Terminal
from tests.conftest import Serve, home

HERE, THERE = Where("127.0.0.1", 7700), Where("chat.example", 7743, tls=True, ca=Path("/ca.pem"))
KNOWN = Remembered("chat.example", 7743, True, "/ca.pem", "alice")


def at(service: Service) -> str:
    host, port = service.address
    return f"{host}:{port}"


def asks(terminal: Terminal, question: str) -> None:
    """Waits until the last line is this question."""
    terminal.until(lambda _: terminal.lines[-1:] == [question], question)


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    return tmp_path / "home" / "config" / "xmlchat" / "client.json"


@pytest.mark.parametrize(
    ("said", "known", "where"),
    [
        (Wishes(), Remembered(), None),
        (Wishes(port=7700), Remembered(), HERE),
        (Wishes(host="chat.example"), Remembered(), Where("chat.example", 7700)),
        (Wishes(host="chat.example", tls=True), Remembered(), Where("chat.example", 7743, tls=True)),
        (Wishes(), KNOWN, THERE),
        (Wishes(host="chat.example"), KNOWN, THERE),
        (Wishes(tls=False), KNOWN, Where("chat.example", 7700)),
        (Wishes(ca=Path("/other.pem"), tls=True), KNOWN, Where("chat.example", 7743, tls=True, ca=Path("/other.pem"))),
        (Wishes(host="other.example"), KNOWN, Where("other.example", 7700)),
        # Who names a port means another server, of which nothing is known.
        (Wishes(port=7700), KNOWN, HERE),
    ],
)
def test_what_is_said_wins_over_what_is_remembered(
    tmp_path: Path, said: Wishes, known: Remembered, where: Where | None
) -> None:
    file = tmp_path / "client.json"
    remember(file, known)
    assert Visit(said, Person(), file)._first() == where


@pytest.mark.parametrize(
    ("answers", "where"),
    [
        ([""], HERE),
        (["localhost:8000"], Where("localhost", 8000)),
        (["not a host", "::1"], Where("::1", 7700)),
        (["chat.example", ""], Where("chat.example", 7743, tls=True)),
        (["chat.example:9", "n"], Where("chat.example", 9)),
    ],
)
def test_the_server_is_asked_for(tmp_path: Path, answers: list[str], where: Where) -> None:
    assert Visit(Wishes(), Person(*answers), tmp_path / "none")._ask_where() == where


def test_a_server_that_was_named_is_not_asked_for_when_it_is_not_there(tmp_path: Path, free_port: int) -> None:
    person = Person()
    with pytest.raises(Unreachable):
        Visit(Wishes(port=free_port), person, tmp_path / "none").run()
    assert person.heard == []


def test_one_that_was_typed_is_asked_for_again(tmp_path: Path, free_port: int) -> None:
    person = Person(f"127.0.0.1:{free_port}")
    with pytest.raises(EOFError):
        Visit(Wishes(), person, tmp_path / "none").run()
    question = "Server (Enter for this machine): "
    assert person.heard[0] == person.heard[2] == question
    assert "Nobody answers at" in person.heard[1]


def test_a_room_that_cannot_be_is_said_once(service: Service, tmp_path: Path) -> None:
    person = Person(at(service))
    visit = Visit(Wishes(user="alice", password="secret", register=True, rooms=("No Room",)), person, tmp_path / "none")
    with pytest.raises(EOFError):
        visit.run()
    assert "No Room" in person.heard[1]
    assert visit._said.rooms == ()


def test_a_damaged_file_is_said_and_everything_asked_for_again(tmp_path: Path) -> None:
    file = tmp_path / "client.json"
    file.write_text("{")
    person = Person()
    assert Visit(Wishes(), person, file)._first() is None
    assert "is damaged and is not used" in person.heard[0]


@pytest.mark.parametrize("form", ["--plain", "--jsonl"])
def test_programs_are_not_steered_by_it(service: Service, tmp_path: Path, remembered: Path, form: str) -> None:
    remembered.parent.mkdir(parents=True)
    remembered.write_text("{")
    assert talk(service.address, form, "--register", typed="hello", **home(tmp_path / "home")).returncode == 0
    # Neither read, or it would have been put aside, nor written.
    assert [(one.name, one.read_text()) for one in remembered.parent.iterdir()] == [("client.json", "{")]
    assert not (tmp_path / "home" / "state").exists()


@pytest.mark.heavy
def test_the_first_run_and_the_next(service: Service, open_terminal: Open, remembered: Path) -> None:
    alice = open_terminal(None)
    asks(alice, "Server (Enter for this machine):")
    alice.enter(at(service))
    asks(alice, "Your name:")
    alice.enter("alcie")
    # A slip is no account.
    asks(alice, "Nobody is registered as alcie. Register it? [y/N]")
    alice.enter("")
    asks(alice, "Your name:")
    alice.enter("alice")
    asks(alice, "Nobody is registered as alice. Register it? [y/N]")
    alice.enter("y")
    alice.until(lambda screen: "alice is a new name: choose a password, and you are registered with it." in screen)
    for question in ("Choose a password:", "The same again:"):
        asks(alice, question)
        alice.enter("secret")
    alice.until(lambda screen: "You are alice. Here:" in screen)
    alice.enter("/quit")
    assert alice.end() == 0
    assert b"secret" not in alice.raw + remembered.read_bytes()
    assert stat.S_IMODE(remembered.stat().st_mode) == 0o600
    host, port = service.address
    assert json.loads(remembered.read_text()) == {"host": host, "port": port, "tls": False, "user": "alice"}

    again = open_terminal(None)
    again.until(lambda screen: f"Logging in at {at(service)} as alice; --host and --user say otherwise." in screen)
    asks(again, "Password:")
    again.enter("secret")
    again.until(lambda screen: "You are alice. Here:" in screen)
    with Client.connect(*service.address) as chat:
        assert chat.login("alcie").account == "new"


@pytest.mark.heavy
def test_a_keyring_is_asked_about_once_and_used(service: Service, open_terminal: Open, enter: Enter) -> None:
    enter("alice").close()
    ring = {"PYTHON_KEYRING_BACKEND": RING}
    first = open_terminal(service.address, **ring)
    asks(first, "Password:")
    first.enter("alice")
    first.until(lambda screen: "Keep the password in the keyring" in screen)
    first.enter("y")
    first.until(lambda screen: "You are alice. Here:" in screen)
    # Changed here, it is the keyring's no more.
    first.enter("/password")
    for answer in ("alice", "secret", "secret"):
        first.enter(answer)
    first.until(lambda screen: "Your password is changed." in said(screen))
    first.enter("/quit")
    assert first.end() == 0

    second = open_terminal(None, **ring)
    second.until(lambda screen: "The password in the keyring does not serve" in screen)
    asks(second, "Password:")
    second.enter("secret")
    second.until(lambda screen: "You are alice. Here:" in screen)
    second.enter("/quit")
    assert second.end() == 0

    third = open_terminal(None, **ring)
    third.until(lambda screen: "You are alice. Here:" in screen)
    assert b"Password:" not in third.raw


@pytest.mark.heavy
def test_going_elsewhere_and_coming_back(service: Service, serve: Serve, tmp_path: Path, open_terminal: Open) -> None:
    other = serve(data=tmp_path / "other")
    alice = open_terminal(service.address, "--register", password="secret")
    alice.until(lambda screen: "You are alice. Here:" in screen)
    alice.enter("hello")
    alice.enter(f"/connect {at(other)}")
    # The password that was given is for the first server.
    asks(alice, "Your name (Enter for alice):")
    alice.enter("")
    asks(alice, "Nobody is registered as alice. Register it? [y/N]")
    alice.enter("y")
    for question in ("Choose a password:", "The same again:"):
        asks(alice, question)
        alice.enter("another")
    alice.until(lambda screen: "You are alice. Here:" in screen and "hello" not in screen)
    alice.enter("/connect 127.0.0.1:1")
    alice.until(lambda screen: "Nobody answers at 127.0.0.1:1" in screen)
    asks(alice, f"Server (Enter for {at(other)}):")
    alice.enter(at(service))
    # Whoever was here before in this run need not say the password again.
    alice.until(lambda screen: "alice: hello" in screen and "connected" in screen)
    alice.enter("/quit")
    assert alice.end() == 0
