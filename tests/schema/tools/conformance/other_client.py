"""A client in one file that knows nothing of this project's code: sound, or with a flaw if one is named.

`python other_client.py HOST PORT USER [FLAW]`, with the password in XMLCHAT_PASSWORD. A line is a pm, `/dm NAME TEXT`,
`/join ROOM` and `/ex` are what they are elsewhere.
"""

from __future__ import annotations

import os
import re
import secrets
import select
import socket
import sys
import time
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "urn:xmlchat:1"
#: Seconds before it comes back.
PAUSE = 0.02

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Gone(Exception):
    """The connection is over; `final` if for good."""

    def __init__(self, *, final: bool) -> None:
        super().__init__()
        self.final = final


class OtherClient:
    def __init__(self, host: str, port: str, user: str, flaw: str = "") -> None:
        self.address, self.user, self.flaw = (host, int(port)), user, flaw
        self.word = secrets.token_hex(6)
        self.count = 0
        # id and document of what was not answered, in order.
        self.pending: dict[str, str] = {}
        self.rooms: list[str] = []
        self.since = self.place = -1
        self.typed = b""
        self.at_end = False

    def run(self) -> None:
        while True:
            try:
                with self.connect() as self.socket:
                    self.octets = b""
                    self.patience = 30.0
                    self.login_id = ""
                    self.welcomed = False
                    self.converse()
            except Gone as gone:
                if gone.final:
                    return
            except ConnectionError:
                pass
            time.sleep(PAUSE)

    def connect(self) -> socket.socket:
        connected = socket.create_connection(self.address)
        if self.flaw != "gullible":
            return connected
        import ssl

        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return trusting.wrap_socket(connected)

    def converse(self) -> None:
        asked = False
        while True:
            # Whatever was typed waits for the welcome.
            sources = [self.socket.fileno()] + ([0] if self.welcomed and not self.at_end else [])
            ready, _, _ = select.select(sources, [], [], self.patience / 2)
            if not ready:
                if asked:
                    raise Gone(final=False)
                asked = True
                self.send(f'<ping id="{self.next_id()}"/>')
            if self.socket.fileno() in ready:
                asked = False
                self.read()
            elif ready:
                self.type(os.read(0, 65_536))

    def read(self) -> None:
        octets = self.socket.recv(65_536)
        if not octets:
            raise Gone(final=False)
        self.octets = octets if self.flaw == "split" else self.octets + octets
        while len(self.octets) >= 4:
            length = int.from_bytes(self.octets[:4], "big")
            if not 5 <= length <= 1_048_580:
                raise Gone(final=True)
            if len(self.octets) < length:
                return
            document, self.octets = self.octets[4:length], self.octets[length:]
            if b"<!DOCTYPE" in document:
                raise Gone(final=True)
            self.take(ET.fromstring(document))

    def take(self, root: ET.Element) -> None:
        name = root.tag.partition("}")[2]
        if self.flaw == "ext" and root.find(f"{{{NAMESPACE}}}ext") is not None:
            raise SystemExit("I do not know this.")
        text = root.findtext(f"{{{NAMESPACE}}}text") or ""
        if re_ := root.get("re"):
            self.pending.pop(re_, None)
        if name == "greeting":
            limits = {one.get("name"): one.get("value") for one in root.iter(f"{{{NAMESPACE}}}limit")}
            self.patience = float(limits.get("ping") or 30)
            self.log_in()
        elif name == "welcome":
            if self.since < 0 or int(root.get("seq", 0)) < self.since:
                self.since, self.place = int(root.get("seq", 0)), int(root.get("place", 0))
            self.welcomed = True
            self.send_again()
        elif name == "ping":
            self.send(f"<pong re={quoteattr(root.get('id', ''))}/>")
        elif name in ("broadcast", "direct", "resumed"):
            self.place = int(root.get("seq", 0))
            self.since = max(self.since, self.place)
            self.show(f"{root.get('from')}: {text}" if name != "resumed" else "")
        elif name == "error":
            self.show(f"! {text}")
            if root.get("re") == self.login_id and root.get("action") != "wait":
                raise Gone(final=True)
        elif name == "notice":
            self.show(f"* {text}")
        elif name == "bye":
            late = root.get("code") == "too-many-connections"
            raise Gone(final=root.get("reconnect") == "false" or late)

    def log_in(self) -> None:
        self.login_id = self.next_id()
        seen = f' since="{self.since}" place="{self.place}"' if self.since >= 0 else ""
        rooms = "".join(f"<room name={quoteattr(room)}/>" for room in self.rooms)
        password = escape(os.environ["XMLCHAT_PASSWORD"])
        self.send(
            f'<login id="{self.login_id}" name="{self.user}" client="{self.word}"{seen} minor="0">'
            f"<password>{password}</password>{rooms}</login>"
        )

    def send_again(self) -> None:
        for id, document in list(self.pending.items()):
            if self.flaw == "new-ids":
                del self.pending[id]
                new = self.next_id()
                document = document.replace(f'id="{id}"', f'id="{new}"')
                self.pending[new] = document
            self.send(document)

    def type(self, octets: bytes) -> None:
        self.at_end = not octets
        *lines, self.typed = (self.typed + octets).split(b"\n")
        for line in lines:
            self.obey(NO_XML.sub("", line.decode()))

    def obey(self, line: str) -> None:
        id = self.next_id()
        word, _, rest = line.partition(" ")
        if word == "/ex":
            self.ask(id, f'<ex id="{id}"/>')
        elif word == "/join":
            self.rooms.append(rest)
            self.ask(id, f'<join id="{id}" room={quoteattr(rest)}/>')
        elif word == "/dm":
            to, _, text = rest.partition(" ")
            self.ask(id, f'<dm id="{id}" to={quoteattr(to)}><text>{escape(text)}</text></dm>')
        else:
            self.ask(id, f'<pm id="{id}"><text>{escape(line)}</text></pm>')

    def ask(self, id: str, document: str) -> None:
        self.pending[id] = document
        self.send(document)

    def send(self, document: str) -> None:
        octets = re.sub(r"^<(\w+)", rf'<\1 xmlns="{NAMESPACE}"', document).encode()
        self.socket.sendall((len(octets) + 4).to_bytes(4, "big") + octets)

    def show(self, line: str) -> None:
        print(HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", line), flush=True)

    def next_id(self) -> str:
        self.count += 1
        return str(self.count)


if __name__ == "__main__":
    OtherClient(*sys.argv[1:]).run()
