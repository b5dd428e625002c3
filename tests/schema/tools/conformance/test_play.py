"""Scenarios on a stage that is one line to a server in this process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from schema.framing import frame
from schema.messages import Side
from schema.tools.conformance.check import Failed, Outcome, PassedOver, Scenario, Skipped, Step
from schema.tools.conformance.line import Line
from schema.tools.conformance.pattern import document
from schema.tools.conformance.play import Verdicts, play
from schema.tools.conformance.table import read
from schema.tools.conformance.wire import Wire
from schema.tools.conformance.words import Words


class Bare:
    """A stage where `anna closes` fails, `anna cuts` is skipped and `anna types` passed over."""

    def __init__(self, line: Line) -> None:
        self.words = Words("run", 1, {}, {})
        self._line = line
        self.scenes: list[str] = []

    @property
    def verbs(self) -> dict[str, Callable[[Step], None]]:
        return {"closes": self._fail, "cuts": self._skip, "types": self._pass_over}

    def begin(self, scenario: Scenario) -> None:
        self.scenes.append(f"begin {scenario.checks[0].id}")

    def line(self, actor: str) -> Line:
        return self._line

    def lacks(self, need: str) -> str:
        return "there is no --tls" if need == "tls" else ""

    def end(self) -> None:
        self.scenes.append("end")

    def _fail(self, step: Step) -> None:
        raise Failed("got nothing")

    def _skip(self, step: Step) -> None:
        raise Skipped("there is no bert")

    def _pass_over(self, step: Step) -> None:
        raise PassedOver("not here")


@pytest.fixture
def wire() -> Wire:
    return Wire(Side.SERVER, 5.0)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def theirs(server: socket.socket, stage: Bare) -> Iterator[socket.socket]:
    accepted, _ = server.accept()
    with accepted:
        yield accepted


@pytest.fixture
def stage(server: socket.socket, wire: Wire) -> Iterator[Bare]:
    line = wire.line(socket.create_connection(server.getsockname()))
    yield Bare(line)
    line.close()


def outcomes(table: str, stage: Bare, wire: Wire) -> list[tuple[str, str, str]]:
    results = play(read(table, "s"), stage, Verdicts(wire.findings, wire.documents))
    return [(result.check.id, result.outcome.value, result.detail) for result in results]


def check(word: str, name: str, *lines: str) -> str:
    return "\n  ".join([f"{word} {name}", "> A sentence.", *lines]) + "\n"


SAYS = 'anna says <ping id="1"/>'


def test_what_follows_a_failure_is_skipped_and_the_next_scenario_is_not(stage: Bare, wire: Wire) -> None:
    table = check("check", "a", "anna closes") + check("also", "b", SAYS) + check("check", "c", SAYS)
    assert outcomes(table, stage, wire) == [
        ("s/a", "fail", "anna closes: got nothing"),
        ("s/b", "skip", "s/a has failed before it"),
        ("s/c", "pass", ""),
    ]
    assert stage.scenes == ["begin s/a", "end", "begin s/c", "end"]


def test_what_follows_a_skipped_check_is_skipped_unless_it_was_only_passed_over(stage: Bare, wire: Wire) -> None:
    table = check("check", "a", "anna types x") + check("also", "b", "anna cuts") + check("also", "c", SAYS)
    assert outcomes(table, stage, wire) == [
        ("s/a", "skip", "not here"),
        ("s/b", "skip", "there is no bert"),
        ("s/c", "skip", "there is no bert"),
    ]


def test_a_scenario_of_which_nothing_can_be_made_is_not_begun(stage: Bare, wire: Wire) -> None:
    assert outcomes(check("check", "a", "needs tls", SAYS), stage, wire) == [("s/a", "skip", "there is no --tls")]
    assert stage.scenes == ["end"]


def test_what_is_about_every_document_is_judged_at_the_end(stage: Bare, wire: Wire, theirs: socket.socket) -> None:
    judged = check("check", "j", "judges schema") + check("check", "k", "judges framing")
    assert [one[1] for one in outcomes(judged, stage, wire)] == ["skip", "skip"], "nothing was heard"
    theirs.sendall(frame(document('<ping id=""/>')))
    (first, second, third) = outcomes(judged + check("check", "a", "anna hears <ping/>"), stage, wire)
    assert first[:2] == ("s/a", "pass")
    assert second[:2] == ("s/j", "fail")
    assert "wrong-value" in second[2]
    assert third == ("s/k", "pass", "")


@pytest.mark.parametrize(
    ("step", "octets"),
    [
        (SAYS, frame(document('<ping id="1"/>'))),
        ('anna says at once:\n <ping id="1"/>\n <ping id="2"/>', b"".join(
            frame(document(f'<ping id="{n}"/>')) for n in (1, 2)
        )),
        ('anna says in pieces of 1:\n <ping id="1"/>', frame(document('<ping id="1"/>'))),
        ('anna begins 3\n <ping id="1"/>\nanna finishes', frame(document('<ping id="1"/>'))),
        ("anna sends 00 00 00 ff", b"\0\0\0\xff"),
        (r"anna frames <a>\xff\n</a>", frame(b"<a>\xff\n</a>")),
    ],
)  # fmt: skip
def test_what_is_said(step: str, octets: bytes, stage: Bare, wire: Wire, theirs: socket.socket) -> None:
    lines = step.splitlines()
    assert [one[1] for one in outcomes(check("check", "a", *lines), stage, wire)] == ["pass"]
    theirs.settimeout(5.0)
    come = b""
    while len(come) < len(octets):
        come += theirs.recv(100)
    assert come == octets


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ('anna hears <pong re="1"/>', Outcome.PASS),
        ('anna hears <pong re="1" id="x"/>', Outcome.FAIL),
        ('anna hears in order:\n <pong re="1"/>\n <pong re="2"/>', Outcome.PASS),
        ('anna hears <pong re="2"/>\nanna has not heard <pong re="9"/>', Outcome.PASS),
        ('anna hears <pong re="2"/>\nanna has not heard <pong re="2"/>', Outcome.FAIL),
        ('anna hears <pong re="2"/>\nanna hears no more <pong re="2"/>', Outcome.PASS),
        ('anna hears <pong re="2"/>\nanna hears no more <pong/>', Outcome.FAIL),
        ('anna hears <pong re="{a}"/>\nanna hears <pong re="{b}"/>\nanna knows {a} to be {b}', Outcome.FAIL),
        ('anna hears <pong re="{a}"/>\nanna hears <pong re="{b}"/>\nanna knows {a} not to be {b}', Outcome.PASS),
        ('anna hears <pong re="{a}"/>\nanna knows {a} not to be 1', Outcome.FAIL),
    ],
)
def test_what_is_heard(step: str, outcome: Outcome, stage: Bare, wire: Wire, theirs: socket.socket) -> None:
    theirs.sendall(frame(document('<pong re="1"/>')) + frame(document('<pong re="2"/>')))
    asked = ['anna says <ping id="1"/>', 'anna says <ping id="2"/>']
    assert [one[1] for one in outcomes(check("check", "a", *asked, *step.splitlines()), stage, wire)] == [outcome.value]
