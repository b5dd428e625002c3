from __future__ import annotations

from pathlib import Path

import pytest

from server.config import Config
from server.errors import StartupError
from server.settings import read_settings

DATA = Path("data")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chat.toml"


def wrong(file: Path) -> str:
    """What the sentence says about a file that is refused."""
    with pytest.raises(StartupError) as raised:
        read_settings(file, Config(data=DATA))
    assert raised.value.status == 78
    assert str(file) in str(raised.value)
    return str(raised.value)


def test_what_the_file_says_goes_before_and_the_rest_stays(file: Path) -> None:
    file.write_text('host = "::1"\nport = 7701\nusers_every = 10\nrate = 0.5\nkeep_days = 30\n')
    read = read_settings(file, Config(data=DATA, burst=7))
    expected = Config(data=DATA, burst=7, host="::1", port=7701, users_every=10.0, rate=0.5, keep_days=30.0)
    assert read == expected
    assert isinstance(read.users_every, float)


def test_tls_can_be_set(file: Path) -> None:
    file.write_text('tls_port = 7743\ntls_cert = "server.pem"\ntls_key = "server.key"\ninsecure_bind = true\n')
    expected = Config(data=DATA, tls_port=7743, tls_cert="server.pem", tls_key="server.key", insecure_bind=True)
    assert read_settings(file, Config(data=DATA)) == expected


def test_who_may_register_and_which_names_are_kept_can_be_set(file: Path) -> None:
    file.write_text('registration = "invitation"\nreserved_names = ["root", "boss"]\n')
    read = read_settings(file, Config(data=DATA))
    assert (read.registration, read.reserved_names) == ("invitation", ("root", "boss"))


def test_an_empty_file_says_nothing(file: Path) -> None:
    file.write_text("# nothing yet\n")
    assert read_settings(file, Config(data=DATA)) == Config(data=DATA)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("userz_every = 10", "there is no setting 'userz_every'"),
        ('data = "elsewhere"', "there is no setting 'data'"),
        ('capture = "talk"', "there is no setting 'capture'"),
        ("[hashing]\npasses = 1", "there is no setting 'hashing'"),
        ('registration = "invited"', "registration is 'invited'; expected one of open, invitation, closed"),
        ('reserved_names = "root"', "reserved_names is 'root'; expected a list of texts"),
        ("reserved_names = [1]", "reserved_names is [1]; expected a list of texts"),
        ("password_min = 129", "password_min is 129; it has to be from 0 to 128"),
        ('rate = "fast"', "rate is 'fast'; expected a number"),
        ("rate = true", "rate is True; expected a number"),
        ("rate = []", "rate is []; expected a number"),
        ("burst = 1.5", "burst is 1.5; expected a whole number"),
        ("burst = false", "burst is False; expected a whole number"),
        ("host = 7", "host is 7; expected a text"),
        ("rate = -1", "rate is -1; it has to be from 0 to"),
        ("keep_days = -0.5", "keep_days is -0.5; it has to be from 0 to 100000"),
        ("insecure_bind = 1", "insecure_bind is 1; expected true or false"),
        ('insecure_bind = "yes"', "insecure_bind is 'yes'; expected true or false"),
        ("tls_port = true", "tls_port is True; expected a whole number"),
        ("tls_cert = 7", "tls_cert is 7; expected a text"),
        ("tls_port = 65536", "tls_port is 65536; it has to be from 0 to 65535"),
        ("rate", "is not TOML"),
        ("rate = 1\nrate = 2", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(file: Path, said: str, expected: str) -> None:
    file.write_text(said)
    assert expected in wrong(file)


def test_a_setting_that_is_none_is_answered_with_those_there_are(file: Path) -> None:
    file.write_text("ratte = 1")
    assert "There are: host, port, tls_port, tls_cert, tls_key, insecure_bind, users_every, ping_every," in wrong(file)


def test_a_file_that_is_not_there_or_no_text_is_named(file: Path) -> None:
    assert "cannot be read" in wrong(file)
    file.write_bytes(b"host = '\xff'")
    assert "cannot be read" in wrong(file)


@pytest.mark.parametrize(
    "said",
    [
        "rate = nan",
        "rate = inf",
        "rate = 1e300",
        "users_every = nan",
        "users_every = 0",
        "ping_every = 0.0",
        "burst = 0",
        "intake = 0",
        "outbox = 1000000",
        "rooms = 0",
        "port = 65536",
        "keep_days = 1e6",
    ],
)
def test_what_nothing_can_be_done_with_is_refused(file: Path, said: str) -> None:
    file.write_text(said)
    assert said.partition(" ")[0] in wrong(file)
