"""A person at a terminal whose server goes and comes back."""

from __future__ import annotations

import signal

import pytest

from client import Client
from tests.client.conftest import Open
from tests.client.terminals import Terminal
from tests.conftest import ServerProcess, StartServer

DOWN = r"\* The connection is down: The server has gone away\. Trying to come back\."
BACK = r"\* The connection is back\."


@pytest.fixture
def alice(server_process: ServerProcess, open_terminal: Open) -> Terminal:
    """In front of the prompt, and the server has just been killed."""
    terminal = open_terminal(server_process.address, "--plain", "--register", password="secret")
    terminal.shows("alice>")
    terminal.press("half a li")
    terminal.shows("alice> half a li")
    server_process.stop(signal.SIGKILL)
    terminal.shows(DOWN)
    return terminal


def test_typing_goes_on_and_what_was_typed_arrives_once(
    alice: Terminal, server_process: ServerProcess, start_server: StartServer
) -> None:
    alice.ends_with("alice> half a li")
    alice.enter("ne")
    alice.shows(r"\* Not sent yet, the connection is down: half a line")
    alice.press("another")
    alice.shows("alice> another")
    again = start_server("--port", str(server_process.address[1]))
    alice.shows(BACK)
    alice.shows(r"\[..:..\] alice: half a line")
    alice.shows("alice> another")
    alice.enter("")
    alice.shows(r"\[..:..\] alice: another")
    with Client.connect(*again.address) as bob:
        bob.login("bob", "secret", register=True)
        assert [one.text for one in bob.history()] == ["half a line", "another"]
    assert sum("alice: half a line" in line for line in alice.lines) == 1
    alice.enter("/ex")
    assert alice.end() == 0
    assert alice.is_sane()


#: Erases the line that is being typed.
ERASE = "\x15"


@pytest.mark.parametrize(("keys", "status"), [("\x03", 130), (f"{ERASE}/ex\r", 0), (f"{ERASE}\x04", 0)])
def test_leaving_while_the_connection_is_down(alice: Terminal, keys: str, status: int) -> None:
    alice.press(keys)
    assert alice.end() == status
    assert alice.is_sane()


def test_leaving_with_something_unsent_waits_for_the_connection(
    alice: Terminal, server_process: ServerProcess, start_server: StartServer
) -> None:
    alice.enter("ne")
    alice.enter("/ex")
    alice.shows(r"\* Waiting for the connection, to send what was not sent\. Ctrl-C leaves at once\.")
    start_server("--port", str(server_process.address[1]))
    assert alice.end() == 0
    assert sum("alice: half a line" in line for line in alice.lines) == 1


def test_leaving_with_something_unsent_can_be_cut_short(alice: Terminal) -> None:
    alice.enter("ne")
    alice.enter("/ex")
    alice.shows(r"\* Waiting for the connection, .*")
    alice.child.kill(signal.SIGINT)
    assert alice.end() == 130
    assert alice.is_sane()
