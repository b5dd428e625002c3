"""Reads and plays conversations: scripts of who sends what and what the others then receive.

    alice connects
    alice sends:
        <login id="1" name="alice"/>
    alice receives:
        <prompt re="1" name="alice" account="new"><text>*</text></prompt>
    bob receives nothing
    alice becomes moderator

A line of XML is one document, written without its namespace. Where something is received, `*` stands for anything and
`{word}` for the same thing wherever it stands; once it has been received, it may be a part of what is received or sent,
as in `read-{word}`. Everything else has to be as written. The
documents of one step may come in any order, and nothing may come that no step names. A role is given as the operator
does it, beside the running server.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from schema.codec import encode
from schema.framing import frame
from schema.messages import NAMESPACE, Message
from tests.peer import Peer
from tests.server.people import appoint

_STEP = re.compile(
    r"(?P<actor>\w+) (?P<verb>connects|disconnects|sends|receives nothing|receives|is gone|becomes \w+):?"
)
_ROOT = re.compile(r"<([\w-]+)")
_CAPTURE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Step:
    line: int
    actor: str
    verb: str
    documents: list[str] = field(default_factory=list)


class BadScript(Exception):
    """A line that is no step of a conversation."""


def read(script: str) -> list[Step]:
    steps: list[Step] = []
    for number, line in enumerate(script.splitlines(), 1):
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        if line[0].isspace() and steps:
            steps[-1].documents.append(said)
            continue
        found = _STEP.fullmatch(said)
        if found is None:
            raise BadScript(f"line {number}: {line}")
        steps.append(Step(number, found["actor"], found["verb"]))
    return steps


class Play:
    """A conversation with the server at this address, whose data folder is there too."""

    def __init__(self, address: tuple[str, int], data: Path) -> None:
        self._address = address
        self._data = data
        self._actors: dict[str, Peer] = {}
        # What the captures stand for.
        self._known: dict[str, str] = {}

    def perform(self, path: Path) -> None:
        try:
            for step in read(path.read_text(encoding="utf-8")):
                try:
                    self._take(step)
                except (AssertionError, OSError, EOFError) as error:
                    raise AssertionError(f"{path.name}, line {step.line}: {error}") from error
            for name in self._actors:
                assert not self._unread(name), f"{path.name}: {name} received more than was said"
        finally:
            for peer in self._actors.values():
                peer.close()

    def _take(self, step: Step) -> None:
        match step.verb:
            case "connects":
                self._actors[step.actor] = Peer.at(self._address)
            case "disconnects":
                self._actors.pop(step.actor).close()
            case "sends":
                for document in step.documents:
                    self._actors[step.actor].send_octets(frame(self._written(document)))
            case "receives":
                for document in step.documents:
                    self._receive(self._actors[step.actor], document)
            case "receives nothing":
                unread = self._unread(step.actor)
                assert not unread, f"{step.actor} received {unread}"
            case "is gone":
                gone = self._actors.pop(step.actor)
                gone.expect_closed()
                gone.close()
                assert not gone.others, f"{step.actor} received {gone.others}"
            case _:
                appoint(self._data, step.actor, step.verb.removeprefix("becomes "))

    def _written(self, document: str) -> bytes:
        """The document with its namespace, and with what the captures stand for."""
        filled = _CAPTURE.sub(lambda found: self._known[found[1]], document)
        return _ROOT.sub(rf'<\1 xmlns="{NAMESPACE}"', filled, count=1).encode()

    def _receive(self, actor: Peer, expected: str) -> None:
        pattern = ET.fromstring(expected)

        def fits(message: Message) -> bool:
            captures = dict(self._known)
            found = ET.fromstring(encode(message))
            if not all(_fits(said, value, captures) for said, value in _pairs(pattern, found)):
                return False
            self._known = captures
            return True

        try:
            actor.receive_until(Message, fits)
        except (OSError, EOFError) as error:
            came = "\n    ".join(encode(message).decode() for message in actor.others)
            raise AssertionError(f"never received\n    {expected}\nbut\n    {came or 'nothing'}") from error

    def _unread(self, actor: str) -> list[Message]:
        return self._actors[actor].sync()


def _pairs(pattern: ET.Element, found: ET.Element) -> Iterator[tuple[str, str]]:
    """Everything that has to fit: names, attributes, texts, and the same of what is inside."""
    yield pattern.tag, found.tag.removeprefix(f"{{{NAMESPACE}}}")
    yield " ".join(sorted(pattern.keys())), " ".join(sorted(found.keys()))
    for name in set(pattern.keys()) & set(found.keys()):
        yield pattern.attrib[name], found.attrib[name]
    yield pattern.text or "", found.text or ""
    yield str(len(pattern)), str(len(found))
    for below, there in zip(pattern, found, strict=False):
        yield from _pairs(below, there)


def _fits(said: str, value: str, captures: dict[str, str]) -> bool:
    if said == "*":
        return True
    if capture := _CAPTURE.fullmatch(said):
        return captures.setdefault(capture[1], value) == value
    return _CAPTURE.sub(lambda found: captures.get(found[1], found[0]), said) == value
