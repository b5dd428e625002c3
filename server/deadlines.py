"""How long a client may take: to log in, to send a whole frame, to give a sign of life."""

from __future__ import annotations

from schema.messages import Bye, Ping
from server.config import Config


class Deadlines:
    """Told by the reader what happens, asked by the ticker what is due; each writes its own fields, so no lock.

    What the server takes to deal with what has come is nobody's delay: while it does, nothing is due, and afterwards
    every deadline is so much later, if it took long enough for the ticker to notice. Times are those of a monotonic
    clock, in seconds.
    """

    def __init__(self, config: Config, now: float) -> None:
        self._config = config
        self._opened = now
        self._logged_in = False
        # When the last octets came, and when the frame began that is not complete.
        self._heard = now
        self._frame_began: float | None = None
        # Since when the server deals with what has come; None while it waits for more.
        self._busy: float | None = None
        # Whether the ticker has found it dealing with that: otherwise it took no longer than from one look to the next.
        self._noticed = False
        # When the last ping was sent, and how many were.
        self._pinged = now
        self._pings = 0

    def heard(self, now: float, *, complete: bool, partial: bool) -> None:
        """Octets have come. `complete`: a frame ended with them; `partial`: one has begun and is not complete."""
        self._heard = now
        if not partial:
            self._frame_began = None
        elif complete or self._frame_began is None:
            self._frame_began = now

    def silence(self, now: float) -> float:
        """Seconds since the last octets came."""
        return now - self._heard

    @property
    def busy(self) -> bool:
        """Whether the server deals with what has come."""
        return self._busy is not None

    def begin_work(self, now: float) -> None:
        """The server begins to deal with what has come, which may take long: a password waits for its turn."""
        self._noticed = False
        self._busy = now

    def end_work(self, now: float) -> None:
        """It is dealt with, and more is waited for; to be called after each `begin_work`."""
        took = now - self._busy if self._busy is not None and self._noticed else 0.0
        self._opened += took
        self._heard += took
        if self._frame_began is not None:
            self._frame_began += took
        # Last: whoever asks before still finds the server at work.
        self._busy = None

    def logged_in(self) -> None:
        self._logged_in = True

    def due(self, now: float) -> Bye | Ping | None:
        """What to send now: a ping, or the last words where the client took too long."""
        if self.busy:
            self._noticed = True
            return None
        config = self._config
        began = self._frame_began
        if not self._logged_in and now - self._opened >= config.login_within:
            return _end("login-timeout", f"There was no login within {config.login_within:g} s.")
        if began is not None and now - began >= config.frame_within:
            return _end("frame-timeout", f"A frame was not complete {config.frame_within:g} s after it began.")
        silence = self.silence(now)
        if silence >= config.ping_every:
            return _end("ping-timeout", f"Nothing was heard for {silence:.0f} s.")
        if silence >= config.ping_every / 2 and now - self._pinged >= config.ping_every / 2:
            self._pinged = now
            self._pings += 1
            return Ping(id=f"server-{self._pings}")
        return None


def _end(code: str, sentence: str) -> Bye:
    return Bye(code=code, reconnect=True, text=sentence)
