"""`python -m schema dissector`: a dissector for Wireshark and tshark, made from the schema."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from schema.tools.judging.foreign import BadSchema
from schema.validity import XSD

USAGE, UNREADABLE = 2, 3

#: What Wireshark takes for the name of a protocol in a filter.
_NAME = re.compile(r"[a-z][a-z0-9_]*")

_PROTOCOL, _PORT, _TLS_PORT = "xmlchat", 7700, 7743


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--schema", type=Path, default=XSD, metavar="XSD", help="another protocol in the same frames, by its schema")
    add("--protocol", default=_PROTOCOL, metavar="NAME", help=f"what filters begin with ({_PROTOCOL})")
    add("--port", type=int, default=_PORT, metavar="N", help=f"the server's port ({_PORT})")
    add("--tls-port", type=int, default=_TLS_PORT, metavar="N", help=f"the server's port for TLS ({_TLS_PORT})")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    # The package that reads schemas takes its time, which --help need not.
    from schema.tools.components import load
    from schema.tools.dissecting.lua import dissector

    if not _NAME.fullmatch(arguments.protocol):
        print(f"python -m schema dissector: '{arguments.protocol}' is no name: a-z, 0-9 and _", file=sys.stderr)
        return USAGE
    if not all(0 < port < 65536 for port in (arguments.port, arguments.tls_port)):
        print("python -m schema dissector: a port is 1 to 65535", file=sys.stderr)
        return USAGE
    try:
        schema = load(arguments.schema)
    except BadSchema as error:
        print(f"python -m schema dissector: {error}", file=sys.stderr)
        return UNREADABLE
    print(dissector(schema, protocol=arguments.protocol, port=arguments.port, tls_port=arguments.tls_port), end="")
    return 0
