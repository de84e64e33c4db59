"""Further versions of the shipped adapter, registered as a training would: no training, but other answers."""

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from bot.adapters import add_version
from bot.generation.manifest import read_manifest
from bot.settings import DATA, Settings
from storage import registry
from storage.database import Database
from storage.registry import CHAMPION

BASE = "tiny-llama"
SHIPPED = DATA / "models" / "tiny-llama-cenfobank"


def scaled_version(settings: Settings, database: Database, *, factor: float, **manifest: Any) -> Path:
    """Registers the shipped adapter with its changes to the base multiplied by ``factor``; returns its folder."""
    made_of = replace(read_manifest(SHIPPED), version=f"times {factor}", **manifest)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(SHIPPED, Path(scratch, "adapter")))
        weights = load_file(folder / "adapter_model.safetensors")
        for name in weights:
            if ".lora_B." in name:
                weights[name] *= factor
        save_file(weights, folder / "adapter_model.safetensors")
        version = add_version(settings, database, folder=folder, manifest=made_of, pairs=())
    return settings.adapters / BASE / version


def promote(database: Database, version: str) -> None:
    """Points the champion's alias at a version."""
    with database.writing() as session:
        now = datetime.now(UTC)
        registry.set_alias(session, base=BASE, alias=CHAMPION, version=version, by="Rosa", why="test", now=now)


def champion(database: Database) -> str | None:
    """The version that the champion's alias points at."""
    with database.reading() as session:
        record = registry.alias(session, BASE, CHAMPION)
    return record.version if record else None
