"""Documents judged by two schemas, and those of which the two do not say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from schema.parsing import parse
from schema.tools.comparing.effect import NARROWED, WIDENED, Change
from schema.tools.inputs.item import Document, Item
from schema.tools.judging.foreign import ForeignDocuments
from schema.tools.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class Turned:
    """A document whose verdict is another now. `findings` are those of the schema that refuses it."""

    document: Document
    root: str
    valid_now: bool
    findings: list[Finding]

    @property
    def change(self) -> Change:
        """What it shows of the two schemas."""
        return Change("verdict", WIDENED if self.valid_now else NARROWED, self.valid_now, [f"/{self.root}"])


class Trial:
    """Not thread-safe. `documents` counts those that were judged."""

    def __init__(self, old: Path, new: Path) -> None:
        """Raises BadSchema."""
        self._before = ForeignDocuments(old, restricted=False)
        self._after = ForeignDocuments(new, restricted=False)
        self.documents = 0

    def turned(self, items: Iterable[Item]) -> Iterator[Turned]:
        """What is no document is passed over."""
        for item in items:
            if isinstance(item, Document):
                self.documents += 1
                before: list[Finding] = []
                after: list[Finding] = []
                self._before.judge(item, before)
                self._after.judge(item, after)
                if bool(before) is not bool(after):
                    root = etree.QName(parse(item.octets)).localname
                    yield Turned(item, root, not after, before or after)
