"""`--config`: a TOML file whose keys are the names of the settings in server/config.py."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from server.config import Config
from server.errors import StartupError

_NAMES: dict[type, str] = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}

#: What may stand for a kind, where that is not the kind alone.
_ACCEPTED: dict[type, Any] = {float: (int, float)}

#: What a file may set: every number, text, and yes or no, but not where the data and the capture are.
_TYPES: dict[str, type] = {
    name: kind for name, hint in get_type_hints(Config).items() for kind in _NAMES if hint in (kind, kind | None)
}

#: Below these the server would turn everybody away, or never rest; elsewhere 0 means something.
_LEAST: dict[str, float] = {
    **dict.fromkeys(("users_every", "ping_every", "clean_every"), 0.1),
    **dict.fromkeys(("login_within", "frame_within", "stalled_after"), 0.1),
    # A page of what was missed, or a document of the largest kind, has to fit in.
    "outbox": 1024 * 1024,
    **dict.fromkeys(("intake", "burst", "address_burst"), 1),
    **dict.fromkeys(("connections", "address_connections", "rooms", "refusals", "attempts"), 1),
}

#: Above these there are no ports, and no years to count back.
_MOST: dict[str, float] = {"port": 65_535, "tls_port": 65_535, "keep_days": 100_000}


def read_settings(path: Path, config: Config) -> Config:
    """The configuration with what the file says. Raises StartupError, which names the key at fault."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StartupError(f"The configuration {path} cannot be read: {error}.", 78) from None
    except tomllib.TOMLDecodeError as error:
        raise StartupError(f"The configuration {path} is not TOML: {error}.", 78) from None
    return replace(config, **{key: _checked(path, key, value) for key, value in said.items()})


def _checked(path: Path, key: str, value: Any) -> Any:
    kind = _TYPES.get(key)
    if kind is None:
        known = ", ".join(spec.name for spec in fields(Config) if spec.name in _TYPES)
        raise StartupError(f"{path}: there is no setting {key!r}. There are: {known}.", 78)
    if isinstance(value, bool) is not (kind is bool) or not isinstance(value, _ACCEPTED.get(kind, kind)):
        raise StartupError(f"{path}: {key} is {value!r}; expected {_NAMES[kind]}.", 78)
    least, most = _LEAST.get(key, 0), _MOST.get(key, 10**9)
    # What is not a number (NaN) is in no range.
    if kind in (int, float) and not least <= value <= most:
        raise StartupError(f"{path}: {key} is {value!r}; it has to be from {least} to {most}.", 78)
    return kind(value)
