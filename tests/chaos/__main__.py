"""`python -m tests.chaos SCENARIO`: each option is a size of the scenario, and its default the large number."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

SCENARIOS = ("kill", "cuts", "order", "stalled", "soak", "descriptors", "full", "flood", "tls")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="an empty folder for records, data and log, to be kept"
    )
    commands = parser.add_subparsers(dest="scenario", required=True)
    for name in SCENARIOS:
        module = import_module(f"tests.chaos.{name}")
        command = commands.add_parser(name, help=module.__doc__)
        types = get_type_hints(module.Sizes)
        for size in fields(module.Sizes):
            option = f"--{size.name.replace('_', '-')}"
            command.add_argument(option, type=types[size.name], default=size.default, help=f"({size.default})")
    given: dict[str, Any] = vars(parser.parse_args())
    module, keep = import_module(f"tests.chaos.{given.pop('scenario')}"), given.pop("keep")
    with tempfile.TemporaryDirectory() as temporary:
        report = module.run(keep or Path(temporary), module.Sizes(**given))
    print(report)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
