"""Which adapter serves: the registry's champion for the base, or the shipped one where it fits.

An adapter fits only the weights it was trained on, and the shipped one only the CSV it was trained on;
both are compared by hash. A champion that is damaged keeps no bot from starting: the one before it serves.
Where none fits, the bare base serves, and the reason is said.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import AdapterError
from bot.generation.base import Adapter
from bot.generation.loading import read_config
from bot.generation.lora import check_adapter
from bot.generation.manifest import Manifest, base_fingerprint, read_manifest, short_base_name, write_manifest
from bot.settings import DATA, Settings
from storage import folds, pairs, registry
from storage.database import Database, Session
from storage.pairs_csv import csv_sha256
from storage.registry import CHAMPION, AdapterRecord

log = logging.getLogger("cenfobot")

_WEIGHTS_SHA256 = "weights_sha256"
"""Key beside the manifest's in the registry: what a version's weights must hash to."""


class Registered:
    """What the registry holds for the base in service, and which of it belongs to these very weights."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Reads the base's weights once, for their fingerprint (about 1 GB per second)."""
        self.base = short_base_name(settings.base_model)
        self.fingerprint = base_fingerprint(settings.base_model)
        self._database = database

    def champion(self) -> AdapterRecord | None:
        """The version in office; None when there has never been one."""
        with self._database.reading() as session:
            return registry.alias(session, self.base, CHAMPION)

    def champions(self) -> list[AdapterRecord]:
        """The version in office and those before it, newest first, without those that were rolled back."""
        with self._database.reading() as session:
            records = {record.version: record for record in registry.versions(session, self.base)}
            changes = registry.alias_changes(session, self.base)
        line: list[str] = []
        for version in (change.version for change in changes if change.alias == CHAMPION):
            line = line[:-1] if line[-2:-1] == [version] else [*line, version]
        return [records[version] for version in reversed(line)]

    def is_of_these_weights(self, record: AdapterRecord) -> bool:
        """False for an adapter that was trained on other weights of the same name."""
        return record.manifest.get("base_fingerprint") == self.fingerprint

    def adapter(self, record: AdapterRecord) -> Adapter:
        """The adapter of a registered version.

        Raises:
            AdapterError: it was trained on other weights of this name, or its file is not what was registered.
        """
        if not self.is_of_these_weights(record):
            raise AdapterError(
                f"The adapter {record.version} was trained on other weights than those of {self.base} in service. "
                "Train it again, or roll back to another version."
            )
        wanted = record.manifest.get(_WEIGHTS_SHA256)
        if wanted and wanted != _weights_sha256(Path(record.path)):
            raise AdapterError(
                f"The weights in {record.path} are not those that were registered as {record.version}: the file is "
                "damaged or was changed. Train it again, or roll back to another version."
            )
        return Adapter(record.version, Path(record.path))


@dataclass(frozen=True)
class InService:
    """The adapter to load, or none; and why, in words for the operator (Spanish)."""

    adapter: Adapter | None
    explanation: str
    registered: Registered
    """Where later champions are found."""


def adapter_in_service(settings: Settings, database: Database) -> InService:
    """The champion of the base in service, or the newest before it that is whole.

    Where none is of these weights, as on a home's first start, it is the shipped adapter, if that one fits.
    """
    registered = Registered(settings, database)
    base, champions = registered.base, registered.champions()
    for record in champions:
        try:
            adapter = registered.adapter(record)
            check_adapter(adapter.path, settings.base_model, read_config(settings.base_model))
        except AdapterError as error:
            log.error("the adapter %s is refused: %s", record.version, error)
            continue
        fallen = "" if record is champions[0] else f", porque {champions[0].version} no se puede usar"
        return InService(adapter, f"adaptador {record.version} ({base}){fallen}", registered)
    if any(registered.is_of_these_weights(record) for record in champions):
        explanation = f"ningún adaptador de {base} se puede usar: responde el modelo base solo"
        return InService(None, explanation, registered)
    return _shipped(settings, database, registered)


def _shipped(settings: Settings, database: Database, registered: Registered) -> InService:
    base = registered.base
    shipped = [folder.parent for folder in sorted((DATA / "models").glob("*/manifest.json"))]
    fitting = [folder for folder in shipped if read_manifest(folder).base == base]
    if not fitting:
        return InService(None, f"no hay adaptador entrenado para {base}: responde el modelo base solo", registered)
    manifest = read_manifest(fitting[0])
    if manifest.base_fingerprint != registered.fingerprint:
        explanation = f"el adaptador incluido es de otros pesos de {base}: responde el modelo base solo"
        return InService(None, explanation, registered)
    if manifest.csv_sha256 != csv_sha256(settings.pairs_csv):
        reason = "el adaptador incluido se entrenó con otro CSV: responde el modelo base solo"
        return InService(None, f"{reason} (para entrenar uno: cenfobot-train finetune)", registered)
    with database.reading() as session:
        taught = _pairs_in_csv(session, manifest.csv_sha256)
    version = add_version(settings, database, folder=fitting[0], manifest=manifest, pairs=taught)
    with database.writing() as session:
        why, now = "shipped with the project", datetime.now(UTC)
        registry.set_alias(session, base=base, alias=CHAMPION, version=version, by="cenfobot", why=why, now=now)
    adapter = Adapter(version, _place(settings, base) / version)
    return InService(adapter, f"adaptador {version} (incluido, entrenado con este CSV)", registered)


def add_version(
    settings: Settings, database: Database, *, folder: Path, manifest: Manifest, pairs: Sequence[tuple[int, int]]
) -> str:
    """Copies a trained adapter into the home and registers it as its base's next version; no alias moves.

    An adapter that is registered already, by ``manifest.version``, keeps the version it got. ``manifest`` takes the
    place of the folder's own; ``pairs`` are the (id, changed_seq) of those that the adapter was trained on. A kill
    leaves at most a hidden folder.
    """
    place = _place(settings, manifest.base)
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, prefix=".") as scratch:
        copy = Path(scratch, "adapter")
        shutil.copytree(folder, copy)
        write_manifest(manifest, copy)
        with database.writing() as session:  # no longer than the renaming: a large adapter takes seconds to copy
            for known in registry.versions(session, manifest.base):
                if known.manifest["version"] == manifest.version:
                    return known.version
            version = registry.next_version(session, manifest.base)
            target = place / version
            shutil.rmtree(target, ignore_errors=True)  # of a process that was killed before it registered it
            _to_disk(copy)
            copy.rename(target)
            registry.register(
                session,
                base=manifest.base,
                version=version,
                path=str(target),
                manifest=asdict(manifest) | {_WEIGHTS_SHA256: _weights_sha256(target)},
                now=datetime.now(UTC),
                pairs=pairs,
            )
    return version


def _weights_sha256(folder: Path) -> str:
    try:
        with (folder / "adapter_model.safetensors").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AdapterError(f"The adapter {folder} cannot be read: {error}. Roll back to another version.") from error


def _to_disk(folder: Path) -> None:
    """The registry's row survives a power cut; so must what it points at."""
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _place(settings: Settings, base: str) -> Path:
    """The folder of a base's versions."""
    return settings.adapters / base.replace("/", "--")


def _pairs_in_csv(session: Session, sha256: str) -> list[tuple[int, int]]:
    """The pairs that came with the CSV in service, as (id, changed_seq); what staff changed since is not in it."""
    fold = folds.find(session, sha256)
    newest = fold.knowledge_version if fold else 1  # homes of the first release: their import
    imported = (pair for pair in pairs.list_pairs(session) if pair.origin == "csv")
    return [(pair.id, min(pair.changed_seq, newest)) for pair in imported]
