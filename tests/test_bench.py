"""The benchmark with tiny numbers: that it does what it says. How fast anything is, no test judges."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from lxml import etree

from schema.messages import MESSAGES
from tests.bench.__main__ import main
from tests.bench.compiler import COMPILERS, build
from tests.bench.report import markdown, plain
from tests.conftest import ROOT
from tests.peer import PATIENCE

needs_compiler = pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="needs a C compiler")


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.bench", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=5 * PATIENCE
    )


def measured(folder: Path, *arguments: str) -> dict[str, Any]:
    """What our server and the limit were found to do."""
    file = folder / "results.json"
    done = bench("--quick", "--peers", "limit", "--json", str(file), *arguments)
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(file.read_text())
    assert plain(results) == done.stdout.rstrip("\n")
    return results


@needs_compiler
def test_everyone_gets_every_message_once_and_in_order(tmp_path: Path) -> None:
    results = measured(tmp_path, "--cases", "fanout", "--receivers", "3", "--window", "2")
    assert [cell["server"] for cell in results["fanout"]] == ["ours", "limit"]
    for cell in results["fanout"]:
        assert cell["failures"] == []
        (run,) = cell["runs"]
        assert run["deliveries"] == 3 * run["messages"] == 3 * 20
        assert (run["missing"], run["repeated"], run["disordered"]) == (0, 0, 0)
        assert 0 < run["p50_ms"] <= run["p99_ms"] <= run["max_ms"]
        assert run["memory_mib"] > 0


@needs_compiler
@pytest.mark.heavy
def test_crowds_log_in(tmp_path: Path) -> None:
    results = measured(tmp_path, "--cases", "crowd", "--idle", "7")
    found = {(one["server"], one["case"]): one for one in results["crowd"]}
    assert set(found) == {(server, case) for server in ("ours", "limit") for case in ("memory", "logins", "storm")}
    assert not any("failure" in one for one in found.values())
    assert found["ours", "memory"]["clients"] == 7
    assert found["ours", "logins"]["online"] > 0
    assert found["ours", "storm"]["logins_per_s"] > 0


def test_every_kind_of_document_is_measured(tmp_path: Path) -> None:
    results = measured(tmp_path, "--cases", "codec")
    assert {one["element"] for one in results["codec"]} == set(MESSAGES)
    assert all(one[what] > 0 for one in results["codec"] for what in ("parse", "decode", "encode", "validate"))
    assert results["frames"]["octets_twice"] == 2 * results["frames"]["octets"]


def test_without_a_compiler_it_says_what_to_install(tmp_path: Path) -> None:
    done = bench("--quick", "--cases", "fanout", PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "bench: There is no C compiler; on Debian and Ubuntu: apt install gcc libc6-dev"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--peers", "limit,icq"], "there is no icq; there are limit, nats,"),
        (["--cases", "fanout,lottery"], "there is no lottery; there are fanout, crowd, codec"),
        (["--receivers", "0"], "0: expected numbers from 1 on"),
    ],
)
def test_a_wrong_option_is_explained(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("load", tmp_path_factory.mktemp("load"))


#: What a server makes of the marks that came so far: the octets to send to the receiver now.
Server = Callable[[list[bytes]], list[bytes]]

CLIENTS = 2
MESSAGES_SENT = 5


@pytest.fixture
def serve_as() -> Iterator[Callable[[Server], int]]:
    """Starts a server that greets two clients, hears the first and answers the second; returns the port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(PATIENCE)
        threads = []

        def start(server: Server) -> int:
            thread = threading.Thread(target=_converse, args=(listening, server))
            threads.append(thread)
            thread.start()
            port: int = listening.getsockname()[1]
            return port

        yield start
        for thread in threads:
            thread.join()


def _converse(listening: socket.socket, server: Server) -> None:
    # A load generator that has lost its patience is gone.
    with contextlib.ExitStack() as connected, contextlib.suppress(ConnectionError):
        clients = [_greeted(listening, connected) for _ in range(CLIENTS)]
        (_, lines), (receiver, _) = clients
        marks: list[bytes] = []
        for line in lines:
            marks.append(line.strip())
            for octets in server(marks):
                receiver.sendall(octets)


def _greeted(listening: socket.socket, connected: contextlib.ExitStack) -> tuple[socket.socket, BinaryIO]:
    client = connected.enter_context(listening.accept()[0])
    client.settimeout(PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = connected.enter_context(client.makefile("rb"))
    # What is waited for comes in two pieces, and the second only when the first has been read.
    client.sendall(b"hello wel")
    lines.readline()
    client.sendall(b"come")
    return client, lines


def octet_by_octet(marks: list[bytes]) -> list[bytes]:
    # With an @ in front that begins no mark, and a mark of another run.
    return [bytes([octet]) for octet in b"@@0123 @0000000000000000" + marks[-1]]


def twice_the_third(marks: list[bytes]) -> list[bytes]:
    return [marks[-1] * (2 if len(marks) == 3 else 1)]


def the_second_late(marks: list[bytes]) -> list[bytes]:
    return [] if len(marks) == 2 else [marks[2], marks[1]] if len(marks) == 3 else [marks[-1]]


def never_the_last(marks: list[bytes]) -> list[bytes]:
    return [] if len(marks) == MESSAGES_SENT else [marks[-1]]


@needs_compiler
@pytest.mark.parametrize(
    ("server", "patience", "wrong"),
    [
        (octet_by_octet, PATIENCE, set()),
        (twice_the_third, PATIENCE, {"repeated"}),
        (the_second_late, PATIENCE, {"disordered"}),
        (never_the_last, 0.5, {"missing"}),
    ],
)
def test_the_load_generator_counts(
    server: Server, patience: float, wrong: set[str], load: Path, serve_as: Callable[[Server], int]
) -> None:
    options = {"port": serve_as(server), "receivers": 1, "window": 2, "messages": MESSAGES_SENT, "patience": patience}
    given = [f"--{name}={value}" for name, value in options.items()]
    command = [str(load), *given, "--settle=0", "--message={mark}\n", "wait=hello", "send=next\n", "wait=welcome"]
    done = subprocess.run(command, input="\n\n", capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, done.stderr
    ready, found = map(json.loads, done.stdout.splitlines())
    assert ready["clients"] == CLIENTS
    assert {name for name in ("missing", "repeated", "disordered") if found[name]} == wrong
    assert found["deliveries"] == MESSAGES_SENT - found["missing"]


@needs_compiler
def test_the_load_generator_says_why_it_stops(load: Path, serve_as: Callable[[Server], int]) -> None:
    command = [str(load), f"--port={serve_as(lambda _: [])}", "--receivers=1", "--first=7", "--patience=0.5"]
    done = subprocess.run([*command, "wait=come in {n}"], input="", capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert done.stderr.startswith("load: client 7 waits for come in {n}; it has: ")


def run(per_second: float) -> dict[str, float]:
    return {
        "deliveries_per_s": per_second,
        "p50_ms": 1.25,
        "p99_ms": 4.0,
        "cpu_s_per_million": 2.0,
        "memory_mib": 30.0,
    }


def cell(server: str, receivers: int, *per_second: float, failures: tuple[str, ...] = ()) -> dict[str, Any]:
    runs = [run(one) for one in per_second]
    return {"server": server, "receivers": receivers, "window": 16, "runs": runs, "failures": failures}


RESULTS: dict[str, Any] = {
    "machine": {
        "date": "2026-01-02",
        "processor": "Abacus 3",
        "cores": 4,
        "memory_gib": 8.0,
        "kernel": "Linux 6.0",
        "python": "CPython 3.11.2",
        "load": 0.1,
    },
    "left_out": {"prosody": "prosody is not installed."},
    "fanout": [
        cell("ours", 10, 3_000.0, 2_000.0, 900_000.0),
        cell("nats", 10, 1_000.0, 1_500.0, 2_000.0),
        cell("ours", 100, 50_000.0),
        cell("nats", 100, failures=("3 of 4 deliveries are missing",)),
    ],
}


def test_the_report_is_of_medians_with_ratios_in_markdown() -> None:
    assert markdown(RESULTS) == "\n".join(
        [
            "2026-01-02; Abacus 3, 4 cores, 8.0 GiB; Linux 6.0; CPython 3.11.2; load before 0.1.",
            "",
            "### R = 10 receivers, W = 16 messages in flight",
            "",
            "| server | deliveries/s | p50 ms | p99 ms | server CPU s/million | memory MiB | ours / it |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| ours | 3,000 | 1.25 | 4.00 | 2.00 | 30 | 1.00 |",
            "| nats | 1,500 | 1.25 | 4.00 | 2.00 | 30 | 2.00 |",
            "",
            "### R = 100 receivers, W = 16 messages in flight",
            "",
            "| server | deliveries/s | p50 ms | p99 ms | server CPU s/million | memory MiB | ours / it |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| ours | 50,000 | 1.25 | 4.00 | 2.00 | 30 | 1.00 |",
            "",
            "Left out: prosody. prosody is not installed.",
            "",
            "FAILED: nats, R=100, W=16: 3 of 4 deliveries are missing",
        ]
    )


def test_a_report_is_printed_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(RESULTS))
    # What failed was another server than ours.
    assert main(["--report", str(file)]) == 0
    assert capsys.readouterr().out.rstrip("\n") == markdown(RESULTS)


def test_it_fails_where_our_own_server_has_not_done_its_work(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps({**RESULTS, "fanout": [cell("ours", 10, failures=("1 of 9 deliveries are missing",))]}))
    assert main(["--report", str(file)]) == 1


@pytest.mark.plot
def test_the_same_results_give_the_same_pictures(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(RESULTS))
    for name in ("once", "again"):
        done = bench("--report", str(file), "--plot", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
    png, svg = (tmp_path.joinpath(f"once.{kind}").read_bytes() for kind in ("png", "svg"))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert etree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert (png, svg) == tuple(tmp_path.joinpath(f"again.{kind}").read_bytes() for kind in ("png", "svg"))
