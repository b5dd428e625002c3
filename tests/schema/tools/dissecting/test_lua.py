from __future__ import annotations

from pathlib import Path

import pytest

from schema.tools.dissecting import lua
from schema.tools.dissecting.lua import dissector, quoted
from tests.schema.tools.comparing.versions import ours, schema

OURS = dissector(ours(), protocol="xmlchat", port=7700, tls_port=7743)
BODY = Path(lua.__file__).with_name("dissector.lua").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "written"),
    [("plain", '"plain"'), ('a"b\\', '"a\\034b\\092"'), ("a\nb", '"a\\010b"'), ("ü", '"ü"'), ("1\x7f2", '"1\\1272"')],
)
def test_a_text_as_lua_writes_it(text: str, written: str) -> None:
    assert quoted(text) == written


@pytest.mark.parametrize(
    "line",
    [
        'local NAMESPACE = "urn:xmlchat:1"',
        "local QUALIFIED = true",
        "local PORT, TLS_PORT = 7700, 7743",
        "local MAX_LENGTH = 1048580",
        "local MAX_DEPTH = 16",
        'local PRIVATE = { ["login"] = true, ["passwd"] = true }',
        '  { "pong", "pong", "element", "Answers a `ping`." },',
        '  { "login/password", "login.password", "string", "without it the answer is a `prompt`", true },',
    ],
)
def test_what_the_schema_says_stands_in_front(line: str) -> None:
    assert line in OURS.removesuffix(BODY).splitlines()


def test_who_sends_what_is_known() -> None:
    [senders] = [line for line in OURS.splitlines() if line.startswith("local SENDERS")]
    assert all(said in senders for said in ('["pm"] = "client"', '["ok"] = "server"', '["ping"] = "both"'))


def test_of_somebody_else_s_protocol_less_is_known() -> None:
    said = dissector(schema('<xs:element name="n" type="xs:int"/>'), protocol="n", port=1, tls_port=2).splitlines()
    assert {"local NAMESPACE = nil", "local QUALIFIED = false", "local SENDERS = {}", "local PRIVATE = {}"} <= set(said)
    assert "local MAX_LENGTH = 16777215" in said


def test_the_rest_is_the_same_for_all() -> None:
    assert OURS.endswith(BODY)
