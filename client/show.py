"""The thread that shows what comes while another waits for what is typed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from client.connection import Client
from client.output import Output
from schema.errors import ChatError


class Show:
    """Shows everything that the server sends, from entering until the connection ends."""

    def __init__(self, client: Client, output: Output, ended: Callable[[], None]) -> None:
        """`ended` is called, in the showing thread, when there is nothing more to come or nobody to show it to."""
        self._client = client
        self._output = output
        self._ended = ended
        self._thread = threading.Thread(target=self._run, name="client-show")
        #: Why the output could not be written.
        self.failure: OSError | None = None

    def __enter__(self) -> Show:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._client.leave()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            for message, command in self._client.exchanges():
                self._output.show(message, command)
        except ChatError:
            pass  # Whoever sends the next command is told.
        except OSError as error:
            self.failure = error
        self._ended()
