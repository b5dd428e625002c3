"""Measures what the example clients can do, and writes it into the table of client/examples/README.md."""

from __future__ import annotations

import logging
import sys

from tests.client.examples.table import write

if __name__ == "__main__":
    # The servers that are tried with would tell of every login.
    logging.disable()
    wrong = write()
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(bool(wrong))
