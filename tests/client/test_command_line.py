"""The client as somebody in a shell, or a program, meets it."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from schema.codec import decode
from schema.messages import Broadcast, Bye, Side
from server.accounts_file import AccountsFile
from server.clock import SystemClock
from server.invitations import Invitations
from server.service import Service
from tests.client.conftest import Enter
from tests.client.fake_server import GREETING, FakeServer, answers, says
from tests.client.processes import ROOT, Running, talk
from tests.conftest import Serve, ServerProcess

NOBODY = ("127.0.0.1", 1)


def test_lines_in_lines_out(service: Service) -> None:
    done = talk(service.address, "--register", typed="hello\n/users\nbye")
    lines = [line.partition("] ")[2] or line for line in done.stdout.splitlines()]
    assert lines[0] == "* You are alice. Here: alice"
    assert [line for line in lines[1:] if line != "* Here: alice"] == ["alice: hello", "alice: bye", "* Goodbye."]
    assert "* Here: alice" in lines
    assert (done.returncode, done.stderr) == (0, "* Connected to xmlchat 0.1.0\n")


def test_jsonl(service: Service) -> None:
    done = talk(service.address, "--register", "--jsonl", typed="one\\ntwo\n/users\n")
    events = {event["type"]: event for event in map(json.loads, done.stdout.splitlines())}
    assert events["welcome"]["users"] == [{"name": "alice"}]
    assert {name: events["broadcast"][name] for name in ("from", "text", "seq")} == {
        "from": "alice",
        "text": "one\\ntwo",
        "seq": 1,
    }
    assert events["users"]["users"] == [{"name": "alice"}]
    assert events["bye"]["code"] == "logout"
    assert (done.returncode, done.stderr) == (0, "")


def test_xml(service: Service) -> None:
    done = talk(service.address, "--register", "--xml", typed="<hello> & \x9b\n")
    documents = [decode(line.encode(), Side.SERVER) for line in done.stdout.splitlines()]
    assert [document.text for document in documents if isinstance(document, Broadcast)] == ["<hello> & \x9b"]
    assert isinstance(documents[-1], Bye)
    assert "\x9b" not in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_everything_piped_in_arrives_before_the_end(service: Service, enter: Enter) -> None:
    bob = enter("bob")
    lines = [f"line {number}" for number in range(500)]
    done = talk(service.address, "--register", "--jsonl", typed="\n".join(lines))
    assert done.returncode == 0
    assert done.stdout.count('"type": "ok"') == 500
    bob.ping()
    bob.ex()
    assert [event.text for event in bob.events() if isinstance(event, Broadcast)] == lines


@pytest.mark.parametrize(
    ("arguments", "password", "sentence"),
    [
        (["--port", "70000"], "secret", "'70000' is not a port: 1 to 65535"),
        (["--port", "http"], "secret", "'http' is not a port: 1 to 65535"),
        (["--password", "secret"], "secret", "--password"),
        (["--jsonl", "--xml"], "secret", "not allowed with"),
        (["--password-file", "x", "--password-stdin"], None, "not allowed with"),
        (["--password-file", "/no/such/file"], None, "xmlchat: The password file /no/such/file cannot be read"),
        ([], None, "xmlchat: No password: give --password-file, --password-stdin or XMLCHAT_PASSWORD."),
        (["--user", ""], "secret", "xmlchat: Say who you are: --user NAME."),
        (["--password-stdin"], None, "xmlchat: The password is not UTF-8."),
    ],
)
def test_what_is_wrong_on_the_command_line_ends_with_2(
    arguments: list[str], password: str | None, sentence: str
) -> None:
    done = talk(NOBODY, *arguments, typed=b"\xff\n", password=password)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("name", "password"), [("Alice", "secret"), ("alice", ""), ("alice", "a\x1bb")])
def test_a_name_or_a_password_that_cannot_be_sent_ends_with_2(service: Service, name: str, password: str) -> None:
    done = talk(service.address, "--user", name, password=password)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_where_nobody_listens_it_ends_with_69() -> None:
    done = talk(NOBODY)
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr == "xmlchat: Nobody answers at 127.0.0.1:1: Connection refused.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_goes_ends_it_with_69(server_process: ServerProcess, number: signal.Signals) -> None:
    with Running(server_process.address, "--retry-for", "0") as client:
        client.welcomed()
        server_process.stop(number)
        status, said = client.end()
    assert status == 69
    sentence = "The server is stopping." if number == signal.SIGTERM else "The server has gone away."
    assert said.splitlines()[-1] == f"xmlchat: {sentence}"
    assert "Traceback" not in said


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\x10<hello/>\x9b2J\x1b"])
def test_a_server_that_breaks_the_protocol_ends_it_with_76(said: bytes) -> None:
    with FakeServer(says(said)) as server:
        done = talk(server.address)
    assert done.returncode == 76
    assert done.stderr.startswith("xmlchat: The server broke the protocol (not-")
    assert done.stderr.rstrip("\n").isprintable()


def test_the_last_words_of_a_server_steer_no_terminal() -> None:
    last = Bye(code="shutdown", reconnect=False, text="\x9b2J\u202e\nxmlchat: all is well")
    with FakeServer(answers((GREETING,), (last,))) as server:
        done = talk(server.address)
    assert done.returncode == 69
    assert done.stderr == "xmlchat: \\x9b2J\\u202e\\x0axmlchat: all is well\n"


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("bbo", "bob", "Nobody is registered as bbo. "),
        ("bob", "wrong", "bob is registered with another password."),
    ],
)
def test_a_login_that_is_refused_ends_with_77(
    service: Service, enter: Enter, name: str, password: str, sentence: str
) -> None:
    enter("bob")
    done = talk(service.address, "--user", name, password=password, typed="hello\n")
    assert (done.returncode, done.stdout) == (77, "")
    assert done.stderr.startswith(f"xmlchat: {sentence}")
    assert ("--register" in done.stderr) == (name == "bbo")


def test_the_password_may_come_from_a_file(service: Service, enter: Enter, tmp_path: Path) -> None:
    enter("bob")
    (tmp_path / "password").write_text("bob\nnot this\n")
    done = talk(service.address, "--user", "bob", "--password-file", str(tmp_path / "password"), password=None)
    assert done.returncode == 0


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_password_may_be_the_first_line(service: Service, enter: Enter, ending: str) -> None:
    enter("bob")
    done = talk(
        service.address, "--user", "bob", "--password-stdin", typed=f"bob{ending}hello{ending}", password="wrong"
    )
    assert done.returncode == 0
    assert "bob: hello\n" in done.stdout
    assert "bob: bob" not in done.stdout


def test_help_names_the_ways_to_give_a_password_and_loads_nothing_for_it() -> None:
    program = (
        "import sys; from client.command_line import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted({'lxml', 'prompt_toolkit', 'argon2', 'defusedxml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    *text, loaded = done.stdout.splitlines()
    assert loaded == "[]"
    words = ["--password-file", "--password-stdin", "--register", "--plain", "--jsonl", "--xml", "PM", "DM", "EX"]
    assert [word for word in words if word not in "\n".join(text)] == []
    assert "--password " not in "\n".join(text)


def test_a_reader_that_goes_ends_it(service: Service) -> None:
    with Running(service.address) as client:
        client.welcomed()
        client.output.close()
        client.type("hello")
        assert client.end() == (
            74,
            "* Connected to xmlchat 0.1.0\nxmlchat: The output cannot be written: Broken pipe.\n",
        )


def test_a_line_that_cannot_be_sent_is_told_and_the_rest_goes_on(service: Service) -> None:
    typed = b"one\n\xff\xfe\n" + b"x" * 1_000_000 + b"\n" + b"y" * 5000 + b"\n/\x1b[2J\ntwo\n"
    done = talk(service.address, "--register", typed=typed)
    assert [line[-4:] for line in done.stdout.splitlines() if "alice:" in line] == [" one", " two"]
    assert "! Line 2 is not UTF-8 and was not sent." in done.stderr
    assert "! Line 3 is longer than any message can be and was not sent." in done.stderr
    assert "! The text has 5,000 characters; the limit is 4,096. It was not sent." in done.stderr
    assert "! Not sent: There is no command /\\x1b[2J." in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(("form", "shown"), [("--plain", "gr\\xfcn \\u4f60"), ("--jsonl", "grün 你")])
def test_what_the_output_has_no_characters_for(service: Service, form: str, shown: str) -> None:
    done = talk(service.address, "--register", form, typed="grün 你\n", PYTHONIOENCODING="ascii")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert shown in done.stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_an_empty_one(service: Service, closed: str) -> None:
    host, port = service.address
    client = f"{sys.executable} -m client --host {host} --port {port} --user alice --register"
    done = subprocess.run(
        ["bash", "-c", f"XMLCHAT_PASSWORD=secret {client} {closed}"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_plain_hides_who_is_blocked_and_programs_get_all_and_no_more(service: Service, enter: Enter) -> None:
    alice, eve = enter("alice"), enter("eve")
    alice.block("eve")
    eve.pm("buy this")
    enter("bob").pm("no")
    shown = {}
    for form in ("--plain", "--jsonl", "--xml"):
        done = talk(service.address, form, "--since", "0", typed="/users\n", password="alice")
        assert done.returncode == 0
        shown[form] = done.stdout
    assert "bob: no" in shown["--plain"]
    assert "buy this" not in shown["--plain"]
    assert "buy this" in shown["--jsonl"]
    assert "buy this" in shown["--xml"]
    assert not any("blocks" in said for said in shown.values())


def test_what_is_typed_is_done_and_said(service: Service, enter: Enter) -> None:
    eve = enter("eve")
    typed = "/me waves\n/away\n/back\n/block eve\n/blocks\n/unblock eve\n/blick eve\n"
    done = talk(service.address, "--register", "--plain", typed=typed)
    shown = [line.partition("] ")[2] or line for line in done.stdout.splitlines()]
    for line in ("* alice waves", "* You are back.", "* You have blocked eve.", "* You hear eve again."):
        assert line in shown
    assert "There is no command /blick. Did you mean /block?" in done.stderr
    eve.ex()
    said = [event for event in eve.events() if isinstance(event, Broadcast)]
    assert [(event.text, event.kind) for event in said] == [("waves", "action")]


@pytest.mark.parametrize("given", ["option", "variable"])
def test_an_invitation_is_enough_to_register(serve: Serve, data: Path, given: str) -> None:
    address = serve(registration="invitation").address
    with closing(AccountsFile(data / "accounts.db")) as file:
        code = Invitations(file, SystemClock()).make(days=1)
    arguments, more = (["--invitation", code], {}) if given == "option" else ([], {"XMLCHAT_INVITATION": code})
    done = talk(address, *arguments, typed="hello", **more)
    assert done.returncode == 0, done.stderr
    assert "* You are alice. Here: alice" in done.stdout
    refused = talk(address, *arguments, "--user", "bob", typed="hello", **more)
    assert (refused.returncode, refused.stdout) == (77, "")
    assert "xmlchat: The invitation is not valid, or was used before" in refused.stderr


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux to see the limits of another process")
def test_a_client_that_crashes_leaves_no_dump(service: Service) -> None:
    """With the limit of one octet the system makes none."""
    with Running(service.address) as client:
        client.welcomed()
        assert resource.prlimit(client.process.pid, resource.RLIMIT_CORE)[0] in (0, 1)
