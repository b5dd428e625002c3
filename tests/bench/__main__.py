"""`python -m tests.bench`: starts our server and whichever others are installed, has all of them do the same work, and
prints what it took. tests/bench/README.md says what the figures mean."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench import codec, crowd, fanout
from tests.bench.compiler import NoCompilerError, build
from tests.bench.machine import describe
from tests.bench.peers import OURS, PEERS, Server
from tests.bench.report import markdown, plain
from tests.bench.running import Figures, NotRunningError, Running, running

CASES = ("fanout", "crowd", "codec")

#: What --quick makes of the sizes: seconds, and figures that say no more than that everything works.
QUICK_FANOUT = fanout.Sizes(receivers=(3,), windows=(1, 2), rounds=1, deliveries=60, messages=10, quiet=0.05)
QUICK_CROWD = crowd.Sizes(idle=20, online=10, logins=5, storm=20, quiet=0.05)
QUICK_CODEC = codec.Sizes(loops=5, repeats=2)


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    if parsed.report:
        results = json.loads(parsed.report.read_text())
        print(markdown(results))
    else:
        try:
            results = _measure(parsed)
        except (NoCompilerError, NotRunningError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        print(plain(results))
        if parsed.json:
            parsed.json.write_text(json.dumps(results, indent=1) + "\n")
    if parsed.plot and not _draw(results, parsed.plot):
        return 1
    return 1 if _failed(results) else 0


def _measure(parsed: argparse.Namespace) -> Figures:
    """Raises NoCompilerError, and NotRunningError where our own server does not run."""
    results: Figures = {"machine": describe(), "left_out": {}}
    room = crowd.raise_limit()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        # Some servers give up root, and have to find their files all the same.
        folder.chmod(0o755)
        servers = [OURS, *_installed(parsed.peers, results["left_out"])]
        if "codec" in parsed.cases:
            _say("codec")
            sizes = QUICK_CODEC if parsed.quick else codec.Sizes()
            results["codec"] = list(codec.run(sizes))
            results["frames"] = codec.frames(sizes)
        if "crowd" in parsed.cases:
            load = build("load", folder)
            results["crowd"] = []
            for server in servers:
                with _started([server], folder, results["left_out"]) as started:
                    for one in started:
                        results["crowd"] += crowd.run(load, one, _crowd_sizes(parsed), room, _say)
        if "fanout" in parsed.cases:
            load = build("load", folder)
            with _started(servers, folder, results["left_out"]) as started:
                results["fanout"] = list(fanout.run(load, started, _fanout_sizes(parsed), _say))
    return results


def _crowd_sizes(parsed: argparse.Namespace) -> crowd.Sizes:
    sizes = QUICK_CROWD if parsed.quick else crowd.Sizes()
    return sizes if parsed.idle is None else replace(sizes, idle=parsed.idle)


def _fanout_sizes(parsed: argparse.Namespace) -> fanout.Sizes:
    sizes = QUICK_FANOUT if parsed.quick else fanout.Sizes()
    given = {name: getattr(parsed, name) for name in ("receivers", "windows", "rounds", "deliveries")}
    return replace(sizes, **{name: value for name, value in given.items() if value is not None})


def _installed(wanted: Sequence[str], left_out: dict[str, str]) -> list[Server]:
    found = []
    for server in PEERS:
        if server.name not in wanted:
            continue
        if not server.installed:
            left_out[server.name] = f"{server.programs[0]} is not installed."
        else:
            found.append(server)
    return found


@contextlib.contextmanager
def _started(servers: Sequence[Server], folder: Path, left_out: dict[str, str]) -> Iterator[list[Running]]:
    """All that come up. Raises NotRunningError where our own does not."""
    with tempfile.TemporaryDirectory(dir=folder) as name, contextlib.ExitStack() as stack:
        place = Path(name)
        place.chmod(0o755)
        started = []
        for server in servers:
            try:
                started.append(stack.enter_context(running(server, place)))
            except NotRunningError as error:
                if server is OURS:
                    raise
                left_out[server.name] = str(error)
        yield started


def _draw(results: Figures, name: Path) -> bool:
    try:
        from tests.bench.plot import draw

        written = draw(results, name)
    except ModuleNotFoundError as error:
        print(f"bench: no picture: {error}. Run: pip install -r tests/bench/requirements.txt", file=sys.stderr)
        return False
    print(f"\nDrawn: {', '.join(map(str, written))}", file=sys.stderr)
    return True


def _failed(results: Figures) -> bool:
    """Whether our own server has not done its work. How fast it was is nobody's failure."""
    return any(cell["failures"] for cell in results.get("fanout", []) if cell["server"] == "ours") or any(
        "failure" in one for one in results.get("crowd", []) if one["server"] == "ours"
    )


def _say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add = parser.add_argument
    names = [server.name for server in PEERS]
    add("--cases", type=_some_of(CASES), default=CASES, help=f"of {','.join(CASES)} (all)")
    add("--peers", type=_some_of(names), default=names, help=f"of {','.join(names)} (those that are installed)")
    add("--receivers", type=_numbers, help="sizes of the room (10,100,1000)")
    add("--window", dest="windows", type=_numbers, help="messages in flight (1,16,64)")
    add("--rounds", type=int, help="rounds, in each of which every server has its turn (5)")
    add("--deliveries", type=int, help="deliveries aimed at in one run (200000)")
    add("--idle", type=int, help="connections whose memory is measured (5000)")
    add("--quick", action="store_true", help="tiny numbers: shows in seconds that everything works")
    add("--json", type=Path, metavar="FILE", help="write all results")
    add("--plot", type=Path, metavar="NAME", help="draw NAME.png and NAME.svg")
    add("--report", type=Path, metavar="FILE", help="measure nothing; print the results in FILE as Markdown")
    return parser


def _numbers(said: str) -> tuple[int, ...]:
    numbers = tuple(map(int, said.split(",")))
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"{said}: expected numbers from 1 on, with commas")
    return numbers


def _some_of(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def parse(said: str) -> tuple[str, ...]:
        names = tuple(filter(None, said.split(",")))
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return names

    return parse


if __name__ == "__main__":
    sys.exit(main())
