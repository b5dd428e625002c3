"""What a scenario has found: figures for people, and what should not have been."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Problems that are printed; more would only repeat themselves.
_SHOWN = 20


@dataclass
class Report:
    """It holds where there are no problems."""

    scenario: str
    figures: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)

    def __str__(self) -> str:
        width = max(map(len, self.figures), default=0)
        lines = [f"{self.scenario}: {'FAILED' if self.problems else 'holds'}"]
        lines += [f"  {name:<{width}}  {_said(value)}" for name, value in self.figures.items()]
        lines += [f"  ! {problem}" for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"  ! and {len(self.problems) - _SHOWN} more")
        return "\n".join(lines)


def _said(value: object) -> str:
    match value:
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            return str(value)
