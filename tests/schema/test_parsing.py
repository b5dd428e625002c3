from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest
from lxml import etree

from schema.codec import decode, encode
from schema.errors import Refusal
from schema.limits import MAX_DOCUMENT, MAX_NEW_NAMES
from schema.messages import NAMESPACE, Ping, Pm
from schema.parsing import forget, parse


def names_kept() -> int:
    return int(etree.memory_debugger.dict_size())  # type: ignore[attr-defined]


def in_a_thread(work: Callable[[], None]) -> None:
    """In the main thread lxml keeps names in another place than in all others."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


THREADS = pytest.mark.parametrize("run", [lambda work: work(), in_a_thread], ids=["main", "another"])


def with_names(names: Iterable[str]) -> bytes:
    return f'<ping xmlns="{NAMESPACE}" id="1"><ext>{"".join(names)}</ext></ping>'.encode()


#: What can be new in every document, each made from its number.
NEW: dict[str, Callable[[int], bytes]] = {
    "elements": lambda n: with_names(f'<a{n}x{i} xmlns="urn:b"/>' for i in range(500)),
    "attributes": lambda n: with_names(f'<a xmlns="urn:b" b{n}x{i}=""/>' for i in range(500)),
    "namespaces": lambda n: with_names(f'<a xmlns="urn:{n}x{i}"/>' for i in range(500)),
    "prefixes": lambda n: with_names(f'<p{n}x{i}:a xmlns:p{n}x{i}="urn:b"/>' for i in range(500)),
    "white space": lambda n: with_names(
        f'<a xmlns="urn:b"/>{n * 500 + i:040b}'.translate({48: 32, 49: 9}) for i in range(500)
    ),
}


@THREADS
@pytest.mark.parametrize("new", NEW.values(), ids=NEW)
def test_what_documents_bring_is_forgotten(new: Callable[[int], bytes], run: Callable[..., None]) -> None:
    def work() -> None:
        most = 0
        for number in range(50):
            assert decode(new(number)) == Ping(id="1")
            most = max(most, names_kept())
        # The main thread has what was read before; 25,000 would be kept otherwise.
        assert most < 10_000

    run(work)


@THREADS
def test_a_refused_document_leaves_nothing(run: Callable[..., None]) -> None:
    def work() -> None:
        forget()
        decode(encode(Pm(id="1", text="")))
        before = names_kept()
        for number in range(50):
            with pytest.raises(Refusal):
                decode(f'<ping xmlns="{NAMESPACE}" id="1" never{number}=""/>'.encode())
            assert decode(encode(Pm(id="1", text=""))) == Pm(id="1", text="")
            assert names_kept() == before

    run(work)


def test_the_same_names_are_kept() -> None:
    def work() -> None:
        decode(NEW["elements"](1))
        before = names_kept()
        for _ in range(100):
            decode(NEW["elements"](1))
            assert names_kept() == before > 500

    in_a_thread(work)


def test_trees_that_are_held_outlive_it() -> None:
    trees = [parse(NEW["elements"](number)) for number in range(20)]
    forget()
    assert [len(tree[0]) for tree in trees] == [500] * 20
    assert etree.tostring(trees[7]) == NEW["elements"](7)
    assert trees[7][0][499].tag == "{urn:b}a7x499"


def test_one_document_may_have_more_new_names_than_are_kept() -> None:
    document = with_names(f'<a{n} xmlns="urn:b"/>' for n in range(2_500))
    assert MAX_NEW_NAMES < len(document) < MAX_DOCUMENT
    assert decode(document) == Ping(id="1")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"<a>" * 300 + b"</a>" * 300, "too-deep"),
        (b"<a>" * 300, "not-well-formed"),
        (b"<a>" * (MAX_DOCUMENT // 2), "too-deep"),
        (b"<a b='' b=''/>", "not-well-formed"),
        (b"", "not-well-formed"),
    ],
)
def test_what_is_no_tree_is_refused(document: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse(document)
    assert refused.value.code.name == code


@pytest.mark.parametrize("document", [b'<a xmlns="b"/>', b'<a xmlns:c="d" xmlns="e"/>'])
def test_a_warning_is_no_error(document: bytes) -> None:
    assert str(parse(document).tag).startswith("{")
