from __future__ import annotations

from pathlib import Path

import pytest

from schema.tools.sealing.keys import Signer, make_key, read_private_key


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key, with its public one beside it."""
    path = tmp_path_factory.mktemp("keys") / "audit.pem"
    make_key(path)
    return path


@pytest.fixture(scope="session")
def signer(key: Path) -> Signer:
    return read_private_key(key)
