"""An office with an empty database, on SQLite and on PostgreSQL."""

import pytest

from storage.database import Database
from tests.bot.console.telegram.office import Office


@pytest.fixture
def database(either_database: Database) -> Database:
    return either_database


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
