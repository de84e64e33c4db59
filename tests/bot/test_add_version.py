"""A trained adapter becomes a version: whole, once, under a number of its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters import add_version
from bot.generation.manifest import Manifest, read_manifest
from bot.settings import DATA, Settings
from storage import registry
from storage.database import Database

SHIPPED = DATA / "models" / "tiny-llama-cenfobank"
MADE_OF = read_manifest(SHIPPED)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database)
    database.migrate()
    yield database
    database.close()


def added(settings: Settings, database: Database, manifest: Manifest) -> str:
    return add_version(settings, database, folder=SHIPPED, manifest=manifest, pairs=())


def test_a_version_is_a_copy_that_carries_the_manifest_it_was_given(settings: Settings, database: Database) -> None:
    version = added(settings, database, replace(MADE_OF, metrics={"served.right": 0.9}))

    with database.reading() as session:
        (record,) = registry.versions(session, "tiny-llama")
        assert registry.alias_changes(session, "tiny-llama") == []
    folder = settings.adapters / "tiny-llama" / version
    assert (record.version, record.path) == ("v0001", str(folder))
    assert read_manifest(folder).metrics == record.manifest["metrics"] == {"served.right": 0.9}
    weights = "adapter_model.safetensors"
    assert (folder / weights).read_bytes() == (SHIPPED / weights).read_bytes()
    assert [path.name for path in folder.parent.iterdir()] == ["v0001"]


def test_an_adapter_is_registered_once_however_often_it_is_added(settings: Settings, database: Database) -> None:
    other = replace(MADE_OF, version="tiny-20270101-000000")

    assert [added(settings, database, made_of) for made_of in (MADE_OF, MADE_OF, other, MADE_OF)] == [
        "v0001", "v0001", "v0002", "v0001",
    ]  # fmt: skip


def test_a_folder_that_a_killed_process_left_is_replaced(settings: Settings, database: Database) -> None:
    leftover = settings.adapters / "tiny-llama" / "v0001"
    leftover.mkdir(parents=True)
    (leftover / "half").touch()

    added(settings, database, MADE_OF)

    assert read_manifest(leftover) == MADE_OF
    assert not (leftover / "half").exists()


def test_a_base_from_the_hub_gets_one_folder(settings: Settings, database: Database) -> None:
    added(settings, database, replace(MADE_OF, base="school/llama"))

    assert read_manifest(settings.adapters / "school--llama" / "v0001").base == "school/llama"
