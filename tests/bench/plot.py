"""Draws the fan-out: deliveries per second and latency against the number of receivers, each server a line."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.machine import sentence
from tests.bench.report import medians
from tests.bench.running import Figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Colour and sign of each server. The colours are those of Okabe and Ito, which those see apart too who see red and
#: green alike; the signs differ as well, for a printer without colours.
_LOOKS = {
    "ours": ("#D55E00", "o"),
    "limit": ("#000000", "x"),
    "nats": ("#0072B2", "s"),
    "inspircd": ("#009E73", "^"),
    "ngircd": ("#56B4E9", "v"),
    "prosody": ("#CC79A7", "D"),
    "ejabberd": ("#E69F00", "P"),
}

#: The same results give the same octets: no date, no name of a program, no identifiers by chance.
_SETTINGS: Any = {"svg.hashsalt": "xmlchat", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}
_METADATA: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def draw(results: Figures, name: Path) -> list[Path]:
    """Writes NAME.png and NAME.svg."""
    import matplotlib as mpl

    # Without a screen, and whatever the machine is set to.
    mpl.use("agg")
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        return _draw(results, name)


def _draw(results: Figures, name: Path) -> list[Path]:
    from matplotlib.figure import Figure

    cells = [cell for cell in results["fanout"] if cell["runs"]]
    windows = sorted({cell["window"] for cell in cells})
    figure = Figure(figsize=(10, 1.3 + 3.1 * len(windows)), layout="constrained")
    panels = figure.subplots(len(windows), 2, squeeze=False, sharey="col")
    for (left, right), window in zip(panels, windows, strict=True):
        here = [cell for cell in cells if cell["window"] == window]
        for server in [server for server in _LOOKS if any(cell["server"] == server for cell in here)]:
            _add(left, right, server, [cell for cell in here if cell["server"] == server])
        flight = f"{window} message{'s' if window > 1 else ''} in flight"
        _dress(left, f"Deliveries per second, {flight}", "deliveries/s (more is better)", here)
        _dress(right, f"Latency, {flight}: p50 solid, p99 dashed", "ms (less is better)", here)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(_LOOKS), frameon=False)
    rounds = max((len(cell["runs"]) for cell in cells), default=0)
    caption = f"Rounds: {rounds}, of which the medians. {sentence(results['machine'])}"
    figure.supxlabel("\n".join(textwrap.wrap(caption, 130)), fontsize=8)
    written = []
    for kind, metadata in _METADATA.items():
        path = name.with_suffix(f".{kind}")
        figure.savefig(path, format=kind, dpi=150, metadata=metadata)
        written.append(path)
    return written


def _add(left: Axes, right: Axes, server: str, cells: Sequence[Figures]) -> None:
    points = sorted((cell["receivers"], medians(cell)) for cell in cells)
    receivers = [number for number, _ in points]
    colour, sign = _LOOKS[server]
    look: dict[str, Any] = {
        "color": colour,
        "marker": sign,
        "markersize": 5,
        "linewidth": 2 if server == "ours" else 1.2,
    }
    left.plot(receivers, [found["deliveries_per_s"] for _, found in points], label=server, **look)
    right.plot(receivers, [found["p50_ms"] for _, found in points], **look)
    right.plot(receivers, [found["p99_ms"] for _, found in points], linestyle="--", markerfacecolor="white", **look)


def _dress(panel: Axes, title: str, unit: str, cells: Sequence[Figures]) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    receivers = sorted({cell["receivers"] for cell in cells})
    panel.set_title(title, fontsize=10)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks(receivers, [f"{number:,}" for number in receivers])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    panel.set_xlabel("receivers in the room")
    panel.set_ylabel(unit)
