"""The conversation with a server, without its socket: judges what comes and keeps what it tells about the world.

It goes on over several connections: what the client knows, and where it stands, outlives each of them.
"""

from __future__ import annotations

from itertools import count

from client.place import Place
from schema.messages import (
    Away,
    Back,
    Block,
    Blocks,
    Bye,
    Command,
    Ex,
    Greeting,
    Join,
    Message,
    Ok,
    Part,
    Ping,
    Pong,
    Side,
    Unblock,
    User,
    Users,
    Welcome,
)
from schema.protocol import State, advance


class Session:
    """Not thread-safe: `receive` belongs to the receiving thread. The attributes may be read from any."""

    def __init__(self, prefix: str = "") -> None:
        """`prefix` begins every id: it tells the commands of one run of a program from those of the next."""
        self.state = State.OPENED
        self.greeting: Greeting | None = None
        #: The user's own name; None before the login.
        self.name: str | None = None
        #: The room where everyone is.
        self.lobby = "lobby"
        #: The users of each room, as last told.
        self.users: dict[str, tuple[User, ...]] = {}
        #: The user's own role, as last told; None for an ordinary user.
        self.role: str | None = None
        #: Whether the user is away, as last told.
        self.away = False
        #: Those from whom the user takes no direct messages, as last told; nobody until the list was asked for.
        self.blocked: frozenset[str] = frozenset()
        #: The rooms joined, besides the lobby, in the order of joining.
        self.rooms: dict[str, None] = {}
        #: The server's last words.
        self.bye: Bye | None = None
        self.place = Place()
        self._prefix = prefix
        self._ids = count(1)

    def next_id(self) -> str:
        """An id for a command, not used before."""
        return f"{self._prefix}{next(self._ids)}"

    def reopen(self) -> None:
        """A new connection has been made."""
        self.state = State.OPENED
        self.bye = None

    def leave(self, command: Ex) -> None:
        """The client has said ex."""
        if self.state in (State.GREETED, State.ACTIVE):
            self.state = advance(self.state, Side.CLIENT, command)

    def limit(self, name: str, otherwise: int) -> int:
        """A limit of the greeting."""
        limits = self.greeting.limits if self.greeting else ()
        return next((limit.value for limit in limits if limit.name == name), otherwise)

    def receive(self, message: Message) -> list[Message]:
        """What to send in return. Raises Refusal where the server may not say this now."""
        self.state = advance(self.state, Side.SERVER, message)
        match message:
            case Greeting():
                self.greeting = message
            case Welcome(name=name, room=room, role=role, users=users):
                self.name, self.lobby, self.role = name, room, role
                self.users[room] = users
                self.place.welcomed(message)
            case Users(room=room, users=users):
                self.users[room] = users
                if room == self.lobby:
                    self._find_oneself(users)
            case Bye():
                self.bye = message
            case Ping(id=id_):
                return [Pong(re=id_)]
        return []

    def answered(self, command: Command | Ping, answer: Message) -> None:
        """Notes what the answer to a command has changed."""
        if isinstance(answer, Blocks):
            self.blocked = frozenset(answer.users)
        if not isinstance(answer, Ok):
            return
        match command:
            case Join(room=room) if room != self.lobby:
                self.rooms[room] = None
            case Part(room=room):
                self.rooms.pop(room, None)
            case Away() | Back():
                self.away = isinstance(command, Away)
            case Block(user=user):
                self.blocked |= {user}
            case Unblock(user=user):
                self.blocked -= {user}

    def _find_oneself(self, users: tuple[User, ...]) -> None:
        """What a list says of the user; another device may have changed it."""
        for user in users:
            if user.name == self.name:
                self.role, self.away = user.role, bool(user.away)
                return
