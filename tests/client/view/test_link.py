from __future__ import annotations

from client.view.link import Down, Returned, Up


def test_a_state_of_the_link_is_a_value() -> None:
    assert Up() == Up()
    assert Down("Gone.", "now") != Down("Gone.", "later")
    assert Returned("now") == Returned("now", missed=0, complete=False)
