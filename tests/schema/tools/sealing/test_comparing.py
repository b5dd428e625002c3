from __future__ import annotations

import io

import pytest

from schema.tools.sealing.comparing import Comparison
from schema.tools.sealing.reading import read_parts
from tests.schema.tools.sealing.made import TALK, Stored, canonical_form, made_of, said

LAST = TALK[-1].seq
NEWER = (said(LAST + 1), said(LAST + 5))


@pytest.mark.parametrize(
    ("source", "flaws", "newer"),
    [
        (TALK, [], 0),
        ((*TALK, *NEWER), [], 2),
        (TALK[1:], [(1, "is not in the source")], 0),
        (TALK[:-1], [(6, "is not in the source")], 0),
        ((), [(n, "is not in the source") for n in range(1, 7)], 0),
        ((said(1), *TALK), [(None, "of the source is not in the transcript")], 0),
        ((*TALK[:2], said(6), *TALK[2:]), [(None, "of the source is not in the transcript")], 0),
        ((*TALK[:2], said(7, "other"), *TALK[3:]), [(3, "is another in the source")], 0),
        ((*TALK[:2], said(8), *TALK[3:]), [(3, "is not in the source"), (None, "is not in the transcript")], 0),
    ],
)
def test_a_transcript_beside_its_source(
    source: tuple[Stored, ...], flaws: list[tuple[int | None, str]], newer: int
) -> None:
    comparison = Comparison(iter([(one.seq, canonical_form(one)) for one in source]), LAST)
    found = list(comparison.flaws(read_parts(io.BytesIO(made_of()))))
    assert [flaw.entry for flaw in found] == [entry for entry, _ in flaws]
    assert all(words in flaw.sentence for flaw, (_, words) in zip(found, flaws, strict=True))
    assert comparison.newer == newer


def test_an_empty_transcript_leaves_out_nothing() -> None:
    comparison = Comparison(iter([(1, canonical_form(said(1)))]), None)
    assert list(comparison.flaws(read_parts(io.BytesIO(made_of(()))))) == []
    assert comparison.newer == 1
