from __future__ import annotations

from pathlib import Path

from schema.limits import MAX_DOCUMENT, MAX_PASSWORD, MAX_TEXT
from schema.messages import Limit
from server.config import Config, Hashing


def test_the_greeting_names_the_limits_that_hold() -> None:
    assert Config(data=Path("data"), rooms=7).limits() == (
        Limit("document", MAX_DOCUMENT),
        Limit("text", MAX_TEXT),
        Limit("password", MAX_PASSWORD),
        Limit("password-min", 8),
        Limit("rooms", 7),
        Limit("history", 100),
        Limit("rate", 200),
        Limit("burst", 2000),
        Limit("ping", 30),
    )


def test_what_the_protocol_promises_is_what_is_set() -> None:
    """The tables of PROTOCOL.md, sections 4.3 and 7."""
    config = Config(data=Path("data"))
    assert (config.host, config.port) == ("127.0.0.1", 7700)
    assert (config.login_within, config.frame_within) == (60, 30)
    assert (config.ping_every, config.users_every) == (30, 30)
    assert (config.outbox, config.stalled_after) == (1024 * 1024, 10)
    assert config.attempts == 5


def test_everybody_may_register_unless_the_operator_says_otherwise() -> None:
    assert Config(data=Path("data")).registration == "open"


def test_a_hash_costs_what_rfc_9106_recommends() -> None:
    """Its second choice, section 4: 3 passes, 64 MiB, 4 lanes."""
    hashing = Hashing()
    assert (hashing.passes, hashing.memory_kib, hashing.lanes) == (3, 65_536, 4)
