from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from schema.errors import Refusal
from schema.messages import NAMESPACE
from schema.parsing import parse
from schema.tools.sealing.chain import canonical, hash_after, signed_octets
from tests.schema.strategies import AWKWARD
from tests.schema.tools.sealing.made import canonical_form, said

DOCUMENTS = [
    f'<broadcast  xmlns="{NAMESPACE}"\n seq=\'1\' room="a&quot;&#9;b"><text>a\r\nb&#13;&gt;"</text></broadcast>',
    f'<c:broadcast xmlns:c="{NAMESPACE}" xmlns:unused="urn:u" seq="1"><c:text/></c:broadcast>',
    f'<broadcast xmlns="{NAMESPACE}"><text><![CDATA[a < b]]></text><ext><m xmlns="urn:m" b="" a=""/></ext></broadcast>',
    f'<?xml version="1.0"?><broadcast xmlns="{NAMESPACE}"><ext xmlns:p="urn:p" xmlns:o="urn:o"><p:x o:y="1"/></ext>'
    "</broadcast>",
    *(canonical_form(said(1, text)).decode() for text in AWKWARD if "\u0085" not in text),
]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (f'<ping  id="1"\n xmlns="{NAMESPACE}" />', f'<ping xmlns="{NAMESPACE}" id="1"></ping>'),
        (
            f'<p b="&#10;" a="2" xmlns="{NAMESPACE}">&#x41;&gt;&#13;</p>',
            f'<p xmlns="{NAMESPACE}" a="2" b="&#xA;">A&gt;&#xD;</p>',
        ),
    ],
)
def test_what_means_the_same_is_written_the_same(document: str, expected: str) -> None:
    assert canonical(parse(document.encode())) == expected.encode()


def test_a_message_is_the_same_inside_a_transcript_and_alone() -> None:
    alone = f'<p xmlns="{NAMESPACE}"><x:y xmlns:x="urn:x"></x:y></p>'
    around = parse(f'<t xmlns="urn:t" xmlns:x="urn:x" xmlns:z="urn:z"><e>{alone}</e> </t>'.encode())
    assert canonical(around[0][0]) == alone.encode()


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is not installed")
def test_xmllint_writes_the_same(tmp_path: Path) -> None:
    """libxml2 too, but by its own road; and what lxml reads of what xmllint has written is unchanged."""
    files = [tmp_path / f"{n}.xml" for n in range(len(DOCUMENTS))]
    for file, document in zip(files, DOCUMENTS, strict=True):
        file.write_bytes(document.encode())
    done = subprocess.run(["xmllint", "--exc-c14n", *files], capture_output=True, check=True, timeout=30)
    assert done.stdout == b"".join(canonical(parse(document.encode())) for document in DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_standard_library_writes_the_same(document: str) -> None:
    """It knows C14N 2.0 only, which is the same here but for the namespaces that nothing uses."""
    from xml.etree.ElementTree import canonicalize

    if "xmlns:p" not in document and "xmlns:c" not in document:
        assert canonicalize(document).encode() == canonical(etree.fromstring(document.encode()))


def test_where_the_standard_gives_no_canonical_form_there_is_none() -> None:
    with pytest.raises(Refusal, match="no absolute URI"):
        canonical(parse(b'<a xmlns="relative"/>'))


def test_a_hash_is_over_the_hash_before_it_and_the_message() -> None:
    first = hash_after("", b"<head></head>")
    assert first == hashlib.sha256(b"<head></head>").hexdigest()
    assert hash_after(first, b"<a></a>") == hashlib.sha256(first.encode() + b"<a></a>").hexdigest()


def test_what_is_signed_begins_with_what_it_is() -> None:
    assert signed_octets("ab", b"<head></head>") == b"urn:xmlchat:transcript:1 signature\nab\n<head></head>"
