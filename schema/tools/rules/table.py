"""Every rule that a finding may name. Their ids and names are stable: what was suppressed once stays suppressed.

In an example a line `C: …` is a document of the client and `S: …` one of the server, without the namespace. The tests
judge each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from schema.tools.rules import conversation_examples as talk


class Layer(Enum):
    """What a rule looks at, from the wire up."""

    TRANSPORT = "transport"
    FRAMING = "framing"
    ENCODING = "encoding"
    WELL_FORMEDNESS = "well-formedness"
    RESTRICTED = "restricted XML"
    SCHEMA = "schema"
    CONVERSATION = "conversation"
    ENGINE = "engine"


class Severity(Enum):
    """`error` makes the verdict invalid; `warning` only with --strict; `note` says what could not be judged."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` is the code of the protocol's error where there is one. `wrong` and `right` are examples."""

    id: str
    name: str
    layer: Layer
    severity: Severity
    meaning: str
    wrong: str = ""
    right: str = ""


ERROR, WARNING, NOTE = Severity

_PM = 'C: <pm id="1"><text>Hello</text></pm>'

_TRANSPORT = (
    (
        "XC101",
        "missing-bytes",
        ERROR,
        "Octets of the stream are not in the capture: the recorder lost packets, or began or ended in "
        "between. The documents cut by that are not judged, and nothing is concluded from what was not seen. "
        "Record again with a larger buffer (tcpdump -B 65536).",
    ),
    (
        "XC102",
        "packet-cut",
        ERROR,
        "The recorder wrote down only the beginning of each packet. Record with tcpdump -s 0.",
    ),
    (
        "XC103",
        "retransmission-differs",
        ERROR,
        "Octets were sent twice under the same sequence numbers, with different content. Correct TCP never "
        "does this; something on the way, or an attacker, has. The first version was judged.",
    ),
    (
        "XC104",
        "begins-midway",
        NOTE,
        "The first packets of a connection are not in the capture. Judging begins at the first place where a "
        "length is followed by a document; rules that need to know what was before are not applied.",
    ),
    (
        "XC105",
        "capture-ends",
        NOTE,
        "The recording stopped in the middle of a frame or a packet; nothing is wrong with the conversation.",
    ),
    (
        "XC106",
        "one-direction",
        NOTE,
        "Only one side of a connection is in the capture. Its documents are judged, but rules that need both "
        "sides are not applied.",
    ),
    (
        "XC107",
        "encrypted",
        ERROR,
        "The connection is inside TLS, so that nothing of it could be judged. The server's own --capture "
        "records what was said before it is encrypted.",
    ),
    (
        "XC108",
        "foreign",
        NOTE,
        "Connections that are not of this protocol were passed over, since neither side ever sent a length "
        "followed by XML. With --port everything on that port is judged.",
    ),
    (
        "XC109",
        "broken-capture",
        ERROR,
        "A file that --capture wrote cannot be read on from here: it was changed, or cut off when the disk was full.",
    ),
)

_FRAMING = (
    (
        "XC201",
        "not-a-frame",
        "Four octets that should be a length are none (PROTOCOL.md §2.3). Often a length in the wrong byte "
        "order or without its own four octets, or a document without a length in front of it.",
    ),
    (
        "XC202",
        "too-large",
        "The frame is larger than its sender may send (PROTOCOL.md §2.3).",
    ),
    (
        "XC203",
        "frame-cut",
        "The stream ends in the middle of a frame. A sender that closes has to finish its frame first.",
    ),
    (
        "XC204",
        "never-a-document",
        "The capture says that these octets never became a document, or holds only asterisks in place of one,"
        " since it was refused and may have held a password.",
    ),
)

_ENCODING = (
    (
        "XC301",
        "byte-order-mark",
        "Documents are UTF-8 without a byte order mark.",
    ),
    (
        "XC302",
        "not-utf8",
        "The octets are not UTF-8, often ISO 8859-1 or a character that was cut in two.",
    ),
    (
        "XC303",
        "encoding",
        "The XML declaration names another encoding than UTF-8, or the document looks like UTF-16.",
        "C: <?xml version='1.0' encoding='latin1'?><who id='1'/>",
        "C: <?xml version='1.0' encoding='UTF-8'?><who id='1'/>",
    ),
    (
        "XC304",
        "xml-version",
        "The XML declaration names a version other than 1.0.",
        "C: <?xml version='1.1'?><who id='1'/>",
        "C: <?xml version='1.0'?><who id='1'/>",
    ),
)

_WELL_FORMED = (
    (
        "XC401",
        "not-well-formed",
        "No XML parser would read this. Most often a '&' or '<' in a text was not escaped, or a control "
        "character was sent, for which XML has no form (PROTOCOL.md §3.4).",
        'C: <pm id="1"><text>salt & pepper</text></pm>',
        'C: <pm id="1"><text>salt &amp; pepper</text></pm>',
    ),
)

_RESTRICTED = (
    (
        "XC501",
        "doctype",
        "A document type declaration could define entities, load files or grow without end.",
        'C: <!DOCTYPE pm><pm id="1"><text/></pm>',
        _PM,
    ),
    (
        "XC502",
        "comment",
        "A comment could split a text in two for one reader and not for another.",
        'C: <pm id="1"><text>ad<!-- -->min</text></pm>',
        'C: <pm id="1"><text>admin</text></pm>',
    ),
    (
        "XC503",
        "processing-instruction",
        "Processing instructions mean nothing here and could mean something elsewhere.",
        'C: <?say hello?><pm id="1"><text/></pm>',
        _PM,
    ),
    (
        "XC504",
        "xsi-attribute",
        "xsi:type and xsi:schemaLocation would let the sender choose the schema.",
        'C: <pm xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="pm" id="1"><text/></pm>',
        _PM,
    ),
    (
        "XC505",
        "too-deep",
        "Elements are nested more than 16 deep (PROTOCOL.md §3.2).",
    ),
    (
        "XC506",
        "too-many-attributes",
        "An element has more than 32 attributes (PROTOCOL.md §3.2).",
    ),
    (
        "XC507",
        "too-many-elements",
        "A document has more than 25,000 elements (PROTOCOL.md §3.2).",
    ),
)

_SCHEMA = (
    (
        "XC601",
        "wrong-namespace",
        "The root element is not in the namespace urn:xmlchat:1.",
        'C: <x:pm xmlns:x="urn:else" id="1"/>',
        _PM,
    ),
    (
        "XC602",
        "unknown-element",
        "The schema has no such document.",
        'C: <shout id="1"/>',
        _PM,
    ),
    (
        "XC603",
        "wrong-direction",
        "Only the other side may send this document.",
        'S: <pm id="1"><text/></pm>',
        _PM,
    ),
    (
        "XC604",
        "unknown-attribute",
        "The element has no such attribute.",
        'C: <pm id="1" colour="red"><text/></pm>',
        _PM,
    ),
    (
        "XC605",
        "missing-attribute",
        "The element lacks an attribute that it needs.",
        "C: <pm><text/></pm>",
        _PM,
    ),
    (
        "XC606",
        "misplaced-element",
        "The element has no place here: an unknown one, one too many, or the wrong order.",
        'C: <pm id="1"><body/></pm>',
        _PM,
    ),
    (
        "XC607",
        "missing-element",
        "An element that is needed inside is missing.",
        'C: <pm id="1"/>',
        _PM,
    ),
    (
        "XC608",
        "wrong-value",
        "A value has not the form that its type in the schema asks for.",
        'C: <pm id="1" room="Tea Room"><text/></pm>',
        'C: <pm id="1" room="tea-room"><text/></pm>',
    ),
    (
        "XC609",
        "stray-text",
        "There is text between elements, where only white space may be.",
        'C: <pm id="1">Hello</pm>',
        _PM,
    ),
    (
        "XC610",
        "element-in-text",
        "There is an element inside an element that holds only text.",
        'C: <pm id="1"><text>Hello <b>you</b></text></pm>',
        'C: <pm id="1"><text>Hello &lt;b>you&lt;/b></text></pm>',
    ),
    (
        "XC611",
        "invalid",
        "The schema refuses the document for another reason.",
    ),
)

_CONVERSATION = (
    (
        "XC701",
        "login-first",
        ERROR,
        "A client has to log in before it sends this (PROTOCOL.md §4.1).",
        talk.LOGIN_FIRST,
    ),
    (
        "XC702",
        "already-logged-in",
        ERROR,
        "There is one login for each connection (PROTOCOL.md §4.1).",
        talk.LOGIN_TWICE,
    ),
    (
        "XC703",
        "not-now",
        ERROR,
        "The table of states has no place for this document here (PROTOCOL.md §4.1).",
        talk.NOT_NOW,
    ),
    (
        "XC704",
        "id-used-twice",
        ERROR,
        "A client may never use the id of one pm or dm for another under the same `client`: the other would "
        "get the old `ok` and not be posted (PROTOCOL.md §4.8).",
        talk.ID_USED_TWICE,
    ),
    (
        "XC705",
        "id-unanswered",
        WARNING,
        "The id of a command that is not answered yet is used for another one, so that their answers cannot "
        "be told apart (PROTOCOL.md §4.2).",
        talk.ID_UNANSWERED,
    ),
    (
        "XC706",
        "no-answer",
        ERROR,
        "Every command gets exactly one answer (PROTOCOL.md §4.2), and the connection was ended in good order"
        " without it.",
        talk.NO_ANSWER,
    ),
    (
        "XC707",
        "unanswered-at-end",
        NOTE,
        "When the connection or the capture ended, these commands had no answer. That is nobody's fault; a "
        "client sends them again (PROTOCOL.md §4.8).",
        talk.UNANSWERED_AT_END,
    ),
    (
        "XC708",
        "answer-to-nothing",
        ERROR,
        "An answer names a command that was never sent on this connection (PROTOCOL.md §4.2).",
        talk.ANSWER_TO_NOTHING,
    ),
    (
        "XC709",
        "answered-twice",
        ERROR,
        "Every command gets exactly one answer (PROTOCOL.md §4.2).",
        talk.ANSWERED_TWICE,
    ),
    (
        "XC710",
        "wrong-answer",
        ERROR,
        "PROTOCOL.md §5 names another answer for this command.",
        talk.WRONG_ANSWER,
    ),
    (
        "XC711",
        "seq-goes-back",
        ERROR,
        "Each connection, and each page, gets its messages in ascending order of seq (PROTOCOL.md §4.4, §4.11).",
        talk.SEQ_GOES_BACK,
    ),
    (
        "XC712",
        "not-in-room",
        ERROR,
        "A broadcast goes only to connections that are in the room (PROTOCOL.md §4.4).",
        talk.NOT_IN_ROOM,
    ),
    (
        "XC713",
        "direct-of-others",
        ERROR,
        "A direct message goes only to its sender and its receiver (PROTOCOL.md §4.4).",
        talk.DIRECT_OF_OTHERS,
    ),
    (
        "XC714",
        "after-bye",
        ERROR,
        "The bye is the last that a server says (PROTOCOL.md §4.7).",
        talk.AFTER_BYE,
    ),
    (
        "XC715",
        "resumed-from-nothing",
        ERROR,
        "`resumed` ends a catching up (PROTOCOL.md §4.9), and there was none: the login named no `since` and "
        "no `place`, and no direct message was missed.",
        talk.RESUMED_FROM_NOTHING,
    ),
    (
        "XC716",
        "pong-to-nothing",
        NOTE,
        "A pong that answers no ping is ignored (PROTOCOL.md §4.6).",
        talk.PONG_TO_NOTHING,
    ),
    (
        "XC717",
        "another-name",
        ERROR,
        "A prompt or a welcome names another user than the login (PROTOCOL.md §5).",
        talk.ANOTHER_NAME,
    ),
)

_ENGINE = (
    (
        "XC901",
        "engines-disagree",
        ERROR,
        "libxml2 and xmlschema judge this document differently. One of them, or the schema, has a mistake.",
    ),
)

RULES: Final[tuple[Rule, ...]] = (
    *(Rule(id, name, Layer.TRANSPORT, severity, meaning) for id, name, severity, meaning in _TRANSPORT),
    *(Rule(id, name, Layer.FRAMING, ERROR, meaning) for id, name, meaning in _FRAMING),
    *(Rule(id, name, Layer.ENCODING, ERROR, *rest) for id, name, *rest in _ENCODING),
    *(Rule(id, name, Layer.WELL_FORMEDNESS, ERROR, *rest) for id, name, *rest in _WELL_FORMED),
    *(Rule(id, name, Layer.RESTRICTED, ERROR, *rest) for id, name, *rest in _RESTRICTED),
    *(Rule(id, name, Layer.SCHEMA, ERROR, *rest) for id, name, *rest in _SCHEMA),
    *(
        Rule(id, name, Layer.CONVERSATION, severity, meaning, *example)
        for id, name, severity, meaning, example in _CONVERSATION
    ),
    *(Rule(id, name, Layer.ENGINE, severity, meaning) for id, name, severity, meaning in _ENGINE),
)

#: By name. Refusals of schema/ are found by their code.
BY_NAME: Final[dict[str, Rule]] = {rule.name: rule for rule in RULES}


def chosen(words: list[str]) -> frozenset[Rule]:
    """The rules that these words mean: ids or their beginnings, names, layers.

    Raises ValueError for a word that means none.
    """
    found: set[Rule] = set()
    for word in words:
        meant = {rule for rule in RULES if _means(word, rule)}
        if not meant:
            raise ValueError(f"{word!r} is no rule and no layer")
        found |= meant
    return frozenset(found)


def _means(word: str, rule: Rule) -> bool:
    if word.upper().startswith("XC"):
        return rule.id.startswith(word.upper())
    return word in (rule.name, rule.layer.value, rule.layer.value.partition(" ")[0])
