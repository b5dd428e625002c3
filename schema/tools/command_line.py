"""The command line of `python -m schema`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from schema.tools import (
    check_client,
    check_server,
    diff,
    dissector,
    explain_rule,
    reference,
    replay,
    tap,
    transcript,
    validate,
    vectors,
    verify,
)

EXIT_CODES = "exit codes: 0 all valid, 1 something invalid, 2 usage, 3 unreadable"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m schema", description="Tools for the documents of xmlchat.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    validate.add_arguments(
        commands.add_parser(
            "validate",
            help="check documents and captures against the schema",
            description="Check XML documents, framed streams, captures (the server's, pcap, pcapng), folders and the"
            " message log of a server against chat.xsd and the rules of the conversation, told apart by content.",
            epilog=EXIT_CODES,
        )
    )
    explain_rule.add_arguments(
        commands.add_parser(
            "explain",
            help="tell what a rule means",
            description="Tell what the rules mean that validate names, each with an example; without RULE, list them.",
        )
    )
    diff.add_arguments(
        commands.add_parser(
            "diff",
            help="tell whom a change of the schema breaks",
            description="Compare two versions of an XSD: what differs, and whether it breaks clients and servers built"
            " for the old one, or what was recorded under it. Then try documents with both.",
            epilog="exit codes: 0 nothing breaks, 1 something breaks or may break, 2 usage, 3 unreadable",
        )
    )
    dissector.add_arguments(
        commands.add_parser(
            "dissector",
            help="make a dissector for Wireshark",
            description="Write a dissector for Wireshark and tshark in Lua, with a field to filter by for each element"
            " and attribute of the XSD.",
            epilog="exit codes: 0 written, 2 usage, 3 unreadable",
        )
    )
    tap.add_arguments(
        commands.add_parser(
            "tap",
            help="show and check what clients and a server say to each other",
            description="Stand between clients and a server, pass everything on as it is, and show each message with"
            " what validate would say of it, until Ctrl+C. Passwords are shown as asterisks. Without HOST only this"
            " machine can connect.",
            epilog=tap.EXIT_CODES,
        )
    )
    replay.add_arguments(
        commands.add_parser(
            "replay",
            help="play the clients of a capture to a server, and compare its answers",
            description="Send what the clients of a capture sent to another server, each document when all has come"
            " that had come before it in the capture, and say where what comes differs (PROTOCOL.md 9.8).",
            epilog=replay.EXIT_CODES,
        )
    )
    vectors.add_arguments(
        commands.add_parser(
            "vectors",
            help="make the golden vectors for other decoders",
            description="Write schema/examples/vectors.json and the streams it needs, from the examples, their verdicts"
            " and chat.xsd.",
        )
    )
    reference.add_arguments(
        commands.add_parser(
            "reference",
            help="write the message reference",
            description="Write section 5 of schema/PROTOCOL.md from chat.xsd and schema/examples.",
        )
    )
    transcript.add_arguments(
        commands.add_parser(
            "transcript",
            help="write a conversation as one document that shows every change",
            description="Write the messages of a data folder or a capture as one XML document, valid against"
            " transcript.xsd, in which each message has a hash over it and all before it; signed, if you have a key.",
            epilog=transcript.EXIT_CODES,
        )
    )
    verify.add_arguments(
        commands.add_parser(
            "verify",
            help="show that a transcript is as it was made",
            description="Prove that nothing was added to a transcript, dropped or changed, or say what was, and where.",
            epilog=verify.EXIT_CODES,
        )
    )
    check_server.add_arguments(
        commands.add_parser(
            "check-server",
            help="check whether a server keeps to the protocol",
            description="Connect to a server and check, sentence by sentence of PROTOCOL.md, whether it keeps to it. It"
            " registers names of its own where it is given none.",
            epilog=check_server.EXIT_CODES,
        )
    )
    check_client.add_arguments(
        commands.add_parser(
            "check-client",
            help="check whether a client keeps to the protocol",
            description="Play a server that leads a client through conversations, and check, sentence by sentence of"
            " PROTOCOL.md, whether it keeps to it.",
            epilog=check_client.EXIT_CODES,
        )
    )
    parsed = parser.parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does. What is still held must not be written at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status
