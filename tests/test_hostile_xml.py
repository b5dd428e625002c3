"""Every row of the checklist of hostile XML: its exact code on both sides, in little time, and again over a socket."""

from __future__ import annotations

import time

import pytest

from schema.errors import Refusal
from schema.framing import frame
from schema.messages import Error, Message, Pm, Side
from tests.conftest import Connect, Serve
from tests.examples import INVALID, said
from tests.hostile.checklist import CASES, ROWS, SIZES, Case

#: Seconds of this thread's own time for one document, the best of three: what other programs do does not count.
QUICK = 0.1

#: Codes of documents that are wrong and not hostile.
NOT_ATTACKS = {"invalid", "unknown-element", "wrong-direction"}

BY_CLIENT = [case for case in CASES if case.sender is Side.CLIENT]


def code_of(got: Message | Refusal) -> str | None:
    return got.code.name if isinstance(got, Refusal) else None


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "not guarded"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_gets_its_code_in_little_time(case: Case, guarded: bool) -> None:
    octets = case.octets()
    assert len(octets) <= SIZES[case.sender]
    took = []
    while len(took) < 3 and min(took, default=QUICK) >= QUICK:
        began = time.thread_time()
        got = said(octets, case.sender, guarded=guarded)
        took.append(time.thread_time() - began)
        assert code_of(got) == case.code, getattr(got, "sentence", got)
    assert min(took) < QUICK


def test_every_example_that_xml_itself_or_its_tricks_refuse_stands_in_a_row() -> None:
    """Those that are merely invalid are not attacks."""
    named = {one for inputs in ROWS.values() for one in inputs if isinstance(one, str)}
    files = {example.file.rpartition("/")[2] for example in INVALID if example.code not in NOT_ATTACKS}
    assert files - named == set()


def test_a_real_server_answers_each_and_goes_on(serve: Serve, connect: Connect) -> None:
    address = serve(refusals=len(CASES)).address
    witness = connect("witness", at=address)
    for name in (None, "anna"):
        peer = connect(name, at=address)
        peer.sync()
        for case in BY_CLIENT:
            if case.code is not None:
                peer.send_octets(frame(case.octets()))
                assert peer.receive_until(Error).code == case.code, case
                assert peer.sync() == [], f"{case}: more than one answer"
    assert witness.publish(Pm(id="after", text="Still here")) == 1
