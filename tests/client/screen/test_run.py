"""Leaving the screen, and a server that goes and comes back."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

from client import Client
from server.service import Service
from tests.client.conftest import Enter, Open
from tests.client.processes import ROOT, SOON
from tests.client.screen.conftest import said
from tests.client.terminals import Terminal
from tests.conftest import Serve, ServerProcess, StartServer

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ("/ex\r", 0),
        ("/quit\r", 0),
        ("\x04", 0),
        ("\x03\x03", 130),
        ("half a line\x03\x03\x03", 130),
        ("half a line\x03\x04", 0),
    ],
)
def test_ways_to_leave(alice: Terminal, keys: str, status: int) -> None:
    for key in keys.partition("\x03")[0], *keys[len(keys.partition("\x03")[0]) :]:
        alice.press(key)
    assert alice.end() == status
    assert alice.is_sane()


def test_ctrl_c_loses_no_text_and_says_how_to_leave(alice: Terminal) -> None:
    alice.press("half a line")
    alice.until(lambda screen: "> half a line" in screen)
    alice.press("\x03")
    alice.until(lambda screen: screen.endswith("\n>"))
    alice.press("\x1b[A")
    alice.until(lambda screen: "> half a line" in screen)
    alice.press("\x03\x03")
    alice.until(lambda screen: "Ctrl-C again leaves; so do /quit and Ctrl-D." in said(screen))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_the_terminal_as_it_was(alice: Terminal, number: signal.Signals, status: int) -> None:
    alice.child.kill(number)
    assert alice.end() == status
    assert alice.is_sane()
    assert b"\x1b[?1049l" in alice.raw


@pytest.fixture
def left_alone(server_process: ServerProcess, open_terminal: Open) -> Terminal:
    """In the middle of a line, when the server has just been killed."""
    terminal = open_terminal(server_process.address, "--register", password="secret")
    terminal.until(lambda screen: "You are alice. Here:" in screen)
    terminal.press("half a li")
    terminal.until(lambda screen: "> half a li" in screen)
    server_process.stop(signal.SIGKILL)
    terminal.until(lambda screen: "Not connected since" in screen)
    return terminal


def test_a_server_that_goes_and_comes_back(
    left_alone: Terminal, server_process: ServerProcess, start_server: StartServer
) -> None:
    left_alone.until(lambda screen: "#lobby · 1 person · not connected" in screen)
    left_alone.enter("ne")
    left_alone.until(lambda screen: "alice: half a line (sending)" in screen)
    left_alone.press("another")
    again = start_server("--port", str(server_process.address[1]))
    left_alone.until(lambda screen: "Connected again; the connection was down from" in screen)
    left_alone.until(lambda screen: "alice: half a line" in screen and "(sending)" not in screen)
    left_alone.until(lambda screen: "#lobby · 1 person · connected" in screen and "> another" in screen)
    left_alone.enter("")
    with Client.connect(*again.address) as bob:
        bob.login("bob", "secret", register=True)
        left_alone.until(lambda screen: "alice: another" in screen and "(sending)" not in screen)
        assert [one.text for one in bob.history()] == ["half a line", "another"]
        # Whoever goes on need not be told any more, at the top of the screen.
        left_alone.until(lambda screen: not screen.startswith("Connected again"))
        left_alone.enter("/quit")
        assert left_alone.end() == 0


@pytest.mark.parametrize(("keys", "status"), [("\x15/quit\r", 0), ("\x15\x04", 0), ("\x03\x03\x03", 130)])
def test_leaving_while_the_connection_is_down(left_alone: Terminal, keys: str, status: int) -> None:
    left_alone.press(keys)
    assert left_alone.end() == status
    assert left_alone.is_sane()


def test_leaving_with_something_unsent_waits_for_the_connection(
    left_alone: Terminal, server_process: ServerProcess, start_server: StartServer
) -> None:
    left_alone.enter("ne")
    left_alone.enter("/quit")
    left_alone.until(lambda screen: "Waiting for the connection, to send what was not sent." in screen)
    again = start_server("--port", str(server_process.address[1]))
    assert left_alone.end() == 0
    with Client.connect(*again.address) as bob:
        bob.login("bob", "secret", register=True)
        assert [one.text for one in bob.history()] == ["half a line"]


def test_a_server_that_is_gone_for_good_ends_it_with_69(server_process: ServerProcess, open_terminal: Open) -> None:
    alice = open_terminal(server_process.address, "--register", "--retry-for", "0", password="secret")
    alice.until(lambda screen: "You are alice. Here:" in screen)
    server_process.stop(signal.SIGKILL)
    assert alice.end() == 69
    assert "xmlchat: The server has gone away." in alice.text
    assert alice.is_sane()


#: What the client has no use for before anything is on the screen, and takes long to read.
SLOW = {"xmlschema", "cryptography", "argon2", "multiprocessing", "http", "email", "unittest", "server", "pygments"}

#: Modules read before the first row is drawn, 433 with those of Python itself: what is more should be worth its time.
MOST = 460


def test_little_is_read_before_the_first_row_is_drawn() -> None:
    wanted = "client.command_line, client.connection, client.sign_in, client.terminal, client.visit, client.screen.run"
    code = f"import sys, {wanted}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert {module.partition(".")[0] for module in modules} & SLOW == set()
    assert len(modules) <= MOST


def test_what_draws_is_read_while_somebody_is_waited_for() -> None:
    code = "import sys, client.asker, client.visit; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not [module for module in done.stdout.split() if module.startswith(("prompt_toolkit", "client.screen"))]


def test_ctrl_z_gives_the_shell_back_and_fg_the_chat(service: Service, open_terminal: Open, enter: Enter) -> None:
    bob = enter("bob")
    script = 'stty -echo; {}; echo "stopped: $?"; read x; fg; echo "left: $?"'
    alice = open_terminal(service.address, "--register", password="secret", script=script)
    alice.until(lambda screen: "You are alice. Here:" in screen)
    alice.press("half a line\x1a")
    alice.until(lambda screen: "stopped: 148" in screen and "#lobby" not in screen)
    bob.pm("said meanwhile")
    alice.press("\r")
    alice.until(lambda screen: "bob: said meanwhile" in screen and screen.endswith("> half a line"))
    alice.enter(" more")
    alice.until(lambda screen: "alice: half a line more" in screen and "(sending)" not in screen)
    alice.enter("/quit")
    alice.until(lambda screen: "left: 0" in screen)


def test_notifications_are_wanted_from_the_start(service: Service, open_terminal: Open) -> None:
    alice = open_terminal(service.address, "--register", "--notify", password="secret")
    alice.until(lambda screen: "You are alice. Here:" in screen)
    alice.enter("/notify")
    alice.until(lambda screen: "Notifications on the desktop are on." in said(screen))


def test_rooms_are_conversations_from_the_start(service: Service, open_terminal: Open, enter: Enter) -> None:
    bob = enter("bob")
    bob.join("tea")
    alice = open_terminal(service.address, "--register", "--room", "tea", "--room", "garden", password="secret")
    alice.until(lambda screen: "\n#tea            │" in screen and "\n#garden         │" in screen)
    bob.pm("milk?", room="tea")
    alice.until(lambda screen: "\n#tea          1 │" in screen)
    alice.press("\x0e")
    alice.until(lambda screen: "bob: milk?" in screen and "#tea · 2 people" in screen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_what_is_being_written_is_there_the_next_time(
    service: Service, alice: Terminal, open_terminal: Open, tmp_path: Path, number: signal.Signals
) -> None:
    alice.enter("/query bob")
    alice.press("to bob\x10half a line")
    alice.until(lambda screen: "> half a line" in screen)
    if number == signal.SIGKILL:
        # A second later it is in the file by itself.
        (file,) = wait_for(lambda: [one for one in kept(tmp_path) if "half a line" in one.read_text()])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    alice.child.kill(number)
    alice.end()
    again = open_terminal(service.address, password="secret")
    again.until(lambda screen: "What you began to write is kept: bob." in said(screen))
    again.until(lambda screen: screen.endswith("> half a line"))
    again.press("\x0e")
    again.until(lambda screen: screen.endswith("> to bob"))


def kept(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("home/state/xmlchat/drafts/*.json"))


def wait_for(there: Callable[[], list[Path]]) -> list[Path]:
    """A file tells nobody that it was written."""
    deadline = monotonic() + SOON
    while not (found := there()) and monotonic() < deadline:
        sleep(0.01)
    return found


def test_a_terminal_that_goes_away_takes_nothing_along(
    service: Service, alice: Terminal, open_terminal: Open, tmp_path: Path
) -> None:
    alice.press("half a line")
    alice.until(lambda screen: "> half a line" in screen)
    # Closes the terminal, which hangs up.
    alice.child.close(force=False)
    again = open_terminal(service.address, password="secret")
    again.until(lambda screen: screen.endswith("> half a line"))


def test_going_elsewhere_while_the_connection_is_down_keeps_what_was_not_sent(
    left_alone: Terminal,
    server_process: ServerProcess,
    start_server: StartServer,
    serve: Serve,
    open_terminal: Open,
    tmp_path: Path,
) -> None:
    left_alone.enter("ne")
    left_alone.until(lambda screen: "(sending)" in screen)
    host, port = serve(data=tmp_path / "other").address
    left_alone.enter(f"/connect {host}:{port}")
    left_alone.until(lambda screen: "What was not answered is kept" in screen)
    left_alone.until(lambda screen: "Your name (Enter for alice):" in screen)
    left_alone.child.close(force=True)
    again = start_server("--port", str(server_process.address[1]))
    back = open_terminal(again.address, password="secret")
    back.until(lambda screen: "alice: half a line" in screen and "You left before it was answered" in said(screen))
    back.enter("/retry")
    back.until(lambda screen: "alice: half a line" in screen and "You left before" not in said(screen))
    with Client.connect(*again.address) as bob:
        bob.login("bob", "secret", register=True)
        assert [one.text for one in bob.history()] == ["half a line"]


def test_one_can_have_it_try_at_once(
    left_alone: Terminal, server_process: ServerProcess, start_server: StartServer
) -> None:
    left_alone.enter("\x15/connect")
    left_alone.until(lambda screen: "Trying again." in said(screen))
    start_server("--port", str(server_process.address[1]))
    left_alone.until(lambda screen: "Connected again" in screen)
    left_alone.enter("/connect")
    left_alone.until(lambda screen: "You are connected." in said(screen))
