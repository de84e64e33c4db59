"""One holder at a time over all processes that share a database; a crash frees the place.

On SQLite a locked file beside the database's; on PostgreSQL an advisory lock, which lasts as long as its connection:
a server that restarts frees it while the holder still runs.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from storage.database import checked_url
from storage.errors import DatabaseError, Locked


@contextmanager
def exclusive(database_url: str, name: str) -> Iterator[None]:
    """Holds the place called ``name`` for the length of the block.

    Raises:
        Locked: somebody else holds it, in this process or another; nothing was waited for.
        DatabaseError: the database cannot be reached.
    """
    url = checked_url(database_url)
    hold = _hold_file if url.get_backend_name() == "sqlite" else _hold_advisory_lock
    with hold(url, name):
        yield


@contextmanager
def _hold_file(url: URL, name: str) -> Iterator[None]:
    # The file stays: deleting it would let two hold locks on two files of one name.
    with Path(f"{url.database}.{name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _locked(name) from None
        yield


@contextmanager
def _hold_advisory_lock(url: URL, name: str) -> Iterator[None]:
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    # Autocommit: the connection is held for hours, and must not keep a transaction open meanwhile.
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        connection = engine.connect()
    except OperationalError as error:
        shown = url.render_as_string(hide_password=True)
        raise DatabaseError(f"{shown} cannot be reached: {error.orig}. Check the server.") from error
    with connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            raise _locked(name)
        yield


def _locked(name: str) -> Locked:
    return Locked(f"Another process holds {name!r}; only one may at a time. Wait until it has finished, or stop it.")
