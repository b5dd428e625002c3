"""All that a person sees: the conversations, who is where, and whether there is a connection."""

from __future__ import annotations

from collections.abc import Callable

from client.view.call import told
from client.view.entries import Said, Talk
from client.view.link import Link, Up
from client.view.mentions import Mentions
from client.view.render import Renderer, nobody
from client.view.timeline import Timeline
from schema.messages import User

#: Conversations kept; the one that was opened first and has nothing unread makes room, and can be opened again.
MAX_TALKS = 100


class Chat:
    """Not thread-safe: it belongs to the thread that draws."""

    def __init__(self, me: str, lobby: str, host: str, is_hidden: Callable[[str], bool] = nobody) -> None:
        """`host` is the server's address, for the eye; `is_hidden` says whose public messages are not shown."""
        self.me = me
        self.host = host
        self.lobby = Talk(lobby)
        self.is_hidden = is_hidden
        self.mentions = Mentions(me)
        #: Turns what is no message of somebody's into words, as in the plain mode.
        self.renderer = Renderer(lobby, is_hidden)
        #: In the order in which they were opened, the lobby first.
        self.timelines: dict[Talk, Timeline] = {self.lobby: Timeline()}
        self.current = self.lobby
        #: Whether the person sees the end of the current conversation.
        self.watching = True
        #: Who is in each room, as last told.
        self.people: dict[str, tuple[User, ...]] = {}
        self.link: Link = Up()
        #: The number of the entry of the current conversation that was looked for and found, until the person goes on.
        self.found: int | None = None
        #: Where commands without an answer were typed: what is answered stands there.
        self.typed_in: dict[str, Talk] = {}
        #: Messages that call the person: those that name them, and private ones that they do not see come.
        self.calls = 0
        #: The last of them, in a few words.
        self.last_call = ""

    @property
    def timeline(self) -> Timeline:
        return self.timelines[self.current]

    @property
    def present(self) -> tuple[User, ...]:
        """Who is in the current room; beside a private conversation, in the lobby."""
        return self.people.get(self.current.name if self.current.is_room else self.lobby.name, ())

    @property
    def unread(self) -> list[Talk]:
        """Conversations with something unread, other than the current one."""
        return [talk for talk, one in self.timelines.items() if one.unread and talk != self.current]

    def open(self, talk: Talk) -> Timeline:
        """The timeline of a conversation, begun where there is none."""
        found = self.timelines.get(talk)
        if found is None:
            self._make_room()
            found = self.timelines[talk] = Timeline()
        return found

    def go(self, talk: Talk) -> None:
        """Shows a conversation; who draws it says with `watch` whether its end is seen."""
        timeline = self.open(talk)
        if talk == self.current:
            return
        self.timeline.ruler = None
        self.found = None
        self.current = talk
        self.watching = not timeline.unread

    def step(self, by: int) -> None:
        """Shows the next conversation, or with -1 the one before; round and round."""
        talks = list(self.timelines)
        self.go(talks[(talks.index(self.current) + by) % len(talks)])

    def next_unread(self) -> bool:
        """Shows the next conversation with something unread, those that call the person first. False without one."""
        waiting = sorted(self.unread, key=lambda talk: not self._calls(talk))
        if waiting:
            self.go(waiting[0])
        return bool(waiting)

    def close(self, talk: Talk) -> None:
        """Ends a conversation on the screen; the lobby stays."""
        if talk == self.lobby or talk not in self.timelines:
            return
        if talk == self.current:
            self.step(-1)
        del self.timelines[talk]

    def watch(self, watching: bool) -> None:
        """The person sees the end of the current conversation, or has scrolled away from it."""
        self.watching = watching
        if watching:
            self.timeline.read()

    def arrived(self, talk: Talk, said: Said, *, calls: bool) -> None:
        """A message of somebody else's has come into a conversation."""
        timeline = self.timelines[talk]
        is_seen = talk == self.current and self.watching
        if calls and (talk.is_room or not is_seen):
            self.calls += 1
            self.last_call = told(talk, said)
        if is_seen:
            return
        if not timeline.unread:
            timeline.ruler = said.number
        timeline.unread += 1
        timeline.mentions += calls

    def tell(self, text: str, now: str, talk: Talk | None = None) -> None:
        """Says something to the person, in the current conversation or another."""
        self.timelines.get(talk or self.current, self.timeline).note(text, now)

    def _calls(self, talk: Talk) -> bool:
        return not talk.is_room or self.timelines[talk].mentions > 0

    def _make_room(self) -> None:
        if len(self.timelines) < MAX_TALKS:
            return
        spare = [talk for talk in self.timelines if talk not in (self.lobby, self.current)]
        del self.timelines[min(spare, key=lambda talk: self.timelines[talk].unread > 0)]
