"""Who may decide: codes that link an account once, in time, and are not guessed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from storage import staff
from storage.database import Database
from storage.errors import NameTaken, UnknownId
from storage.models import Staff
from storage.staff import CODE_LASTS, MOST_TRIES, Refusal, StaffRecord


def added(database: Database, now: datetime, name: str = "Rosa", role: str = "reviewer") -> str:
    with database.writing() as session:
        return staff.add(session, name, role, now)[1]


def linked(database: Database, code: str, now: datetime, account: str = "77") -> StaffRecord | Refusal:
    with database.writing() as session:
        return staff.link(session, code, account, now)


def test_a_code_links_an_account_once(database: Database, now: datetime) -> None:
    code = added(database, now, role="admin")
    member = linked(database, f" {code.lower()} ", now)
    assert isinstance(member, StaffRecord)
    assert (member.name, member.role, member.account) == ("Rosa", "admin", "77")
    with database.reading() as session:
        assert staff.by_account(session, "77") == member
        assert staff.by_account(session, "78") is None
    assert linked(database, code, now, "78") == "wrong"


def test_a_code_is_eight_clear_characters_and_is_not_stored(database: Database, now: datetime) -> None:
    codes = {added(database, now, f"p{number}") for number in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 8 and not set(code) & set("0O1IL") and code.isalnum() for code in codes)
    with database.reading() as session:
        assert not codes & set(session.scalars(select(Staff.code_hash)))


def test_a_code_expires_and_adding_again_gives_a_fresh_one(database: Database, now: datetime) -> None:
    code, late = added(database, now), now + CODE_LASTS + timedelta(microseconds=1)
    assert linked(database, code, late) == "expired"
    fresh = added(database, late, role="admin")
    assert linked(database, code, late) == "wrong"
    member = linked(database, fresh, late)
    assert isinstance(member, StaffRecord)
    assert member.role == "admin"
    with database.reading() as session:
        assert staff.list_staff(session) == [member]


def test_wrong_codes_block_the_account_that_sent_them_for_a_while_and_no_other(
    database: Database, now: datetime
) -> None:
    for _ in range(MOST_TRIES):
        assert linked(database, "ABCDEFGH", now) == "wrong"
    code = added(database, now)
    assert linked(database, code, now) == "too many tries"
    assert linked(database, "ABCDEFGH", now, "78") == "wrong"
    fresh = added(database, now + CODE_LASTS)
    assert isinstance(linked(database, fresh, now + CODE_LASTS), StaffRecord)
    assert linked(database, "ABCDEFGH", now + CODE_LASTS) == "wrong"  # counted from the start again


def test_an_account_belongs_to_one_member_and_moves(database: Database, now: datetime) -> None:
    for name in ("Rosa", "Luis"):
        linked(database, added(database, now, name), now)
    with database.reading() as session:
        assert [(member.name, member.account) for member in staff.list_staff(session)] == [
            ("Luis", "77"),
            ("Rosa", None),
        ]


def test_a_removed_member_decides_no_more_and_leaves_name_and_account_free(database: Database, now: datetime) -> None:
    linked(database, added(database, now), now)
    with pytest.raises(NameTaken, match="'Rosa'"):
        added(database, now)
    with database.writing() as session:
        staff.remove(session, "Rosa", now)
        assert staff.by_account(session, "77") is None
        assert staff.list_staff(session) == []
    with pytest.raises(UnknownId, match="'Rosa'"), database.writing() as session:
        staff.remove(session, "Rosa", now)
    assert isinstance(linked(database, added(database, now), now), StaffRecord)


def test_the_code_of_somebody_who_was_removed_links_nothing(database: Database, now: datetime) -> None:
    code = added(database, now)
    with database.writing() as session:
        staff.remove(session, "Rosa", now)
    assert linked(database, code, now) == "wrong"


def test_a_fact_holds_until_it_is_said_anew(database: Database) -> None:
    with database.writing() as session:
        assert staff.get_fact(session, "telegram_chat") is None
        staff.set_fact(session, "telegram_chat", "-100")
        staff.set_fact(session, "telegram_chat", "-200")
        assert staff.get_fact(session, "telegram_chat") == "-200"


def test_who_unlinks_the_own_account_stays_a_member_and_can_get_a_new_code(database: Database, now: datetime) -> None:
    linked(database, added(database, now, role="admin"), now)
    with database.writing() as session:
        member = staff.unlink(session, "77")
        assert member
        assert (member.name, member.role, member.account) == ("Rosa", "admin", None)
        assert staff.unlink(session, "77") is None
        assert staff.by_account(session, "77") is None
        _, code = staff.add(session, "Rosa", "admin", now)
    assert isinstance(linked(database, code, now), StaffRecord)
