"""What can go wrong, as exceptions here and as codes on the wire.

    ChatError
    ├── Refusal        the other side sent what cannot be accepted; carries the answer to give
    ├── Unsendable     we were about to send what the schema does not allow
    ├── TlsFailure     TLS cannot go on (schema/tls.py)
    ├── BrokenCapture  a capture cannot be read on (schema/capture.py)
    ├── Unreadable     a file cannot be read at all (schema/tools/inputs/item.py)
    ├── Unplayable     a capture holds nothing to play (schema/tools/replaying/script.py)
    ├── NoServer       a tool cannot reach a server (schema/tools/line.py)
    ├── Broken         a transcript cannot be read on (schema/tools/sealing/reading.py)
    ├── BadKey         a key cannot be read, or signs no transcripts (schema/tools/sealing/keys.py)
    ├── BadTable       a line of a table of checks means nothing (schema/tools/conformance/table.py)
    ├── Failed         who is checked did not keep to a sentence (schema/tools/conformance/check.py)
    ├── Skipped        a check cannot be made here (the same)
    └── BadSchema      what --schema names is no XSD (schema/tools/judging/foreign.py)

The client adds `Disconnected`, `Unreachable`, `Unverified`, `ServerFault` and `Refused` below `ChatError`
(client/errors.py), the server `StartupError`, `StoreError` and `Busy` (server/errors.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What the one who gets an error can do: send something else, log in, try again later, or give up.
Action = Literal["modify", "auth", "wait", "cancel"]


@dataclass(frozen=True, slots=True)
class Code:
    """An error code of the protocol: what to do about it, and whether the stream ends with it."""

    name: str
    action: Action
    meaning: str
    fatal: bool = False


#: Every code that this version sends, in the order of PROTOCOL.md. A receiver must accept codes that are not here.
CODES: dict[str, Code] = {
    code.name: code
    for code in (
        # The stream.
        Code("not-a-frame", "cancel", "the octets are not a frame of this protocol", fatal=True),
        Code("too-large", "modify", "the document is larger than the limit in the greeting"),
        # The document, in the order in which it is checked.
        Code("byte-order-mark", "modify", "the document begins with a byte order mark"),
        Code("not-utf8", "modify", "the octets are not UTF-8"),
        Code("encoding", "modify", "the XML declaration names an encoding other than UTF-8"),
        Code("xml-version", "modify", "the XML declaration names a version other than 1.0"),
        Code("doctype", "modify", "the document has a document type declaration"),
        Code("not-well-formed", "modify", "the document is not well-formed XML"),
        Code("comment", "modify", "the document holds a comment"),
        Code("processing-instruction", "modify", "the document holds a processing instruction"),
        Code("xsi-attribute", "modify", "an attribute of the XML Schema instance namespace is used"),
        Code("too-deep", "modify", "elements are nested too deeply"),
        Code("too-many-attributes", "modify", "an element has too many attributes"),
        Code("too-many-elements", "modify", "the document has too many elements"),
        Code("wrong-namespace", "modify", "the root element is not in the namespace of this protocol"),
        Code("unknown-element", "modify", "the protocol has no such document"),
        Code("wrong-direction", "modify", "only the other side may send this document"),
        Code("invalid", "modify", "the document is not valid against the schema"),
        # The conversation.
        Code("too-many-connections", "wait", "the server has as many connections as it takes", fatal=True),
        Code("login-first", "auth", "the command needs a login before it"),
        Code("already-logged-in", "cancel", "this connection is logged in already"),
        Code("not-now", "cancel", "the document has no place at this point of the conversation"),
        Code("too-many-errors", "cancel", "too many refused documents on one connection", fatal=True),
        # Accounts.
        Code("unknown-name", "modify", "nobody is registered under this name, and the login did not ask to register"),
        Code("wrong-password", "auth", "the password is not the one of this account"),
        Code("bad-password", "modify", "the password is too short or too long"),
        Code("busy", "wait", "the server has too much to do at the moment"),
        Code("too-many-attempts", "cancel", "too many wrong passwords on one connection", fatal=True),
        Code("throttled", "wait", "too many failed or new logins with this name or from this address"),
        Code("reserved-name", "modify", "the name is kept for the operator"),
        Code("bad-invitation", "modify", "the invitation is not valid, or was used before"),
        Code("account-disabled", "cancel", "the operator has disabled the account"),
        Code("banned", "cancel", "the user or the address is kept out", fatal=True),
        # Messages and rooms.
        Code("too-fast", "wait", "more commands at once than the limits allow"),
        Code("empty-text", "modify", "the text is empty or blank"),
        Code("text-too-long", "modify", "the text is longer than the limit in the greeting"),
        Code("no-such-user", "modify", "nobody of that name exists"),
        Code("to-yourself", "modify", "a direct message to oneself, or a block of oneself"),
        Code("blocked", "cancel", "the user takes no direct messages from you"),
        Code("too-many-blocks", "cancel", "one user has blocked as many as one may"),
        Code("muted", "wait", "a moderator lets you say nothing in public"),
        Code("no-such-room", "modify", "there is no room of that name"),
        Code("not-in-room", "modify", "the command needs a join of that room before it"),
        Code("bad-range", "modify", "a history of both a room and a user, or both before and after a seq"),
        Code("stay-in-lobby", "cancel", "everyone stays in the lobby while logged in"),
        Code("too-many-rooms", "cancel", "one connection is in as many rooms as it may be"),
        # Lists and moderation.
        Code("unknown-list", "modify", "there is no list of that name"),
        Code("not-allowed", "cancel", "the command needs a role that you do not have"),
        Code("bad-target", "modify", "a ban of both a user and an address or of neither, or what is no address"),
        Code("too-many-sanctions", "cancel", "as many bans and mutes are in force as the server keeps"),
        # The server.
        Code("storage", "wait", "the message could not be written to disk, so it was not sent"),
        Code("shutting-down", "wait", "the server is stopping"),
        Code("internal", "cancel", "the server made a mistake"),
    )
}


class ChatError(Exception):
    """Anything that goes wrong in this program and is foreseen."""


class Refusal(ChatError):
    """What the other side sent cannot be accepted.

    `code` is a key of CODES; `str()` is a sentence for a person. `re` is the id of the command, where it could be
    read; `at` the path of the element or attribute at fault; `line` and `column` count from 1, in characters; `offset`
    counts octets from 0; `retry` is in seconds.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        re: str | None = None,
        at: str | None = None,
        line: int | None = None,
        column: int | None = None,
        offset: int | None = None,
        retry: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = CODES[code]
        self.sentence = sentence
        self.re = re
        self.at = at
        self.line = line
        self.column = column
        self.offset = offset
        self.retry = retry


class Unsendable(ChatError):
    """A message of ours is not valid against the schema; nothing was sent."""
