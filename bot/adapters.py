"""Which adapter serves: the registry's champion for the base, or the shipped one where it fits.

An adapter fits only the weights it was trained on, and the shipped one only the CSV it was trained on;
both are compared by hash. Where none fits, the bare base serves, and the reason is said.
"""

import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.generation.base import Adapter
from bot.generation.manifest import base_fingerprint, read_manifest, short_base_name
from bot.settings import DATA, Settings
from storage import registry
from storage.database import Database
from storage.pairs_csv import csv_sha256

CHAMPION = "champion"


@dataclass(frozen=True)
class InService:
    """The adapter to load, or none; and why, in words for the operator (Spanish)."""

    adapter: Adapter | None
    explanation: str


def adapter_in_service(settings: Settings, database: Database) -> InService:
    """The champion of the base in service; on a home's first start, the shipped adapter where it fits."""
    base = short_base_name(settings.base_model)
    with database.reading() as session:
        champion = registry.alias(session, base, CHAMPION)
    fingerprint = base_fingerprint(settings.base_model)
    if champion and read_manifest(Path(champion.path)).base_fingerprint == fingerprint:
        return InService(Adapter(champion.version, Path(champion.path)), f"adaptador {champion.version} ({base})")
    shipped = [folder.parent for folder in sorted((DATA / "models").glob("*/manifest.json"))]
    fitting = [folder for folder in shipped if read_manifest(folder).base == base]
    if not fitting:
        return InService(None, f"no hay adaptador entrenado para {base}: responde el modelo base solo")
    manifest = read_manifest(fitting[0])
    if manifest.base_fingerprint != fingerprint:
        return InService(None, f"el adaptador incluido es de otros pesos de {base}: responde el modelo base solo")
    if manifest.csv_sha256 != csv_sha256(settings.pairs_csv):
        reason = "el adaptador incluido se entrenó con otro CSV: responde el modelo base solo"
        return InService(None, f"{reason} (para entrenar uno: cenfobot-train finetune)")
    with database.writing() as session:
        version = registry.next_version(session, base)
        target = settings.adapters / base.replace("/", "--") / version
        _copy_whole(fitting[0], target)
        now = datetime.now(UTC)
        registry.register(session, base=base, version=version, path=str(target), manifest=asdict(manifest), now=now)
        registry.set_alias(
            session, base=base, alias=CHAMPION, version=version, by="cenfobot", why="shipped with the project", now=now
        )
    return InService(Adapter(version, target), f"adaptador {version} (incluido, entrenado con este CSV)")


def _copy_whole(source: Path, target: Path) -> None:
    """Copies a folder so that ``target`` is complete or not there, whenever this is killed."""
    scratch = target.with_name(f".{target.name}")
    for leftover in (scratch, target):  # of a copy that was killed, or was never registered
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(source, scratch)
    scratch.replace(target)
