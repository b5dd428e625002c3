"""For each rule of the conversation one that breaks it, and one that does not.

`C:` is the client, `S:` the server; documents stand without their namespace.
"""

from __future__ import annotations

from typing import Final

Example = tuple[str, str]

_TIME = "2026-03-01T09:00:00.000Z"
_GREETED = f'S: <greeting server="xmlchat" version="1.0.0" time="{_TIME}"><protocol major="1" minor="0"/></greeting>\n'
_WELCOME = 'S: <welcome re="1" name="alice" room="lobby" seq="41" place="41"><user name="alice"/></welcome>\n'
_LOGGED_IN = _GREETED + 'C: <login id="1" name="alice"><password>********</password></login>\n' + _WELCOME
_DEVICE = _GREETED + 'C: <login id="1" name="alice" client="laptop"><password>********</password></login>\n' + _WELCOME
_BYE = 'S: <bye re="9" code="logout" reconnect="false"><text>Goodbye.</text></bye>\n'
_PM = 'C: <pm id="2"><text>Hello</text></pm>\n'
_OK = 'S: <ok re="2" seq="42" time="2026-03-01T09:00:01.000Z"/>\n'
_EX = 'C: <ex id="9"/>\n'


def _broadcast(seq: int, room: str = "lobby") -> str:
    return f'S: <broadcast seq="{seq}" room="{room}" from="bob" time="{_TIME}"><text>Hi</text></broadcast>\n'


def _direct(sender: str, to: str) -> str:
    return f'S: <direct seq="43" from="{sender}" to="{to}" time="{_TIME}"><text>Hi</text></direct>\n'


_LOGIN_FIRST_ERROR = 'S: <error re="2" code="login-first" action="auth"><text>Log in first.</text></error>\n'

LOGIN_FIRST: Final[Example] = (_GREETED + _PM + _LOGIN_FIRST_ERROR, _LOGGED_IN + _PM + _OK)
LOGIN_TWICE: Final[Example] = (
    _LOGGED_IN
    + 'C: <login id="2" name="bob"><password>********</password></login>\n'
    + 'S: <error re="2" code="already-logged-in" action="cancel"><text>You are alice.</text></error>\n',
    _LOGGED_IN,
)
_NOT_NOW_ERROR = 'S: <error re="1" code="not-now" action="cancel"><text>Wait for the greeting.</text></error>\n'
NOT_NOW: Final[Example] = ('C: <login id="1" name="alice"/>\n' + _NOT_NOW_ERROR + _GREETED, _LOGGED_IN)
ID_USED_TWICE: Final[Example] = (
    _DEVICE + _PM + _OK + 'C: <pm id="2"><text>Something else</text></pm>\n' + _OK,
    _DEVICE + _PM + _OK + _PM + _OK,
)
ID_UNANSWERED: Final[Example] = (
    _LOGGED_IN + 'C: <who id="2"/>\nC: <list id="2"/>\nS: <users re="2" room="lobby"/>\nS: <rooms re="2"/>\n',
    _LOGGED_IN + 'C: <who id="2"/>\nC: <list id="3"/>\nS: <users re="2" room="lobby"/>\nS: <rooms re="3"/>\n',
)
NO_ANSWER: Final[Example] = (_LOGGED_IN + _PM + _EX + _BYE, _LOGGED_IN + _PM + _OK + _EX + _BYE)
UNANSWERED_AT_END: Final[Example] = (_LOGGED_IN + _PM, _LOGGED_IN + _PM + _OK)
ANSWER_TO_NOTHING: Final[Example] = (_LOGGED_IN + _OK, _LOGGED_IN + _PM + _OK)
ANSWERED_TWICE: Final[Example] = (_LOGGED_IN + _PM + _OK + _OK, _LOGGED_IN + _PM + _OK)
WRONG_ANSWER: Final[Example] = (_LOGGED_IN + _PM + 'S: <rooms re="2"/>\n', _LOGGED_IN + _PM + _OK)
SEQ_GOES_BACK: Final[Example] = (
    _LOGGED_IN + _broadcast(43) + _broadcast(42),
    _LOGGED_IN + _broadcast(42) + _broadcast(43),
)
NOT_IN_ROOM: Final[Example] = (
    _LOGGED_IN + _broadcast(42, "tea"),
    _LOGGED_IN + 'C: <join id="2" room="tea"/>\nS: <ok re="2"/>\n' + _broadcast(42, "tea"),
)
DIRECT_OF_OTHERS: Final[Example] = (_LOGGED_IN + _direct("bob", "carol"), _LOGGED_IN + _direct("bob", "alice"))
AFTER_BYE: Final[Example] = (_LOGGED_IN + _EX + _BYE + _broadcast(42), _LOGGED_IN + _broadcast(42) + _EX + _BYE)
RESUMED_FROM_NOTHING: Final[Example] = (
    _LOGGED_IN + 'S: <resumed seq="41"/>\n',
    _LOGGED_IN.replace('name="alice">', 'name="alice" since="40">', 1) + 'S: <resumed seq="41"/>\n',
)
PONG_TO_NOTHING: Final[Example] = (
    _LOGGED_IN + 'C: <pong re="7"/>\n',
    _LOGGED_IN + 'S: <ping id="7"/>\nC: <pong re="7"/>\n',
)
ANOTHER_NAME: Final[Example] = (_LOGGED_IN.replace('name="alice" room', 'name="bob" room'), _LOGGED_IN)
