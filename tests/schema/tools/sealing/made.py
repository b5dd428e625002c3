"""Makes transcripts for the tests, and changes them as somebody would who hopes that nobody sees it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from schema.codec import encode
from schema.messages import Broadcast, Direct
from schema.parsing import parse
from schema.tools.sealing.chain import canonical, hash_after
from schema.tools.sealing.head import Head
from schema.tools.sealing.keys import Signer
from schema.tools.sealing.proof import Flaw, Proof
from schema.tools.sealing.reading import read_parts
from schema.tools.sealing.selection import Selection
from schema.tools.sealing.writing import Output, XmlOutput, seal

Stored = Broadcast | Direct

TIME = "2026-03-01T09:00:00.000Z"


def said(seq: int, text: str = "hello", *, room: str = "lobby", sender: str = "alice", time: str = TIME) -> Broadcast:
    return Broadcast(seq=seq, room=room, sender=sender, time=time, text=text)


def told(seq: int, to: str, text: str = "for you", *, sender: str = "alice", time: str = TIME) -> Direct:
    return Direct(seq=seq, sender=sender, to=to, time=time, text=text)


def canonical_form(message: Stored) -> bytes:
    return canonical(parse(encode(message)))


#: Entry n has seq 2n + 1.
TALK = tuple(said(2 * n + 1, f"Message number {n}") for n in range(1, 7))


def head_of(messages: Sequence[Stored], selection: Selection | None = None) -> Head:
    seqs = [message.seq for message in messages]
    first, last = (min(seqs), max(seqs)) if seqs else (None, None)
    return Head("test", "log", TIME, len(seqs), first, last, selection or Selection(direct=True))


def made_of(
    messages: Sequence[Stored] = TALK, signer: Signer | None = None, head: Head | None = None, *more: Output
) -> bytes:
    file = io.BytesIO()
    seal(head or head_of(messages), map(canonical_form, messages), signer, [XmlOutput(file), *more])
    return file.getvalue()


def flaws_of(transcript: bytes, key: str | None = None) -> list[Flaw]:
    return list(Proof(key).flaws(read_parts(io.BytesIO(transcript))))


def entries_of(transcript: bytes) -> list[bytes]:
    return re.findall(rb"<entry .*?</entry>\n", transcript, re.DOTALL)


def with_entries(transcript: bytes, entries: Sequence[bytes]) -> bytes:
    """The same head and end around other entries."""
    before, after = transcript.index(b"<entry"), transcript.index(b"<end ")
    return transcript[:before] + b"".join(entries) + transcript[after:]


def numbered(entries: Sequence[bytes]) -> list[bytes]:
    """As somebody would number them anew."""
    return [re.sub(rb' n="\d+"', b' n="%d"' % n, entry, count=1) for n, entry in enumerate(entries, 1)]


def forged(transcript: bytes) -> bytes:
    """With all hashes computed anew, as anybody can."""
    head = re.search(rb"<head .*?</head>", transcript, re.DOTALL)
    assert head is not None
    last = hash_after("", canonical(parse(head[0])))
    transcript = re.sub(rb'<start sha256="\w+"', f'<start sha256="{last}"'.encode(), transcript)
    entries = []
    for entry in entries_of(transcript):
        message = re.sub(rb"^<entry [^>]*>|</entry>\n$", b"", entry)
        last = hash_after(last, message)
        entries.append(re.sub(rb'sha256="\w+"', f'sha256="{last}"'.encode(), entry, count=1))
    return re.sub(rb'<end sha256="\w+"', f'<end sha256="{last}"'.encode(), with_entries(transcript, entries))
