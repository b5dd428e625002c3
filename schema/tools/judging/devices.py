"""What is known of devices over all connections of a capture: which ids they have used for messages."""

from __future__ import annotations

from collections import OrderedDict

from schema.messages import Dm, Pm

#: Ids that are known at once, of all devices together, some 20 MB; the oldest are forgotten.
MAX_IDS = 65_536


class Devices:
    """A device is a user and the word that the login gave as `client` (PROTOCOL.md §4.8)."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def posts(self, user: str, client: str, message: Pm | Dm) -> str | None:
        """Notes what is posted under this id; the name of the element if it was another message that had the id."""
        # In place of the message, which may be long.
        said = hash(message)
        known = self._said
        before = known.setdefault((user, client, message.id), said)
        if len(known) > MAX_IDS:
            known.popitem(last=False)
        return message.element if before != said else None
