"""Sound clients pass every check; a broken one fails those that its flaw is the business of, and no other."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from schema.tools.command_line import main
from schema.tools.conformance.table import tables
from tests.certificates import Certified

ROOT = Path(__file__).parents[3]
OTHER = Path(__file__).parent / "conformance" / "other_client.py"

#: Seconds for a kit to be done with a client, also where several share one core.
_LONG = 100.0

Results = dict[str, dict[str, str]]


def ours(form: str) -> str:
    return f"{sys.executable} -m client --host {{host}} --port {{port}} --user {{user}} {form}"


def other(flaw: str = "") -> str:
    return f"{sys.executable} -E -S {shlex.quote(str(OTHER))} {{host}} {{port}} {{user}} {flaw}"


def run_kits(*commands: str, options: tuple[str, ...] = ()) -> list[Results]:
    """Runs a kit for each of these clients, all at once; the results by id."""
    kit = [sys.executable, "-m", "schema", "check-client", "--listen", "127.0.0.1:0", "--format", "json", *options]
    with ExitStack() as running:
        kits = []
        for command in commands:
            process = subprocess.Popen([*kit, "--command", command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            running.enter_context(process)
            running.callback(process.kill)
            kits.append(process)
        return [{one["check"]: one for one in json.loads(kit.communicate(timeout=_LONG)[0])} for kit in kits]


def outcomes(results: Results, wanted: str) -> dict[str, str]:
    """Those that came out like this, with what was said of them."""
    return {id: one.get("detail", "") for id, one in results.items() if one["outcome"] == wanted}


#: The flaws of other_client.py, and the checks that find them.
FLAWS = {
    "split": {"framing/part-of-the-length", "framing/largest-document"},
    "ext": {"greeting/unknown-in-ext", "messages/unknown-in-ext"},
    "new-ids": {"resume/sends-again"},
}


@pytest.fixture(scope="module")
def results() -> dict[str, Results]:
    """What comes of all these clients, which mostly wait and so share their time."""
    clients = {
        "plain": ours("--plain"),
        "xml": ours("--xml"),
        "sound": other(),
        **{flaw: other(flaw) for flaw in FLAWS},
    }
    return dict(zip(clients, run_kits(*clients.values()), strict=True))


@pytest.mark.heavy
@pytest.mark.parametrize("client", ["plain", "xml"])
def test_our_client_passes_every_check(client: str, results: dict[str, Results]) -> None:
    every = [check.id for scenario in tables("for_clients") for check in scenario.checks]
    assert sorted(results[client]) == sorted(every)
    assert outcomes(results[client], "fail") == {}
    assert {id.partition("/")[0] for id in outcomes(results[client], "skip")} == {"tls"}


@pytest.mark.heavy
def test_another_client_passes_and_what_it_lacks_is_skipped(results: dict[str, Results]) -> None:
    assert outcomes(results["sound"], "fail") == {}
    lacking = {id for id, why in outcomes(results["sound"], "skip").items() if why == "the client has no such command"}
    assert lacking == {"messages/asks-who-is-there", "messages/asks-for-rooms", "messages/asks-for-history"}


@pytest.mark.heavy
@pytest.mark.parametrize(("flaw", "expected"), FLAWS.items())
def test_a_broken_client_fails_where_it_should_and_only_there(
    flaw: str, expected: set[str], results: dict[str, Results]
) -> None:
    failed = outcomes(results[flaw], "fail")
    assert set(failed) == expected, failed


@pytest.mark.heavy
def test_a_client_inside_tls(certified: Certified) -> None:
    command = f"{ours('--plain')} --tls --ca {certified.ca}"
    tls = ("--tls-cert", str(certified.cert), "--tls-key", str(certified.key))
    (results,) = run_kits(command, options=(*tls, "--only", "tls", "messages/public-message"))
    assert outcomes(results, "pass").keys() == results.keys()


@pytest.mark.heavy
def test_a_client_that_trusts_anybody_is_found_out(certified: Certified) -> None:
    tls = ("--tls-cert", str(certified.cert), "--tls-key", str(certified.key))
    (results,) = run_kits(other("gullible"), options=(*tls, "--only", "tls"))
    assert set(outcomes(results, "fail")) == {"tls/verifies-the-certificate"}


@pytest.mark.heavy
def test_a_person_is_told_what_to_do() -> None:
    """Without --command; the test is the person, and starts the client by hand."""
    only = "framing/length-counts-octets"
    kit = [sys.executable, "-m", "schema", "check-client", "--listen", "127.0.0.1:0", "--only", only]
    with subprocess.Popen(kit, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = re.fullmatch(r"-- .*: connect to (.*):(\d+) as kit, password (.*)\n", process.stderr.readline())
        assert said is not None
        command = other().format(host=said[1], port=said[2], user="kit")
        surroundings = {**os.environ, "XMLCHAT_PASSWORD": said[3]}
        with subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, env=surroundings, text=True) as client:
            assert client.stdin is not None
            told = process.stderr.readline()
            assert told.startswith("   type: ")
            client.stdin.write(f"{ast.literal_eval(told.removeprefix('   type: '))}\n")
            client.stdin.flush()
            out, _ = process.communicate(timeout=_LONG)
            client.kill()
    assert out == f"ok    {only}\n1 check: 1 passed, 0 failed, 0 skipped\n"


@pytest.mark.heavy
def test_a_client_that_does_not_connect_fails() -> None:
    (results,) = run_kits(f"{sys.executable} -c pass", options=("--only", "ping/in-order"))
    assert outcomes(results, "skip") == {"ping/in-order": "ping/before-the-login has failed before it"}


def test_an_address_that_is_taken_is_an_error_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["check-client", "--listen", f":{taken.getsockname()[1]}"]) == 3
    assert "cannot listen on 127.0.0.1:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--listen", "nonsense"],
        ["--only", "no-such-check"],
        ["--tls-cert", "cert.pem"],
        ["--tls-cert", "missing.pem", "--tls-key", "missing.key"],
        ["--command", "no-such-program {host}"],
        ["--command", "'unbalanced"],
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-client", *arguments]) == 2
    assert capsys.readouterr().err.startswith("python -m schema check-client: ")


def test_the_list_names_checks_and_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-client", "--list", "--only", "leaving/ex"]) == 0
    assert capsys.readouterr().out.startswith("leaving/ex\n    > A client leaves with `ex`.\n")
