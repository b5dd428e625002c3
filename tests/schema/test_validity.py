from __future__ import annotations

import time

import pytest
from lxml import etree

from schema.codec import decode, encode
from schema.errors import Refusal
from schema.messages import NAMESPACE, Greeting, Limit, Message, Protocol, Room, Rooms, Side, User, Users
from schema.validity import _cut_after, check_valid, has_many_tags
from tests.examples import INVALID, VALID, Example

TIME = "2026-01-31T23:59:59.000Z"


def refusal_of(document: bytes, *, many: bool) -> Refusal | None:
    try:
        check_valid(document, etree.fromstring(document), many=many)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize("example", VALID, ids=str)
@pytest.mark.parametrize("many", [False, True])
def test_a_valid_document_is_valid_in_pieces_too(example: Example, many: bool) -> None:
    assert refusal_of(example.octets, many=many) is None


@pytest.mark.parametrize("example", [example for example in INVALID if example.code == "invalid"], ids=str)
def test_an_invalid_one_is_explained_in_the_same_words(example: Example) -> None:
    one, other = (refusal_of(example.octets, many=many) for many in (False, True))
    assert one is not None
    assert other is not None
    assert vars(one) == vars(other)


@pytest.mark.parametrize(
    "message",
    [
        Users(room="lobby", users=User.named(*(f"user-{n}" for n in range(20_000)))),
        Rooms(re="1", rooms=tuple(Room(f"room-{n}", n) for n in range(5_000))),
        Greeting(
            server="a", version="1", time=TIME, protocols=(Protocol(1, 0),) * 400, limits=(Limit("text", 1),) * 400
        ),
    ],
    ids=lambda message: message.element,
)
def test_a_long_list_is_valid(message: Message) -> None:
    document = encode(message)
    assert has_many_tags(document)
    assert decode(document, Side.SERVER) == message


@pytest.mark.parametrize("bad", [0, 1, 777, 19_999])
def test_the_fault_in_a_long_list_is_found_where_it_is(bad: int) -> None:
    users = [f'<user name="user-{n}"/>\n' for n in range(20_000)]
    users[bad] = '<user name="User"/>\n'
    document = f'<users xmlns="{NAMESPACE}" room="lobby">\n{"".join(users)}</users>'.encode()
    with pytest.raises(Refusal, match="'User'; expected") as refused:
        decode(document, Side.SERVER)
    assert (refused.value.at, refused.value.line) == ("/users/user/@name", bad + 2)


@pytest.mark.parametrize("count", [1_000, 20_000])
@pytest.mark.parametrize("wrong", ['<user name="A"/>', "<user/>", '<user name="a" b=""/>', '<users room="A"/>'])
def test_thousands_of_faults_take_no_longer_than_one(count: int, wrong: str) -> None:
    """At one go 20,000 of them take libxml2 several seconds."""
    document = f'<users xmlns="{NAMESPACE}" room="lobby">{wrong * count}</users>'.encode()
    began = time.thread_time()
    with pytest.raises(Refusal) as refused:
        decode(document, Side.SERVER)
    assert time.thread_time() - began < 1
    assert refused.value.code.name == "invalid"


@pytest.mark.parametrize(
    ("tail", "said"),
    [("<text/>", "has no place"), ("</users", None), ("loose", "text of its own")],
)
def test_a_fault_at_the_very_end_is_found(tail: str, said: str | None) -> None:
    users = '<user name="a"/>' * 1_000
    document = f'<users xmlns="{NAMESPACE}" room="lobby">{users}{tail}</users>'.encode()
    with pytest.raises(Refusal, match=said):
        decode(document, Side.SERVER)


def test_what_comes_behind_is_cut_off_at_every_depth() -> None:
    root = etree.fromstring("<a><b><c/><d/></b><e><f/><g/></e><h/></a>")
    _cut_after(root, 6)
    assert etree.tostring(root) == b"<a><b><c/><d/></b><e><f/></e></a>"
