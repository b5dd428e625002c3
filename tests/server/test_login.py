"""Who may get into which account, where everybody may register, where an invitation is needed, and where nobody may."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from schema.errors import Refusal
from schema.messages import Login, Passwd, Prompt
from server.accounts import Accounts
from server.accounts_file import AccountsFile
from server.config import Config, Hashing
from server.hashing import Wanted
from server.login import Admission, Authentication, check_length
from server.throttle import Throttle
from tests.conftest import MakeConfig
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book

Open = Callable[..., Authentication]


@pytest.fixture
def throttle(config: MakeConfig, clock: FakeClock) -> Throttle:
    return Throttle(config(), clock)


@pytest.fixture
def connect(config: MakeConfig, accounts: Book, throttle: Throttle) -> Open:
    """A connection from `address` to a server with these settings."""

    def connect(address: str = "192.0.2.1", **settings: Any) -> Authentication:
        return Authentication(config(**settings), accounts, throttle, address)

    return connect


@pytest.fixture
def code(accounts: Book) -> str:
    """An invitation."""
    return accounts._invitations.make(days=1)


def login(door: Authentication, name: str = "anna", password: str | None = None, **more: Any) -> Prompt | Admission:
    return door.log_in(Login(id="1", name=name, password=password, **more))


def refused(door: Authentication, name: str = "anna", password: str | None = None, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        login(door, name, password, **more)
    assert raised.value.re == "1"
    return raised.value


def why(door: Authentication, name: str = "anna", password: str | None = None, **more: Any) -> str:
    return refused(door, name, password, **more).code.name


def account(outcome: Prompt | Admission) -> str:
    assert isinstance(outcome, Prompt)
    return outcome.account


def is_registered(outcome: Prompt | Admission) -> bool:
    assert isinstance(outcome, Admission)
    return outcome.registered


class TestOpen:
    def test_a_name_that_is_kept_is_refused_before_a_password_is_asked_for(self, connect: Open) -> None:
        door = connect(reserved_names=("root",))
        refusals = [refused(door, "root"), refused(door, "root", "geheim", register=True)]
        assert {(one.code.name, one.at) for one in refusals} == {("reserved-name", "/login/@name")}
        assert why(door, "root", "geheim") == "unknown-name"
        assert is_registered(login(door, "toor", "geheim", register=True))

    def test_a_name_that_is_kept_is_like_any_other_once_the_operator_has_given_it(
        self, connect: Open, accounts: Book
    ) -> None:
        accounts.register("root", "geheim")
        door = connect(reserved_names=("root",))
        assert account(login(door, "root")) == "known"
        assert not is_registered(login(door, "root", "geheim"))

    @pytest.mark.parametrize("name", ["admin", "root", "server", "lobby", "everyone", "moderator", "xmlchat", "nobody"])
    def test_names_that_could_pose_as_the_server_are_kept_by_default(self, connect: Open, name: str) -> None:
        assert why(connect(), name) == "reserved-name"

    def test_a_password_that_is_chosen_has_to_have_some_length(self, connect: Open, accounts: Book) -> None:
        door = connect(password_min=8)
        refusal = refused(door, "anna", "seven77", register=True)
        assert (refusal.code.name, refusal.at) == ("bad-password", "/login/password")
        assert "8 characters at the least; this one has 7" in str(refusal)
        assert is_registered(login(door, "anna", "eight888", register=True))
        accounts.register("ben", "kurz")
        assert not is_registered(login(door, "ben", "kurz"))

    def test_an_invitation_means_nothing(self, connect: Open) -> None:
        assert why(connect(), "anna", "geheim", invitation="nonsense") == "unknown-name"
        assert is_registered(login(connect(), "anna", "geheim", invitation="nonsense", register=True))

    def test_one_address_makes_so_many_accounts(
        self, connect: Open, config: MakeConfig, throttle: Throttle, clock: FakeClock
    ) -> None:
        throttle.reconfigure(config(address_accounts=2))
        for name in ("anna", "ben"):
            login(connect(), name, "geheim", register=True)
        # It is not asked for by those who are there already, or get it wrong.
        assert why(connect(password_min=8), "carol", "kurz", register=True) == "bad-password"
        refusal = refused(connect(), "carol", "geheim", register=True)
        assert (refusal.code.name, refusal.retry) == ("throttled", 300)
        assert is_registered(login(connect("192.0.2.2"), "carol", "geheim", register=True))
        assert not is_registered(login(connect(), "anna", "geheim", register=True))
        clock.forward(300)
        assert is_registered(login(connect(), "dora", "geheim", register=True))

    def test_an_account_that_was_not_made_is_not_counted(
        self, connect: Open, accounts: Book, config: MakeConfig, throttle: Throttle
    ) -> None:
        throttle.reconfigure(config(address_accounts=1))
        accounts.quicker = "somebody else"
        assert why(connect(), "anna", "geheim", register=True) == "wrong-password"
        accounts.quicker = None
        assert is_registered(login(connect(), "ben", "geheim", register=True))


class TestInvitation:
    """Registration for whoever has a code."""

    @pytest.fixture
    def door(self, connect: Open, accounts: Book) -> Authentication:
        accounts.register("anna", "geheim")
        return connect(registration="invitation")

    def test_with_an_invitation_it_is_as_where_everybody_may_register(self, door: Authentication, code: str) -> None:
        assert account(login(door, "anna", invitation=code)) == "known"
        assert account(login(door, "ben", invitation=code)) == "new"
        assert is_registered(login(door, "ben", "geheim", invitation=code))

    def test_in_one_step_it_has_to_say_that_the_name_is_new(self, door: Authentication, code: str) -> None:
        assert why(door, "bne", "geheim", invitation=code) == "unknown-name"
        assert is_registered(login(door, "ben", "geheim", invitation=code, register=True))

    def test_it_works_once(self, door: Authentication, connect: Open, code: str) -> None:
        login(door, "ben", "geheim", invitation=code, register=True)
        assert account(login(door, "carol", invitation=code)) == "known"
        refusal = refused(connect(registration="invitation"), "carol", "geheim", invitation=code, register=True)
        assert (refusal.code.name, refusal.at) == ("bad-invitation", "/login/invitation")

    def test_it_is_not_used_up_by_an_ordinary_login_or_a_mistake(self, door: Authentication, code: str) -> None:
        assert not is_registered(login(door, "anna", "geheim", invitation=code, register=True))
        assert why(door, "anna", "falsch", invitation=code, register=True) == "wrong-password"
        assert why(door, "root", "geheim", invitation=code, register=True) == "reserved-name"
        assert why(door, "ben", "x" * 129, invitation=code, register=True) == "bad-password"
        assert is_registered(login(door, "ben", "geheim", invitation=code, register=True))

    def test_one_that_is_used_up_at_the_last_moment_is_not_valid(
        self, door: Authentication, accounts: Book, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accounts.register("quick", "geheim", invitation=code)
        monkeypatch.setattr(accounts, "is_invited", lambda code: True)
        assert why(door, "ben", "geheim", invitation=code, register=True) == "bad-invitation"
        assert "ben" not in accounts

    def test_one_that_is_not_valid_does_no_harm_where_the_password_is_right(self, door: Authentication) -> None:
        assert not is_registered(login(door, "anna", "geheim", invitation="nonsense"))

    def test_one_that_is_not_valid_tells_nothing(self, door: Authentication) -> None:
        """Neither whether the name exists nor whether the password is right."""
        refusals = [refused(door, name, "falsch", invitation="nonsense") for name in ("anna", "ben")]
        assert [(one.code.name, one.at) for one in refusals] == [("bad-invitation", "/login/invitation")] * 2
        assert len({str(one) for one in refusals}) == 1

    def test_guessing_one_is_throttled_like_guessing_a_password(
        self, door: Authentication, config: MakeConfig, throttle: Throttle
    ) -> None:
        throttle.reconfigure(config(address_failures=3))
        for name in "abc":
            login(door, name, invitation="nonsense")
        assert why(door, "ben", invitation="nonsense") == "throttled"
        assert why(door, "ben", "geheim", invitation="nonsense") == "throttled"
        # What says nothing is not kept back.
        assert account(login(door, "ben")) == "known"


@pytest.mark.parametrize("registration", ["invitation", "closed"])
class TestNotOpen:
    """Nobody finds out which names exist."""

    @pytest.fixture
    def door(self, connect: Open, accounts: Book, registration: str) -> Authentication:
        accounts.register("anna", "geheim")
        return connect(registration=registration)

    def test_a_prompt_says_the_same_of_every_name(self, door: Authentication) -> None:
        prompts = [login(door, name) for name in ("anna", "ben", "root")]
        said = {(one.account, one.text.replace(one.name, "X")) for one in prompts if isinstance(one, Prompt)}
        assert said == {("known", "Log in as X with the password.")}

    @pytest.mark.usefixtures("door")
    def test_a_wrong_password_and_an_unknown_name_say_the_same(self, connect: Open, registration: str) -> None:
        said = set()
        for name in ("anna", "ben", "root"):
            for more in ({}, {"register": True}):
                refusal = refused(connect(registration=registration), name, "falsch", **more)
                said.add((refusal.code.name, refusal.at, str(refusal), refusal.retry))
        assert said == {("wrong-password", "/login/password", "The name or the password is wrong.", None)}

    def test_a_prompt_registers_nobody(self, door: Authentication, accounts: Book) -> None:
        login(door, "ben")
        assert why(door, "ben", "geheim") == "wrong-password"
        assert "ben" not in accounts

    def test_the_fifth_failure_ends_it_whether_or_not_there_is_such_a_name(
        self, connect: Open, accounts: Book, registration: str
    ) -> None:
        accounts.register("carol", "geheim")
        for name in ("carol", "ben"):
            door = connect(registration=registration)
            assert [why(door, name, "falsch") for _ in range(5)] == ["wrong-password"] * 4 + ["too-many-attempts"]
            assert why(door, name, "falsch") == "throttled"

    def test_the_right_password_gets_in(self, door: Authentication) -> None:
        assert not is_registered(login(door, "anna", "geheim"))
        assert not is_registered(login(door, "anna", "geheim", register=True))


def test_where_registration_is_closed_no_invitation_opens_it(connect: Open, code: str) -> None:
    door = connect(registration="closed")
    assert account(login(door, "ben", invitation=code)) == "known"
    assert why(door, "ben", "geheim", invitation=code, register=True) == "wrong-password"


def test_who_is_disabled_is_told_so_with_the_right_password_alone(connect: Open, accounts: Book) -> None:
    accounts.register("anna", "geheim")
    accounts.disable("anna")
    assert why(connect(), "anna", "falsch") == "wrong-password"
    refusal = refused(connect(), "anna", "geheim")
    assert (refusal.code.name, refusal.code.action) == ("account-disabled", "cancel")
    accounts.enable("anna")
    assert not is_registered(login(connect(), "anna", "geheim"))


def test_whose_password_is_changed_while_it_is_checked_had_the_wrong_one(
    connect: Open, accounts: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.register("anna", "geheim")
    stamp = accounts.authenticate("anna", "geheim")
    accounts.set_password("anna", "neu")
    monkeypatch.setattr(accounts, "authenticate", lambda *_: stamp)
    assert why(connect(), "anna", "geheim") == "wrong-password"


class TestThrottled:
    @pytest.fixture(autouse=True)
    def _anna(self, accounts: Book) -> None:
        accounts.register("anna", "geheim")

    def test_who_fails_too_often_waits_also_on_another_connection_and_with_the_right_password(
        self, connect: Open, clock: FakeClock
    ) -> None:
        for _ in range(5):
            refused(connect(), "anna", "falsch")
        for password in ("falsch", "geheim"):
            refusal = refused(connect(), "anna", password)
            assert (refusal.code.name, refusal.code.action, refusal.retry) == ("throttled", "wait", 1)
        clock.forward(1)
        assert not is_registered(login(connect(), "anna", "geheim"))

    def test_nothing_is_looked_at(self, connect: Open, accounts: Book) -> None:
        for _ in range(5):
            refused(connect(), "anna", "falsch")
        accounts.failure = AssertionError("somebody looked")
        accounts.stop()
        assert why(connect(), "anna", "geheim") == "throttled"

    def test_many_guesses_at_one_moment_are_not_all_answered(
        self, connect: Open, accounts: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While this right password was being checked, others have failed."""
        checked = accounts.authenticate

        def authenticate(name: str, password: str, wanted: Wanted) -> str | None:
            stamp = checked(name, password, wanted)
            assert stamp is not None
            for _ in range(5):
                other.failed("anna", "192.0.2.1")
            return stamp

        door = connect()
        other = door._throttle
        monkeypatch.setattr(accounts, "authenticate", authenticate)
        assert why(door, "anna", "geheim") == "throttled"

    @pytest.mark.parametrize("is_there", [True, False], ids=["many have failed", "the client has left"])
    def test_what_is_not_wanted_any_more_when_its_turn_has_come_is_not_hashed(
        self, connect: Open, accounts: Book, monkeypatch: pytest.MonkeyPatch, is_there: bool
    ) -> None:
        door = connect()
        checked = accounts.authenticate

        def authenticate(name: str, password: str, wanted: Wanted) -> str | None:
            for _ in range(5 if is_there else 0):
                door._throttle.failed("anna", "192.0.2.1")
            return checked(name, password, wanted)

        monkeypatch.setattr(accounts, "authenticate", authenticate)
        monkeypatch.setattr(accounts._hasher, "_matches", lambda *_: pytest.fail("it was hashed"))
        monkeypatch.setattr(door, "_is_there", lambda: is_there)
        assert why(door, "anna", "geheim") == ("throttled" if is_there else "busy")

    def test_one_address_fills_no_more_than_half_of_the_places(
        self, connect: Open, accounts: Book, throttle: Throttle, config: MakeConfig
    ) -> None:
        hashing = config().hashing
        with ExitStack() as waiting:
            for _ in range((hashing.at_once + hashing.waiting) // 2):
                waiting.enter_context(throttle.place("192.0.2.1"))
            refusal = refused(connect(), "anna", "geheim")
            assert (refusal.code.name, refusal.retry) == ("busy", 5)
            assert why(connect(), "ben", "geheim", register=True) == "busy"
            login(connect("192.0.2.2"), "anna", "geheim")
        login(connect(), "anna", "geheim")
        assert not throttle._waiting

    def test_the_owner_gets_in_from_where_she_was_before(self, connect: Open) -> None:
        login(connect("192.0.2.7"), "anna", "geheim")
        for number in range(200):
            refused(connect(f"198.51.100.{number}"), "anna", "falsch")
        assert why(connect("192.0.2.8"), "anna", "geheim") == "throttled"
        assert not is_registered(login(connect("192.0.2.7"), "anna", "geheim"))


class TestPasswd:
    @pytest.fixture
    def door(self, connect: Open, accounts: Book) -> Authentication:
        accounts.register("anna", "correct horse")
        return connect(password_min=8)

    def test_whoever_knows_the_old_one_gets_a_new_one(self, door: Authentication, accounts: Book) -> None:
        stamp = door.change_password("anna", Passwd(id="1", old="correct horse", new="battery staple"))
        assert accounts.authenticate("anna", "battery staple") == stamp
        assert not accounts.verify("anna", "correct horse")

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("correct house", "battery staple", ("wrong-password", "/passwd/old")),
            ("correct horse", "battery", ("bad-password", "/passwd/new")),
            ("correct horse", "x" * 129, ("bad-password", "/passwd/new")),
            ("x" * 129, "battery staple", ("bad-password", "/passwd/old")),
        ],
    )
    def test_otherwise_it_stays(
        self, door: Authentication, accounts: Book, old: str, new: str, expected: tuple[str, str]
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            door.change_password("anna", Passwd(id="7", old=old, new=new))
        assert (refusal.value.code.name, refusal.value.at, refusal.value.re) == (*expected, "7")
        assert accounts.verify("anna", "correct horse")

    def test_guessing_the_old_one_is_throttled_and_never_ends_the_connection(self, door: Authentication) -> None:
        codes = []
        for number in range(7):
            with pytest.raises(Refusal) as refusal:
                door.change_password("anna", Passwd(id="1", old=f"guess {number}", new="battery staple"))
            codes.append(refusal.value.code.name)
        assert codes == ["wrong-password"] * 5 + ["throttled"] * 2

    def test_when_all_are_hashing_it_has_to_wait(self, door: Authentication, accounts: Book) -> None:
        accounts.stop()
        with pytest.raises(Refusal) as refusal:
            door.change_password("anna", Passwd(id="1", old="correct horse", new="battery staple"))
        assert (refusal.value.code.name, refusal.value.retry) == ("busy", 5)


@pytest.mark.parametrize(
    ("password", "least", "fits"),
    [
        ("x" * 8, 8, True),
        ("x" * 7, 8, False),
        ("x" * 128, 8, True),
        ("x" * 129, 8, False),
        ("\N{GRINNING FACE}" * 8, 8, True),
        ("e\u0301" * 7, 8, False),
        ("e\u0301" * 128, 8, True),
        ("", 0, True),
    ],
)
def test_a_password_is_counted_in_characters_as_they_are_hashed(password: str, least: int, fits: bool) -> None:
    assert (check_length(password, least) is None) is fits


#: Some milliseconds each: enough for the time of what is around it not to count.
_MEASURABLE = Hashing(passes=1, memory_kib=4 * 1024, lanes=1, at_once=1, apart=False)


@pytest.fixture
def dear(accounts_file: AccountsFile, clock: FakeClock) -> Iterator[Accounts]:
    accounts = Accounts(accounts_file, _MEASURABLE, clock)
    yield accounts
    accounts.stop()


@pytest.mark.parametrize("registration", ["invitation", "closed"])
def test_a_wrong_password_and_an_unknown_name_take_the_same_time(
    dear: Accounts, config: MakeConfig, clock: FakeClock, registration: str
) -> None:
    """In turns, and in time of the processor, so that a busy machine does not count."""
    dear.register("anna", "geheim")
    chosen: Config = config(registration=registration, attempts=10**6, address_failures=0, longest_wait=0)
    door = Authentication(
        chosen, dear, Throttle(config(address_failures=0, account_failures=0, longest_wait=0), clock), ""
    )
    took: dict[str, list[float]] = {"anna": [], "ben": []}
    gc.disable()
    try:
        for _ in range(40):
            for name, seconds in took.items():
                began = time.process_time()
                assert why(door, name, "falsch") == "wrong-password"
                seconds.append(time.process_time() - began)
    finally:
        gc.enable()
    known, unknown = (statistics.median(seconds) for seconds in took.values())
    # Without the hash of nobody it is a hundred times.
    assert 0.8 < known / unknown < 1.25
