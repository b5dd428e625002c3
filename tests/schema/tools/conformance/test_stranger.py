from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from schema.tls import Tls, TlsFailure, client_context
from schema.tools.conformance.stranger import strangers_context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nobody_trusts_it_though_the_name_is_right(host: str, tmp_path: Path) -> None:
    server = Tls(strangers_context(host, tmp_path))
    client = Tls(client_context(), host)
    client.shake_hands()
    server.receive(client.take())
    with pytest.raises(TlsFailure) as failure:
        client.receive(server.take())
    assert failure.value.unverified == 18, "self-signed"


def test_whoever_trusts_everybody_is_taken_in(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server, client = Tls(strangers_context("127.0.0.1", tmp_path)), Tls(context, "127.0.0.1")
    client.shake_hands()
    server.receive(client.take())
    client.receive(server.take())
    assert client.established
