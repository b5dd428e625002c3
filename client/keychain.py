"""The system's keyring, where there is one: `keyring` (PyPI) is used if it is installed, and never needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from client.where import Where


class Keychain:
    """Keeps passwords. Nothing here raises: whatever a keyring fails with, the password is typed instead."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    @property
    def name(self) -> str:
        return str(getattr(self._backend, "name", "keyring"))

    @classmethod
    def find(cls) -> Keychain | None:
        """None where the library is missing, or knows of no place to keep anything."""
        try:
            backend = import_module("keyring").get_keyring()
            # Below 1 are those that keep nothing, and those that keep passwords where anybody can read them.
            return cls(backend) if backend.priority >= 1 else None
        except Exception:  # noqa: BLE001, RUF100 - a keyring speaks to whatever the desktop has
            return None

    def get(self, where: Where, user: str) -> str | None:
        try:
            found = self._backend.get_password(_service(where), user)
        except Exception:  # noqa: BLE001, RUF100
            return None
        return str(found) if found else None

    def put(self, where: Where, user: str, password: str) -> bool:
        """False where that did not work."""
        try:
            self._backend.set_password(_service(where), user, password)
        except Exception:  # noqa: BLE001, RUF100
            return False
        return True


def _service(where: Where) -> str:
    return f"xmlchat {where}"
