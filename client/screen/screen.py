"""The full screen while it runs: what is typed and what comes meet here, in one loop."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.history import DummyHistory, InMemoryHistory

from client.commands import Mistyped, Typist
from client.connection import Client
from client.local import Connect, Local
from client.screen.completion import ChatCompleter
from client.screen.drafting import Drafting
from client.screen.inflow import Inflow
from client.screen.keys import bindings
from client.screen.layout import make_layout
from client.screen.notification import Notifier
from client.screen.outflow import Outflow
from client.screen.palette import STYLE
from client.screen.password_change import PasswordChange
from client.screen.pasting import Pasting, clean, is_much
from client.screen.questions import Questions
from client.screen.typed import Typed
from client.screen.viewport import Viewport
from client.view.chat import Chat
from client.view.take import take
from schema.errors import Unsendable
from schema.limits import MAX_TEXT
from schema.messages import Ex, History, Notice

#: Exchanges taken between two looks at the keyboard: some milliseconds of work.
_BATCH = 100

#: Seconds between two redraws for what comes; a key is drawn at once.
_PAUSE = 0.04

#: Messages asked for at once when the person scrolls up.
_PAGE = 100

#: Seconds from a change of what is being written until it is kept in the file.
_KEEP_AFTER = 1.0

#: What Ctrl-C in an empty line says first.
_LEAVE = "* Ctrl-C again leaves; so do /quit and Ctrl-D."


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Screen:
    """One run of the screen. `run` returns when the person leaves or the conversation has ended."""

    def __init__(self, client: Client, chat: Chat, drafts: Path | None = None, *, notify: bool = False) -> None:
        """`drafts` is the file in which what is not sent is kept; None for none. `notify` asks for notifications."""
        self._client = client
        self._chat = chat
        self._viewport = Viewport(chat)
        self._inflow = Inflow(client)
        self._outflow = Outflow(client, self._inflow.put)
        typist = Typist(client.session.next_id, chat.lobby.name, screen=True)
        self._notifier = Notifier(os.environ, on=notify)
        self._typed = Typed(
            chat,
            self._viewport,
            typist,
            self._outflow.send,
            _now,
            self._notifier,
            self._write_sequence,
            self._longest,
        )
        self._questions = Questions(self._show_question, self._tell_later)
        self._password = PasswordChange(client, self._questions, self._tell_later)
        self._calls = 0
        #: Whether Ctrl-C was the last key.
        self._warned = False
        self._line = Buffer(
            multiline=True, history=InMemoryHistory(), completer=ChatCompleter(chat), on_text_changed=self._changed
        )
        self._secret = Buffer(history=DummyHistory())
        self._drafting = Drafting(chat, self._line, drafts, _now)
        self._drafting.restore()
        self._edited = asyncio.Event()
        self._pasting = Pasting()
        #: Where the person wants to go; None where they only leave.
        self.wish: Connect | None = None
        layout = make_layout(
            chat,
            self._viewport,
            self._line,
            self._secret,
            self._questions,
            lambda: not self._typed.has_sent,
            lambda: self._pasting.question(chat.current.label),
        )
        self._app: Application[None] = Application(
            layout, STYLE, key_bindings=bindings(self), full_screen=True, after_render=self._drawn
        )

    def run(self) -> None:
        """Raises KeyboardInterrupt where the person interrupts it."""
        try:
            self._app.run(pre_run=self._begin, handle_sigint=False)
        finally:
            self._questions.end()
            self._inflow.stop()
            # Before anything that may take long, or never end.
            self._drafting.save()

    def finish(self) -> None:
        """Waits until everything typed is given to the client. May be called again."""
        self._outflow.finish()
        self._password.join()

    def join(self) -> None:
        """After the conversation has ended; keeps what was not answered."""
        self.finish()
        self._inflow.join()
        self._drafting.save({command.id for command in (*self._client.lost, *self._outflow.rest)})

    # What keys do.

    def enter(self) -> None:
        if self._questions.open:
            self._answer()
            return
        if self._pasting.held:
            if not self._pasting.fits:
                return
            self.edit_paste()
        line = self._line.text
        try:
            wish = self._typed.take(line)
        except (Mistyped, Unsendable) as error:
            # What was typed stays, to be mended.
            self._tell(f"! Not sent: {error}")
            return
        self._line.reset(append_to_history=bool(line.strip()))
        self._edited.set()
        self._drafting.follow()
        self._seek()
        self._fulfil(wish)

    def _fulfil(self, wish: Local | Ex | None) -> None:
        """What a line asks of the screen itself."""
        if isinstance(wish, Ex):
            self._exit()
        elif isinstance(wish, Connect):
            self._connect(wish)
        elif wish is not None:
            self._ask_for_password()

    def _connect(self, wish: Connect) -> None:
        if wish.host is not None:
            self.wish = wish
            self._exit()
        elif self._client.coming_back:
            self._client.hurry()
            self._tell("* Trying again.")
        else:
            self._tell("* You are connected. /connect HOST goes to another server.")

    def _answer(self) -> None:
        said = self._secret.text
        self._secret.reset()
        self._questions.reply(said)

    def new_line(self) -> None:
        if not self._questions.open:
            self._line.insert_text("\n")

    def complete(self) -> None:
        if self._line.complete_state:
            self._line.complete_next()
        else:
            self._line.start_completion(insert_common_part=True)

    def complete_back(self) -> None:
        if self._line.complete_state:
            self._line.complete_previous()

    def page(self, by: int) -> None:
        self.scroll(by * self._viewport.page)

    def scroll(self, by: int) -> None:
        self._viewport.scroll(by)

    def to_top(self) -> None:
        self._viewport.to_top()

    def to_end(self) -> None:
        self._viewport.to_end()

    @property
    def asks_about_paste(self) -> bool:
        return self._pasting.held

    def paste(self, text: str) -> None:
        text = clean(text)
        if self._questions.open:
            self._secret.insert_text(text.partition("\n")[0])
        elif self._pasting.held or is_much(text):
            self._pasting.hold(text, len(self._line.text), self._longest())
        else:
            self._line.insert_text(text)

    def drop_paste(self) -> None:
        self._pasting.release()

    def edit_paste(self) -> None:
        self._line.insert_text(self._pasting.release())

    def go_to(self, place: int) -> None:
        if place <= len(self._chat.timelines):
            self._chat.go(list(self._chat.timelines)[place - 1])
            self._turned()

    def step(self, by: int) -> None:
        self._chat.step(by)
        self._turned()

    def next_unread(self) -> None:
        if self._chat.next_unread():
            self._turned()

    def _turned(self) -> None:
        """Another conversation is shown."""
        self._viewport.to_ruler()
        self._drafting.follow()

    def redraw(self) -> None:
        self._app.renderer.clear()

    def suspend(self) -> None:
        self._app.suspend_to_background()

    def interrupt(self) -> None:
        if self._questions.open:
            self._secret.reset()
            self._questions.reply(None)
        elif self._pasting.held:
            self._pasting.release()
        elif self._line.text:
            self._drafting.drop()
            self._edited.set()
        elif self._warned:
            self._exit(KeyboardInterrupt())
        else:
            self._warned = True
            self._tell(_LEAVE)

    def end_of_input(self) -> None:
        if self._questions.open:
            self.interrupt()
        elif self._line.text:
            self._line.delete()
        else:
            self._exit()

    # What comes.

    def _begin(self) -> None:
        self._inflow.start()
        self._app.create_background_task(self._follow())
        self._app.create_background_task(self._keep_drafts())

    async def _keep_drafts(self) -> None:
        """Keeps what is being written, a moment after it was changed."""
        while True:
            await self._edited.wait()
            await asyncio.sleep(_KEEP_AFTER)
            self._edited.clear()
            self._drafting.save(durable=False)

    async def _follow(self) -> None:
        """Follows the inflow until it ends, and ends the screen then, whatever ended it."""
        try:
            await self._take_all()
        except Exception as error:
            self._exit(error)
        else:
            self._exit()

    async def _take_all(self) -> None:
        """Takes what comes, and has it drawn some twenty times a second at the most."""
        is_over = False
        while not is_over:
            await self._inflow.arrived()
            # Asked first: what comes before the end is taken.
            is_over = self._inflow.ended
            while exchanges := self._inflow.take(_BATCH):
                for message, command in exchanges:
                    take(self._chat, message, command, _now())
                self._drafting.follow(carry=True)
                if self._drafting.has_unsent:
                    self._edited.set()
                # Somebody may have pressed a key.
                await asyncio.sleep(0)
            self._seek()
            self._ring()
            self._app.invalidate()
            await asyncio.sleep(_PAUSE)

    def _exit(self, error: BaseException | None = None) -> None:
        """Ends the screen, unless it is ending already."""
        if self._app.is_running and not self._app.is_done:
            if error is None:
                self._app.exit()
            else:
                self._app.exit(exception=error)

    def _ring(self) -> None:
        if self._chat.calls != self._calls:
            self._calls = self._chat.calls
            self._app.output.bell()
            self._write_sequence(self._notifier.about(self._chat.last_call, monotonic()))

    def _write_sequence(self, sequence: str) -> None:
        """One that is our own, and moves nothing on the screen."""
        self._app.output.write_raw(sequence)
        self._app.output.flush()

    def _drawn(self, _app: object) -> None:
        self._see()
        self._ask_for_older()

    def _see(self) -> None:
        """Notes whether the person sees the end of the conversation, and has the counts drawn anew then."""
        had = self._chat.timeline.unread
        self._chat.watch(self._viewport.following)
        if had != self._chat.timeline.unread:
            self._app.invalidate()

    def _ask_for_older(self) -> None:
        """Where the person has come near the first message that is here."""
        if self._viewport.near_top:
            self._fetch()

    def _seek(self) -> None:
        """Goes on with a search, in older messages where need be."""
        if self._typed.seek():
            self._fetch()

    def _fetch(self) -> None:
        """Asks for messages older than those that are here, if there are any and nobody has asked."""
        chat, timeline = self._chat, self._chat.timeline
        if timeline.asked or timeline.more is False or timeline.is_full:
            return
        timeline.asked = True
        self._outflow.ask(
            History(
                id=self._client.session.next_id(),
                room=chat.current.name if chat.current.is_room else None,
                user=None if chat.current.is_room else chat.current.name,
                before=timeline.oldest,
                limit=_PAGE,
            )
        )

    def _changed(self, _buffer: Buffer) -> None:
        self._warned = False
        self._drafting.changed()
        self._edited.set()

    def _longest(self) -> int:
        return self._client.session.limit("text", MAX_TEXT)

    def _tell(self, text: str) -> None:
        self._chat.tell(text, _now())
        self.to_end()

    def _tell_later(self, text: str) -> None:
        """From another thread."""
        self._inflow.put(Notice(code="local", time=_now(), text=text.removeprefix("* ")), None)

    def _ask_for_password(self) -> None:
        if not self._client.connected:
            self._tell("! Not sent: The connection is down; change your password when it is back.")
        else:
            self._password.begin()

    def _show_question(self) -> None:
        if self._app.is_running:
            self._app.layout.focus(self._secret if self._questions.open else self._line)
            self._app.invalidate()
