"""`--config`: a TOML file whose keys are the names of the settings in server/config.py."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from schema.limits import MAX_PASSWORD
from server.config import REGISTRATIONS, Config
from server.errors import StartupError

_LIST = tuple[str, ...]

_NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    _LIST: "a list of texts",
}

#: What a file may set: every number, text, list, and yes or no, but not where the data and the capture are.
_TYPES: dict[str, Any] = {
    name: kind for name, hint in get_type_hints(Config).items() for kind in _NAMES if hint in (kind, kind | None)
}

#: Texts of which only these mean something.
_CHOICES = {"registration": REGISTRATIONS}

#: Below these the server would turn everybody away, or never rest; elsewhere 0 means something.
_LEAST: dict[str, float] = {
    **dict.fromkeys(("users_every", "ping_every", "clean_every"), 0.1),
    **dict.fromkeys(("login_within", "frame_within", "stalled_after"), 0.1),
    # A page of what was missed, or a document of the largest kind, has to fit in.
    "outbox": 1024 * 1024,
    **dict.fromkeys(("intake", "burst", "address_burst"), 1),
    **dict.fromkeys(("connections", "address_connections", "rooms", "refusals", "attempts"), 1),
}

#: Above these there are no ports, no years to count back, no passwords, and whoever mistypes would be kept out.
_MOST: dict[str, float] = {
    "port": 65_535,
    "tls_port": 65_535,
    "keep_days": 100_000,
    "password_min": MAX_PASSWORD,
    "longest_wait": 3_600,
}


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
    if not _is_a(kind, value):
        raise StartupError(f"{path}: {key} is {value!r}; expected {_NAMES[kind]}.", 78)
    if key in _CHOICES and value not in _CHOICES[key]:
        raise StartupError(f"{path}: {key} is {value!r}; expected one of {', '.join(_CHOICES[key])}.", 78)
    if kind == _LIST:
        return tuple(value)
    least, most = _LEAST.get(key, 0), _MOST.get(key, 10**9)
    # What is not a number (NaN) is in no range.
    if kind in (int, float) and not least <= value <= most:
        raise StartupError(f"{path}: {key} is {value!r}; it has to be from {least} to {most}.", 78)
    return kind(value)


def _is_a(kind: Any, value: Any) -> bool:
    if kind == _LIST:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    # In Python True is a number too.
    return isinstance(value, bool) is (kind is bool) and isinstance(value, (int, float) if kind is float else kind)
