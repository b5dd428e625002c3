"""The conversations beside this file, each played against a real server over TCP."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.service import Service
from tests.conversation import BadScript, Play, read

SCRIPTS = sorted((Path(__file__).parent / "conversations").glob("*.chat"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_conversation(script: Path, service: Service, data: Path) -> None:
    Play(service.address, data).perform(script)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("<ok/>", "never received"),
        ('<error re="1" code="no" action="auth"><text>*</text></error>', "never received"),
        ('<error re="{a}" code="{a}" action="auth"><text>*</text></error>', "never received"),
        ('<error re="1" code="login-first" action="auth"/>', "never received"),
        ('<error re="1" action="auth"><text>*</text></error>', "never received"),
    ],
)
def test_a_conversation_fails_where_something_else_comes(
    said: str, wrong: str, service: Service, data: Path, tmp_path: Path
) -> None:
    script = tmp_path / "wrong.chat"
    script.write_text(f"eve connects\neve sends:\n <who id='1'/>\n <ex id='2'/>\neve receives:\n {said}\n")
    with pytest.raises(AssertionError, match=f"wrong.chat, line 5: {wrong}"):
        Play(service.address, data).perform(script)


@pytest.mark.parametrize("verb", ["receives nothing", "sends:\n <ex id='2'/>\neve is gone"])
def test_a_conversation_fails_where_something_came_that_it_does_not_name(
    verb: str, service: Service, data: Path, tmp_path: Path
) -> None:
    script = tmp_path / "wrong.chat"
    script.write_text(f"eve connects\neve sends:\n <who id='1'/>\neve {verb}\n")
    with pytest.raises(AssertionError, match="eve received"):
        Play(service.address, data).perform(script)


def test_a_line_that_is_no_step_is_not_passed_over() -> None:
    with pytest.raises(BadScript, match="line 2: alice sings"):
        read("alice connects\nalice sings\n")
