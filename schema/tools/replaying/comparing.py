"""What differs between a document of a capture and the one that came in its place."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from schema.messages import Message, Notice
from schema.tools.formats.message_line import told
from schema.written import written

#: What may differ, by element: attributes and the `text` within. Of these only is compared whether they are there. The
#: `re` of an answer is not here: it is by it that the answer is found.
SET_ASIDE: Final[dict[str, frozenset[str]]] = {
    # Who the server is, and when.
    "greeting": frozenset(("server", "version", "time")),
    # The numbering of the server, and its clock.
    "welcome": frozenset(("seq", "place")),
    "ok": frozenset(("seq", "time")),
    "broadcast": frozenset(("seq", "time")),
    "direct": frozenset(("seq", "time")),
    "resumed": frozenset(("seq",)),
    "notice": frozenset(("time",)),
    "sanction": frozenset(("time", "until")),
    # Sentences are for people; the code says what is meant.
    "error": frozenset(("text", "retry")),
    "prompt": frozenset(("text",)),
    "bye": frozenset(("text",)),
}

#: The same of a notice that is the server's own. One that is `from` somebody holds what was said.
_OWN_NOTICE: Final = SET_ASIDE["notice"] | {"text"}

_ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Change:
    """`at` is the path of an element or attribute; None is one that is not there."""

    at: str
    expected: str | None
    got: str | None


def changes(expected: Message | None, got: Message | None, *, only_code: bool = False) -> list[Change]:
    """Nothing where both say the same. With `only_code` of an error no more than its code is compared."""
    if expected is None or got is None or type(expected) is not type(got):
        one = expected or got
        if one is None:
            return []
        return [Change(f"/{one.element}", told(expected) if expected else None, told(got) if got else None)]
    before, after = leaves(expected), leaves(got)
    paths = ["/error/@code"] if only_code else [*before, *(path for path in after if path not in before)]
    return [Change(path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)]


def same(expected: Message, got: Message) -> bool:
    return type(expected) is type(got) and leaves(expected) == leaves(got)


def leaves(message: Message) -> dict[str, str]:
    """Everything that it says, by its path. Of what is set aside only that it is there.

    What has a name is found by it, so that the order of a list means nothing.
    """
    found: dict[str, str] = {}
    _gather(message, message.element, f"/{message.element}", found)
    return found


def _gather(said: Any, element: str, at: str, found: dict[str, str]) -> None:
    own = isinstance(said, Notice) and said.sender is None
    aside = _OWN_NOTICE if own else SET_ASIDE.get(element, frozenset())
    for spec in fields(said):
        value, how = getattr(said, spec.name), written(spec)
        if value is None or how.name == "re":
            continue
        if not how.many:
            path = f"{at}/{how.name}" if how.child else f"{at}/@{how.name}"
            found[path] = _ANYTHING if how.name in aside else _said(value)
            continue
        for place, item in enumerate(value, 1):
            if is_dataclass(item):
                key = f"@name='{item.name}'" if hasattr(item, "name") else place
                found[f"{at}/{how.name}[{key}]"] = "there"
                _gather(item, how.name, f"{at}/{how.name}[{key}]", found)
            else:
                key = f"@{how.only}='{item}'" if how.only else f".='{item}'"
                found[f"{at}/{how.name}[{key}]"] = "there"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
