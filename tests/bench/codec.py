"""What one document costs to read, to write and to check, beside a plain parse of the same octets by lxml."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from lxml import etree

from schema.codec import decode, encode
from schema.framing import FrameReader, frame
from schema.limits import MAX_DOCUMENT, PREFIX
from schema.messages import MESSAGES
from tests.bench.running import ROOT, Figures

#: Examples that say more of the usual document of their kind than the one called by its name alone.
_EXAMPLES = {"login": "login-register"}


@dataclass(frozen=True, slots=True)
class Sizes:
    #: Times that each is done in a row, and how often that is measured; the shortest counts.
    loops: int = 500
    repeats: int = 15


def run(sizes: Sizes) -> Iterator[Figures]:
    """For each kind of message the µs of each operation. What others do on the machine can only make one longer."""
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True)
    schema = etree.XMLSchema(etree.parse(ROOT / "schema" / "chat.xsd"))
    for element in sorted(MESSAGES):
        path = ROOT / "schema" / "examples" / f"{_EXAMPLES.get(element, element)}.xml"
        message = decode(path.read_bytes().strip())
        document = encode(message)
        root = etree.fromstring(document, parser)
        operations: dict[str, Callable[[], object]] = {
            "parse": partial(etree.fromstring, document, parser),
            "decode": partial(decode, document, guarded=False),
            "guarded": partial(decode, document),
            "encode": partial(encode, message),
            "validate": partial(schema.validate, root),
        }
        times = {name: _microseconds(operation, sizes) for name, operation in operations.items()}
        yield {"element": element, "octets": len(document), **times}


def frames(sizes: Sizes) -> Figures:
    """ms to take a frame an octet at a time, for n octets and twice as many: the second should be twice the first."""
    whole, twice = (frame(bytes(octets - PREFIX)) for octets in (MAX_DOCUMENT // 2, MAX_DOCUMENT))
    once = _trickled(whole, sizes)
    return {
        "octets": len(whole),
        "ms": once,
        "octets_twice": len(twice),
        "ms_twice": (double := _trickled(twice, sizes)),
        "ratio": double / once,
    }


def _trickled(octets: bytes, sizes: Sizes) -> float:
    pieces = [octets[i : i + 1] for i in range(len(octets))]

    def take() -> None:
        reader = FrameReader()
        found = [one for piece in pieces for one in reader.feed(piece)]
        assert len(found) == 1

    return min(timeit.repeat(take, number=1, repeat=sizes.repeats)) * 1e3


def _microseconds(operation: Callable[[], object], sizes: Sizes) -> float:
    return min(timeit.repeat(operation, number=sizes.loops, repeat=sizes.repeats)) / sizes.loops * 1e6
