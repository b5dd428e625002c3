"""A keyring in a file, which PYTHON_KEYRING_BACKEND names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

RING = f"{__name__}.FileRing"


class FileRing(KeyringBackend):
    """For tests: it hides nothing."""

    priority = 1

    @property
    def _file(self) -> Path:
        return Path(os.environ["XDG_DATA_HOME"]) / "ring.json"

    def _all(self) -> dict[str, str]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._all().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._all() | {f"{service}/{username}": password}))
