"""How far a client has come in the sequence of messages, so that it can go on there after a broken connection."""

from __future__ import annotations

from schema.messages import Broadcast, Direct, Message, Resumed, Welcome


class Place:
    """Not thread-safe: it belongs to the receiving thread.

    There are two numbers, because a first login gets public messages from its own moment on, but direct ones from where
    the user's devices stopped reading, which may be long before.
    """

    def __init__(self) -> None:
        #: The last message seen, as a login says it; None before the first login.
        self.since: int | None = None
        #: The last direct message seen, or the number after which they are still to come.
        self.direct: int | None = None

    def start_at(self, since: int) -> None:
        """Everything up to this message was seen, perhaps by another program."""
        self.since = self.direct = since

    def welcomed(self, welcome: Welcome) -> None:
        if self.since is None or welcome.seq < self.since:
            # The first login; or the server has lost its data and begun to count again.
            self.since, self.direct = welcome.seq, welcome.place

    def take(self, message: Message) -> bool:
        """Notes that a message has come. False where it has been here before, and should be passed over."""
        match message:
            case Broadcast(seq=seq):
                if seq <= (self.since or 0):
                    return False
                self.since = self.direct = seq
            case Direct(seq=seq):
                if seq <= (self.direct or 0):
                    return False
                self.direct = seq
                self.since = max(seq, self.since or 0)
            case Resumed(seq=seq):
                self.since = self.direct = max(seq, self.since or 0)
        return True
