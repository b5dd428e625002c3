"""Which messages are in a transcript."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from schema.messages import Broadcast, Direct


@dataclass(frozen=True, slots=True)
class Selection:
    """Times are as in the documents; `until` is not included. Direct messages are private, so they must be asked for.

    With `user` they are those from and to that user; which public messages the user got, only traffic can tell.
    """

    room: str | None = None
    since: str | None = None
    until: str | None = None
    user: str | None = None
    direct: bool = False

    def takes(self, message: Broadcast | Direct) -> bool:
        # Times have one form and one length, so they compare as text.
        if (self.since is not None and message.time < self.since) or (
            self.until is not None and message.time >= self.until
        ):
            return False
        if isinstance(message, Broadcast):
            return self.room in (None, message.room)
        return self.direct and self.room is None and self.user in (None, message.sender, message.to)


def moment(said: str) -> str:
    """A time as in the documents, from a date or a time of ISO 8601, in UTC where it names no zone.

    Raises ValueError.
    """
    time = datetime.fromisoformat(said)
    return written(time.astimezone(UTC) if time.tzinfo is not None else time)


def written(time: datetime) -> str:
    """A time of UTC as it stands in the documents."""
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
