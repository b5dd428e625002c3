"""Reads every document of a folder into the classes that xsdata has made, and writes it into another folder."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.serializers import XmlSerializer


def main(package: str, given: Path, written: Path) -> None:
    module = import_module(package)
    roots: dict[str, type[Any]] = {cls.__name__.lower(): cls for _, cls in inspect.getmembers(module, inspect.isclass)}
    parser, serializer = XmlParser(), XmlSerializer()
    for path in given.iterdir():
        element = path.name.partition("-")[0].removesuffix(".xml")
        message = parser.from_bytes(path.read_bytes(), roots[element])
        (written / path.name).write_text(serializer.render(message), encoding="utf-8")


if __name__ == "__main__":
    # The package is in the working directory.
    sys.path.insert(0, "")
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
