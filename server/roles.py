"""Who may do what: the tables of PROTOCOL.md, section 4.14."""

from __future__ import annotations

from schema.errors import Refusal
from schema.messages import Announce, Ban, Command, Kick, List, Mute, Unban, Unmute

MODERATOR = "moderator"
ADMIN = "admin"

#: Every role, the least first. A word that is not among them gives no right.
ROLES = (MODERATOR, ADMIN)

#: The least role that a command takes; a `list` only where it asks for the sanctions.
LEAST: dict[type[Command], str] = dict.fromkeys((Kick, Mute, Unmute, Ban, Unban, Announce, List), MODERATOR)

#: The least role that a command takes against a user with a role; None where nobody has it.
_AGAINST: dict[str | None, str | None] = {MODERATOR: ADMIN, ADMIN: None}

#: To lift something from a user is another thing: an admin may have been made one since.
_FOR: dict[str | None, str | None] = {MODERATOR: ADMIN, ADMIN: ADMIN}


def check_command(role: str | None, command: Command) -> None:
    """Raises Refusal where a user with this role may not use the command at all."""
    least = LEAST[type(command)]
    if not _has(role, least):
        raise Refusal("not-allowed", f"Only a {least} may do this.", re=command.id)


def check_target(role: str | None, command: Command, target: str, target_role: str | None) -> None:
    """Raises Refusal where a user with this role may not use the command against a user with that one."""
    table = _FOR if isinstance(command, Unmute | Unban) else _AGAINST
    needed = table.get(target_role, LEAST[type(command)])
    if needed is None:
        raise Refusal("not-allowed", f"{target} is an admin: nobody may do this to an admin.", re=command.id)
    if not _has(role, needed):
        raise Refusal("not-allowed", f"{target} is a {target_role}: only an {needed} may do this.", re=command.id)


def _has(role: str | None, least: str) -> bool:
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)
