"""Small files of the client's own: what it remembers, and what was written and not sent."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from schema.endpoint import endpoint
from schema.errors import ChatError

#: The name of its folders.
_NAME = "xmlchat"


class Damaged(ChatError):
    """A file does not hold what it should; it has been put aside, and `str()` says where."""


def config_file() -> Path:
    """Where it is remembered how to log in (XDG Base Directory Specification)."""
    from platformdirs import user_config_path

    return user_config_path(_NAME) / "client.json"


def drafts_file(host: str, port: int, user: str) -> Path:
    """Where it is kept what a user has not sent yet at a server."""
    from platformdirs import user_state_path

    return user_state_path(_NAME) / "drafts" / f"{quote(f'{user}@{endpoint(host, port)}', safe='@')}.json"


def read(file: Path) -> dict[str, Any]:
    """What a file holds; nothing where there is none. Raises Damaged and OSError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        raise put_aside(file) from None
    if not isinstance(content, dict):
        raise put_aside(file)
    return content


def put_aside(file: Path) -> Damaged:
    """Keeps a file that makes no sense where nobody writes over it."""
    aside = file.with_name(f"{file.name}.damaged")
    with contextlib.suppress(OSError):
        file.replace(aside)
    return Damaged(f"The file {file} is damaged and is not used. It is now {aside.name}.")


def keep(file: Path, content: dict[str, Any], *, durable: bool = True) -> None:
    """Replaces a file at once, so that nobody ever finds half of one; only its owner may read it. Raises OSError.

    With `durable` it has reached the disk when this returns.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made for its owner only.
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    made = Path(name)
    try:
        made.write_text(f"{json.dumps(content, indent=2)}\n", encoding="utf-8")
        if durable:
            os.fsync(descriptor)
        made.replace(file)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
