"""Decodes the whole checklist in a process of its own, for those who watch it: `python -m tests.hostile.decoding`.

It says on stdout, as JSON, by how many KiB the most memory that it ever had grew with the documents of each side.
"""

from __future__ import annotations

import contextlib
import json
import resource
from pathlib import Path

from schema.codec import decode, encode
from schema.errors import Refusal
from schema.messages import Pm, Side
from tests.hostile.checklist import CASES

#: Files that are looked for, and are not there, before the last time that everything is decoded and after it.
BEGIN, END = Path("/decoding-begins"), Path("/decoding-ends")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _decode(sender: Side, *, guarded: bool) -> None:
    for case in CASES:
        if case.sender is sender:
            with contextlib.suppress(Refusal):
                decode(case.octets(), sender, guarded=guarded)


def main() -> None:
    decode(encode(Pm(id="1", text="")))
    grown = {}
    for sender in (Side.CLIENT, Side.SERVER):
        before = _peak()
        _decode(sender, guarded=True)
        grown[sender.value] = _peak() - before
    BEGIN.exists()
    for sender in Side:
        _decode(sender, guarded=False)
    END.exists()
    print(json.dumps(grown))


if __name__ == "__main__":
    main()
