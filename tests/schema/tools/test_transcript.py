"""The command as somebody at a terminal meets it; what it writes is the business of sealing/."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from schema.codec import decode
from schema.messages import Broadcast, Direct, Dm, Join, Pm
from schema.tools.command_line import main
from schema.tools.sealing.proof import Proof
from schema.tools.sealing.reading import XSD, Entry, read_parts
from server.service import Service
from server.store import Row, Store
from tests.conftest import Connect, Serve
from tests.schema.tools.traffic import chat, recorded

ROOT = Path(__file__).parents[3]
SECTION = "### 9.4 Transcripts"

Terminal = pytest.CaptureFixture[str]

NOON, LATER = "2026-03-01T12:00:00.000Z", "2026-03-01T13:00:00.000Z"
ROWS = (
    Row(NOON, "alice", "lobby", None, "one"),
    Row(NOON, "bob", "tea", None, "two"),
    Row(NOON, "alice", None, "bob", "three"),
    Row(LATER, "carol", "lobby", None, "four <&>"),
    Row(LATER, "carol", None, "alice", "five"),
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A data folder with five messages."""
    folder = tmp_path / "chat"
    folder.mkdir()
    store = Store(folder / "messages.db")
    store.write(ROWS, {})
    store.close()
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.xml"


def transcript(*arguments: str | Path) -> int:
    return main(["transcript", *map(str, arguments)])


def messages(path: Path) -> list[Broadcast | Direct]:
    """Of a transcript that has no flaw."""
    with path.open("rb") as octets:
        assert list(Proof().flaws(read_parts(octets))) == []
    with path.open("rb") as octets:
        return [part.message for part in read_parts(octets) if isinstance(part, Entry)]


@pytest.mark.parametrize(
    ("options", "seqs"),
    [
        ((), [1, 2, 4]),
        (("--direct",), [1, 2, 3, 4, 5]),
        (("--room", "tea"), [2]),
        (("--room", "empty"), []),
        (("--from", "2026-03-01T12:30"), [4]),
        (("--to", "2026-03-01T13:00+00:00"), [1, 2]),
        (("--from", "2026-03-02"), []),
        (("--user", "bob", "--direct"), [1, 2, 3, 4]),
        (("--user", "bob"), [1, 2, 4]),
    ],
)
def test_what_is_asked_for_is_in_it(options: tuple[str, ...], seqs: list[int], log: Path, file: Path) -> None:
    assert transcript(log, "-o", file, *options) == 0
    assert [message.seq for message in messages(file)] == seqs


def test_it_goes_to_stdout_and_the_rest_to_stderr(
    log: Path, file: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert transcript(log) == 0
    said = capsysbinary.readouterr()
    file.write_bytes(said.out)
    assert len(messages(file)) == 3
    assert re.fullmatch(rb"3 messages, seq 1 to 4, last hash [0-9a-f]{64}\n", said.err)


def test_of_a_log_it_is_said_that_nobody_knows_who_was_where(log: Path, file: Path, capsys: Terminal) -> None:
    transcript(log, "-o", file, "--user", "bob")
    assert "A log does not say who was in which room" in capsys.readouterr().err


def test_a_running_server_and_what_was_said_in_it(service: Service, connect: Connect, data: Path, file: Path) -> None:
    alice, bob = connect("alice"), connect("bob")
    alice.publish(Pm(id="a", text="<to> everybody & all\r\n\u202e"))
    bob.publish(Dm(id="b", to="alice", text="for you"))
    assert transcript(data, "-o", file, "--direct") == 0
    first, second = messages(file)
    assert (first.sender, first.text, first.seq) == ("alice", "<to> everybody & all\r\n\u202e", 1)
    assert isinstance(second, Direct)
    assert main(["verify", str(file), "--against", str(data)]) == 0


def test_what_a_user_received_by_the_servers_own_capture(
    serve: Serve, connect: Connect, tmp_path: Path, file: Path
) -> None:
    recorded_to = tmp_path / "today.capture"
    service = serve(capture=recorded_to)
    alice, bob = connect("alice", at=service.address), connect("bob", at=service.address)
    alice.ask(Join(id="j", room="tea"))
    both = alice.publish(Pm(id="1", text="to both"))
    alone = alice.publish(Pm(id="2", room="tea", text="to nobody else"))
    for peer in (alice, bob):
        peer.sync()
    service.stop()
    for user, seqs in (("alice", [both, alone]), ("bob", [both])):
        assert transcript(recorded_to, "--user", user, "-o", file) == 0
        assert [message.seq for message in messages(file)] == seqs


def test_what_could_not_be_read_is_said_in_the_head_and_by_the_status(
    tmp_path: Path, file: Path, capsys: Terminal
) -> None:
    capture = tmp_path / "broken.capture"
    capture.write_bytes(recorded(chat(2)) + b"nonsense")
    assert transcript(capture, "-o", file) == 1
    assert "1 of what the server sent could not be read" in capsys.readouterr().err
    assert len(messages(file)) == 2
    assert b' unread="1"' in file.read_bytes()


def test_a_page_to_read_comes_with_the_same_last_hash(log: Path, file: Path, tmp_path: Path) -> None:
    page = tmp_path / "t.html"
    assert transcript(log, "-o", file, "--html", page) == 0
    last = re.search(r'<end sha256="(\w+)"', file.read_text())
    assert last is not None
    assert f"<dt>Last hash</dt><dd><code>{last[1]}</code>" in page.read_text()
    assert "four &lt;&amp;&gt;" in page.read_text()


@pytest.mark.parametrize(
    ("options", "origin"),
    [((), "chat"), (("--origin", 'a & "b"'), 'a &amp; "b"'), (("--origin", "a\x01b"), "a\ufffdb")],
)
def test_the_head_says_of_what_it_is(options: tuple[str, ...], origin: str, log: Path, file: Path) -> None:
    transcript(log, "-o", file, *options)
    assert f"<origin>{origin}</origin>" in file.read_text()


def test_only_its_owner_may_read_it(log: Path, file: Path) -> None:
    file.write_text("old")
    assert transcript(log, "-o", file) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == ["chat", "t.xml"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 2, "give DATA"),
        (("{log}", "--new-key", "{new}"), 2, "give DATA"),
        (("{log}", "--direct", "--room", "tea"), 2, "a direct message is in no room"),
        (("{log}", "--sign", "{new}"), 2, "cannot be read"),
        (("{log}", "--sign", "{log}/messages.db"), 2, "no PEM file"),
        (("{new}",), 3, "No such file"),
        (("{log}", "-o", "{new}/t.xml"), 3, "cannot be written"),
        (("--new-key", "{log}/messages.db"), 3, "exists already"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], status: int, words: str, log: Path, tmp_path: Path, capsys: Terminal
) -> None:
    assert transcript(*(one.format(log=log, new=tmp_path / "new") for one in arguments)) == status
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [("--room", "Lobby"), ("--user", "a b"), ("--from", "yesterday"), ("--to", "9999-12-31T23:59-01:00")]
)
def test_a_wrong_option_is_a_wrong_command_line(arguments: tuple[str, ...], log: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        transcript(log, *arguments)
    assert ended.value.code == 2


def test_traffic_of_two_servers_is_no_transcript_and_nothing_is_written(
    tmp_path: Path, file: Path, capsys: Terminal
) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "a.capture").write_bytes(recorded(chat(2)))
    (folder / "b.capture").write_bytes(recorded(chat(2)).replace(b"Message number 1", b"Massage number 1"))
    assert transcript(folder, "-o", file) == 3
    assert "the number 1 stands for two messages" in capsys.readouterr().err
    assert not file.exists()


needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("bash", "openssl", "xmllint", "xxd", "sha256sum")),
    reason="bash, openssl, xmllint, xxd or sha256sum is not installed",
)


def _documented() -> list[str]:
    """The shell commands of PROTOCOL.md that check a transcript without this program."""
    section = (ROOT / "schema" / "PROTOCOL.md").read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0]
    return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)


@pytest.mark.heavy
@needs_tools
def test_what_is_documented_checks_it_without_this_program(log: Path, tmp_path: Path) -> None:
    make, signature, chain = _documented()

    def shell(script: str) -> subprocess.CompletedProcess[str]:
        command = script.replace("python -m schema", f"{sys.executable} -m schema").replace(
            "schema/transcript.xsd", str(XSD)
        )
        return subprocess.run(
            ["bash", "-c", f"set -e\n{command}"],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    log.rename(tmp_path / "data")
    done = shell(make)
    assert done.returncode == 0, done.stderr
    for script in (signature, chain):
        done = shell(script)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Signature Verified Successfully" in shell(signature).stdout
    made = tmp_path / "talk.xml"
    made.write_bytes(made.read_bytes().replace(b"four", b"five"))
    assert shell(signature).returncode == 0, "the signature is over the last hash, not over what leads to it"
    assert shell(chain).returncode != 0
    made.write_bytes(made.read_bytes().replace(b"<origin>data", b"<origin>date"))
    assert shell(signature).returncode != 0


# Not by getrusage: its peak begins with that of the process which started this one.
_PEAK = """
import pathlib, re, sys
from schema.tools.command_line import main
status = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.heavy
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a peak of memory")
def test_memory_does_not_grow_with_the_messages(tmp_path: Path) -> None:
    """KiB at most, to write a transcript and to verify it, of few messages and of ten times as many more."""

    def peak(*arguments: str) -> int:
        command = [sys.executable, "-c", _PEAK, *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return int(done.stderr.split()[-1])

    peaks = []
    for count in (2_000, 24_000):
        store = Store(tmp_path / "messages.db")
        store.write([Row(NOON, "alice", "lobby", None, f"message {n} " * 20) for n in range(count)], {})
        # SQLite puts the log of an open one into the memory of whoever reads.
        store.close()
        wrote = peak("transcript", "messages.db", "-o", "t.xml", "--html", "t.html")
        peaks.append((wrote, peak("verify", "t.xml")))
    (few_written, few_verified), (many_written, many_verified) = peaks
    # Held at once, the messages alone would be 10 MiB.
    assert many_written < few_written + 6_000
    assert many_verified < few_verified + 6_000


def test_the_documents_in_it_are_those_of_the_protocol(log: Path, file: Path) -> None:
    transcript(log, "-o", file, "--direct")
    found = re.findall(r"<entry[^>]*>(.*?)</entry>", file.read_text())
    assert [decode(document.encode()).element for document in found] == ["broadcast"] * 2 + [
        "direct",
        "broadcast",
        "direct",
    ]
