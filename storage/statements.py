"""The two statements that SQLite and PostgreSQL share and SQLAlchemy has no common form for."""

from collections.abc import Mapping

from sqlalchemy import literal_column, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import Base

_NEXT = text(
    "INSERT INTO counters (name, value) VALUES (:name, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value"
)


def next_value(session: Session, counter: str) -> int:
    """The counter's next value, from 1.

    The counter's row stays locked until the transaction ends, so that values become visible in order.
    """
    value: int = session.execute(_NEXT, {"name": counter}).scalar_one()
    return value


def insert_if_absent(session: Session, table: type[Base], values: Mapping[str, object]) -> bool:
    """Inserts the row and returns True, or returns False when a row with the same key is already there."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return session.execute(row.returning(literal_column("1"))).first() is not None
