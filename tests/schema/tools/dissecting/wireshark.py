"""tshark with our dissector, and what it says of each packet."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from schema.tools.components import load
from schema.tools.dissecting.lua import dissector
from schema.validity import XSD

TSHARK_MISSING = shutil.which("tshark") is None

#: What tshark says where a script, or a dissector, has gone wrong.
_WRONG = ("Lua", "lua", "Dissector bug", "assertion")


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame of ours as Wireshark shows it: the names of its fields with their values, and the packet that ends it."""

    packet: int
    fields: list[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field == name]

    def one(self, name: str) -> str:
        [value] = self.all(name)
        return value

    def has(self, name: str) -> bool:
        return bool(self.all(name))


class Wireshark:
    """Has its own folder for settings, so that those of whoever runs the tests have no part in it."""

    def __init__(self, folder: Path, xsd: Path = XSD, *, protocol: str = "xmlchat", port: int = 7700) -> None:
        self._folder = folder
        self._script = folder / "dissector.lua"
        self._protocol = protocol
        self._script.write_text(dissector(load(xsd), protocol=protocol, port=port, tls_port=7743), encoding="utf-8")

    def run(self, capture: Path, *options: str) -> str:
        command = ["tshark", "-X", f"lua_script:{self._script}", "-r", str(capture), *options]
        environment = {
            **os.environ,
            "HOME": str(self._folder),
            "XDG_CONFIG_HOME": str(self._folder),
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)
        said = done.stderr.decode()
        assert not any(word in said for word in _WRONG), said
        out = done.stdout.decode()
        assert "Lua Error" not in out
        assert "Dissector bug" not in out
        return out

    def info(self, capture: Path, wanted: str | None = None) -> list[str]:
        """The column of that name, of each packet that the filter wants."""
        column = "-o", 'gui.column.format:"Info","%i"'
        return self.run(capture, *column, "-Y", wanted or self._protocol).splitlines()

    def frames(self, capture: Path, wanted: str | None = None, *options: str) -> list[Shown]:
        """Read twice, so that a command knows of its answer."""
        out = self.run(capture, "-2", "-T", "pdml", "-Y", wanted or self._protocol, *options)
        return list(self._shown(etree.fromstring(out.encode(), etree.XMLParser(huge_tree=True))))

    def _shown(self, document: etree._Element) -> Iterator[Shown]:
        for packet in document.iter("packet"):
            number = packet.find("proto[@name='geninfo']/field[@name='num']")
            assert number is not None
            for proto in packet.iterchildren("proto"):
                if proto.get("name") == self._protocol:
                    yield Shown(int(number.get("show", "")), [*self._fields(proto)])

    def _fields(self, proto: etree._Element) -> Iterator[tuple[str, str]]:
        begin = f"{self._protocol}."
        for field in proto.iter("field"):
            name = field.get("name", "")
            if name.startswith(begin):
                yield name.removeprefix(begin), field.get("show", "")


def values(frames: Iterable[Shown], name: str) -> list[str]:
    return [value for frame in frames for value in frame.all(name)]
