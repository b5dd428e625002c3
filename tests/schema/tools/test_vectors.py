"""The golden vectors are those of the examples, and our own decoder says what they say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from schema.codec import encode
from schema.errors import Refusal
from schema.framing import FrameReader
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT
from schema.messages import Message, Side
from schema.tools import vectors
from schema.tools.command_line import main
from schema.tools.golden.fields import fields_of
from tests.examples import FOLDER, octet_by_octet, said

INDEX = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
LIMITS = {Side.CLIENT: MAX_DOCUMENT, Side.SERVER: MAX_SERVER_DOCUMENT}


def result_of(found: Message | Refusal) -> dict[str, Any]:
    """As a vector says it; of the layer nothing is known here."""
    if isinstance(found, Refusal):
        return {"error": (found.code.name, found.at)}
    return {"message": {"element": found.element, "fields": fields_of(etree.fromstring(encode(found)))}}


def expected(vector: dict[str, Any]) -> dict[str, Any]:
    if "message" in vector:
        return {"message": vector["message"]}
    return {"error": (vector["error"]["code"], vector["error"].get("at"))}


def read(pieces: list[bytes], sender: Side) -> tuple[list[dict[str, Any]], str]:
    frames = FrameReader(LIMITS[sender])
    found = [one for piece in pieces for one in frames.feed(piece)]
    closed = any(isinstance(one, Refusal) and one.code.fatal for one in found)
    end = "closed" if closed else "incomplete" if frames.partial else "complete"
    return [result_of(said(one, sender)) for one in found], end


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    ends = [0, *places, len(octets)]
    return [octets[start:end] for start, end in pairwise(ends)]


def ways(vector: dict[str, Any], octets: bytes) -> Iterator[list[bytes]]:
    yield [octets]
    yield octet_by_octet(octets)
    yield from (cut(octets, places) for places in vector["cuts"])


def test_they_are_those_of_the_examples() -> None:
    assert main(["vectors", "--check"]) == 0, "run python -m schema vectors"


def test_our_decoder_says_of_each_document_what_its_vector_says() -> None:
    wrong = [
        vector["file"]
        for vector in INDEX["documents"]
        for found in [said((FOLDER / vector["file"]).read_bytes(), Side(vector["sender"]))]
        if result_of(found) != expected(vector)
    ]
    assert wrong == []


@pytest.mark.parametrize("vector", INDEX["streams"], ids=[vector["file"] for vector in INDEX["streams"]])
def test_our_decoder_says_of_each_stream_what_its_vector_says_wherever_it_is_cut(vector: dict[str, Any]) -> None:
    octets = (FOLDER / vector["file"]).read_bytes()
    for pieces in ways(vector, octets):
        results, end = read(pieces, Side(vector["sender"]))
        assert results == [expected(one) for one in vector["results"]]
        assert end == vector["end"]


def test_every_file_has_a_vector() -> None:
    files = {str(path.relative_to(FOLDER)) for kind in ("*.xml", "*.bin") for path in FOLDER.rglob(kind)}
    listed = [vector["file"] for vector in INDEX["documents"] + INDEX["streams"]]
    assert len(listed) == len(files)
    assert set(listed) == files


def test_the_index_is_as_its_schema_says() -> None:
    form = json.loads((FOLDER / "vectors.schema.json").read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(form)
    checker.validate(INDEX)
    for wrong in ({"end": "closed"}, {"message": {"element": "ex"}}, {"colour": "red"}):
        first, *rest = INDEX["documents"]
        assert not checker.is_valid({**INDEX, "documents": [{**first, **wrong}, *rest]})


def test_the_framing_cases_are_all_there() -> None:
    framing = {one["error"]["code"] for vector in INDEX["streams"] for one in vector["results"] if "error" in one}
    assert framing >= {"not-a-frame", "too-large", "invalid", "not-well-formed"}
    assert {vector["end"] for vector in INDEX["streams"]} == {"complete", "incomplete", "closed"}
    firsts = {(FOLDER / vector["file"]).read_bytes()[:1] for vector in INDEX["streams"]}
    assert firsts >= {b"\0", b"\1", b"\x16", b"G", b"S", b"<"}
    assert max(len(vector["results"]) for vector in INDEX["streams"]) > 3


@pytest.mark.parametrize("change", ["an example", "the index", "a stream"])
def test_what_is_stale_is_named_and_made_again(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "examples")
    changed = {"an example": "pm.xml", "the index": "vectors.json", "a stream": "streams/three-frames.bin"}[change]
    with (folder / changed).open("ab") as file:
        file.write(b"\n")
    monkeypatch.setattr(vectors, "EXAMPLES", folder)
    monkeypatch.setattr("schema.tools.golden.streams.EXAMPLES", folder)
    assert main(["vectors", "--check"]) == 1
    stale = "streams/three-frames.bin" if change == "an example" else changed
    assert f"stale: schema/examples/{stale}; run python -m schema vectors\n" in capsys.readouterr().err
    assert main(["vectors"]) == 0
    assert main(["vectors", "--check"]) == 0
