"""Sends those who come back what they missed, page by page, and then lets them hear what is said now.

It runs where the journal is at work, after everything of a batch is on disk and before the next batch is looked at. So
a member that is released here has been sent every message up to now, and is in the audience of every one from now on.
"""

from __future__ import annotations

from dataclasses import replace

from schema.messages import Direct, Resumed
from server.archive import Archive, Missed
from server.hub import Hub
from server.mail import Mail
from server.pages import take_page
from server.rooms import Member
from server.steps import Arrival

#: Messages sent until the client has said that it read them: some 20 KiB usually; long ones make a shorter page.
PAGE = 100


class CatchUps:
    """Not thread-safe: it belongs to the journal. The methods raise StoreError."""

    def __init__(self, hub: Hub, archive: Archive) -> None:
        self._hub = hub
        self._archive = archive

    def begin(self, arrival: Arrival, last_seq: int, mail: Mail) -> None:
        """Welcomes a newcomer and finds out where it stands; `last_seq` is the last message before it came."""
        member, enter = arrival.member, arrival.enter
        since, place = enter.since, enter.place if enter.place is not None else enter.since
        told = since is not None
        if place is None:
            place = self._archive.place(member.name, enter.client)
            # Written down with the next batch, so that a new device keeps it when another reads on.
            self._hub.places.setdefault((member.name, enter.client), place)
        # A number that we have not given yet can only come from before our data was lost.
        since, place = min(since if since is not None else last_seq, last_seq), min(place, last_seq)
        self._hub.missed[member] = Missed(member.name, (), directs_after=place, others_after=since, told=told)
        mail.add((member,), arrival.welcome(last_seq, place))

    def go_on(self, member: Member, last_seq: int, mail: Mail) -> None:
        """Sends the next page; after the last one the member hears what is said. `last_seq` is the newest on disk."""
        missed = self._hub.missed.get(member)
        if missed is None:
            return
        missed = replace(missed, rooms=self._hub.rooms.rooms_of(member))
        found = self._archive.missed(missed, PAGE + 1)
        page = take_page(found, PAGE)
        for message in page:
            mail.add((member,), message)
        if len(page) < len(found):
            self._hub.missed[member] = replace(missed.after(page[-1].seq), told=True)
            mail.add((member,), member.ask_read(page[-1].seq))
            return
        del self._hub.missed[member]
        self._hub.rooms.release(member)
        if missed.told or page:
            mail.add((member,), Resumed(seq=last_seq))
        if any(isinstance(message, Direct) for message in page):
            mail.add((member,), member.ask_read(page[-1].seq))
