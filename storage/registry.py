"""Adapter versions, which never change, and the aliases that point at them (``champion``), with their history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.errors import StorageError, UnknownId
from storage.models import AdapterAlias, AdapterVersion, AliasChange
from storage.statements import insert_if_absent, next_value


@dataclass(frozen=True)
class AdapterRecord:
    """A registered adapter."""

    base: str
    version: str
    path: str
    manifest: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class AliasChangeRecord:
    """One move of an alias."""

    alias: str
    version: str
    previous: str | None
    """The version it pointed at before; None when it was new."""
    by: str
    at: datetime
    why: str


_COLUMNS = (
    AdapterVersion.base,
    AdapterVersion.version,
    AdapterVersion.path,
    AdapterVersion.manifest,
    AdapterVersion.created_at,
)


def next_version(session: Session, base: str) -> str:
    """A version for the base's next adapter, ``v0001`` first; handed out once, registered or not."""
    return f"v{next_value(session, f'adapter:{base}'):04d}"


def register(
    session: Session, *, base: str, version: str, path: str, manifest: Mapping[str, Any], now: datetime
) -> None:
    """Records a trained adapter for good.

    Raises:
        StorageError: the version is taken.
    """
    values = {"base": base, "version": version, "path": path, "manifest": dict(manifest), "created_at": now}
    if not insert_if_absent(session, AdapterVersion, values):
        raise StorageError(f"{base} already has a {version}; versions never change. Ask for the next version.")


def set_alias(session: Session, *, base: str, alias: str, version: str, by: str, why: str, now: datetime) -> None:
    """Points the alias at a registered version, and records the move.

    Raises:
        UnknownId: the version is not registered.
    """
    version_id = session.scalar(
        select(AdapterVersion.id).where(AdapterVersion.base == base, AdapterVersion.version == version)
    )
    if version_id is None:
        raise UnknownId(f"{base} has no {version}; register it first, or choose one of its versions.")
    previous = None
    if not insert_if_absent(session, AdapterAlias, {"base": base, "alias": alias, "version_id": version_id}):
        row = session.scalars(
            select(AdapterAlias).where(AdapterAlias.base == base, AdapterAlias.alias == alias).with_for_update()
        ).one()
        previous = session.scalars(select(AdapterVersion.version).where(AdapterVersion.id == row.version_id)).one()
        row.version_id = version_id
    session.add(AliasChange(base=base, alias=alias, version=version, previous=previous, by=by, at=now, why=why))
    session.flush()


def alias(session: Session, base: str, name: str) -> AdapterRecord | None:
    """The adapter that an alias points at; None when nobody has set it."""
    pointed = select(*_COLUMNS).join(AdapterAlias, AdapterAlias.version_id == AdapterVersion.id)
    row = session.execute(pointed.where(AdapterAlias.base == base, AdapterAlias.alias == name)).one_or_none()
    return None if row is None else AdapterRecord(*row)


def versions(session: Session, base: str) -> list[AdapterRecord]:
    """The base's registered adapters, oldest first."""
    rows = session.execute(select(*_COLUMNS).where(AdapterVersion.base == base).order_by(AdapterVersion.id))
    return [AdapterRecord(*row) for row in rows]


def alias_changes(session: Session, base: str) -> list[AliasChangeRecord]:
    """Every move of the base's aliases, oldest first."""
    changes = session.scalars(select(AliasChange).where(AliasChange.base == base).order_by(AliasChange.id))
    return [AliasChangeRecord(c.alias, c.version, c.previous, c.by, c.at, c.why) for c in changes]
