"""`python -m schema vectors`: what a decoder in any language must say of the examples, and of streams made of them.

No decoder of this protocol is asked: the verdicts are those of index.json, and the fields are read by the types of
chat.xsd. schema/examples/README.md describes what comes out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from lxml import etree

from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT, MAX_SKIPPED_FRAME, PREFIX
from schema.tools.golden.fields import fields_of
from schema.tools.golden.streams import EXAMPLES, STREAMS, Stream, cuts_of, ends_whole, octets_of
from schema.tools.rules.table import BY_NAME

INDEX = "vectors.json"

#: Changes with anything that a program which reads the index would have to know.
FORMAT = 1

STALE = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where something is stale")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    made = files()
    stale = [name for name, octets in made.items() if not _is(EXAMPLES / name, octets)]
    if arguments.check:
        for name in stale:
            print(f"stale: schema/examples/{name}; run python -m schema vectors", file=sys.stderr)
        return STALE if stale else 0
    for name in stale:
        (EXAMPLES / name).write_bytes(made[name])
        print(f"written: schema/examples/{name}")
    return 0


def _is(path: Path, octets: bytes) -> bool:
    return path.is_file() and path.read_bytes() == octets


def files() -> dict[str, bytes]:
    """Name in the folder of the examples → what belongs there: the index, and the streams that are made."""
    examples = json.loads((EXAMPLES / "index.json").read_text(encoding="utf-8"))
    results = {example["file"]: _result(example) for example in examples}
    made = {stream.file: octets_of(stream) for stream in STREAMS}
    documents = [
        {"file": example["file"], "sender": example["sender"], **results[example["file"]], **_why(example)}
        for example in examples
        if not example.get("framed")
    ]
    streams = [_recorded(example, results) for example in examples if example.get("framed")]
    streams += [_composed(stream, made[stream.file], results) for stream in STREAMS]
    return {INDEX: _written(documents, streams), **made}


def _written(documents: list[dict[str, Any]], streams: list[dict[str, Any]]) -> bytes:
    """One vector on each line, so that a change is one line too."""
    limits = {"client": MAX_DOCUMENT, "server": MAX_SERVER_DOCUMENT, "skipped": MAX_SKIPPED_FRAME}
    lists = (f'"{name}": [\n{_lines(vectors)}\n]' for name, vectors in (("documents", documents), ("streams", streams)))
    start = f'{{"format": {FORMAT}, "limits": {json.dumps(limits)},\n'
    return (start + ",\n".join(lists) + "}\n").encode()


def _lines(vectors: list[dict[str, Any]]) -> str:
    return ",\n".join(map(json.dumps, vectors))


def _why(example: dict[str, Any]) -> dict[str, str]:
    return {"why": example["why"]} if "why" in example else {}


def _result(example: dict[str, Any]) -> dict[str, Any]:
    if not example["valid"]:
        return _error(example["code"], example.get("at"))
    octets = (EXAMPLES / example["file"]).read_bytes()
    if example.get("framed"):
        octets = octets[PREFIX : int.from_bytes(octets[:PREFIX], "big")]
    return {"message": {"element": example["element"], "fields": fields_of(etree.fromstring(octets))}}


def _error(code: str, at: str | None = None) -> dict[str, Any]:
    where = {} if at is None else {"at": at}
    return {"error": {"code": code, "layer": BY_NAME[code].layer.value, **where}}


def _recorded(example: dict[str, Any], results: dict[str, Any]) -> dict[str, Any]:
    """A stream that is there already, with its one result."""
    octets = (EXAMPLES / example["file"]).read_bytes()
    end = "closed" if example.get("closes") else "complete" if ends_whole(octets) else "incomplete"
    return _stream(example["file"], example["sender"], [results[example["file"]]], end, octets, **_why(example))


def _composed(stream: Stream, octets: bytes, results: dict[str, Any]) -> dict[str, Any]:
    refused = stream.skipped or stream.closed or "not-a-frame"
    said = [_error(refused) if isinstance(part, bytes) else results[part] for part in stream.answered]
    return _stream(stream.file, stream.sender, said, stream.end, octets, why=stream.why)


def _stream(file: str, sender: str, said: list[dict[str, Any]], end: str, octets: bytes, **why: str) -> dict[str, Any]:
    cuts = [list(cut) for cut in dict.fromkeys(cuts_of(octets))]
    return {"file": file, "sender": sender, "results": said, "end": end, "cuts": cuts, **why}
