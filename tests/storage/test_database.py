"""Transactions, pragmas, migrations, and many writers at once."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, create_engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from storage import reviews
from storage.conversations import log_question, open_conversation
from storage.database import Database, switch_to_wal
from storage.errors import DatabaseError
from storage.models import Base, Conversation, Counter
from storage.statements import next_value

PROJECT = Path(__file__).resolve().parents[2]
COUNT_UP = """
import sys
from storage.database import Database
from storage.statements import next_value
database = Database(sys.argv[1])
database.migrate()
for _ in range(int(sys.argv[2])):
    with database.writing() as session:
        next_value(session, "shared")
database.close()
"""


def test_the_migrated_tables_are_the_models(database: Database) -> None:
    with database.reading() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []


def test_the_migrated_checks_are_the_models(database: Database) -> None:
    """Alembic does not compare these."""
    with database.reading() as session:
        inspector = inspect(session.connection())
        for table in Base.metadata.sorted_tables:
            checks = {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
            assert {check["name"] for check in inspector.get_check_constraints(table.name)} == checks


def test_migrating_twice_changes_nothing(database: Database, now: datetime) -> None:
    with database.writing() as session:
        open_conversation(session, "web", "1", now=now)
    database.migrate()
    with database.reading() as session:
        assert session.scalars(select(Conversation.chat_id)).all() == ["1"]


def at_revision(url: str, revision: str) -> Database:
    """A database as an earlier release left it."""
    database = Database(url)  # makes a SQLite file's folder
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "storage" / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    return database


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005"])
def test_a_database_of_an_earlier_release_keeps_its_rows(url: str, revision: str, now: datetime) -> None:
    database = at_revision(url, revision)
    with database.writing() as session:
        open_conversation(session, "web", "1", now=now)
    database.migrate()
    with database.reading() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []
        assert session.scalars(select(Conversation.chat_id)).all() == ["1"]
    database.close()


def test_reviews_with_their_asks_outlive_the_migration_and_can_be_merged(url: str, now: datetime) -> None:
    database = at_revision(url, "0002")
    moment = "2026-01-02 03:04:05.000006+00:00"
    with database.writing() as session:
        conversation = open_conversation(session, "web", "1", now=now)
        question = log_question(session, conversation, "¿becas?", now=now)
        for review in (1, 2):
            row = f"({review}, '¿Hay becas?', 'open', '', '', '{moment}')"
            session.execute(text(f"INSERT INTO reviews (id, question, status, reason, draft, opened_at) VALUES {row}"))
            row = f"({review + 6}, {review}, '¿becas?', {question}, '{moment}')"
            session.execute(
                text(f"INSERT INTO review_asks (id, review_id, wording, message_id, asked_at) VALUES {row}")
            )
    database.migrate()
    with database.writing() as session:
        assert [(r.id, r.asked, r.opened_at.year) for r in reviews.open_reviews(session)] == [
            (1, 1, 2026),
            (2, 1, 2026),
        ]
        assert [asker.chat_id for asker in reviews.askers(session, 2)] == ["1"]
        assert reviews.merge(session, 2, 1, by="Rosa", now=now)
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(text("UPDATE reviews SET status = 'forgotten'"))
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(text("DELETE FROM reviews"))  # asks refer to them, still
    database.close()


def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="another release"):
        database.migrate()


def test_an_exception_rolls_the_whole_block_back(database: Database) -> None:
    def count_then_fail() -> None:
        with database.writing() as session:
            next_value(session, "n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        count_then_fail()
    with database.writing() as session:
        assert next_value(session, "n") == 1


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"read-?only"), database.reading() as session:
        next_value(session, "n")
    with database.writing() as session:
        assert next_value(session, "n") == 1


def test_reading_sees_one_snapshot(database: Database) -> None:
    with database.reading() as reader:
        before = reader.scalar(select(Counter.value))
        with database.writing() as writer:
            next_value(writer, "n")
        assert reader.scalar(select(Counter.value)) == before


def test_moments_come_back_aware_and_in_utc(database: Database) -> None:
    in_lima = datetime(2026, 3, 1, 20, 30, 0, 5, tzinfo=timezone(timedelta(hours=-5)))
    with database.writing() as session:
        open_conversation(session, "web", "1", now=in_lima)
    with database.reading() as session:
        stored = session.scalars(select(Conversation.created_at)).one()
    assert stored == in_lima
    assert stored.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="timezone-aware"), database.writing() as session:
        open_conversation(session, "web", "1", now=datetime(2026, 3, 1))


def test_text_that_no_database_holds_is_stored_with_a_mark(database: Database, now: datetime) -> None:
    with database.writing() as session:
        open_conversation(session, "web", "a\0b \ud83d c 😀", now=now)
    with database.reading() as session:
        assert session.scalars(select(Conversation.chat_id)).one() == "a\ufffdb \ufffd c 😀"


def test_threads_that_write_at_once_lose_nothing(database: Database) -> None:
    def count_up(_: int) -> None:
        with database.writing() as session:
            # Reads before it writes: what a deferred transaction would fail at.
            before = session.scalar(select(Counter.value).where(Counter.name == "shared")) or 0
            assert next_value(session, "shared") > before

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(200)))
    with database.writing() as session:
        assert next_value(session, "shared") == 201


def test_processes_that_start_and_write_at_once_lose_nothing(url: str) -> None:
    command = [sys.executable, "-c", COUNT_UP, url, "25"]
    running = [subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[1] for process in running] == [""] * 4
    database = Database(url)
    with database.writing() as session:
        assert next_value(session, "shared") == 101
    database.close()


def test_sqlite_survives_a_power_cut_and_checks_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'a.db'}")
    with database.reading() as session:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [session.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
    database.close()
    assert values == ["wal", 2, 1, 10_000]  # 2 is FULL


def test_sqlite_writers_take_the_lock_before_they_read(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.migrate()
    other = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
    with database.writing() as session:
        session.scalar(select(Counter.value))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()
    database.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite:///file:a?mode=memory&uri=true", "must be a file"),
        ("mysql://user:hunter2@host/name", "sqlite or postgresql"),
        ("hunter2", "URL is none"),
    ],
)
def test_a_database_that_cannot_serve_is_refused(url: str, message: str) -> None:
    with pytest.raises(DatabaseError, match=message) as refusal:
        Database(url)
    assert "hunter2" not in str(refusal.value)


def test_a_database_that_cannot_use_the_write_ahead_log_is_refused() -> None:
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(DatabaseError, match="write-ahead log"):
        switch_to_wal(connection, Path("a.db"))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("question;answer\n" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        Database(f"sqlite:///{tmp_path / 'a.db'}").migrate()


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseError, match="cannot be used") as failure:
        Database("postgresql+psycopg://user:hunter2@127.0.0.1:1/name").migrate()
    assert "hunter2" not in str(failure.value)


def test_errors_do_not_show_what_was_stored(database: Database) -> None:
    with pytest.raises(StatementError) as failure, database.writing() as session:
        session.execute(insert(Conversation), [{"channel": "secreto", "chat_id": None, "created_at": None}])
    assert "secreto" not in str(failure.value).split("[SQL", 1)[1]
