"""Results as tables: for a terminal, and as Markdown for documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.machine import sentence
from tests.bench.running import Figures


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def plain(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [self.title]
        for row in (self.head, *self.rows):
            first, *others = [*zip(row, widths, strict=True)]
            cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
            lines.append("  " + "  ".join(cells).rstrip())
        return "\n".join(lines)

    def markdown(self) -> str:
        lines = [f"### {self.title}", "", _row(self.head), _row(["---"] + ["---:"] * (len(self.head) - 1))]
        return "\n".join([*lines, *map(_row, self.rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plain(results: Figures) -> str:
    return "\n\n".join([sentence(results["machine"]), *(table.plain() for table in tables(results)), *notes(results)])


def markdown(results: Figures) -> str:
    said = [sentence(results["machine"]), *(table.markdown() for table in tables(results)), *notes(results)]
    return "\n\n".join(said)


def medians(cell: Figures) -> Figures:
    """The median of each figure over the runs; nothing where none succeeded."""
    runs = cell["runs"]
    return {name: median(run[name] for run in runs) for name in runs[0]} if runs else {}


def tables(results: Figures) -> Iterator[Table]:
    yield from _fanout(results.get("fanout", []))
    crowd = results.get("crowd", [])
    for title, head, case, names in _CROWD:
        rows = [
            (one["server"], *(f"{one[name]:,.{digits}f}" for name, digits in names))
            for one in crowd
            if one["case"] == case and "failure" not in one
        ]
        if rows:
            yield Table(title, ("server", *head), rows)
    if codec := results.get("codec"):
        yield Table(
            "One document, in µs: the shortest of many; in brackets, times a plain parse",
            ("document", "octets", "parse", "decode", "decode, guarded", "encode", "validate alone"),
            [_codec_row(one) for one in codec],
        )
    if frames := results.get("frames"):
        yield Table(
            "One frame, an octet at a time",
            ("octets", "ms"),
            [
                (f"{frames['octets']:,}", f"{frames['ms']:.1f}"),
                (f"{frames['octets_twice']:,}", f"{frames['ms_twice']:.1f}"),
                ("ratio", f"{frames['ratio']:.2f}"),
            ],
        )


def notes(results: Figures) -> Iterator[str]:
    """What was left out, and what went wrong."""
    for name, why in results.get("left_out", {}).items():
        yield f"Left out: {name}. {why}"
    for cell in results.get("fanout", []):
        for failure in cell["failures"]:
            yield f"FAILED: {cell['server']}, R={cell['receivers']}, W={cell['window']}: {failure}"
    for one in results.get("crowd", []):
        if "failure" in one:
            yield f"FAILED: {one['server']}, {one['case']}: {one['failure']}"
        elif one["clients"] < one["asked"]:
            yield (
                f"{one['server']}, {one['case']}: {one['clients']:,} clients in place of {one['asked']:,}; "
                f"a process may not open more files here (ulimit -n)."
            )


def _fanout(cells: Sequence[Figures]) -> Iterator[Table]:
    for receivers, window in dict.fromkeys((cell["receivers"], cell["window"]) for cell in cells):
        here = {
            cell["server"]: medians(cell)
            for cell in cells
            if (cell["receivers"], cell["window"]) == (receivers, window)
        }
        ours = here.get("ours", {}).get("deliveries_per_s")
        head = ("server", "deliveries/s", "p50 ms", "p99 ms", "server CPU s/million", "memory MiB", "ours / it")
        rows = [
            (
                name,
                f"{found['deliveries_per_s']:,.0f}",
                f"{found['p50_ms']:.2f}",
                f"{found['p99_ms']:.2f}",
                f"{found['cpu_s_per_million']:.2f}",
                f"{found['memory_mib']:,.0f}",
                f"{ours / found['deliveries_per_s']:.2f}" if ours else "",
            )
            for name, found in here.items()
            if found
        ]
        if rows:
            yield Table(f"R = {receivers:,} receivers, W = {window} messages in flight", head, rows)


#: Title, heads, case, and the figures with their digits.
_CROWD: tuple[tuple[str, tuple[str, ...], str, tuple[tuple[str, int], ...]], ...] = (
    (
        "Memory for each idle connection that is logged in",
        ("connections", "KiB each", "MiB in all"),
        "memory",
        (("clients", 0), ("kib_each", 1), ("after_mib", 0)),
    ),
    (
        "Logins while others are online, twenty at a time",
        ("online", "logins", "logins/s", "p50 ms", "p99 ms"),
        "logins",
        (("online", 0), ("new", 0), ("logins_per_s", 0), ("p50_ms", 1), ("p99_ms", 1)),
    ),
    (
        "All connect at once",
        ("connections", "all logged in after s", "p50 ms", "slowest ms"),
        "storm",
        (("clients", 0), ("seconds", 2), ("p50_ms", 0), ("max_ms", 0)),
    ),
)


def _codec_row(one: Figures) -> tuple[str, ...]:
    def cell(name: str) -> str:
        return f"{one[name]:.1f} ({one[name] / one['parse']:.1f})"

    parse = f"{one['parse']:.1f}"
    return (
        str(one["element"]),
        str(one["octets"]),
        parse,
        *map(cell, ("decode", "guarded", "encode", "validate")),
    )
