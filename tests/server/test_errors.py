from __future__ import annotations

import inspect
import re

import pytest

from schema.errors import ChatError
from server import command_line, errors
from server.errors import Busy, StartupError

DECLARED = [found for _, found in inspect.getmembers(errors, inspect.isclass) if found.__module__ == errors.__name__]


@pytest.mark.parametrize("error", DECLARED, ids=lambda error: error.__name__)
def test_each_is_a_chat_error_and_stands_in_the_tree(error: type[Exception]) -> None:
    assert issubclass(error, ChatError)
    assert errors.__doc__ is not None
    assert f"── {error.__name__} " in errors.__doc__


def test_busy_says_when_to_come_again() -> None:
    busy = Busy(5)
    assert busy.retry == 5
    assert "5 s" in str(busy)


def test_a_server_that_cannot_start_says_why_and_with_which_status() -> None:
    error = StartupError("The disk is gone.", 73)
    assert (str(error), error.status) == ("The disk is gone.", 73)


def test_help_names_every_status_that_the_errors_name() -> None:
    assert StartupError.__doc__ is not None
    named = set(re.findall(r"\d\d", StartupError.__doc__))
    assert named == {"65", "69", "73", "77"}
    assert named <= set(re.findall(r"\d\d", command_line.EPILOG))
