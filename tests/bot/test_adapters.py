"""Which adapter a bot begins with: the champion, the one before it, the shipped one, or none."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters import adapter_in_service
from bot.generation.base import Adapter
from bot.home import open_home
from bot.settings import Settings
from storage.database import Database
from tests.bot.adapter_versions import champion, promote, scaled_version


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_home(settings)
    yield database
    database.close()


def version(settings: Settings, database: Database) -> str | None:
    adapter = adapter_in_service(settings, database).adapter
    return adapter.version if adapter else None


def promoted(settings: Settings, database: Database, factor: float = 0.5, **manifest: str) -> Path:
    folder = scaled_version(settings, database, factor=factor, **manifest)
    promote(database, folder.name)
    return folder


def test_a_fresh_home_registers_the_shipped_adapter_once(settings: Settings, database: Database) -> None:
    assert [version(settings, database) for _ in range(2)] == ["v0001", "v0001"]
    assert champion(database) == "v0001"


def test_the_champion_serves(settings: Settings, database: Database) -> None:
    version(settings, database)
    folder = promoted(settings, database)
    in_service = adapter_in_service(settings, database)
    assert in_service.adapter == Adapter("v0002", folder)
    assert in_service.explanation == "adaptador v0002 (tiny-llama)"


@pytest.mark.parametrize("damage", ["gone", "truncated", "other weights"])
def test_a_champion_that_cannot_serve_leaves_the_one_before_it_serving_and_says_so(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    version(settings, database)
    changes: dict[str, Any] = {"base_fingerprint": "00"} if damage == "other weights" else {}
    folder = promoted(settings, database, **changes)
    if damage == "gone":
        shutil.rmtree(folder)
    elif damage == "truncated":
        (folder / "adapter_model.safetensors").write_bytes(b"damaged")
    in_service = adapter_in_service(settings, database)
    assert in_service.adapter
    assert in_service.adapter.version == "v0001"
    assert in_service.explanation == "adaptador v0001 (tiny-llama), porque v0002 no se puede usar"
    assert champion(database) == "v0002", "the alias is the staff's to move"
    assert [r.getMessage().split(":")[0] for r in caplog.records if r.levelno == logging.ERROR] == [
        "the adapter v0002 is refused"
    ]


def test_a_version_that_was_rolled_back_does_not_come_back_by_itself(settings: Settings, database: Database) -> None:
    version(settings, database)
    promoted(settings, database)
    promoted(settings, database, factor=2)
    promote(database, "v0002")
    shutil.rmtree(settings.adapters / "tiny-llama" / "v0002")
    assert version(settings, database) == "v0001"


def test_where_every_champion_is_damaged_the_bare_base_serves(settings: Settings, database: Database) -> None:
    version(settings, database)
    promoted(settings, database)
    shutil.rmtree(settings.adapters)
    in_service = adapter_in_service(settings, database)
    assert in_service.adapter is None
    assert "responde el modelo base solo" in in_service.explanation
    assert champion(database) == "v0002"


def test_where_all_champions_are_of_other_weights_the_shipped_adapter_of_these_is_registered(
    settings: Settings, database: Database
) -> None:
    promoted(settings, database, base_fingerprint="00")
    assert version(settings, database) == "v0002"
    assert champion(database) == "v0002"


def test_the_shipped_adapter_does_not_serve_another_csv(settings: Settings, database: Database) -> None:
    settings.pairs_csv.write_text("question;answer\n¿Dónde?;En Lima.\n", encoding="utf-8")
    in_service = adapter_in_service(settings, database)
    assert in_service.adapter is None
    assert "otro CSV" in in_service.explanation
