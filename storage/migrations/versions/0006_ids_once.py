"""On SQLite, no id of a deleted row is given to another: whoever still holds it would mean the other row."""

from alembic import op
from sqlalchemy import Connection, text

revision = "0006"
down_revision = "0005"

_PARENTS_FIRST = ("inbox", "outbox", "conversations", "messages", "handoffs", "quizzes")
_REFER_TO_THEM = ("review_asks",)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":  # a sequence gives each number once
        return
    # AUTOINCREMENT is part of how a table is made, and none is dropped that others refer to: all rows wait aside.
    tables = (*_PARENTS_FIRST, *_REFER_TO_THEM)
    for table in tables:
        op.execute(f"CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}")
    for table in reversed(tables):
        op.execute(f"DELETE FROM {table}")
    for table in _PARENTS_FIRST:
        _make_anew(connection, table)
    for table in tables:
        op.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
        op.execute(f"DROP TABLE kept_{table}")


def _make_anew(connection: Connection, table: str) -> None:
    found = text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY type = 'index'")
    made, *indexes = connection.scalars(found, {"table": table}).all()
    made = made.replace("id INTEGER NOT NULL", "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", 1)
    made = made.replace(f"CONSTRAINT pk_{table} PRIMARY KEY (id), ", "", 1)
    op.drop_table(table)
    for statement in (made, *indexes):
        connection.exec_driver_sql(statement)
