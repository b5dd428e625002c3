"""Measures what the example clients can do, and writes it into the table of client/examples/README.md."""

from __future__ import annotations

import sys

from tests.client.examples.table import write

if __name__ == "__main__":
    wrong = write()
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(bool(wrong))
