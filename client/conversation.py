"""A conversation with a server over one connection after the other: receiving, and coming back."""

from __future__ import annotations

import random
import ssl
import threading
from dataclasses import replace
from time import monotonic

from client.backoff import delays
from client.errors import Disconnected, Refused, ServerFault, Unreachable
from client.events import LinkDown, LinkUp
from client.link import Link
from client.requests import Requests
from schema.codec import encode
from schema.errors import ChatError, Refusal
from schema.messages import Away, Bye, Command, Error, Greeting, List, Ping, Welcome
from schema.protocol import State

#: Seconds that one attempt to come back may wait for the server to take the connection.
_ATTEMPT = 3.0


class _Later(Exception):
    """The server does not take us back now; `seconds` is when to try again, 0 for when we like."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Conversation(Requests):
    """What `Client` (client/connection.py) stands on. Safe to use from any thread.

    A connection that breaks after the login is made again, for as long as `retry_for` says: the conversation logs in,
    gets what it missed, and sends again what was not answered, which the server does not post twice.
    """

    def __init__(
        self,
        link: Link,
        host: str,
        port: int,
        timeout: float = 30.0,
        retry_for: float | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Takes over a link that has just been made, and starts the receiving thread.

        `retry_for` is in seconds; None tries for ever, 0 never. `tls` is what the link was made with.
        """
        super().__init__(link, timeout)
        self._address = (host, port)
        self._tls = tls
        self._retry_for = retry_for
        # Somebody does not want to wait for the next attempt to come back.
        self._hurried = threading.Event()
        self._receiver = threading.Thread(target=self._run, args=(link,), name="client-receiver")
        self._receiver.start()

    def close(self) -> None:
        """Ends the conversation and its threads. May be called again."""
        self._end(self._closed_here)
        with self._lock:
            link = self._link
        if link is not None:
            link.finish()
        self._receiver.join()

    def _run(self, link: Link) -> None:
        """The receiving thread: stays with a link until it ends, and makes the next."""
        current: Link | None = link
        why: ChatError = self._closed_here
        while current is not None:
            why = self._converse(current)
            with self._lock:
                self._link = None
                self._changed.notify_all()
            current.close()
            current = self._come_back(why) if self._may_come_back(why) else None
        self._end(why)
        self._incoming.put(None)

    def _converse(self, link: Link) -> ChatError:
        """Takes what comes until the link ends; why it did."""
        asked = False
        try:
            for message in link.received:
                if message is not None:
                    asked = False
                    self._take(message, link)
                    if self.session.state is State.CLOSED:
                        break
                elif asked:
                    return Disconnected("The server is not heard any more.")
                else:
                    asked = True
                    # Where there is no room for a question, there are commands enough that want an answer.
                    if not self._pace.wait():
                        link.send(encode(Ping(id=self.session.next_id())))
        except Refusal as refusal:
            return _fault(refusal)
        except ChatError as error:
            return error
        except OSError:
            pass
        bye = self.session.bye
        return Disconnected(bye.text, bye) if bye is not None else Disconnected("The server has gone away.")

    def _may_come_back(self, why: ChatError) -> bool:
        with self._lock:
            logged_in = self._identity is not None and self.session.name is not None
            wanted = logged_in and self._ended is None and not self._unanswered.leaving and self._retry_for != 0
        return wanted and isinstance(why, Disconnected) and not why.final

    def _come_back(self, why: ChatError) -> Link | None:
        """A link on which we are logged in again; None where that is not to be had, and the conversation has ended."""
        self._hurried.clear()
        self._incoming.put((LinkDown(reason=str(why)), None))
        began = monotonic()
        least = 0.0
        for delay in delays(random.random):
            if not self._pause(delay, least):
                return None
            try:
                return self._try_to_come_back()
            except _Later as later:
                least = later.seconds
            except (Unreachable, OSError):
                least = 0.0
            except ChatError as error:
                self._end(error)
                return None
            if self._retry_for is not None and monotonic() - began >= self._retry_for:
                self._end(why)
                return None
        return None

    def hurry(self) -> None:
        """Where the connection is down, tries at once to come back, unless the server said how long to wait."""
        self._hurried.set()

    def _pause(self, delay: float, least: float) -> bool:
        """Waits between two attempts; False where the conversation has ended meanwhile."""
        if self._closing.wait(least):
            return False
        self._hurried.wait(max(delay - least, 0))
        self._hurried.clear()
        return not self._closing.is_set()

    def _end(self, why: ChatError) -> None:
        super()._end(why)
        # Nobody waits any more, to come back.
        self._hurried.set()

    def _try_to_come_back(self) -> Link:
        """Raises what keeps us out: _Later, Unreachable or OSError for now, another ChatError for good."""
        link = Link.connect(*self._address, min(self.timeout, _ATTEMPT), self._tls)
        try:
            with self._lock:
                # Closed while it was being made: nobody else knows of it, to hang it up.
                if self._ended:
                    raise self._ended
                self._arriving = link
            self._log_in_again(link)
        except BaseException as error:
            link.hang_up()
            link.close()
            if isinstance(error, Refusal):
                raise _fault(error) from None
            raise
        finally:
            with self._lock:
                self._arriving = None
        return link

    def _log_in_again(self, link: Link) -> None:
        self.session.reopen()
        for message in link.received:
            if message is None:
                break
            self._take(message, link)
            if isinstance(message, Greeting):
                self._introduce(link)
            elif isinstance(message, Welcome):
                self._restore()
                self._resend(link)
                return
            elif isinstance(message, Error):
                if message.action == "wait":
                    raise _Later(message.retry or 0)
                if message.code != "wrong-password" or not self._try_new_password():
                    raise Refused(message)
                self._introduce(link)
            elif isinstance(message, Bye):
                break
        bye = self.session.bye
        if bye is not None and not bye.reconnect:
            raise Disconnected(bye.text, bye)
        raise _Later(0)

    def _restore(self) -> None:
        """Puts in front of what is sent again what a login cannot say."""
        wanted: list[Command] = [Away(id=self.session.next_id())] if self.session.away else []
        with self._lock:
            if self._knows_blocks:
                wanted.append(List(id=self.session.next_id(), what="blocks"))
            self._unanswered.put_first(wanted)

    def _introduce(self, link: Link) -> None:
        assert self._identity is not None
        link.send(encode(self.login_as(self._identity)))

    def _try_new_password(self) -> bool:
        """Whether the password was being changed when the connection broke: then it may be the new one by now."""
        with self._lock:
            assert self._identity is not None
            password = self._unanswered.next_password(self._identity.password)
            if password is not None:
                self._identity = replace(self._identity, password=password)
        return password is not None

    def _resend(self, link: Link) -> None:
        """Sends what was not answered; what is said meanwhile waits, and goes behind it.

        Nothing is received as long as that takes. A server that hears from us does not mind.
        """
        done = 0
        while True:
            with self._lock:
                if self._ended:
                    raise self._ended
                rest = self._unanswered.after(done)
                if not rest:
                    self._link = link
                    break
            for sent in rest:
                self._keep_pace(sent.command)
                link.send(sent.document)
            done += len(rest)
        self._incoming.put((LinkUp(), None))


def _fault(refusal: Refusal) -> ServerFault:
    return ServerFault(f"The server broke the protocol ({refusal.code.name}): {refusal}")
