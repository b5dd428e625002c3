"""A document that names a file or an address makes the decoder open neither, as the kernel sees it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# The second and third go past the guard, to the parser alone: it has to hold by itself.
PROGRAM = """
import sys
from lxml import etree
from schema import codec, parsing
from schema.errors import Refusal

document = open(sys.argv[1], "rb").read()
for guarded in (True, False):
    try:
        codec.decode(document, guarded=guarded)
    except Refusal:
        pass
try:
    etree.fromstring(document, parsing._make_parser())
except etree.XMLSyntaxError:
    pass
"""

DOCUMENTS = [
    '<!DOCTYPE pm SYSTEM "{file}">{pm}',
    '<!DOCTYPE pm PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">{pm}',
    '<!DOCTYPE pm [<!ENTITY a SYSTEM "{file}">]>{pm}',
    '<!DOCTYPE pm [<!ENTITY % a SYSTEM "{file}"> %a;]>{pm}',
    '<?xml-stylesheet href="{file}"?><pm xmlns="urn:xmlchat:1" xml:base="{file}"/>',
    '<pm xmlns="urn:xmlchat:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="urn:xmlchat:1 {file}" id="1"><text/></pm>',
    '<pm xmlns="urn:xmlchat:1" id="1"><text/><ext>'
    '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{file}"/></ext></pm>',
]


def calls_of(document: Path, trace: Path) -> str:
    """What the decoder asks of the kernel while it reads a document: every file and every connection."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    command = [strace, "-f", "-qq", "-o", str(trace), "-e", "trace=%file,%network"]
    done = subprocess.run(
        [*command, sys.executable, "-c", PROGRAM, str(document)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode and "ptrace" in done.stderr.lower():
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return trace.read_text(errors="replace")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_neither_the_file_nor_the_address_is_opened(document: str, tmp_path: Path) -> None:
    secret = tmp_path / "not-to-be-opened"
    secret.write_text("<!ENTITY a 'b'>")
    file = tmp_path / "document.xml"
    file.write_text(document.format(file=secret, pm='<pm xmlns="urn:xmlchat:1" id="1"><text>&a;</text></pm>'))
    calls = calls_of(file, tmp_path / "trace")
    assert str(file) in calls
    assert secret.name not in calls
    assert "connect(" not in calls
    assert "socket(" not in calls
