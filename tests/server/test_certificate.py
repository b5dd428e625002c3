from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from server.certificate import Certificate
from server.clock import SystemClock
from server.errors import StartupError
from server.log import EventLog
from tests.certificates import Certified

NOW = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def log() -> EventLog:
    return EventLog("text", SystemClock())


def refused(certified: Certified, log: EventLog) -> StartupError:
    with pytest.raises(StartupError) as raised:
        Certificate(certified.cert, certified.key, log)
    return raised.value


@pytest.mark.parametrize("which", ["cert", "key"])
@pytest.mark.parametrize("what", ["missing", "a folder", "no PEM", "empty"])
def test_a_file_that_is_none_is_a_sentence_that_names_it(
    certified: Certified, log: EventLog, which: str, what: str
) -> None:
    file: Path = getattr(certified, which)
    file.unlink()
    if what == "a folder":
        file.mkdir(0o700)
    elif what != "missing":
        file.touch(0o600)
        file.write_bytes(b"" if what == "empty" else b"\xff\0 no PEM")
    error = refused(certified, log)
    assert error.status == 78
    assert str(error).startswith(f"The {'certificate' if which == 'cert' else 'key'} {file} cannot be read: ")


def test_the_key_of_another_certificate_is_named(certified: Certified, log: EventLog, authority: trustme.CA) -> None:
    authority.issue_cert("localhost").private_key_pem.write_to_path(str(certified.key))
    error = refused(certified, log)
    assert (str(error), error.status) == (
        f"The key {certified.key} is not the key of the certificate {certified.cert}.",
        78,
    )


def test_a_key_with_a_password_is_not_asked_for_it(certified: Certified, log: EventLog) -> None:
    key = load_pem_private_key(certified.key.read_bytes(), None)
    protected = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    certified.key.write_bytes(protected)
    assert "is protected by a password" in str(refused(certified, log))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_key_that_others_may_touch_is_refused_as_the_accounts_are(
    certified: Certified, log: EventLog, mode: int
) -> None:
    certified.key.chmod(mode)
    error = refused(certified, log)
    assert (str(error), error.status) == (f"Others may read {certified.key}. Run: chmod 600 {certified.key}", 77)


@pytest.mark.parametrize(
    ("begins", "ends", "warning"),
    [
        (NOW - 2 * DAY, NOW - DAY, "it has expired, and clients will refuse it"),
        (NOW + DAY, NOW + 90 * DAY, "it is not valid before"),
        (NOW - DAY, NOW + 5 * DAY, "it ends soon"),
        (NOW - DAY, NOW + 90 * DAY, None),
    ],
    ids=["expired", "not yet valid", "ends soon", "good"],
)
def test_the_log_says_until_when_it_is_good(
    tmp_path: Path,
    authority: trustme.CA,
    capsys: pytest.CaptureFixture[str],
    begins: datetime.datetime,
    ends: datetime.datetime,
    warning: str | None,
) -> None:
    certified = Certified(tmp_path, authority, not_before=begins, not_after=ends)
    Certificate(certified.cert, certified.key, EventLog("text", SystemClock()))
    [line] = capsys.readouterr().err.splitlines()
    assert f"until={ends:%Y-%m-%d}" in line
    assert (f'warning="{warning}' in line) if warning else ("warning" not in line)


def test_replaced_it_is_another_and_where_that_is_bad_it_stays(
    certified: Certified, tmp_path: Path, authority: trustme.CA, log: EventLog
) -> None:
    certificate = Certificate(certified.cert, certified.key, log)
    first = certificate.context
    other = Certified(tmp_path, authority)
    certificate.replace(other.cert, other.key)
    second = certificate.context
    assert second is not first
    with pytest.raises(StartupError):
        certificate.replace(other.cert, certified.key)
    assert certificate.context is second
