"""The clients in other languages, each beside ours at a real server, and the table that tells what they do."""

from __future__ import annotations

import contextlib
import sys

import pytest

from schema.messages import Broadcast, Welcome
from server.service import Service
from tests.client.examples import table
from tests.client.examples.languages import LANGUAGES, Language
from tests.client.examples.program import Program, arguments
from tests.client.examples.table import Measured, complaints, measure
from tests.conftest import ROOT

pytestmark = pytest.mark.heavy

each_language = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measure(tmp_path_factory.mktemp("examples"))


@each_language
def test_each_client_does_what_a_client_has_to(language: Language, measured: Measured) -> None:
    if language.name in measured.missing:
        pytest.skip(measured.missing[language.name])
    assert complaints(measured, language.name) == []


@each_language
def test_the_table_says_what_was_measured(language: Language, measured: Measured) -> None:
    if language.name in measured.missing:
        pytest.skip(measured.missing[language.name])
    assert table.read()[language.name] == measured.columns()[language.name], "python -m tests.client.examples writes it"


def test_all_of_them_talk_in_one_room(measured: Measured, service: Service) -> None:
    """Each hears everybody, our own client among them, and all hear the same in the same order."""
    ours = [sys.executable, "-m", "client", "--xml", "--register", "--host", "127.0.0.1"]
    commands = {name.lower(): (command, folder) for name, (command, folder) in measured.commands.items()}
    with contextlib.ExitStack() as running:
        programs = {
            name: running.enter_context(Program(command, folder, *arguments(service.address, name, "--register")))
            for name, (command, folder) in commands.items()
        }
        own_arguments = ("--port", str(service.address[1]), "--user", "python")
        programs["python"] = running.enter_context(Program(ours, ROOT, *own_arguments, encoding="utf-8"))
        for program in programs.values():
            program.documents.until(lambda all_: any(isinstance(one, Welcome) for one in all_))
        for name, program in programs.items():
            program.type(f"I am {name} 😀 & <co>\n".encode())
        heard = []
        for program in programs.values():
            documents = program.documents.until(
                lambda all_: sum(isinstance(one, Broadcast) for one in all_) == len(programs)
            )
            heard.append([(one.sender, one.text) for one in documents if isinstance(one, Broadcast)])
            program.end_input()
        assert [program.status() for program in programs.values()] == [0] * len(programs)
        assert sorted(heard[0]) == sorted((name, f"I am {name} 😀 & <co>") for name in programs)
        assert all(one == heard[0] for one in heard)
