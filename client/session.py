"""One conversation with a server, without its socket: judges what comes and keeps what it tells about the world."""

from __future__ import annotations

from itertools import count

from schema.messages import Bye, Ex, Greeting, Message, Ping, Pong, Side, Users, Welcome
from schema.protocol import State, advance


class Session:
    """Not thread-safe: `receive` belongs to the receiving thread. The attributes may be read from any."""

    def __init__(self) -> None:
        self.state = State.OPENED
        self.greeting: Greeting | None = None
        #: The user's own name; None before the login.
        self.name: str | None = None
        #: The users of each room, as last told.
        self.users: dict[str, tuple[str, ...]] = {}
        #: The server's last words.
        self.bye: Bye | None = None
        self._ids = count(1)

    def next_id(self) -> str:
        """An id for a command, not used before on this connection."""
        return str(next(self._ids))

    def leave(self, command: Ex) -> None:
        """The client has said ex."""
        if self.state in (State.GREETED, State.ACTIVE):
            self.state = advance(self.state, Side.CLIENT, command)

    def receive(self, message: Message) -> list[Message]:
        """What to send in return. Raises Refusal where the server may not say this now."""
        self.state = advance(self.state, Side.SERVER, message)
        match message:
            case Greeting():
                self.greeting = message
            case Welcome(name=name, room=room, users=users):
                self.name = name
                self.users[room] = users
            case Users(room=room, users=users):
                self.users[room] = users
            case Bye():
                self.bye = message
            case Ping(id=id_):
                return [Pong(re=id_)]
        return []
