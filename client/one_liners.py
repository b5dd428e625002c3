"""Lines from the command line, for scripts: each is answered before the next is sent."""

from __future__ import annotations

from collections.abc import Iterable

from client.connection import Client
from client.input import Input
from client.output import Output
from client.show import Show
from schema.messages import Error


def run_one_liners(client: Client, output: Output, texts: Iterable[str], show: Show) -> bool:
    """Carries out each line of each text, then logs out. False where one was refused, or could not be sent.

    Raises what ended the connection otherwise.
    """
    typed = Input(client, output)
    with show:
        refused = False
        for line in (line for text in texts for line in text.split("\n")):
            if not typed.take(line):
                break
            if typed.answer is not None:
                client.settle()
                refused |= isinstance(typed.answer.result(), Error)
        typed.log_out()
    return not (refused or typed.failed)
