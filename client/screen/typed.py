"""What a line that was typed leads to on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from client.commands import Mistyped, Typist
from client.local import (
    ChangePassword,
    Clear,
    Close,
    Connect,
    GoTo,
    Help,
    HelpKeys,
    Local,
    Next,
    Notify,
    Query,
    Retry,
    Search,
)
from client.screen.keys import HELP
from client.screen.notification import Notifier
from client.screen.viewport import Viewport
from client.view.chat import Chat
from client.view.entries import Said, Talk
from client.view.search import find
from client.view.take import addressed, seen
from client.view.words import badge
from schema.limits import MAX_TEXT
from schema.messages import Command, Dm, Ex, History, Ping, Pm


class Typed:
    """Carries lines out. Not thread-safe: it belongs to the loop that draws."""

    def __init__(
        self,
        chat: Chat,
        viewport: Viewport,
        typist: Typist,
        send: Callable[[Command | Ping], None],
        now: Callable[[], str],
        notifier: Notifier,
        write: Callable[[str], None],
        longest: Callable[[], int] = lambda: MAX_TEXT,
    ) -> None:
        """`send` must not wait; `now` gives the time as on the wire; `write` takes a sequence for the terminal.

        `longest` gives the characters a message may have.
        """
        self._chat = chat
        self._viewport = viewport
        self._typist = typist
        self._send = send
        self._now = now
        self._notifier = notifier
        self._write = write
        self._longest = longest
        #: What /search looked for last, and the number of the entry where it was.
        self._sought = ""
        self._found: int | None = None
        #: The search that goes on in older messages: where, what, and before which entry.
        self._seeking: tuple[Talk, str, int | None] | None = None
        #: Whether the person has sent something, and needs no hints any more.
        self.has_sent = False

    def take(self, line: str) -> Local | Ex | None:
        """Carries a line out; what it cannot do by itself is given back: leave, go elsewhere, or ask for a password.

        Raises Mistyped, and then nothing has been done.
        """
        current = self._chat.current
        self._typist.room = current.name if current.is_room and current != self._chat.lobby else None
        self._typist.user = None if current.is_room else current.name
        wish = self._typist.read(line)
        seen(self._chat)
        self._chat.found = None
        self._seeking = None
        if isinstance(wish, Pm | Dm) and len(wish.text) > self._longest():
            raise Mistyped(f"It has {len(wish.text):,} characters; a message has {self._longest():,} at the most.")
        match wish:
            case Pm() | Dm():
                self._say(wish)
            case Ex() | ChangePassword() | Connect():
                return wish
            case Local():
                _DOERS[type(wish)](self, wish)
            case Command() | Ping():
                self._ask(wish)
        return None

    def _say(self, command: Pm | Dm) -> None:
        chat = self._chat
        talk = addressed(chat, command)
        chat.open(talk).send(command, chat.me, self._now())
        if talk == chat.current:
            self._viewport.to_end()
        self._send(command)
        self.has_sent = True

    def _ask(self, command: Command | Ping) -> None:
        chat = self._chat
        chat.typed_in[command.id] = chat.current
        if isinstance(command, History):
            command = self._older(command)
        self._send(command)

    def _older(self, command: History) -> History:
        """What is asked for is what is not here yet; it is shown when it comes."""
        if command.user:
            self._go(Talk(command.user, is_room=False))
        timeline = self._chat.timeline
        if timeline.oldest is None:
            return command
        self._viewport.to_top()
        return replace(command, before=timeline.oldest)

    def _go(self, talk: Talk) -> None:
        self._chat.go(talk)
        self._viewport.to_ruler()

    def _query(self, wish: Query) -> None:
        if wish.name == self._chat.me:
            raise Mistyped("That is you; there is nobody to talk to.")
        self._go(Talk(wish.name, is_room=False))

    def _go_to(self, wish: GoTo) -> None:
        talks = list(self._chat.timelines)
        if wish.place is None:
            listed = (f"{place} {badge(self._chat, talk)}" for place, talk in enumerate(talks, 1))
            self._tell(f"The conversations: {', '.join(listed)}.")
        elif 1 <= wish.place <= len(talks):
            self._go(talks[wish.place - 1])
        else:
            raise Mistyped(f"There is no conversation {wish.place}; the last one is {len(talks)}.")

    def _close(self, _wish: Close) -> None:
        if self._chat.current.is_room:
            raise Mistyped("Only a private conversation can be closed; /part leaves a room, /quit the chat.")
        self._chat.close(self._chat.current)

    def _next(self, _wish: Next) -> None:
        if self._chat.next_unread():
            self._viewport.to_ruler()
        else:
            self._tell("Nothing is unread.")

    def _clear(self, _wish: Clear) -> None:
        self._chat.timeline.clear()
        self._viewport.to_end()

    def _search(self, wish: Search) -> None:
        text = wish.text or self._sought
        if not text:
            raise Mistyped("Usage: /search TEXT")
        before = self._found if text == self._sought else None
        self._sought = text
        self._seeking = (self._chat.current, text, before)

    def seek(self) -> bool:
        """Goes on with a search in what is here by now. True where it needs older messages of this conversation."""
        if self._seeking is None:
            return False
        talk, text, before = self._seeking
        timeline = self._chat.timeline
        if talk != self._chat.current:
            self._seeking = None
            return False
        index = find(timeline, text, before)
        if index is None and timeline.more is not False and not timeline.is_full:
            return True
        self._seeking = None
        if index is None:
            self._found = None
            older = "; older messages are on the server, and /clear makes room for them" if timeline.more else ""
            self._tell(f"Nothing {'more ' if before else ''}with “{text}” in what was said here{older}.")
            return False
        self._found = self._chat.found = timeline[index].number
        self._viewport.to_entry(index)
        return False

    def _retry(self, _wish: Retry) -> None:
        failed: Said | None = self._chat.timeline.take_failed()
        if failed is None:
            raise Mistyped("Nothing here has failed.")
        self._say(self._typist.say(failed.text, failed.kind))

    def _notify(self, wish: Notify) -> None:
        if wish.wanted == "test":
            self._write(self._notifier.test())
            self._tell(f"One was sent; a terminal that knows none shows nothing. {self._notifier.warning}".strip())
            return
        if wish.wanted is not None:
            self._notifier.on = wish.wanted == "on"
        self._tell(self._notifier.describe())

    def _help(self, wish: Help) -> None:
        self._show(wish.text)

    def _help_keys(self, _wish: HelpKeys) -> None:
        self._show(HELP)

    def _show(self, text: str) -> None:
        """Shows a text that may be longer than the screen from its first line."""
        self._viewport.show_from(self._chat.timeline.note(f"* {text}", self._now()).number)

    def _tell(self, text: str) -> None:
        self._chat.tell(f"* {text}", self._now())
        self._viewport.to_end()


_DOERS: dict[type[Local], Callable[[Typed, Any], None]] = {
    Help: Typed._help,
    HelpKeys: Typed._help_keys,
    Query: Typed._query,
    Close: Typed._close,
    GoTo: Typed._go_to,
    Next: Typed._next,
    Clear: Typed._clear,
    Search: Typed._search,
    Notify: Typed._notify,
    Retry: Typed._retry,
}
