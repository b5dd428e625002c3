"""Every size and count that both sides agree on, each with its reason.

What an operator may change is not here but in the server's configuration, and is told to the client in the
`greeting`.
"""

from __future__ import annotations

#: Octets of one XML document of a client. The longest text allowed (4,096 characters) takes 20 KiB when each of them
#: has to be escaped; 64 KiB leaves room for extensions and keeps every refusal of a hostile document cheap.
MAX_DOCUMENT = 64 * 1024

#: Octets of one XML document of a server: a list of 20,000 users with the longest names. A client that holds this
#: much is not in danger from a server that sends it.
MAX_SERVER_DOCUMENT = 1024 * 1024

#: Octets of the length prefix; the length it announces counts these too (RFC 5734, section 4).
PREFIX = 4

#: Octets of a frame that is too large yet still skipped: the answer is an error and the session lives. Beyond this the
#: peer is not speaking this protocol, and skipping would only let it waste our time. Below 16 MiB, so that the first
#: octet of every frame is 0 and HTTP, TLS or SSH are known by their first octet.
MAX_SKIPPED_FRAME = 1024 * 1024

#: Elements inside each other. The deepest document of ours has 3; the rest is for what extensions hold.
MAX_DEPTH = 16

#: Attributes of one element. Ours has 7 at the most; ten thousand cost libxml2 8 ms.
MAX_ATTRIBUTES = 32

#: Elements of one document: a list of 20,000 users and room for more. A client's document cannot hold as many. A
#: million octets of empty elements took a client 230 ms and 40 MB.
MAX_ELEMENTS = 25_000

#: Octets of documents with names, prefixes, namespaces or runs of white space that a thread had not read before, until
#: it forgets them all. The worst of them (new names of three letters) cost 15 octets of memory for each octet, so a
#: connection is worth 1.5 MiB. Whoever uses the same names all the time never gets there.
MAX_NEW_NAMES = 32 * 1024

#: Characters of a text, as Unicode code points. This is policy, so it is not in the XSD: engines count differently.
MAX_TEXT = 4096

#: Characters of a password, before it is hashed: hashing a megabyte would be a way to keep the server busy.
MAX_PASSWORD = 128
