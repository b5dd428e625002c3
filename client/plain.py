"""Lines in, lines out: for pipes, scripts and dumb terminals."""

from __future__ import annotations

from collections.abc import Iterator

from client.connection import Client
from client.input import Input
from client.lines import MAX_LINE
from client.output import Output
from client.show import Show


def run_plain(client: Client, output: Output, lines: Iterator[bytes], show: Show) -> None:
    """Carries out every line, then logs out. Raises what ended the connection otherwise."""
    typed = Input(client, output)
    with show:
        for number, line in enumerate(lines, 1):
            if len(line) == MAX_LINE:
                output.tell(f"! Line {number} is longer than any message can be and was not sent.")
                continue
            try:
                text = line.decode()
            except UnicodeDecodeError:
                output.tell(f"! Line {number} is not UTF-8 and was not sent.")
                continue
            if not typed.take(text):
                break
        typed.log_out()
