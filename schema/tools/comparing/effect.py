"""What a change does to the documents that are valid: some are lost, some are gained, or neither."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum


class Degree(IntEnum):
    """How sure it is."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Effect:
    """`narrowed`: something was valid and is so no longer, as `lost` is. `widened`: something is valid that was not."""

    narrowed: Degree = Degree.NO
    widened: Degree = Degree.NO
    lost: str | None = None
    gained: str | None = None

    def within(self, whole: Effect) -> Effect:
        """What is left of it where the whole, of which it is a part, was looked at more closely."""
        narrowed, widened = min(self.narrowed, whole.narrowed), min(self.widened, whole.widened)
        return replace(self, narrowed=narrowed, widened=widened)


SAME = Effect()
NARROWED = Effect(narrowed=Degree.YES)
WIDENED = Effect(widened=Degree.YES)
BOTH = Effect(Degree.YES, Degree.YES)
UNKNOWN = Effect(Degree.MAYBE, Degree.MAYBE)


@dataclass(frozen=True, slots=True)
class Part:
    """A difference inside a declaration. `at` is what follows its path, as /@room or /text, or nothing.

    `added`: it says only that something may be there, so that who does not know it can be spared it.
    """

    at: str
    what: str
    effect: Effect
    added: bool = False


@dataclass(slots=True)
class Change:
    """A difference with all the places at which documents meet it, the first of which stands for it."""

    what: str
    effect: Effect
    added: bool = False
    paths: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return self.paths[0]

    @property
    def roots(self) -> list[str]:
        """The documents it is met in; none where it is about all of them."""
        return list(dict.fromkeys(path.split("/")[1] for path in self.paths if path.strip("/")))
