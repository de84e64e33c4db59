"""Adapter versions, which never change, and the aliases that point at them (``champion``), with their history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from storage.errors import StorageError, UnknownId
from storage.models import AdapterAlias, AdapterPair, AdapterVersion, AliasChange
from storage.statements import insert_if_absent, next_value

CHAMPION = "champion"
"""The alias of the adapter in service."""


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
    session: Session,
    *,
    base: str,
    version: str,
    path: str,
    manifest: Mapping[str, Any],
    now: datetime,
    pairs: Sequence[tuple[int, int]] = (),
) -> None:
    """Records a trained adapter for good, with the pairs it was trained on as (id, changed_seq).

    Raises:
        StorageError: the version is taken.
    """
    values = {"base": base, "version": version, "path": path, "manifest": dict(manifest), "created_at": now}
    if not insert_if_absent(session, AdapterVersion, values):
        raise StorageError(f"{base} already has a {version}; versions never change. Ask for the next version.")
    if pairs:
        adapter_id = session.scalars(_ids(base, version)).one()
        rows = [{"adapter_id": adapter_id, "pair_id": pair_id, "changed_seq": seq} for pair_id, seq in pairs]
        session.execute(insert(AdapterPair), rows)


def set_alias(session: Session, *, base: str, alias: str, version: str, by: str, why: str, now: datetime) -> None:
    """Points the alias at a registered version, and records the move.

    Raises:
        UnknownId: the version is not registered.
    """
    version_id = session.scalar(_ids(base, version))
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


def trained_pairs(session: Session, base: str, version: str) -> dict[int, int]:
    """The pairs that the adapter was trained on: each id with the knowledge version that had changed it last."""
    taught = select(AdapterPair.pair_id, AdapterPair.changed_seq)
    taught = taught.where(AdapterPair.adapter_id.in_(_ids(base, version)))
    return dict(session.execute(taught).all())


def versions_with_pair(session: Session, base: str, pair_id: int) -> list[str]:
    """The base's versions that were trained on the pair, oldest first."""
    taught = select(AdapterVersion.version).join(AdapterPair, AdapterPair.adapter_id == AdapterVersion.id)
    taught = taught.where(AdapterVersion.base == base, AdapterPair.pair_id == pair_id)
    return list(session.scalars(taught.order_by(AdapterVersion.id)))


def _ids(base: str, version: str) -> Select[int]:
    return select(AdapterVersion.id).where(AdapterVersion.base == base, AdapterVersion.version == version)
