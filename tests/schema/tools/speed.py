"""How many messages a second are validated, beside others: `python -m tests.schema.tools.speed`."""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from schema.tools.inputs.opening import read_items
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.validity import XSD
from tests.schema.tools.traffic import captured, endless, framed, recorded, segments

#: Documents that xmlschema judges: it takes fifty times as long.
_FEW = 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.schema.tools.speed", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="how many pm are said; each is three documents")
    messages = parser.parse_args().messages
    said = list(endless(messages))
    documents = [octets for _, octets in said]
    with tempfile.TemporaryDirectory() as folder:
        print(f"{len(documents):,} documents, in processor time on one core", flush=True)
        for name, octets in (
            ("framed stream", framed(said)),
            ("--capture", recorded(said)),
            ("pcap", captured(segments(said))),
        ):
            path = Path(folder) / name
            path.write_bytes(octets)
            _row(f"validate, {name}", len(documents), _timed(partial(_validate, path)))
        _row("xmllint --schema", len(documents), _xmllint(documents, Path(folder)))
        _row("xmlschema", _FEW, _timed(lambda: _xmlschema(documents[:_FEW])))


def _validate(path: Path) -> None:
    checker = Checker(Documents().judge)
    findings = list(checker.findings(read_items(str(path))))
    assert not [one for one in findings if one.rule.severity.value == "error"], findings[:3]


def _xmlschema(documents: list[bytes]) -> None:
    import xmlschema

    schema = xmlschema.XMLSchema(str(XSD))
    assert all(schema.is_valid(document.decode()) for document in documents)


def _xmllint(documents: list[bytes], folder: Path) -> float:
    """Each document in a file of its own, which is all that xmllint reads; hundreds of files for each start of it."""
    paths = []
    for number, octets in enumerate(documents):
        path = folder / f"{number}.xml"
        path.write_bytes(octets)
        paths.append(str(path))
    before = _of_children()
    for some in _in_parts(paths, 1000):
        subprocess.run(["xmllint", "--noout", "--schema", str(XSD), *some], check=True, stderr=subprocess.DEVNULL)
    return _of_children() - before


def _in_parts(paths: list[str], size: int) -> Iterator[list[str]]:
    rest = iter(paths)
    while part := list(islice(rest, size)):
        yield part


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _row(name: str, documents: int, seconds: float) -> None:
    print(f"{name:<24} {documents / seconds:>10,.0f} a second {1e6 * seconds / documents:>8.1f} µs each", flush=True)


if __name__ == "__main__":
    main()
