"""The stage with clients that are sockets in this process, and nobody who types."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from schema.framing import frame
from schema.tools.conformance import serving as module
from schema.tools.conformance.pattern import document
from schema.tools.conformance.play import Verdicts, play
from schema.tools.conformance.serving import Hearing, Serving
from schema.tools.conformance.table import read

pytestmark = pytest.mark.heavy

Client = Callable[[socket.socket], None]


def says(*documents: str) -> Client:
    """Says this at once and takes what comes until it is hung up on."""

    def run(connected: socket.socket) -> None:
        connected.sendall(b"".join(frame(document(said)) for said in documents))
        while connected.recv(65_536):
            pass

    return run


def outcomes(table: str, *clients: Client) -> list[tuple[str, str]]:
    """What comes of a table with clients that connect one after the other."""
    with closing(Serving(Hearing(host="127.0.0.1", port=0, timeout=5.0))) as serving:

        def run() -> None:
            for client in clients:
                with socket.create_connection(serving.address) as connected:
                    client(connected)

        thread = threading.Thread(target=run)
        thread.start()
        results = list(play(read(table, "s"), serving, Verdicts(serving.wire.findings, serving.wire.documents)))
        thread.join()
    return [(result.outcome.value, result.detail) for result in results]


def check(*steps: str) -> str:
    return "\n  ".join(["check a", "> A sentence.", *steps])


LOGIN = '<login id="1" name="kit"><password>x</password></login>'


def test_what_changes_nothing_is_answered_by_itself() -> None:
    heard: list[bytes] = []

    def client(connected: socket.socket) -> None:
        says_ = [LOGIN, '<who id="2"/>', '<list id="3" what="blocks"/>', '<away id="4"/>', '<ping id="5"/>']
        connected.sendall(b"".join(frame(document(said)) for said in says_))
        come = b""
        while octets := connected.recv(65_536):
            come += octets
        heard.append(come)

    table = check("server greets", 'server hears <ping id="5"/>')
    assert outcomes(table, client) == [("pass", "")]
    for said in (b'<users re="2"', b'<blocks re="3"', b'<ok re="4"', b'<pong re="5"'):
        assert said.replace(b"<", b"").split()[1] in heard[0]


def test_a_prompt_is_for_whoever_brings_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    known = '<login id="2" name="kit"><password>again</password></login>'
    table = check("server lets in", "server closes")
    assert outcomes(table, says('<login id="1" name="kit"/>', known)) == [("pass", "")]
    assert "-- s/a: connect to 127.0.0.1:" in capsys.readouterr().err


def test_a_person_is_told_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    table = check("server greets", "user types hello", "user sees hello")
    assert outcomes(table, says()) == [("skip", "only a person sees what the client shows")]
    assert "   type: 'hello'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("steps", "clients", "outcome"),
    [
        (["server accepts", "server hears nothing"], [says()], "pass"),
        (["server accepts", "server hears nothing"], [says('<ping id="1"/>')], "fail"),
        (["server accepts", "server hears no more for a while <login/>"], [says('<ping id="1"/>')], "pass"),
        (["server accepts", "server hears no more for a while <ping/>"], [says('<ping id="1"/>')], "fail"),
        (["server accepts", "user stays away"], [says()], "pass"),
        (["server accepts", "server closes", "user stays away"], [says(), lambda _: None], "fail"),
    ],
)
def test_what_must_not_come(
    steps: list[str], clients: list[Client], outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AWAY", 0.3)
    assert outcomes(check(*steps), *clients)[0][0] == outcome
