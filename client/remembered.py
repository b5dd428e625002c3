"""What is remembered from one run to the next, so that a person has to give the password only, or not even that."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from client.kept import keep, put_aside, read
from client.where import Where


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last login that worked. `keyring` is whether the person wants the password in it; None for not asked yet."""

    host: str | None = None
    port: int | None = None
    tls: bool = False
    ca: str | None = None
    user: str | None = None
    keyring: bool | None = None

    @property
    def where(self) -> Where | None:
        if self.host is None or self.port is None:
            return None
        return Where(self.host, self.port, self.tls, Path(self.ca) if self.ca else None)


_KINDS: dict[str, type] = {"host": str, "port": int, "tls": bool, "ca": str, "user": str, "keyring": bool}


def recall(file: Path) -> Remembered:
    """What a file says; what it says besides is passed over. Raises Damaged and OSError."""
    said = {name: value for name, value in read(file).items() if name in _KINDS and value is not None}
    if not all(_fits(name, value) for name, value in said.items()):
        raise put_aside(file)
    return Remembered(**said)


def remember(file: Path, what: Remembered) -> None:
    """Raises OSError."""
    keep(file, {name: value for name, value in asdict(what).items() if value is not None})


def _fits(name: str, value: Any) -> bool:
    if name == "port":
        return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535
    return isinstance(value, _KINDS[name]) and value != ""
