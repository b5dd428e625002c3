"""The command line of `python -m schema`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from schema.tools import validate

EXIT_CODES = "exit codes: 0 all valid, 1 something invalid, 2 usage, 3 unreadable"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m schema", description="Tools for the documents of xmlchat.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    validate.add_arguments(
        commands.add_parser(
            "validate",
            help="check documents and captures against the schema",
            description="Check XML documents, raw framed streams and captures against chat.xsd, told apart by content.",
            epilog=EXIT_CODES,
        )
    )
    parsed = parser.parse_args(arguments)
    status: int = parsed.run(parsed)
    return status
