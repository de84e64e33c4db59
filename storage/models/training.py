"""Adapters, the names that move between them, and the retrainings that staff asked for."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class AdapterVersion(Base):
    """A trained adapter; immutable."""

    __tablename__ = "adapter_versions"
    __table_args__ = (UniqueConstraint("base", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str]
    version: Mapped[str]
    path: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class AdapterPair(Base):
    """A pair that an adapter was trained on."""

    __tablename__ = "adapter_pairs"

    adapter_id: Mapped[int] = mapped_column(ForeignKey("adapter_versions.id"), primary_key=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id"), primary_key=True, index=True)
    changed_seq: Mapped[int]
    """The knowledge version that had changed the pair last."""


class AdapterAlias(Base):
    """A name that moves between versions, such as ``champion``."""

    __tablename__ = "adapter_aliases"

    base: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("adapter_versions.id"))


class AliasChange(Base):
    """Who moved an alias, when, from where to where, and why."""

    __tablename__ = "alias_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str]
    alias: Mapped[str]
    version: Mapped[str]
    previous: Mapped[str | None]
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str]


class TrainingRun(Base):
    """A retraining that somebody asked for."""

    __tablename__ = "training_runs"
    __table_args__ = (CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipe: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="queued")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None]
