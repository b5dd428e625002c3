from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from client.consent import Declined, consider
from tests.client.people import Person


def client(*, in_clear: bool) -> Any:
    """As far as it matters here: a real one in clear would need another machine."""
    return SimpleNamespace(in_clear=in_clear)


def test_what_nobody_can_read_needs_no_consent(capsys: pytest.CaptureFixture[str]) -> None:
    person = Person()
    consider(client(in_clear=False), person)
    assert person.heard == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("answer", ["y", " YES "])
def test_who_knows_may_go_on(answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    consider(client(in_clear=True), Person(answer))
    assert "your password and all messages can be read on the way" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["", "n", "yess"])
def test_anything_else_is_a_no(answer: str) -> None:
    with pytest.raises(Declined, match="Nothing was sent"):
        consider(client(in_clear=True), Person(answer))


def test_a_program_is_warned_and_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    consider(client(in_clear=True), None)
    assert "not encrypted" in capsys.readouterr().err
