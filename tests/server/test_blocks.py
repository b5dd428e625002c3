from __future__ import annotations

import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schema.messages import Block, Blocks, Broadcast, Direct, Dm, List, Ok, Pm, Unblock
from server import blocks as module
from server.accounts_file import AccountsFile
from server.blocks import Blocks as Book
from tests.conftest import Connect, StartServer
from tests.server.people import register


def on_disk(file: AccountsFile) -> set[tuple[str, str]]:
    return set(file.rows("SELECT user, blocked FROM block"))


def test_a_block_holds_for_one_user_and_one_sender(blocks: Book) -> None:
    assert blocks.add("anna", "mallory")
    assert blocks.holds("anna", "mallory")
    assert not blocks.holds("mallory", "anna")
    assert not blocks.holds("anna", "ben")
    assert not blocks.holds("ben", "mallory")


def test_it_is_kept_until_it_is_lifted(blocks: Book, accounts_file: AccountsFile) -> None:
    for name in ("mallory", "eve"):
        blocks.add("anna", name)
    assert blocks.of("anna") == Book(accounts_file).of("anna") == ("eve", "mallory")
    blocks.remove("anna", "eve")
    assert blocks.of("anna") == Book(accounts_file).of("anna") == ("mallory",)


def test_what_changes_nothing_is_done_all_the_same(blocks: Book, accounts_file: AccountsFile) -> None:
    blocks.remove("anna", "mallory")
    assert blocks.add("anna", "mallory")
    assert blocks.add("anna", "mallory")
    assert blocks.of("anna") == ("mallory",)
    assert on_disk(accounts_file) == {("anna", "mallory")}


def test_one_user_may_block_so_many(blocks: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BLOCKS", 2)
    assert [blocks.add("anna", name) for name in ("a", "b", "c", "a")] == [True, True, False, True]
    assert blocks.of("anna") == ("a", "b")
    assert blocks.add("ben", "c")
    blocks.remove("anna", "a")
    assert blocks.add("anna", "c")


def test_what_the_disk_refuses_is_not_in_force(blocks: Book, accounts_file: AccountsFile) -> None:
    blocks.add("anna", "eve")
    accounts_file.close()
    with pytest.raises(sqlite3.Error):
        blocks.add("anna", "mallory")
    with pytest.raises(sqlite3.Error):
        blocks.remove("anna", "eve")
    assert blocks.of("anna") == ("eve",)


def test_changes_from_many_threads_leave_the_same_on_disk_as_in_memory(
    blocks: Book, accounts_file: AccountsFile
) -> None:
    together = threading.Barrier(8)

    def change(number: int) -> None:
        together.wait()
        for _ in range(10):
            blocks.add("anna", "mallory")
            blocks.add("anna", f"user-{number}")
            blocks.remove("anna", "mallory")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(8)))
    assert {("anna", name) for name in blocks.of("anna")} == on_disk(accounts_file)
    assert len(blocks.of("anna")) == 8


# Over TCP.


def test_who_is_blocked_is_told_so_and_heard_in_public_only(connect: Connect) -> None:
    anna, mallory = connect("anna"), connect("mallory")
    mallory.publish(Dm(id="1", to="anna", text="before"))
    assert anna.ask(Block(id="b", user="mallory")) == Ok(re="b")
    assert mallory.refused(Dm(id="2", to="anna", text="after")) == "blocked"
    assert mallory.publish(Pm(id="3", text="in public")) == 2
    assert anna.publish(Dm(id="d", to="mallory", text="the other way")) == 3
    assert [message.text for message in anna.sync() if isinstance(message, Broadcast | Direct)] == [
        "before",
        "in public",
        "the other way",
    ]
    anna.ask(Unblock(id="u", user="mallory"))
    assert mallory.publish(Dm(id="2", to="anna", text="after")) == 4


def test_the_list_is_ones_own(connect: Connect) -> None:
    anna, phone, mallory = connect("anna"), connect("anna"), connect("mallory")
    anna.ask(Block(id="b", user="mallory"))
    assert phone.ask(List(id="1", what="blocks")) == Blocks(re="1", users=("mallory",))
    assert mallory.ask(List(id="1", what="blocks")) == Blocks(re="1", users=())


@pytest.mark.parametrize(("user", "code"), [("nobody", "no-such-user"), ("anna", "to-yourself")])
def test_who_cannot_be_blocked(connect: Connect, user: str, code: str) -> None:
    anna = connect("anna")
    assert anna.refused(Block(id="b", user=user)) == code
    # Somebody who was never there is not blocked either.
    assert anna.ask(Unblock(id="u", user=user)) == Ok(re="u")


def test_one_too_many_is_refused(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BLOCKS", 0)
    connect("mallory")
    assert connect("anna").refused(Block(id="b", user="mallory")) == "too-many-blocks"


def test_no_direct_message_comes_after_the_answer_to_a_block(connect: Connect) -> None:
    """However much of it is on its way when the block is said."""
    anna, mallory = connect("anna"), connect("mallory")
    for number in range(400):
        mallory.send(Dm(id=str(number), to="anna", text=str(number)))
        if number == 200:
            anna.send(Block(id="b", user="mallory"))
    heard = 0
    while (message := anna.receive()) != Ok(re="b"):
        heard += isinstance(message, Direct)
    answers = [mallory.answer(str(number)).element for number in range(400)]
    assert answers == ["ok"] * heard + ["error"] * (400 - heard)
    assert not [message for message in anna.sync() if isinstance(message, Direct)]


def test_a_message_from_before_the_block_is_answered_as_the_first_time(connect: Connect) -> None:
    anna, mallory = connect("anna"), connect("mallory", client="desk")
    ok = mallory.ask(Dm(id="1", to="anna", text="before"))
    anna.ask(Block(id="b", user="mallory"))
    again = connect("mallory", client="desk")
    assert again.ask(Dm(id="1", to="anna", text="before")) == ok
    assert again.refused(Dm(id="3", to="anna", text="after")) == "blocked"
    anna.ask(Unblock(id="u", user="mallory"))
    # What was refused is not remembered.
    assert again.publish(Dm(id="3", to="anna", text="after")) == 2


def test_a_block_holds_after_a_restart_and_so_does_what_was_answered_before(
    start_server: StartServer, connect: Connect, data: Path
) -> None:
    register(data, "anna", "mallory")
    first = start_server()
    anna, mallory = connect("anna", at=first.address), connect("mallory", at=first.address, client="desk")
    ok = mallory.ask(Dm(id="1", to="anna", text="before"))
    anna.ask(Block(id="b", user="mallory"))
    first.stop(signal.SIGKILL)
    again = start_server()
    mallory = connect("mallory", at=again.address, client="desk")
    assert mallory.refused(Dm(id="2", to="anna", text="after")) == "blocked"
    assert mallory.ask(Dm(id="1", to="anna", text="before")) == ok
    # What was said before the block is not lost by it.
    returned = connect("anna", at=again.address)
    assert [message.text for message in returned.sync() if isinstance(message, Direct)] == ["before"]
    assert returned.ask(List(id="l", what="blocks")) == Blocks(re="l", users=("mallory",))
