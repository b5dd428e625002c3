from __future__ import annotations

import pytest

from client.where import NoPlace, Where, read_place, usual_port


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("chat.example", "chat.example", None),
        (" chat.example:7743 ", "chat.example", 7743),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("::1", "::1", None),
        ("fe80::1%eth0", "fe80::1%eth0", None),
        ("[::1]:7700", "::1", 7700),
        ("[::1]", "::1", None),
    ],
)
def test_a_place_is_read(written: str, host: str, port: int | None) -> None:
    assert read_place(written) == (host, port)


@pytest.mark.parametrize("written", ["", "a b", "host:", ":1", "host:x", "host:0", "host:65536", "host:123456", "[::1"])
def test_what_names_no_server_is_refused(written: str) -> None:
    with pytest.raises(NoPlace):
        read_place(written)


@pytest.mark.parametrize(
    ("host", "is_here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("a.b", False)]
)
def test_what_is_on_this_machine(host: str, is_here: bool) -> None:
    assert Where(host, 1).is_here is is_here


def test_as_people_write_it() -> None:
    assert str(Where("::1", usual_port(tls=True))) == "[::1]:7743"
    assert str(Where("a", usual_port(tls=False))) == "a:7700"
