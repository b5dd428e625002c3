"""Every row of the checklist of hostile XML: its exact code on both sides, in little time, and again over a socket."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schema.errors import Refusal
from schema.framing import frame
from schema.messages import Error, Message, Pm, Side
from tests.conftest import ROOT, Connect, Serve
from tests.examples import INVALID, said
from tests.hostile import decoding
from tests.hostile.checklist import CASES, ROWS, SIZES, Case

#: Seconds of this thread's own time for one document, the best of three: what other programs do does not count.
QUICK = 0.1

#: Codes of documents that are wrong and not hostile.
NOT_ATTACKS = {"invalid", "unknown-element", "wrong-direction"}

BY_CLIENT = [case for case in CASES if case.sender is Side.CLIENT]


def code_of(got: Message | Refusal) -> str | None:
    return got.code.name if isinstance(got, Refusal) else None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_gets_its_code_in_little_time(case: Case) -> None:
    """With the guard, which runs before a login, and without."""
    octets = case.octets()
    assert len(octets) <= SIZES[case.sender]
    for guarded in (True, False):
        took: list[float] = []
        while len(took) < 3 and min(took, default=QUICK) >= QUICK:
            began = time.thread_time()
            got = said(octets, case.sender, guarded=guarded)
            took.append(time.thread_time() - began)
            assert code_of(got) == case.code, (guarded, getattr(got, "sentence", got))
        assert min(took) < QUICK, guarded


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


#: KiB by which the peak of the memory may grow with all documents of a side, one after the other: what the allocator
#: keeps, and for each octet of the largest document 60, since a tag of four octets becomes a node of 120.
MOST_MEMORY = {"client": 16 * 1024, "server": 64 * 1024}


@pytest.mark.heavy
def test_no_file_is_opened_no_socket_made_and_no_memory_taken_beyond_the_size_of_a_document(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    watched = [strace, "-f", "-qq", "-o", str(trace), "-e", "trace=%file,%network"]
    done = subprocess.run(
        [*watched, sys.executable, "-m", decoding.__name__], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    if done.returncode and "ptrace" in done.stderr.lower():
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    calls = trace.read_text(errors="replace").splitlines()
    begin, end = (
        next(n for n, call in enumerate(calls) if str(mark) in call) for mark in (decoding.BEGIN, decoding.END)
    )
    assert calls[begin + 1 : end] == []
    # The first time, Python may still have loaded modules of its own.
    assert not [call for call in calls if "/etc/passwd" in call or "socket(" in call or "connect(" in call]
    grown = json.loads(done.stdout)
    assert {side: grown[side] <= most for side, most in MOST_MEMORY.items()} == dict.fromkeys(MOST_MEMORY, True), grown
