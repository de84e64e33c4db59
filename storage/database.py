"""One database, SQLite or PostgreSQL: its engine, its migrations, and one visible transaction per service call.

``reading()`` sees one snapshot and cannot write. ``writing()`` commits at the end of its block and rolls back on
an exception. Neither may be held while the model generates.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy import exc as sql
from sqlalchemy.orm import Session, sessionmaker

from storage.errors import DatabaseError

__all__ = ["Database", "Session"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 10
_MIGRATION_LOCK = 0x63656E66
"""Key of PostgreSQL's advisory lock for migrations."""


class Database:
    """A database, safe to share between threads; one per process.

    Raises:
        DatabaseError: the URL is not one of a SQLite file or a PostgreSQL server, or the file cannot be opened.
    """

    def __init__(self, url: str) -> None:
        parsed = checked_url(url)
        self._name = parsed.render_as_string(hide_password=True)
        sqlite = parsed.get_backend_name() == "sqlite"
        self._engine = create_engine(
            parsed,
            hide_parameters=True,  # an error's text goes to the log; a student's does not
            json_serializer=partial(json.dumps, ensure_ascii=False),
            pool_pre_ping=not sqlite,
            connect_args={"timeout": _BUSY_SECONDS} if sqlite else {"connect_timeout": _BUSY_SECONDS},
        )
        if sqlite:
            _prepare_sqlite(self._engine, Path(str(parsed.database)))
        snapshot = {} if sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._writer = self._engine.execution_options(writing=True)
        self._readers = sessionmaker(self._engine.execution_options(**snapshot))
        self._writers = sessionmaker(self._writer, expire_on_commit=False)

    @property
    def name(self) -> str:
        """The URL without its password, for messages."""
        return self._name

    def migrate(self) -> None:
        """Brings the tables up to this release; several processes may call it at once.

        Raises:
            DatabaseError: a newer release wrote the database, or it cannot be reached.
        """
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self._explained(), self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise DatabaseError(
                    f"{self._name} was written by another release of the project ({error}); "
                    "a release reads its own and older databases. Install the newer release."
                ) from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one snapshot, cannot write, and is rolled back."""
        with self._explained(), self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that commits at the end of the block and is rolled back on an exception.

        On SQLite it holds the one write lock from its first statement on (others wait up to 10 seconds).
        """
        with self._explained(), self._writers.begin() as session:
            yield session

    def shred(self) -> None:
        """Takes what was deleted out of SQLite's write-ahead log as well; a server's vacuum does the like by itself.

        While somebody reads, a part may stay until the next call.
        """
        if self._engine.dialect.name == "sqlite":
            with self._explained(), closing(self._engine.raw_connection()) as connection:  # outside any transaction
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sql.OperationalError, sql.InternalError, sql.TimeoutError) as error:
            cause = getattr(error, "orig", error)
            raise DatabaseError(
                f"{self._name} cannot be used: {cause}. The database must be reachable and writable, and no "
                f"transaction may last {_BUSY_SECONDS} seconds. Check the path or the server, its rights and its disk."
            ) from error


def checked_url(url: str) -> URL:
    """The URL, parsed.

    Raises:
        DatabaseError: it is not one of a SQLite file or a PostgreSQL server.
    """
    try:
        parsed = make_url(url)
        drivers = parsed.get_backend_name(), parsed.get_driver_name()
    except (sql.ArgumentError, sql.NoSuchModuleError) as error:
        raise DatabaseError(  # the value may hold a password
            "The database's URL is none; use sqlite:///path/to/file.db or postgresql+psycopg://user:password@host/name."
        ) from error
    if drivers not in {("sqlite", "pysqlite"), ("postgresql", "psycopg")}:
        raise DatabaseError(
            f"The database must be sqlite or postgresql+psycopg, received {parsed.drivername}; "
            "use sqlite:///path/to/file.db or postgresql+psycopg://user:password@host/name."
        )
    if drivers[0] == "sqlite" and (parsed.database or ":memory:").startswith((":memory:", "file:")):
        raise DatabaseError(
            f"SQLite must be a file, received {url!r}: several connections share it. Use sqlite:///path/to/file.db."
        )
    return parsed


def _prepare_sqlite(engine: Engine, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"The folder of {file} cannot be made: {error}. Choose a path that you may write."
        ) from error

    # SQLAlchemy's recipe (dialects/sqlite/base.py): the driver begins nothing, the "begin" event does.
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        switch_to_wal(connection, file)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only unlinked
        # With NORMAL, a power cut may take back the last commits of a WAL database. A message is acknowledged
        # to its channel once it is committed, and is never delivered again: it has to be on the disk by then.
        connection.execute("PRAGMA synchronous = FULL")

    # A deferred transaction that reads and then writes fails at once when somebody wrote in between
    # (SQLITE_BUSY_SNAPSHOT, no waiting); one that takes the lock first waits for its turn.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def switch_to_wal(connection: Any, file: Path) -> None:
    """Makes sure that a new SQLite connection uses the write-ahead log.

    Raises:
        DatabaseError: the file is no database, or its place does not support the log.
    """
    # When two processes open a new file at once, SQLite refuses one of them without waiting.
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except connection.DatabaseError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise DatabaseError(
                    f"{file} cannot be opened as a SQLite database: {error}. Check the file."
                ) from error
            time.sleep(0.02)
    if mode != "wal":
        raise DatabaseError(
            f"{file} cannot use SQLite's write-ahead log (journal mode stays {mode!r}), which readers beside a "
            "writer need. Put it on a local disk, not on a network share."
        )
