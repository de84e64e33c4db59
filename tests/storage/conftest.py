"""A fresh database for each test, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from storage.database import Database


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 15, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A migrated database."""
    database = Database(url)
    database.migrate()
    yield database
    database.close()
