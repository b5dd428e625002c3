from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from schema.tools.conformance import calling
from schema.tools.conformance.calling import Calling, Target
from schema.tools.conformance.check import Result
from schema.tools.conformance.play import Verdicts, play
from schema.tools.conformance.table import read
from schema.tools.line import NoServer
from server.service import Service
from tests.conftest import Serve
from tests.server.people import accounts_in

pytestmark = pytest.mark.heavy


def results(table: str, kit: Calling) -> list[Result]:
    kit.prepare()
    return list(play(read(table, "s"), kit, Verdicts(kit.wire.findings, kit.wire.documents)))


def outcomes(table: str, address: tuple[str, int]) -> list[tuple[str, str]]:
    with closing(Calling(Target(host=address[0], port=address[1]))) as kit:
        return [(one.outcome.value, one.detail) for one in results(table, kit)]


def test_users_are_there_without_connecting_and_are_shared(service: Service) -> None:
    table = """
check a
  > A sentence.
  anna says <pm id="#1"><text>{word}</text></pm>
  bert hears <broadcast from="{anna}"><text>{word}</text></broadcast>
check b
  > A sentence.
  anna2 logs in
  anna hears <notice code="another-session"/>
  bert closes
check c
  > A sentence.
  bert says <who id="#1"/>
  bert hears <users re="#1"/>
"""
    assert outcomes(table, service.address) == [("pass", "")] * 3


def test_where_nobody_can_register_users_are_missing(serve: Serve) -> None:
    address = serve(registration="closed").address
    table = 'check a\n > A sentence.\n anna says <who id="#1"/>\ncheck b\n > B.\n needs registration\n x connects'
    assert outcomes(table, address) == [
        ("skip", "there is no account for anna here"),
        ("skip", "registration is closed"),
    ]


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({"rate": 5.0, "burst": 10}, ("pass", "")),
        ({"rate": 0.0}, ("skip", "the greeting sets no limit to commands")),
        (
            {"rate": 10.0, "burst": 20_000},
            ("skip", "the limits allow 20,021 commands at once, which is too many to try"),
        ),
    ],
)
def test_a_flood_goes_by_the_greeting(limits: dict[str, float], outcome: tuple[str, str], serve: Serve) -> None:
    table = 'check a\n > A sentence.\n x connects\n x floods\n x hears <error code="too-fast"/>'
    assert outcomes(table, serve(**limits).address) == [outcome]


@pytest.mark.parametrize(
    ("refusals", "outcome"),
    [(20, ("pass", "")), (10_000, ("skip", "the server answers 200 errors without having had enough"))],
)
def test_a_server_that_has_never_enough_is_no_failure(
    refusals: int, outcome: tuple[str, str], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "MAX_ERRORS", 200)
    table = "check a\n > A sentence.\n x connects\n x errs on and on"
    assert outcomes(table, serve(refusals=refusals).address) == [outcome]


def test_a_password_is_what_it_is(serve: Serve, data: Path) -> None:
    data.mkdir(0o700)
    with accounts_in(data) as accounts:
        accounts.register("anna", "<Tom & Jerry>")
    host, port = serve().address
    table = """
check a
  > A sentence.
  x connects
  x says <login id="#1" name="{anna}"><password>{anna.password}</password></login>
  x hears <welcome re="#1"/>
  anna hears <notice code="another-session"/>
"""
    with closing(Calling(Target(host=host, port=port, users=(("anna", "<Tom & Jerry>"),)))) as kit:
        kit.prepare()
        kit.line("anna")
        verdicts = Verdicts(kit.wire.findings, kit.wire.documents)
        assert [one.outcome.value for one in play(read(table, "s"), kit, verdicts)] == ["pass"]


def test_a_password_that_is_not_right_is_told_at_the_beginning(service: Service) -> None:
    host, port = service.address
    with closing(Calling(Target(host=host, port=port, users=(("anna", "wrong & short"),)))) as kit:
        kit.prepare()
        with pytest.raises(Exception, match="unknown-name"):
            kit.line("anna")


def test_a_server_that_goes_away_is_a_failure_and_no_end(serve: Serve) -> None:
    service = serve()
    host, port = service.address
    with closing(Calling(Target(host=host, port=port))) as kit:
        kit.prepare()
        service.stop()
        steps = ("anna catches up", "anna catches up", "x connects")
        table = "".join(f"check {name}\n > A sentence.\n {step}\n" for name, step in zip("abc", steps, strict=True))
        verdicts = Verdicts(kit.wire.findings, kit.wire.documents)
        assert [one.outcome.value for one in play(read(table, "s"), kit, verdicts)] == ["fail"] * 3


def test_nobody_answers() -> None:
    with closing(Calling(Target(host="127.0.0.1", port=1))) as kit, pytest.raises(NoServer):
        kit.prepare()
