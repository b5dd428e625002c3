"""The conversations of tests/conversations, recorded and judged: whatever a client does, our server breaks no rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema.messages import Side
from schema.tools.rules.table import Severity
from schema.tools.validate import found_in
from tests.conftest import Serve
from tests.conversation import Play
from tests.test_conversations import SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_server_keeps_to_the_rules(script: Path, serve: Serve, data: Path, tmp_path: Path) -> None:
    capture = tmp_path / "talk.capture"
    service = serve(capture=capture)
    Play(service.address, data).perform(script)
    service.stop()
    broken = [
        finding
        for finding in found_in(str(capture))
        if finding.rule.name == "no-answer"
        or (finding.where.stream.sender is Side.SERVER and finding.rule.severity is not Severity.NOTE)
    ]
    assert broken == []
