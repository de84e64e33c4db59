"""An office with an empty database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.bot.console.telegram.office import Office


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
