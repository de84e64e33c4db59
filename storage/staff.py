"""Who may decide: staff members, the one-time codes that link their chat accounts, and what holds for all of them.

A code is stored as its hash, lasts 15 minutes and serves once. Five wrong codes from one account block it for 15
minutes; the count is a row, so that a restart does not forget it. A member has one account, an account one member.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from storage.errors import NameTaken, UnknownId
from storage.models import Staff, StaffFact
from storage.statements import insert_if_absent

STAFF_CHAT = "telegram_chat"
"""The fact that holds the id of the staff's chat."""
CODE_LASTS = timedelta(minutes=15)
MOST_TRIES = 5
"""Wrong codes from one account before it is blocked, for :data:`CODE_LASTS` after the last of them."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O, 1 I L
_TRIES = "tries:"

Refusal = Literal["wrong", "expired", "too many tries"]
"""Why a code did not link an account."""


@dataclass(frozen=True)
class StaffRecord:
    """Somebody who decides."""

    id: int
    name: str
    role: str
    """reviewer or admin."""
    account: str | None
    """The chat account's id, once it is linked."""
    code_until: datetime | None
    """Until when the open code is good."""
    created_at: datetime


def add(session: Session, name: str, role: str, now: datetime) -> tuple[StaffRecord, str]:
    """Adds a member and returns the one-time code as well; one who has linked no account yet gets a fresh code.

    Raises:
        NameTaken: a member of this name has an account already.
    """
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    member = session.scalar(_here().where(Staff.name == name).with_for_update())
    if member and member.account:
        raise NameTaken(
            f"{name!r} is a {member.role} with an account already; names are unique. Remove that one first."
        )
    if member is None:
        member = Staff(name=name, created_at=now)
        session.add(member)
    member.role, member.code_hash, member.code_until = role, _hash(code), now + CODE_LASTS
    session.flush()
    return _record(member), code


def remove(session: Session, name: str, now: datetime) -> None:
    """Takes a member's rights; the name and the account are free again.

    Raises:
        UnknownId: there is no member of this name.
    """
    member = session.scalar(_here().where(Staff.name == name).with_for_update())
    if member is None:
        raise UnknownId(f"There is no staff member {name!r}; the list shows all of them.")
    member.removed_at, member.account, member.code_hash, member.code_until = now, None, None, None
    session.flush()


def list_staff(session: Session) -> list[StaffRecord]:
    """All members, by name."""
    return sorted((_record(member) for member in session.scalars(_here())), key=lambda member: member.name)


def by_account(session: Session, account: str) -> StaffRecord | None:
    """The member whose account this is."""
    member = session.scalar(_here().where(Staff.account == account))
    return _record(member) if member else None


def link(session: Session, code: str, account: str, now: datetime) -> StaffRecord | Refusal:
    """Links an account to the member whose code this is; an account that was another member's moves.

    A refusal is returned, not raised, since the caller has to commit the try that was counted.
    """
    if _tries(session, account, now) >= MOST_TRIES:
        return "too many tries"
    member = session.scalar(_here().where(Staff.code_hash == _hash(code)).with_for_update())
    if member is None or member.code_until is None:
        _count_try(session, account, now)
        return "wrong"
    if member.code_until < now:
        return "expired"
    session.execute(update(Staff).where(Staff.account == account).values(account=None))
    forget_tries(session, account)
    member.account, member.code_hash, member.code_until = account, None, None
    session.flush()
    return _record(member)


def void_code(session: Session, code: str) -> bool:
    """Makes a code link nobody any more; False: it was nobody's. The member needs a new one."""
    member = session.scalar(_here().where(Staff.code_hash == _hash(code)).with_for_update())
    if member is None:
        return False
    member.code_hash, member.code_until = None, None
    session.flush()
    return True


def unlink(session: Session, account: str) -> StaffRecord | None:
    """Takes an account from its member, who stays one and needs a new code; None when it is nobody's."""
    member = session.scalar(_here().where(Staff.account == account).with_for_update())
    if member is None:
        return None
    member.account = None
    session.flush()
    return _record(member)


def get_fact(session: Session, name: str) -> str | None:
    """What holds for all staff, as ``telegram_chat``, the id of their chat; None where it was never said."""
    return session.scalar(select(StaffFact.value).where(StaffFact.name == name))


def set_fact(session: Session, name: str, value: str) -> None:
    """Says what holds for all staff from now on."""
    if not insert_if_absent(session, StaffFact, {"name": name, "value": value}):
        session.execute(update(StaffFact).where(StaffFact.name == name).values(value=value))


def forget_tries(session: Session, account: str) -> None:
    """Deletes how often an account sent a wrong code."""
    session.execute(delete(StaffFact).where(StaffFact.name == _TRIES + account))


def forget_tries_before(session: Session, moment: datetime) -> None:
    """Deletes the counts of wrong codes whose last is older than ``moment``."""
    for fact in session.scalars(select(StaffFact).where(StaffFact.name.startswith(_TRIES))):
        if datetime.fromisoformat(fact.value.partition(":")[2]) < moment:
            session.delete(fact)


def _tries(session: Session, account: str, now: datetime) -> int:
    """The account's wrong tries, the last of them not longer ago than a code lasts."""
    count, _, at = (get_fact(session, _TRIES + account) or "0:").partition(":")
    return int(count) if at and datetime.fromisoformat(at) > now - CODE_LASTS else 0


def _count_try(session: Session, account: str, now: datetime) -> None:
    set_fact(session, _TRIES + account, f"{_tries(session, account, now) + 1}:{now.isoformat()}")


def _here() -> Select[Staff]:
    return select(Staff).where(Staff.removed_at.is_(None))


def _hash(code: str) -> str:
    return hashlib.sha256("".join(code.split()).upper().encode("utf-8", "replace")).hexdigest()


def _record(member: Staff) -> StaffRecord:
    return StaffRecord(member.id, member.name, member.role, member.account, member.code_until, member.created_at)
