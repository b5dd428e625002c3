"""A client in another language as a process, and what it has shown."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from schema.codec import decode
from schema.errors import Refusal
from schema.messages import Message, Side
from tests.client.examples.languages import SCHEMA, Command

PASSWORD = "correct horse"

#: Seconds for a program to start, to do what is asked, and to go.
PATIENCE = 30.0

Address = tuple[str, int]
Item = TypeVar("Item")


class Gathered(Generic[Item]):
    """What has come so far, in order. Safe to use from any thread."""

    def __init__(self) -> None:
        # Guards the two below.
        self._changed = threading.Condition()
        self._items: list[Item] = []
        self._ended = False

    def add(self, item: Item) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def end(self) -> None:
        """There is no more to come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def until(self, there: Callable[[list[Item]], bool]) -> list[Item]:
        """All that came, once it is as wanted. Raises AssertionError where it never is."""
        with self._changed:
            self._changed.wait_for(lambda: there(self._items) or self._ended, PATIENCE)
            found = list(self._items)
        assert there(found), f"This is all that came: {[str(item)[:200] for item in found]}"
        return found

    def all(self) -> list[Item]:
        """All there ever is, once that has ended."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._ended, PATIENCE), "It goes on."
            return list(self._items)


class Program:
    """An example client that runs: documents come out, and complaints."""

    def __init__(
        self,
        command: Command,
        folder: Path,
        *arguments: str,
        password: str | None = PASSWORD,
        locale: str = "C.UTF-8",
        encoding: str = "ascii",
    ) -> None:
        """`encoding` is that of its output."""
        self._encoding = encoding
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("XMLCHAT_")}
        surroundings["LC_ALL"] = locale
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env=surroundings | ({} if password is None else {"XMLCHAT_PASSWORD": password}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.documents: Gathered[Message] = Gathered()
        #: The lines on stderr.
        self.complaints: Gathered[str] = Gathered()
        #: The lines on stdout that are no documents of a server, or in another encoding.
        self.wrong: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_documents, name="example-documents"),
            threading.Thread(target=self._read_complaints, name="example-complaints"),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # With all that it has started, which may hold its output open. The group is there until it is waited for.
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        with self.process:
            for reader in self._readers:
                reader.join()
        assert not self.wrong, self.wrong

    def type(self, octets: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(octets)
        self.process.stdin.flush()

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def status(self) -> int:
        """The exit status, once it has gone by itself."""
        return self.process.wait(PATIENCE)

    def _read_documents(self) -> None:
        assert self.process.stdout is not None
        try:
            for line in self.process.stdout:
                # A line is a document again, and one that a server may send.
                try:
                    self.documents.add(decode(line.removesuffix(b"\n").decode(self._encoding).encode(), Side.SERVER))
                except (Refusal, UnicodeDecodeError) as error:
                    self.wrong.append(f"{error}: {line!r}")
        finally:
            self.documents.end()

    def _read_complaints(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.complaints.add(line.decode())
        self.complaints.end()


def arguments(address: Address, user: str, *more: str) -> tuple[str, ...]:
    """What an example client is told on its command line."""
    host, port = address
    return ("--host", host, "--port", str(port), "--user", user, "--schema", str(SCHEMA), *more)
