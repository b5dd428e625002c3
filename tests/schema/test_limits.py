"""What the reasons beside the limits claim. That each limit is kept is tested where it is used."""

from __future__ import annotations

import pytest

from schema.codec import decode, encode
from schema.limits import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_DOCUMENT,
    MAX_ELEMENTS,
    MAX_PASSWORD,
    MAX_SERVER_DOCUMENT,
    MAX_SKIPPED_FRAME,
    MAX_TEXT,
    PREFIX,
)
from schema.messages import Broadcast, Login, Pm, Side, User, Users
from tests.schema.strategies import XS, XSD

WIDEST = ["\r", "&", "😀", "\U0010ffff"]


@pytest.mark.parametrize("character", WIDEST)
def test_the_longest_text_fits_into_a_document_whatever_it_is_made_of(character: str) -> None:
    text = character * MAX_TEXT
    document = encode(Pm(id="i" * 64, room="r" * 32, text=text))
    assert len(document) <= 21 * 1024 < MAX_DOCUMENT
    assert decode(document, Side.CLIENT) == Pm(id="i" * 64, room="r" * 32, text=text)


@pytest.mark.parametrize("character", WIDEST)
def test_so_does_the_document_that_passes_it_on(character: str) -> None:
    name, time = "n" * 32, "2026-01-31T23:59:59.000Z"
    said = Broadcast(seq=10**18 - 1, room=name, sender=name, time=time, text=character * MAX_TEXT)
    assert decode(encode(said), Side.SERVER) == said


@pytest.mark.parametrize("character", WIDEST)
def test_the_longest_password_is_one_that_the_schema_allows(character: str) -> None:
    login = Login(id="1", name="anna", password=character * MAX_PASSWORD)
    assert decode(encode(login), Side.CLIENT) == login


def test_a_list_of_twenty_thousand_users_fits_into_a_document_of_a_server() -> None:
    assert len(encode(Users(room="r" * 32, users=User.named("n" * 32) * 20_000))) <= MAX_SERVER_DOCUMENT


def test_such_a_list_does_not_have_too_many_elements_and_no_document_of_a_client_has() -> None:
    assert MAX_DOCUMENT // len("<a/>") < MAX_ELEMENTS
    assert MAX_ELEMENTS > 20_000


def test_the_first_octet_of_every_frame_is_0() -> None:
    assert max(MAX_SKIPPED_FRAME, MAX_DOCUMENT + PREFIX, MAX_SERVER_DOCUMENT + PREFIX) < 2**24


def test_our_own_documents_stay_far_below_the_limits_of_depth_and_attributes() -> None:
    most = max(len(list(kind.iterchildren(f"{XS}attribute"))) for kind in XSD.iter(f"{XS}complexType"))
    assert most == 7
    assert most < MAX_ATTRIBUTES
    assert MAX_DEPTH > 3
