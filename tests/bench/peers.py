"""The servers that can be measured: how each is started, and what a client says to it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template

from schema.codec import encode
from schema.messages import Pm
from tests.bench.compiler import COMPILERS, HERE, build

#: What everybody says: with its mark of 17 octets about a hundred characters, like a usual line of a chat.
TEXT = "{mark} Good morning to all of you. The build is green again, so whoever has waited for it may merge."

_MARK = 17


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    #: Any of these has to be installed.
    programs: tuple[str, ...]
    #: The command that starts it in the foreground, given an empty folder and a port.
    command: Callable[[Path, int], list[str]]
    #: `send=` and `wait=`, until the client is in the room.
    handshake: tuple[str, ...]
    message: str
    #: Whether what is sent goes out in frames of ours.
    framed: bool = False
    #: The largest room that is asked of it: some send everybody to everybody on entering.
    most: int = 1_000_000
    #: Of the deliveries that the others make in one run: the slow ones would take minutes.
    share: float = 1.0

    @property
    def installed(self) -> bool:
        return any(map(shutil.which, self.programs))


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _configured(name: str, folder: Path, port: int) -> str:
    """Writes the configuration of that name into the folder."""
    template = Template((HERE / "peers" / name).read_text())
    written = folder / name
    written.write_text(template.substitute(folder=folder, port=port))
    return str(written)


def _ours(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.ours", str(folder / "data"), str(port)]


def _limit(folder: Path, port: int) -> list[str]:
    return [str(build("limit", folder)), str(port)]


def _nats(folder: Path, port: int) -> list[str]:
    return ["nats-server", "--config", _configured("nats.conf", folder, port)]


def _ngircd(folder: Path, port: int) -> list[str]:
    return ["ngircd", "--nodaemon", "--config", _configured("ngircd.conf", folder, port)]


def _inspircd(folder: Path, port: int) -> list[str]:
    _configured("inspircd.motd", folder, port)
    return ["inspircd", "--nofork", "--runasroot", f"--config={_configured('inspircd.conf', folder, port)}"]


def _prosody(folder: Path, port: int) -> list[str]:
    return ["prosody", "--config", _configured("prosody.cfg.lua", folder, port), "-F"]


def _ejabberd(folder: Path, port: int) -> list[str]:
    configuration = _configured("ejabberd.yml", folder, port)
    # A node name and a port of its own: so it neither meets another ejabberd nor leaves a name server behind.
    (folder / "ejabberdctl.cfg").write_text(f"ERLANG_NODE=bench@localhost\nERL_DIST_PORT={free_port()}\n")
    shutil.copy("/etc/ejabberd/inetrc", folder)
    for place in ("spool", "logs"):
        (folder / place).mkdir()
    if os.getuid() == 0:
        # It gives up root by itself and then has to be able to write here.
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "ejabberd", "ejabberd")
    return [
        "ejabberdctl",
        *("--config", configuration),
        *("--config-dir", str(folder)),
        *("--spool", str(folder / "spool")),
        *("--logs", str(folder / "logs")),
        "foreground",
    ]


# With a name that only the load generator makes a valid one.
_LOGIN = (
    '<login xmlns="urn:xmlchat:1" id="1" name="n{n}" register="true" minor="0">'
    "<password>correct horse</password></login>"
)

_PM = encode(Pm(id="2", text=TEXT)).decode()

_IRC_HANDSHAKE = ("send=NICK n{n}\r\nUSER n{n} 0 * :n{n}\r\n", "wait= 376 ", "send=JOIN #room\r\n", "wait= 366 ")

_IRC_MESSAGE = f"PRIVMSG #room :{TEXT}\r\n"

_XMPP_STREAM = (
    "send=<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)

_XMPP_HANDSHAKE = (
    _XMPP_STREAM,
    "wait=</stream:features>",
    "send=<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>",
    "wait=<success",
    _XMPP_STREAM,
    "wait=</stream:features>",
    "send=<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    "wait=</iq>",
    "send=<presence to='room@conference.localhost/n{n}'><x xmlns='http://jabber.org/protocol/muc'>"
    "<history maxstanzas='0'/></x></presence>",
    # Status 110: this presence is one's own, and the last of those that tell who is there (XEP-0045, section 7.2.2).
    "wait=110",
)

_XMPP_MESSAGE = f"<message to='room@conference.localhost' type='groupchat'><body>{TEXT}</body></message>"

_NATS_LENGTH = len(TEXT) - len("{mark}") + _MARK

OURS = Server("ours", (sys.executable,), _ours, ("wait=<greeting", f"send={_LOGIN}", "wait=<welcome"), _PM, framed=True)

PEERS = (
    Server("limit", COMPILERS, _limit, ("send=<login>n{n};</login>", "wait=n{n};"), _PM, framed=True, most=2_000),
    Server(
        "nats",
        ("nats-server",),
        _nats,
        ("wait=INFO ", 'send=CONNECT {"verbose":false}\r\nSUB room 1\r\nPING\r\n', "wait=PONG"),
        f"PUB room {_NATS_LENGTH}\r\n{TEXT}\r\n",
    ),
    Server("inspircd", ("inspircd",), _inspircd, _IRC_HANDSHAKE, _IRC_MESSAGE, most=200),
    Server("ngircd", ("ngircd",), _ngircd, _IRC_HANDSHAKE, _IRC_MESSAGE, most=200),
    Server("prosody", ("prosody",), _prosody, _XMPP_HANDSHAKE, _XMPP_MESSAGE, most=200, share=0.1),
    Server("ejabberd", ("ejabberdctl",), _ejabberd, _XMPP_HANDSHAKE, _XMPP_MESSAGE, most=200, share=0.1),
)
