from __future__ import annotations

import pytest

from schema.messages import Dm, Pm
from schema.tools.judging import devices as module
from schema.tools.judging.devices import Devices

ONE = Pm(id="1", text="one")


@pytest.mark.parametrize(
    ("user", "client", "message", "other"),
    [
        ("alice", "laptop", ONE, None),
        ("alice", "laptop", Pm(id="1", text="two"), "pm"),
        ("alice", "laptop", Pm(id="1", text="one", room="tea"), "pm"),
        ("alice", "laptop", Dm(id="1", to="bob", text="one"), "dm"),
        ("alice", "phone", Pm(id="1", text="two"), None),
        ("bob", "laptop", Pm(id="1", text="two"), None),
    ],
)
def test_an_id_belongs_to_one_message_of_one_device(
    user: str, client: str, message: Pm | Dm, other: str | None
) -> None:
    devices = Devices()
    assert devices.posts("alice", "laptop", ONE) is None
    assert devices.posts(user, client, message) == other


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_IDS", 3)
    devices = Devices()
    for number in range(5):
        devices.posts("alice", f"device-{number}", ONE)
    other = Pm(id="1", text="other")
    assert devices.posts("alice", "device-4", other) == "pm"
    assert devices.posts("alice", "device-0", other) is None
