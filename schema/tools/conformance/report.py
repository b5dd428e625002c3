"""How results are told: as text, as JSON and as JUnit's XML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from schema.tools.conformance.check import Outcome, Result
from schema.tools.judging.excerpts import harmless

_WORDS = {Outcome.PASS: "ok  ", Outcome.FAIL: "FAIL", Outcome.SKIP: "skip"}


def text(results: Iterable[Result], out: TextIO, _name: str) -> list[Result]:
    """A line for each check, and of one that failed the sentence and what was wrong; at the end the count."""
    told = []
    for result in results:
        told.append(result)
        detail = f": {harmless(result.detail)}" if result.outcome is Outcome.SKIP else ""
        print(f"{_WORDS[result.outcome]}  {result.check.id}{detail}", file=out)
        if result.outcome is Outcome.FAIL:
            print(f"      > {result.check.quote}\n      {harmless(result.detail)}", file=out)
        out.flush()
    print(counted(told), file=out)
    return told


def objects(results: Iterable[Result], out: TextIO, _name: str) -> list[Result]:
    """A list of objects, each on its line."""
    told = list(results)
    lines = ",\n".join(harmless(json.dumps(result.as_fields(), ensure_ascii=False)) for result in told)
    print(f"[\n{lines}\n]", file=out)
    return told


def junit(results: Iterable[Result], out: TextIO, name: str) -> list[Result]:
    """A suite, with a test for each check."""
    told = list(results)
    counts = Counter(result.outcome for result in told)
    numbers = f'tests="{len(told)}" failures="{counts[Outcome.FAIL]}" errors="0" skipped="{counts[Outcome.SKIP]}"'
    print(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name={quoteattr(name)} {numbers}>', file=out)
    for result in told:
        subject, _, check = result.check.id.partition("/")
        case = f"  <testcase classname={quoteattr(subject)} name={quoteattr(check)}"
        message = quoteattr(harmless(result.detail).rstrip())
        if result.outcome is Outcome.FAIL:
            print(f"{case}><failure message={message}>{escape(result.check.quote)}</failure></testcase>", file=out)
        elif result.outcome is Outcome.SKIP:
            print(f"{case}><skipped message={message}/></testcase>", file=out)
        else:
            print(f"{case}/>", file=out)
    print("</testsuite>", file=out)
    return told


def counted(results: list[Result]) -> str:
    """In words, as `120 checks: 118 passed, 1 failed, 1 skipped`."""
    counts = Counter(result.outcome for result in results)
    said = f"{counts[Outcome.PASS]} passed, {counts[Outcome.FAIL]} failed, {counts[Outcome.SKIP]} skipped"
    return f"{len(results)} {'check' if len(results) == 1 else 'checks'}: {said}"


#: By the word that --format takes.
FORMATS: dict[str, Callable[[Iterable[Result], TextIO, str], list[Result]]] = {
    "text": text,
    "json": objects,
    "junit": junit,
}
