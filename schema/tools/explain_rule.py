"""`python -m schema explain`: what a rule means, with one document that breaks it and one that does not."""

from __future__ import annotations

import argparse
import sys
import textwrap

from schema.tools.rules.table import RULES, Rule, chosen

USAGE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rules", nargs="*", metavar="RULE", help="an id, the beginning of one, a name or a layer")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Without a rule it lists them all."""
    if not arguments.rules:
        for rule in RULES:
            print(f"{rule.id}  {rule.severity.value:<7}  {rule.layer.value:<15}  {rule.name}")
        return 0
    try:
        wanted = chosen(arguments.rules)
    except ValueError as error:
        print(f"python -m schema explain: {error}; without a rule all are listed", file=sys.stderr)
        return USAGE
    print("\n\n".join(told(rule) for rule in RULES if rule in wanted))
    return 0


def told(rule: Rule) -> str:
    """All that there is to say of a rule."""
    lines = [
        f"{rule.id} {rule.name} ({rule.severity.value}, {rule.layer.value})",
        "",
        *textwrap.wrap(rule.meaning, 100),
    ]
    for title, example in (("Wrong:", rule.wrong), ("Right:", rule.right)):
        if example:
            lines += ["", title, *(f"  {line}" for line in example.splitlines())]
    return "\n".join(lines)
