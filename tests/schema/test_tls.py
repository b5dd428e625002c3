"""Two ends of TLS with nothing between them but the test."""

from __future__ import annotations

import datetime
import random
import ssl
from pathlib import Path

import pytest
import trustme

from schema.tls import MAX_UNSENT, Tls, TlsFailure, client_context, server_context
from tests.certificates import Certified

V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Ends:
    """A client and a server, whose words the test carries."""

    def __init__(self, certified: Certified, client: ssl.SSLContext | None = None, name: str = "localhost") -> None:
        self.client = Tls(client or certified.trusting(), name)
        self.server = Tls(server_context(certified.cert, certified.key))
        #: All that went over the wire.
        self.wire = b""

    def shake_hands(self) -> None:
        self.client.shake_hands()
        while not (self.client.established and self.server.established and not self.client.pending):
            assert self.carry(self.client, self.server) == b""
            assert self.carry(self.server, self.client) == b""

    def carry(self, source: Tls, target: Tls, most: int = 10**9) -> bytes:
        """Takes what one end has to send to the other, in pieces; what the other gets out of it."""
        octets = source.take()
        self.wire += octets
        return b"".join(target.receive(octets[start : start + most]) for start in range(0, len(octets), most))


@pytest.fixture(params=[V1_2, V1_3], ids=["1.2", "1.3"])
def ends(request: pytest.FixtureRequest, certified: Certified) -> Ends:
    """The handshake is done."""
    ends = Ends(certified, certified.trusting(request.param))
    ends.shake_hands()
    return ends


def test_what_one_end_says_the_other_hears_and_the_wire_does_not(ends: Ends) -> None:
    for source, target in ((ends.client, ends.server), (ends.server, ends.client)):
        source.seal(b"correct horse")
        source.seal(b" battery staple")
        assert ends.carry(source, target) == b"correct horse battery staple"
    assert b"horse" not in ends.wire


@pytest.mark.parametrize("most", [1, 7, 16_000])
def test_it_hears_the_same_however_it_is_cut(ends: Ends, most: int) -> None:
    said = random.Random(7).randbytes(40_000)
    ends.server.seal(said)
    assert ends.carry(ends.server, ends.client, most) == said


def test_a_megabyte_is_sealed_at_once(ends: Ends) -> None:
    ends.server.seal(b"x" * 2**20)
    assert ends.carry(ends.server, ends.client) == b"x" * 2**20


def test_version_and_cipher_are_told(ends: Ends) -> None:
    assert ends.server.version == ends.client.version
    assert ends.server.version in ("TLSv1.2", "TLSv1.3")
    assert "GCM" in ends.server.cipher or "CHACHA20" in ends.server.cipher


def test_one_who_has_said_the_last_word_still_hears(ends: Ends) -> None:
    ends.client.seal(b"goodbye")
    ends.client.close()
    assert ends.carry(ends.client, ends.server) == b"goodbye"
    assert ends.server.ended
    ends.server.seal(b"and to you")
    ends.server.close()
    assert ends.carry(ends.server, ends.client) == b"and to you"
    assert ends.client.ended
    assert ends.client.receive(b"") == b""


def test_a_record_that_was_changed_on_the_way_is_a_failure_with_an_alert(ends: Ends) -> None:
    ends.client.seal(b"pay bob 10")
    octets = bytearray(ends.client.take())
    octets[-1] ^= 1
    with pytest.raises(TlsFailure, match="bad record mac"):
        ends.server.receive(bytes(octets))
    assert ends.server.closed
    assert ends.server.pending
    with pytest.raises(TlsFailure):
        ends.server.seal(b"too late")


@pytest.mark.parametrize(
    ("octets", "alert"),
    [(b"\x16\x03\x01\x00\x05hello", True), (b"\x16\x03\x01\xff\xffhello", True), (b"SSH-2.0-OpenSSH\r\n", False)],
)
def test_garbage_in_place_of_a_handshake_is_a_failure(certified: Certified, octets: bytes, alert: bool) -> None:
    server = Tls(server_context(certified.cert, certified.key))
    with pytest.raises(TlsFailure):
        server.receive(octets)
    assert bool(server.pending) == alert
    server.give_up(b"!")
    assert server.take().endswith(b"!")


@pytest.mark.parametrize(
    ("changes", "name", "verdict"),
    [
        ({}, "chat.example", 62),
        ({}, "127.0.0.2", 64),
        ({"not_after": datetime.datetime(2020, 1, 2)}, "localhost", 10),
        ({"not_before": datetime.datetime(2100, 1, 2), "not_after": datetime.datetime(2100, 2, 2)}, "localhost", 9),
    ],
    ids=["name", "address", "expired", "not yet valid"],
)
def test_a_certificate_that_is_not_right_is_refused_before_anything_is_sent(
    tmp_path: Path, authority: trustme.CA, changes: dict[str, datetime.datetime], name: str, verdict: int
) -> None:
    if "not_after" in changes:
        changes = {"not_before": datetime.datetime(2020, 1, 1), **changes}
    ends = Ends(Certified(tmp_path, authority, **changes), name=name)
    with pytest.raises(TlsFailure) as raised:
        ends.shake_hands()
    assert raised.value.unverified == verdict
    assert not ends.client.established


def test_an_authority_that_is_not_trusted_is_refused(certified: Certified) -> None:
    stranger = trustme.CA()
    context = client_context()
    stranger.configure_trust(context)
    with pytest.raises(TlsFailure) as raised:
        Ends(certified, context).shake_hands()
    assert raised.value.unverified in (19, 20, 21)


def test_a_common_name_alone_is_no_name(tmp_path: Path, authority: trustme.CA) -> None:
    ends = Ends(Certified(tmp_path, authority, "other.example", common_name="localhost"))
    with pytest.raises(TlsFailure) as raised:
        ends.shake_hands()
    assert raised.value.unverified == 62


def permissive(certified: Certified, ciphers: str, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that would agree to what it should not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certified.ca)
    # Security level 0 lets OpenSSL offer what it would not by itself.
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
def test_old_versions_are_refused(certified: Certified, version: ssl.TLSVersion) -> None:
    with pytest.raises(TlsFailure, match="unsupported protocol"):
        Ends(certified, permissive(certified, "ALL", version)).shake_hands()


@pytest.mark.parametrize(
    "ciphers",
    ["ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "aNULL"],
    ids=["no AEAD", "no ephemeral key", "finite field", "nobody"],
)
def test_weak_suites_are_refused(certified: Certified, ciphers: str) -> None:
    with pytest.raises(TlsFailure, match="no shared cipher"):
        Ends(certified, permissive(certified, ciphers, V1_2)).shake_hands()


def test_nothing_is_agreed_on_that_a_later_thief_could_open(certified: Certified) -> None:
    for context in (server_context(certified.cert, certified.key), certified.trusting()):
        assert context.options & ssl.OP_NO_RENEGOTIATION
        assert context.options & ssl.OP_NO_COMPRESSION
        older = [suite["name"] for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3"]
        assert older
        assert all(name.startswith("ECDHE-") and ("GCM" in name or "CHACHA20" in name) for name in older)
    assert server_context(certified.cert, certified.key).num_tickets == 0


def test_one_who_never_takes_what_tls_has_to_say_is_given_up(certified: Certified) -> None:
    """Each answer of ours stays where it is."""
    server = Tls(server_context(certified.cert, certified.key))
    server.give_up(b"x" * MAX_UNSENT)
    client = Tls(certified.trusting(), "localhost")
    client.shake_hands()
    with pytest.raises(TlsFailure, match="does not take"):
        server.receive(client.take())
