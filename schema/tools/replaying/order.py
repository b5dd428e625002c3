"""In which order the clients of a capture speak when it is played.

Nobody recorded in which order a server took commands that were on their way at once. It shows in its answers: messages
by their `seq`, the rest by which answer came first. Played in that order, one after another, they come out the same.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from schema.messages import Dm, Ok, Pm, Side
from schema.tools.replaying.script import Said, Script


@dataclass(frozen=True, slots=True)
class Step:
    """`said` is to be sent, or the connection left where it is None."""

    position: float
    connection: int
    said: Said | None

    @property
    def answered(self) -> float:
        """Where in the capture the answer stands."""
        if self.said is None:
            return self.position
        return self.said.answer.position if self.said.answer else inf

    @property
    def seq(self) -> int | None:
        said = self.said
        if said is None or said.answer is None or not isinstance(said.message, Pm | Dm):
            return None
        return said.answer.message.seq if isinstance(said.answer.message, Ok) else None


def steps_of(script: Script) -> Iterator[Step]:
    """All of them, each connection's in its own order, and none before what was answered before it was sent."""
    queues: dict[int, list[Step]] = {}
    for talk in script.talks.values():
        steps = [Step(said.position, talk.number, said) for said in talk.by(Side.CLIENT)]
        if talk.left is not None:
            steps.append(Step(talk.left, talk.number, None))
        if steps:
            queues[talk.number] = steps[::-1]
    waiting = sorted(
        (step for queue in queues.values() for step in queue), key=lambda step: step.answered, reverse=True
    )
    # A message that was sent again has the number that it had before, and waits for nobody.
    first = {step.seq: step for step in waiting if step.seq is not None}
    numbered = sorted(first.values(), key=lambda step: step.seq or 0, reverse=True)
    posts = {step.position for step in numbered}
    done: set[float] = set()
    # The next step of each connection: those not yet due, by their place; those due, by that of their answer.
    early = [(queue[-1].position, number) for number, queue in queues.items()]
    heapq.heapify(early)
    due: list[tuple[float, float, int]] = []
    held: dict[float, int] = {}
    while early or due or held:
        while waiting and waiting[-1].position in done:
            waiting.pop()
        while numbered and numbered[-1].position in done:
            numbered.pop()
        while early and (not waiting or early[0][0] <= waiting[-1].answered):
            position, number = heapq.heappop(early)
            heapq.heappush(due, (queues[number][-1].answered, position, number))
        lowest = numbered[-1].position if numbered else -1
        number = _next(due, held, posts, lowest) if due or held else heapq.heappop(early)[1]
        step = queues[number].pop()
        done.add(step.position)
        yield step
        if queues[number]:
            heapq.heappush(early, (queues[number][-1].position, number))


def _next(due: list[tuple[float, float, int]], held: dict[float, int], posts: set[float], lowest: float) -> int:
    """The connection whose turn it is. `held` are those, by position, whose message has not the lowest number yet."""
    if lowest in held:
        return held.pop(lowest)
    while due:
        _, position, number = heapq.heappop(due)
        if position == lowest or position not in posts:
            return number
        held[position] = number
    # Only a capture whose records are not in order comes here.
    return held.pop(min(held))
