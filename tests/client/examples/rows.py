"""The rows of the table: each tries something with the client of one language, and says what came of it."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from client import Client
from schema.framing import frame
from schema.messages import Broadcast, Bye, Direct, Error, Login, Message, Ok, Ping, Pong, Users, Welcome
from server.service import Service
from tests.client.examples.cases import (
    BAD_DOCUMENTS,
    BAD_LENGTHS,
    OTHER_FORM,
    OTHER_PING,
    OTHER_TEXT,
    TEXTS,
    UNSENDABLE,
    largest,
)
from tests.client.examples.languages import Command, Language
from tests.client.examples.program import PASSWORD, Gathered, Program, arguments
from tests.client.fake_server import GREETING, Caller, FakeServer, Script, answers, greeting, let_in, says

LEFT, PROTOCOL = 0, 76

#: Clients that meet a bad server at the same time.
_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """The client of a language, ready to start, and a server of its own."""

    language: Language
    command: Command
    service: Service

    def start(self, *more: str, user: str = "anna", password: str | None = PASSWORD) -> Program:
        """Connects to the server."""
        return self.at(self.service.address, *more, user=user, password=password)

    def at(self, address: tuple[str, int], *more: str, user: str = "anna", password: str | None = PASSWORD) -> Program:
        return Program(self.command, self.folder, *arguments(address, user, *more), password=password)

    @property
    def folder(self) -> Path:
        return self.language.path.parent


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in the table, and what went wrong."""

    cell: str
    wrong: tuple[str, ...] = ()


def counted(wrong: list[str], tried: int) -> Found:
    return Found(f"{tried - len(wrong)} of {tried}", tuple(wrong))


Row = Callable[[Subject], dict[str, Found]]


@contextmanager
def bob(service: Service) -> Iterator[tuple[Client, Gathered[Message]]]:
    """Our own client, beside the one that is tried, and all that it gets."""
    heard: Gathered[Message] = Gathered()

    def gather(client: Client) -> None:
        try:
            for event in client.events():
                heard.add(event)
        finally:
            heard.end()

    with Client.connect(*service.address) as client:
        client.login("bob", "bob", register=True)
        thread = threading.Thread(target=gather, args=(client,), name="bob")
        thread.start()
        try:
            yield client, heard
        finally:
            client.ex()
            thread.join()


def said(messages: list[Message], sender: str, kind: type[Broadcast | Direct]) -> list[str]:
    return [one.text for one in messages if isinstance(one, kind) and one.sender == sender]


def unequal(got: list[str], what: str) -> list[str]:
    """The texts that did not come as they went, in their place."""
    got = got + ["(nothing)"] * (len(TEXTS) - len(got))
    return [
        f"{what}: {went[:80]!r} came as {came[:80]!r}" for went, came in zip(TEXTS, got, strict=False) if went != came
    ]


def conversation(subject: Subject) -> dict[str, Found]:
    """One long conversation with our own client: started as the README says, with texts that end in a zero octet."""
    command = subject.language.as_told or subject.command
    everything = len(TEXTS)
    found = {}
    with bob(subject.service) as (other, heard):
        start = arguments(subject.service.address, "anna", "--register", "--null")
        # What is said does not depend on the locale; Java reads even its source as the locale says.
        with Program(command, subject.folder, *start, locale="C") as program:
            documents = program.documents.until(lambda all_: any(isinstance(one, Welcome) for one in all_))
            assert any(isinstance(one, Welcome) and one.registered for one in documents), "It has not registered."

            def type_lines(*lines: bytes) -> None:
                program.type(b"".join(line + b"\0" for line in lines))

            for text in TEXTS:
                other.pm(text)
                other.dm("anna", text)
            documents = program.documents.until(
                lambda all_: len(said(all_, "bob", Broadcast)) + len(said(all_, "bob", Direct)) >= 2 * everything
            )
            wrong = unequal(said(documents, "bob", Broadcast), "pm") + unequal(said(documents, "bob", Direct), "dm")
            found["texts to it that come out equal"] = counted(wrong, 2 * everything)

            for text in TEXTS:
                typed = f"/{text}" if text.startswith("/") else text
                type_lines(typed.encode(), f"/dm bob {text}".encode())
            messages = heard.until(
                lambda all_: len(said(all_, "anna", Broadcast)) + len(said(all_, "anna", Direct)) >= 2 * everything
            )
            wrong = unequal(said(messages, "anna", Broadcast), "pm") + unequal(said(messages, "anna", Direct), "dm")
            found["texts from it that come out equal"] = counted(wrong, 2 * everything)

            type_lines(*UNSENDABLE, b"/dm nobody hello", b"/users", b"still here", b"/ex", b"too late")
            assert program.status() == LEFT, program.complaints.all()
            documents = program.documents.all()
            complaints = [line for line in program.complaints.all() if line.startswith("! Not sent: ")]
            errors = [one for one in documents if isinstance(one, Error)]
            sent = [f"sent, or not told: {line!r}" for line in UNSENDABLE][len(complaints) :]
            sent += [str(one) for one in errors if one.code != "no-such-user"]
            found["bad lines kept from sending"] = counted(sent, len(UNSENDABLE))

            assert [one.code for one in errors] == ["no-such-user"]
            assert said(documents, "anna", Broadcast)[-1] == "still here"
            found["shows an error and goes on"] = Found("yes")
            lists = [one for one in documents if isinstance(one, Users) and one.re is not None]
            assert [{user.name for user in one.users} for one in lists] == [{"anna", "bob"}]
            assert isinstance(documents[-1], Bye)
            assert documents[-1].code == "logout"
            heard.until(lambda all_: said(all_, "anna", Broadcast)[-1:] == ["still here"])
    return found


def end_of_input(subject: Subject) -> dict[str, Found]:
    """Lines that end in a line feed, the last one in nothing: all are said before it leaves."""
    with subject.start("--register", user="carl") as program:
        program.type(b"one\n\ntwo\nthree")
        program.end_input()
        assert program.status() == LEFT, program.complaints.all()
        documents = program.documents.all()
        assert said(documents, "carl", Broadcast) == ["one", "two", "three"]
        assert sum(isinstance(one, Ok) for one in documents) == 3
    return {"says everything before it leaves": Found("yes")}


def ends(subject: Subject) -> dict[str, Found]:
    """How it ends where it is not let in, or there is nothing to be let into."""
    found = {}
    # carl exists: see above.
    for what, user, password in (("wrong password", "carl", "wrong horse"), ("unknown name", "nobody", PASSWORD)):
        with subject.start(user=user, password=password) as program:
            found[f"status: {what}"] = Found(str(program.status()))
            assert isinstance(program.documents.all()[-1], Error)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    with subject.at(address) as program:
        found["status: no server"] = Found(str(program.status()))
    with subject.start(password=None) as program:
        found["status: no password"] = Found(str(program.status()))
    return found


def pings_and_sizes(subject: Subject) -> dict[str, Found]:
    """It answers pings, takes in the largest document and one of another form, and sees a server die in a frame."""
    logins: list[Login] = []
    pongs: list[Message] = []

    def script(caller: Caller) -> None:
        logins.append(let_in(caller, Ping(id="p1"), frame(largest()), frame(OTHER_FORM), frame(OTHER_PING)))
        pongs.extend((caller.hear(), caller.hear()))
        caller.say(b"\0\0\1\0<ok")

    decomposed = "cafe\u0301 horse"
    with FakeServer(script) as server, subject.at(server.address, password=decomposed) as program:
        status = str(program.status())
        documents = program.documents.all()
        lists = [one for one in documents if isinstance(one, Users)]
        complaints = program.complaints.all()
    assert [len(one.users) for one in lists] == [20_000], complaints
    assert said(documents, "bob", Broadcast) == [OTHER_TEXT]
    assert pongs == [Pong(re="p1"), Pong(re="p2")]
    (login,) = logins
    assert login.minor == 0
    assert login.password in (decomposed, "caf\u00e9 horse")
    return {
        "answers pings, reads 1 MiB and any form of XML": Found("yes"),
        "status: gone within a frame": Found(status),
        "password in normalisation form C": Found("yes" if login.password == "caf\u00e9 horse" else "no"),
    }


def bad_servers(subject: Subject) -> dict[str, Found]:
    """It believes nothing that is not valid, and reads nothing after a length that cannot be."""

    def lets_in(document: bytes) -> Script:
        def script(caller: Caller) -> None:
            let_in(caller, frame(document))
            caller.until_gone()

        return script

    def tried(script: Script, let_in_first: int) -> str | None:
        with FakeServer(script) as server, subject.at(server.address) as program:
            status, shown = program.status(), program.documents.all()
            good = status == PROTOCOL and len(shown) == let_in_first
            return None if good else f"{status}, {program.complaints.all()}, shown {shown}"

    def accepted(scripts: dict[str, Script], let_in_first: int) -> list[str]:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="bad-servers") as pool:
            ends = pool.map(lambda script: tried(script, let_in_first), scripts.values())
            return [f"{what}: {end}" for what, end in zip(scripts, ends, strict=True) if end]

    documents = {name: lets_in(document) for name, document in BAD_DOCUMENTS.items()}
    lengths = {str(length): says(struct.pack(">I", length)) for length in BAD_LENGTHS}
    return {
        "bad documents refused": counted(accepted(documents, 2), len(documents)),
        "bad lengths refused": counted(accepted(lengths, 0), len(lengths)),
    }


def gone_servers(subject: Subject) -> dict[str, Found]:
    """A bye that it has not asked for, and a silence that is longer than a server that lives would keep."""
    bye = Bye(code="shutdown", reconnect=True, text="The server is stopping.")
    scripts = {"stops": answers((GREETING,), (bye,)), "falls silent": says(greeting(ping=1))}
    found = {}
    for what, script in scripts.items():
        with FakeServer(script) as server, subject.at(server.address) as program:
            found[f"status: server {what}"] = Found(str(program.status()))
    return found


ROWS: tuple[Row, ...] = (conversation, end_of_input, ends, gone_servers, pings_and_sizes, bad_servers)
