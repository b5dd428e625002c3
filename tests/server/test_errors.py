from __future__ import annotations

import pytest

from schema.errors import ChatError
from server.errors import BadInvitation, Busy, StartupError, StoreError


@pytest.mark.parametrize(
    "error", [StartupError("No.", 78), StoreError("No."), Busy(5), BadInvitation("No.")], ids=lambda error: str(error)
)
def test_what_goes_wrong_in_the_server_is_a_chat_error(error: ChatError) -> None:
    assert isinstance(error, ChatError)


def test_what_keeps_the_server_from_starting_has_an_exit_status() -> None:
    error = StartupError("The port is taken.", 69)
    assert (str(error), error.status) == ("The port is taken.", 69)


def test_what_has_to_wait_says_for_how_long() -> None:
    assert Busy(5).retry == 5
    assert str(Busy(5)).endswith("try again in 5 s.")
