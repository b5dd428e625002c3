from __future__ import annotations

from schema.codec import decode, encode
from schema.messages import Side
from server.requests import PASSWORD_CHANGED, Enter


def test_who_enters_may_say_nothing_else_and_is_in_the_lobby_alone() -> None:
    enter = Enter("7", registered=False)
    assert (enter.client, enter.since, enter.place, enter.rooms) == ("", None, None, ())


def test_the_last_words_after_a_new_password_can_be_sent() -> None:
    assert decode(encode(PASSWORD_CHANGED), Side.SERVER) == PASSWORD_CHANGED
    assert not PASSWORD_CHANGED.reconnect
