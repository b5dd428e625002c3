"""The house stands as it is drawn: who may import whom, what keeps still, and that every source file has its tests."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("schema", "server", "client")

#: The levels of each package, the lowest first. A module imports from lower levels only, so a new one has its place
#: to be found here.
LEVELS: dict[str, tuple[tuple[str, ...], ...]] = {
    "schema": (
        ("limits", "errors", "bucket", "endpoint", "written"),
        ("messages", "framing", "places", "tls"),
        ("mapping", "guard", "restricted", "explain"),
        ("parsing", "validity"),
        ("codec",),
        ("protocol", "capture"),
        ("tools.inputs.item", "tools.inputs.reassembly", "tools.rules.conversation_examples", "tools.progress"),
        ("tools.line", "tools.formats.message_line", "tools.tapping.backlog"),
        ("tools.inputs.framed", "tools.inputs.headers", "tools.inputs.packets", "tools.inputs.growing"),
        ("tools.inputs.recorded", "tools.inputs.message_log", "tools.inputs.connection", "tools.rules.table"),
        ("tools.inputs.packet_capture", "tools.rules.finding", "tools.judging.blanking", "tools.judging.devices"),
        ("tools.inputs.opening", "tools.judging.excerpts", "tools.judging.declarations", "tools.judging.conversation"),
        ("tools.sealing.chain", "tools.sealing.selection", "tools.sealing.keys"),
        ("tools.sealing.head", "tools.sealing.collecting"),
        ("tools.sealing.writing", "tools.sealing.page", "tools.sealing.reading"),
        ("tools.sealing.proof",),
        ("tools.sealing.comparing",),
        ("tools.judging.documents", "tools.judging.second_opinion"),
        ("tools.judging.foreign", "tools.judging.checker"),
        ("tools.formats.report",),
        ("tools.formats.text", "tools.formats.parsable", "tools.formats.objects", "tools.formats.sarif"),
        ("tools.formats.junit", "tools.golden.fields", "tools.golden.streams"),
        ("tools.comparing.effect", "tools.comparing.automaton", "tools.components"),
        ("tools.comparing.patterns", "tools.comparing.content", "tools.comparing.parties", "tools.comparing.trial"),
        ("tools.comparing.values", "tools.comparing.report"),
        ("tools.comparing.structure", "tools.dissecting.fields"),
        ("tools.dissecting.lua",),
        ("tools.tapping.witness", "tools.tapping.relay", "tools.replaying.script", "tools.replaying.comparing"),
        ("tools.tapping.showing", "tools.tapping.recording", "tools.replaying.order", "tools.replaying.stand_ins"),
        ("tools.replaying.heard",),
        ("tools.replaying.player",),
        ("tools.replaying.telling",),
        ("tools.conformance.check",),
        ("tools.conformance.table", "tools.conformance.words", "tools.conformance.report", "tools.conformance.program"),
        ("tools.conformance.stranger",),
        ("tools.conformance.pattern", "tools.conformance.choosing"),
        ("tools.conformance.inbox",),
        ("tools.conformance.line",),
        ("tools.conformance.play", "tools.conformance.wire"),
        ("tools.conformance.calling", "tools.conformance.serving"),
        (
            *("tools.validate", "tools.explain_rule", "tools.vectors", "tools.reference"),
            *("tools.transcript", "tools.verify", "tools.diff", "tools.dissector", "tools.tap", "tools.replay"),
            *("tools.check_server",),
        ),
        ("tools.check_client",),
        ("tools.command_line",),
        ("__main__",),
    ),
    "server": (
        ("clock", "errors", "outbox", "reading", "networks", "roles", "hashing_process"),
        ("line",),
        ("config", "database", "log", "archive", "orders", "transport", "cert"),
        ("accounts_file", "requests"),
        (
            *("hashing", "store", "rooms", "deadlines", "recorder", "addresses", "settings", "pages", "sanctions"),
            *("blocks", "certificate"),
        ),
        ("invitations", "throttle"),
        ("accounts", "roster", "steps"),
        ("hub", "login", "mail", "delivery", "moderation", "doors"),
        ("session", "catch_up", "user_commands"),
        ("journal", "invite_command"),
        ("connection",),
        ("listener",),
        ("role_watch", "account_watch"),
        ("ticker",),
        ("service",),
        ("command_line",),
        ("__main__",),
    ),
    "client": (
        ("errors", "local", "events", "lines", "backoff", "pace", "place", "safe", "where", "kept"),
        ("remembered", "keychain", "asker"),
        ("session", "trust", "above", "commands", "unanswered"),
        ("view.render", "view.entries", "view.link", "view.clock", "view.mentions", "view.links"),
        ("view.moves", "view.call", "drafts"),
        ("view.timeline",),
        ("view.chat", "view.search"),
        ("view.words", "view.spans"),
        ("view.take",),
        ("link",),
        ("output", "requests"),
        ("conversation",),
        ("connection",),
        ("farewell", "password", "consent", "examples.bot"),
        ("input", "show", "sign_in"),
        ("plain", "terminal", "one_liners"),
        (
            "screen.cells",
            "screen.palette",
            "screen.keys",
            "screen.completion",
            "screen.questions",
            "screen.notification",
        ),
        ("screen.wrap", "screen.sides", "screen.clustered"),
        ("screen.pasting", "screen.harmless", "screen.drafting", "screen.password_change"),
        ("screen.inflow", "screen.outflow", "screen.viewport", "screen.drawn"),
        ("screen.timeline_control", "screen.typed"),
        ("screen.layout",),
        ("screen.screen",),
        ("screen.run",),
        ("visit",),
        ("command_line",),
        ("__main__",),
    ),
}

#: What a package may import beside itself.
NEIGHBOURS = {"schema": set[str](), "server": {"schema"}, "client": {"schema"}}

#: What waits, or knows what time it is.
RESTLESS = {
    "asyncio",
    "concurrent",
    "multiprocessing",
    "queue",
    "select",
    "selectors",
    "socket",
    "ssl",
    "threading",
    "time",
}

#: The conversation and what it stands on: values in, values out.
STILL = (
    *(f"schema.{name}" for level in LEVELS["schema"] for name in level if name != "__main__" and "tools" not in name),
    *(
        "server.session",
        "server.login",
        "server.hub",
        "server.requests",
        "server.steps",
        "server.rooms",
        "server.roster",
        "server.roles",
        "server.networks",
        "server.orders",
    ),
    *("client.session", "client.commands", "client.view.render", "client.safe"),
    *(f"client.{name}" for level in LEVELS["client"] for name in level if name.startswith("view.")),
    *(f"schema.tools.tapping.{name}" for name in ("witness", "showing", "recording")),
    *(f"schema.tools.replaying.{name}" for name in ("script", "order", "comparing", "stand_ins", "heard", "telling")),
)

#: What lxml keeps for a thread, and one lock, around what it keeps of a validation; and of `ssl` what works on buffers.
EXCEPTIONS = {"schema.parsing": {"threading"}, "schema.validity": {"threading"}, "schema.tls": {"ssl"}}

#: What reads XML. One decoder for every road in.
PARSERS = {"lxml", "xml", "defusedxml", "html", "bs4", "xmlschema"}


def name_of(source: Path) -> str:
    """The module's name with dots; that of a package for its __init__."""
    parts = source.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {name_of(source): source for package in PACKAGES for source in sorted((ROOT / package).rglob("*.py"))}
#: Those that have a place in the levels: a package's __init__ is a front door, not a floor.
MODULES = {name: source for name, source in SOURCES.items() if source.name != "__init__.py"}


@cache
def imports(name: str) -> tuple[str, ...]:
    """All that a module imports, wherever it does: the names of our own modules, and those of others in full."""
    return tuple(_imports(name))


def _imports(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(SOURCES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            # `from schema.tools import validate` imports a module, `from schema.codec import decode` does not.
            yield from (one if one in SOURCES else str(node.module) for one in inside)


def package_of(name: str) -> str:
    return name.partition(".")[0]


def level_of(name: str) -> int:
    package, _, inside = name.partition(".")
    return next(level for level, names in enumerate(LEVELS[package]) if inside in names)


def test_every_module_has_its_level() -> None:
    levels = {f"{package}.{name}" for package in PACKAGES for names in LEVELS[package] for name in names}
    assert levels == set(MODULES)


@pytest.mark.parametrize("name", SOURCES)
def test_a_module_imports_only_from_packages_it_may(name: str) -> None:
    allowed = NEIGHBOURS[package_of(name)] | {package_of(name)}
    ours = {package_of(one) for one in imports(name)} & {*PACKAGES, "tests"}
    assert ours <= allowed


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_from_lower_levels(name: str) -> None:
    """So there is no cycle either."""
    inside = [one for one in imports(name) if one in MODULES and package_of(one) == package_of(name)]
    assert [one for one in inside if level_of(one) >= level_of(name)] == []


@pytest.mark.parametrize("name", STILL)
def test_what_decides_waits_for_nothing(name: str) -> None:
    restless = {package_of(one) for one in imports(name)} & RESTLESS
    assert restless == EXCEPTIONS.get(name, set())


@pytest.mark.parametrize("name", [name for name in SOURCES if package_of(name) != "schema"])
def test_nothing_outside_the_schema_reads_xml(name: str) -> None:
    assert {package_of(one) for one in imports(name)} & PARSERS == set()


@pytest.mark.parametrize("name", [name for name in SOURCES if not name.startswith("schema.tools")])
def test_nobody_imports_the_tools(name: str) -> None:
    tools = [one for one in imports(name) if one.startswith("schema.tools")]
    assert tools == (["schema.tools.command_line"] if name == "schema.__main__" else [])


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("client.view")])
def test_what_is_seen_is_not_how_it_is_drawn(name: str) -> None:
    """So a screen, the plain mode and a test see the same."""
    assert {package_of(one) for one in imports(name)} & {"prompt_toolkit", "wcwidth", "curses", "pyte"} == set()


@pytest.mark.parametrize("name", SOURCES)
def test_no_module_takes_a_name_of_the_standard_library(name: str) -> None:
    """`python server/queue.py` would put its folder first, and everybody's `import queue` would find it."""
    assert name.rpartition(".")[2] not in sys.stdlib_module_names


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_a_source_file_has_its_test_file(name: str) -> None:
    *folders, module = name.split(".")
    assert (ROOT / "tests").joinpath(*folders, f"test_{module}.py").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_distribution_that_is_installed_has_our_names(package: str) -> None:
    assert package not in packages_distributions()
    assert Path(str(__import__(package).__file__)).parent == ROOT / package
