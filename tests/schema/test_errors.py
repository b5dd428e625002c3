from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import get_args

import pytest

import schema
from schema import errors
from schema.errors import CODES, Action, ChatError, Code, Refusal

SOURCES = sorted(Path(schema.__file__).parent.rglob("*.py"))


def codes_raised(source: Path) -> list[str]:
    """The code of every Refusal that a source file makes."""
    calls = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Refusal" and isinstance(call.args[0], ast.Constant)
    ]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_code_that_is_raised_exists(source: Path) -> None:
    assert set(codes_raised(source)) <= set(CODES)


def test_every_code_of_a_document_is_raised_somewhere() -> None:
    raised = {code for source in SOURCES for code in codes_raised(source)}
    assert set(list(CODES)[: list(CODES).index("invalid") + 1]) <= raised


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.name)
def test_a_code_is_a_token_with_a_known_action_and_a_meaning(code: Code) -> None:
    assert CODES[code.name] is code
    assert re.fullmatch("[a-z][a-z0-9-]{0,63}", code.name)
    assert code.action in get_args(Action)
    assert code.meaning


def test_only_these_codes_end_the_stream() -> None:
    assert {code.name for code in CODES.values() if code.fatal} == {
        "not-a-frame",
        "too-many-connections",
        "too-many-errors",
        "too-many-attempts",
        "banned",
    }


def test_the_tree_of_exceptions_is_the_real_one() -> None:
    for module in pkgutil.walk_packages(schema.__path__, "schema."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    real = {error.__name__ for error in ChatError.__subclasses__() if error.__module__.startswith("schema.")}
    assert errors.__doc__ is not None
    assert set(re.findall(r"[├└]── (\w+)", errors.__doc__)) == real


def test_a_refusal_reads_as_its_sentence() -> None:
    refusal = Refusal("busy", "Try again.", re="1", retry=5)
    assert str(refusal) == refusal.sentence == "Try again."
    assert (refusal.code, refusal.re, refusal.retry) == (CODES["busy"], "1", 5)
    assert (refusal.at, refusal.line, refusal.column, refusal.offset) == (None, None, None, None)


def test_a_refusal_of_an_unknown_code_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        Refusal("no-such-code", "")
