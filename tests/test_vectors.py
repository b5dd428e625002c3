"""The golden vectors can be run in another language: a decoder in Perl, made from PROTOCOL.md, passes them all."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from schema.validity import XSD
from tests.examples import FOLDER

DECODER = Path(__file__).parent / "vectors" / "decode.pl"

#: Two for each way to cut a stream, which are the listed ones, in one piece and octet by octet: what it says, its end.
WAYS = 2 * sum(
    len(vector["cuts"]) + 2 for vector in json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))["streams"]
)


def perl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["perl", *arguments], capture_output=True, text=True, timeout=60)


def needs_perl() -> None:
    if shutil.which("perl") is None or perl("-MJSON::PP", "-MXML::LibXML", "-e1").returncode:
        pytest.skip("not installed: perl with JSON::PP and XML::LibXML (libxml-libxml-perl)")


@pytest.mark.heavy
def test_a_decoder_in_perl_passes_them_all() -> None:
    needs_perl()
    done = perl(DECODER, XSD, FOLDER)
    documents = sum(1 for path in FOLDER.rglob("*.xml"))
    assert (done.stdout, done.stderr) == (f"{documents + WAYS} run, 0 wrong\n", "")
    assert done.returncode == 0


@pytest.mark.heavy
def test_it_says_what_is_wrong(tmp_path: Path) -> None:
    needs_perl()
    folder = shutil.copytree(FOLDER, tmp_path / "examples")
    (folder / "pm.xml").write_bytes((folder / "dm.xml").read_bytes())
    done = perl(DECODER, XSD, folder)
    assert done.returncode == 1
    assert done.stdout.startswith('pm.xml: [{"element":"dm",')
    assert done.stdout.endswith(" run, 1 wrong\n")
