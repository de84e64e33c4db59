"""Who may decide, from which account."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base

_HERE = "removed_at IS NULL"


class Staff(Base):
    """Somebody who decides, and the chat account that is known as theirs."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role IN ('reviewer', 'admin')", "role"),
        Index(None, "name", unique=True, sqlite_where=text(_HERE), postgresql_where=text(_HERE)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    account: Mapped[str | None] = mapped_column(unique=True)
    code_hash: Mapped[str | None]
    """Of the one-time code that links an account: SHA-256, in hexadecimal."""
    code_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class StaffFact(Base):
    """One thing that holds for the staff as a whole, by its name."""

    __tablename__ = "staff_facts"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
