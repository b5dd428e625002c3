"""What can go wrong in the server, below `ChatError` (schema/errors.py).

ChatError
├── StartupError    the server cannot start; says what to do and with which exit status
├── StoreError      messages could not be written or read; nothing of the batch is on disk
├── Busy            too many password hashes are being made; carries the seconds to wait
└── BadInvitation   an invitation is not valid, or not any more
"""

from __future__ import annotations

from schema.errors import ChatError


class StartupError(ChatError):
    """`status` is the exit status, after sysexits.h.

    2 usage, 65 data broken, 69 address taken, 73 no writing, 77 too open, 78 wrong settings.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class StoreError(ChatError):
    """Messages could not be written or read."""


class Busy(ChatError):
    """`retry` is in seconds."""

    def __init__(self, retry: int) -> None:
        super().__init__(f"The server is busy checking passwords; try again in {retry} s.")
        self.retry = retry


class BadInvitation(ChatError):
    """The invitation is not valid, has expired or was used."""
