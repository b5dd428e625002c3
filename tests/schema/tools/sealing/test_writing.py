from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from lxml import etree

from schema.tools.sealing.chain import NAMESPACE, hash_after
from schema.tools.sealing.keys import Signer
from schema.tools.sealing.reading import XSD
from tests.schema.strategies import AWKWARD
from tests.schema.tools.sealing.made import TALK, Stored, canonical_form, flaws_of, made_of, said, told

HARD: tuple[Stored, ...] = (*(said(n, text) for n, text in enumerate(AWKWARD)), told(999, "bob", "secret"))


@pytest.mark.parametrize("messages", [(), TALK, HARD])
@pytest.mark.parametrize("signed", [False, True])
def test_a_transcript_proves_itself(messages: tuple[Stored, ...], signed: bool, signer: Signer) -> None:
    assert flaws_of(made_of(messages, signer if signed else None)) == []


def test_the_hashes_go_from_the_head_through_each_message_to_the_end() -> None:
    root = etree.fromstring(made_of(TALK))
    hashes = [node.get("sha256") for node in root if node.get("sha256")]
    last = hash_after("", etree.tostring(root[0], method="c14n", exclusive=True))
    expected = [last, *(last := hash_after(last, canonical_form(message)) for message in TALK)]
    assert hashes == [*expected, expected[-1]]


def test_it_is_in_canonical_form_but_for_the_declaration_and_the_name_of_the_heads_namespace() -> None:
    made = made_of(HARD)
    canonical = etree.tostring(etree.fromstring(made), method="c14n", exclusive=True)
    assert made.partition(b"\n")[2].replace(f'<head xmlns="{NAMESPACE}"'.encode(), b"<head") == canonical + b"\n"


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is not installed")
def test_xmllint_finds_it_valid(tmp_path: Path, signer: Signer) -> None:
    """And refuses one whose message chat.xsd does not allow."""
    file = tmp_path / "t.xml"
    for changes, status in ((b"", b""), 0), ((b'room="lobby"', b'room="Lobby"'), 3):
        file.write_bytes(made_of(HARD, signer).replace(*changes))
        done = subprocess.run(["xmllint", "--noout", "--schema", XSD, file], capture_output=True, timeout=30)
        assert done.returncode == status


def test_another_engine_agrees(signer: Signer) -> None:
    schema: Any = xmlschema.XMLSchema(str(XSD))
    made = made_of(HARD, signer)
    assert schema.is_valid(etree.fromstring(made))
    for before, after in ((b'room="lobby"', b'room="Lobby"'), (b' direct="true"', b""), (b' n="1"', b' n="01"')):
        assert not schema.is_valid(etree.fromstring(made.replace(before, after)))
