"""A sound server passes every check; a broken one fails those that its flaw is the business of, and no other."""

from __future__ import annotations

import contextlib
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from schema.tools.command_line import main
from schema.tools.conformance.table import tables
from server.service import Service
from tests.certificates import Certified
from tests.conftest import Serve
from tests.schema.tools.conformance.harm import BAD_INPUT, BrokenServer, HangsUp, Harm, PostsAgain, WrongRe
from tests.server.people import appoint, register

#: A server on which the kit has to pace itself, and needs less to be told that it is too fast.
SMALL: dict[str, Any] = {"rate": 100.0, "burst": 200}


def told(address: tuple[str, int], *options: str) -> tuple[int, str]:
    """The status and the output. What the server logs beside it stays where it is."""
    host, port = address
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = main(["check-server", f"{host}:{port}", *options])
    return status, out.getvalue()


def check(address: tuple[str, int], *options: str) -> dict[str, dict[str, str]]:
    """The results by id."""
    status, said = told(address, "--format", "json", *options)
    results = {result["check"]: result for result in json.loads(said)}
    assert status == (1 if outcomes(results, "fail") else 0)
    return results


def outcomes(results: dict[str, dict[str, str]], wanted: str) -> dict[str, str]:
    """Those that came out like this, with what was said of them."""
    return {id: one.get("detail", "") for id, one in results.items() if one["outcome"] == wanted}


@pytest.fixture
def with_admin(data: Path) -> list[str]:
    """The options for a server that knows a user with a role."""
    register(data, "chief")
    appoint(data, "chief", "admin")
    file = data.parent / "password"
    file.write_text("correct horse\n")
    return ["--admin", "chief", "--admin-password-file", str(file)]


@pytest.mark.heavy
def test_our_server_passes_every_check(serve: Serve, certified: Certified, with_admin: list[str]) -> None:
    service = serve(**SMALL, **certified.settings)
    plain = check(service.address, *with_admin)
    assert outcomes(plain, "fail") == {}
    assert {id.partition("/")[0] for id in outcomes(plain, "skip")} == {"tls"}
    host, port = service.tls_address
    sealed = check((host, port), "--tls", "--ca", str(certified.ca), *with_admin)
    assert outcomes(sealed, "fail") == outcomes(sealed, "skip") == {}
    assert [*plain] == [*sealed]


_CODE = re.compile('code="([^"]*)"')


def expecting(codes: frozenset[str]) -> set[str]:
    """The checks whose scripts wait for an error with one of these codes, and the others after them."""
    found = set()
    for scenario in tables("for_servers"):
        for check in scenario.checks:
            heard = [said for step in check.steps if step.verb.startswith("hears") for said in step.documents]
            if any(codes & set(found[1].split("|")) for said in heard for found in _CODE.finditer(said)):
                found.add(check.id)
    return found


def posts_again() -> Callable[[], Harm]:
    return partial(PostsAgain, set())


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        pytest.param(
            lambda: WrongRe,
            {"answers/answers-nothing-else", "answers/several-commands-at-once", "rooms/room-in-the-list"},
            id="answers-another-command",
        ),
        pytest.param(posts_again, {"resending/same-ok-again", "resending/direct-again"}, id="posts-a-resend-twice"),
        pytest.param(
            lambda: HangsUp,
            # These two send what is refused as well, and name no code of it.
            expecting(BAD_INPUT) | {"answers/refused-with-its-id", "limits/too-many-errors"},
            id="hangs-up-on-bad-input",
        ),
    ],
)
def test_a_broken_server_fails_where_it_should_and_only_there(
    flaw: Callable[[], Callable[[], Harm]], expected: set[str], serve: Serve
) -> None:
    with BrokenServer(serve(**SMALL).address, flaw()) as broken:
        results = check(broken.address, "--timeout", "2")
    failed = outcomes(results, "fail")
    assert set(failed) == expected, failed


@pytest.mark.heavy
def test_accounts_may_be_given_and_without_a_second_its_checks_are_skipped(serve: Serve, data: Path) -> None:
    register(data, "anna")
    service = serve(registration="closed")
    file = data.parent / "passwords"
    file.write_text("correct horse\n")
    results = check(service.address, "--user", "anna", "--password-file", str(file), "--only", "messages")
    assert outcomes(results, "fail") == {}
    assert outcomes(results, "skip") == dict.fromkeys(
        ("messages/public-message", "messages/direct-message"), "there is no second --user"
    )


@pytest.mark.heavy
@pytest.mark.parametrize(("form", "read"), [("text", str), ("json", json.loads), ("junit", ET.fromstring)])
def test_every_format_says_the_same(form: str, read: Callable[[str], Any], service: Service) -> None:
    only = ["framing/length-zero", "tls/version"]
    status, out = told(service.address, "--format", form, "--only", *only)
    assert status == 0
    said = read(out)
    if form == "text":
        assert said == (
            "ok    framing/length-zero\nskip  tls/version: there is no --tls\n2 checks: 1 passed, 0 failed, 1 skipped\n"
        )
    elif form == "json":
        assert [(one["check"], one["outcome"]) for one in said] == [(only[0], "pass"), (only[1], "skip")]
    else:
        assert said.attrib == {
            "name": "xmlchat check-server", "tests": "2", "failures": "0", "errors": "0", "skipped": "1"
        }  # fmt: skip


def test_nobody_at_the_address_is_an_error_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-server", "127.0.0.1:1"]) == 3
    assert "Nobody answers at 127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["127.0.0.1:1", "--only", "no-such-check"],
        ["127.0.0.1:1", "--user", "anna"],
        ["127.0.0.1:1", "--admin", "anna"],
        ["127.0.0.1:1", "--ca", "ca.pem"],
        ["127.0.0.1:1", "--tls", "--ca", "missing.pem"],
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-server", *arguments]) == 2
    assert capsys.readouterr().err.startswith("python -m schema check-server: ")


def test_the_list_names_checks_and_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-server", "--list", "--only", "framing/length-zero"]) == 0
    assert capsys.readouterr().out.startswith("framing/length-zero\n    > `not-a-frame` is followed by a `bye`")
