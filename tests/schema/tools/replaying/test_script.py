from __future__ import annotations

import pytest

from schema.messages import Ok, Side
from schema.tools.replaying.script import Said, Script, Unplayable
from tests.schema.tools.replaying.conftest import greeting, login, script


def said(played: Script, side: Side, connection: int = 1) -> list[Said]:
    return list(played.talks[connection].by(side))


def frames_of_answers(played: Script, connection: int = 1) -> list[int | None]:
    return [one.answer.frame if one.answer else None for one in said(played, Side.CLIENT, connection)]


def test_answers_are_found_by_the_id_in_whatever_order_they_come() -> None:
    played = script(
        login(1, "alice")
        + """
        1 C: <who id="2"/>
        1 C: <pm id="3"><text>Hello</text></pm>
        1 C: <ping id="4"/>
        1 S: <ok re="3" seq="1" time="2026-03-01T09:00:00.000Z"/>
        1 S: <pong re="4"/>
        1 S: <users re="2" room="lobby"/>
        """
    )
    assert frames_of_answers(played) == [3, 9, 7, 8]
    assert [one.asked.frame if one.asked else None for one in said(played, Side.SERVER)] == [None, 2, 5, 6, 4]


def test_an_id_used_twice_is_answered_in_order() -> None:
    lines = (
        login(1, "alice")
        + '1 C: <who id="2"/>\n1 C: <away id="2"/>\n1 S: <users re="2" room="lobby"/>\n1 S: <ok re="2"/>'
    )
    assert frames_of_answers(script(lines)) == [3, 6, 7]


@pytest.mark.parametrize("refused", ["lost", "<pm", '<pm id="!"/>', "<pm pas**********"])
def test_an_error_without_an_id_answers_what_was_refused(refused: str) -> None:
    error = '1 S: <error code="not-well-formed" action="modify"><text/></error>'
    played = script(f"{greeting(1)}1 C: {refused}\n{error}")
    assert frames_of_answers(played) == [3]
    (one,) = said(played, Side.CLIENT)
    assert (one.message, one.refused_as) == (None, "not-well-formed")
    assert (one.octets is None) == (refused == "lost" or refused.endswith("*"))


def test_a_refused_document_whose_id_was_read_is_answered_by_it() -> None:
    error = '1 S: <error re="7" code="invalid" action="modify"><text/></error>'
    assert frames_of_answers(script(f'{greeting(1)}1 C: <pm id="7"/>\n{error}')) == [3]


def test_a_server_that_says_what_is_refused_answers_nothing_with_it() -> None:
    assert said(script(greeting(1) + '1 C: <ping id="1"/>\n1 S: <ok/>'), Side.SERVER)[1].message is None


def test_a_connection_of_which_something_is_missing_is_set_aside() -> None:
    played = script(login(1, "alice") + login(2, "bob", "alice") + "1 C: missing\n")
    assert (list(played.talks), played.aside) == ([2], [1])


BYE = '2 C: <ex id="9"/>\n2 S: <bye re="9" code="logout" reconnect="false"><text/></bye>\n'
SHUTDOWN = '2 S: <bye code="shutdown" reconnect="true"><text/></bye>\n'
GONE = '1 S: <users room="lobby"><user name="alice"/></users>\n'
STAYS = '1 S: <users room="lobby"><user name="alice"/><user name="bob"/></users>\n'


@pytest.mark.parametrize(
    ("then", "left"),
    [
        ("", 6),
        (STAYS, 7),
        (STAYS + GONE + GONE, 6.5),
        (BYE + GONE, None),
        (SHUTDOWN, 7),
        ("2 C: end\n" + STAYS, 6),
    ],
    ids=["the end", "others see it", "others see it no more", "farewell", "the server stops", "packets"],
)
def test_a_client_without_farewell_leaves_before_the_others_are_told(then: str, left: float | None) -> None:
    played = script(login(1, "alice") + login(2, "bob", "alice") + then)
    assert played.talks[2].left == left
    assert played.talks[2].name == "bob"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("", "There is no document in it."),
        ('1 C: <who id="1"/>', "Nothing that the server said"),
        (greeting(1), "Nothing that a client said"),
        (login(1, "alice") + "1 C: missing", "No connection in it is there"),
    ],
)
def test_what_cannot_be_played_gets_a_sentence(lines: str, sentence: str) -> None:
    with pytest.raises(Unplayable, match=sentence):
        script(lines)


def test_an_answer_keeps_what_it_says() -> None:
    played = script(login(1, "alice") + '1 C: <away id="2"/>\n1 S: <ok re="2"/>')
    answer = said(played, Side.CLIENT)[1].answer
    assert answer is not None
    assert answer.message == Ok(re="2")
