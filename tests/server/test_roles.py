"""Who may do what against whom, written out once more."""

from __future__ import annotations

import pytest

from schema.errors import Refusal
from schema.messages import Announce, Ban, Command, Kick, List, Mute, Unban, Unmute
from server.roles import check_command, check_target

AGAINST: list[Command] = [Kick(id="c", user="ben"), Mute(id="c", user="ben"), Ban(id="c", user="ben")]
FOR: list[Command] = [Unmute(id="c", user="ben"), Unban(id="c", user="ben")]
OTHERS: list[Command] = [Announce(id="c", text="x"), List(id="c", what="sanctions"), Ban(id="c", address="::1")]


def label(value: object) -> str:
    return value.element if isinstance(value, Command) else str(value)


@pytest.mark.parametrize("command", [*AGAINST, *FOR, *OTHERS], ids=label)
@pytest.mark.parametrize(
    ("role", "may"), [(None, False), ("", False), ("captain", False), ("moderator", True), ("admin", True)]
)
def test_it_takes_a_role_that_is_one(command: Command, role: str | None, may: bool) -> None:
    if may:
        check_command(role, command)
        return
    with pytest.raises(Refusal, match="Only a moderator") as refused:
        check_command(role, command)
    assert (refused.value.code.name, refused.value.re) == ("not-allowed", "c")


@pytest.mark.parametrize(
    ("commands", "role", "target_role", "may"),
    [
        (AGAINST, "moderator", None, True),
        (AGAINST, "moderator", "captain", True),
        (AGAINST, "moderator", "moderator", False),
        (AGAINST, "moderator", "admin", False),
        (AGAINST, "admin", None, True),
        (AGAINST, "admin", "moderator", True),
        (AGAINST, "admin", "admin", False),
        (FOR, "moderator", None, True),
        (FOR, "moderator", "moderator", False),
        (FOR, "moderator", "admin", False),
        (FOR, "admin", "moderator", True),
        (FOR, "admin", "admin", True),
    ],
    ids=label,
)
def test_against_whom(commands: list[Command], role: str, target_role: str | None, may: bool) -> None:
    for command in commands:
        if may:
            check_target(role, command, "ben", target_role)
            continue
        with pytest.raises(Refusal, match=r"ben is an? ") as refused:
            check_target(role, command, "ben", target_role)
        assert (refused.value.code.name, refused.value.re) == ("not-allowed", "c")
