"""Adapter versions and their aliases."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from storage.database import Database
from storage.errors import StorageError, UnknownId
from storage.pairs import add_pair
from storage.registry import (
    AdapterRecord,
    alias,
    alias_changes,
    next_version,
    register,
    set_alias,
    trained_pairs,
    versions,
    versions_with_pair,
)


def add(database: Database, now: datetime, base: str = "llama", pairs: Sequence[tuple[int, int]] = ()) -> str:
    with database.writing() as session:
        version = next_version(session, base)
        path = f"adapters/{version}"
        register(session, base=base, version=version, path=path, manifest={"rows": 146}, now=now, pairs=pairs)
    return version


def test_versions_count_up_for_each_base(database: Database, now: datetime) -> None:
    assert [add(database, now), add(database, now), add(database, now, "other")] == ["v0001", "v0002", "v0001"]
    with database.reading() as session:
        assert versions(session, "llama") == [
            AdapterRecord("llama", version, f"adapters/{version}", {"rows": 146}, now) for version in ("v0001", "v0002")
        ]


def test_a_version_is_handed_out_once_even_if_its_training_fails(database: Database) -> None:
    def take(_: int) -> str:
        with database.writing() as session:
            return next_version(session, "llama")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(12))) == [f"v{number:04}" for number in range(1, 13)]


def test_a_registered_version_never_changes(database: Database, now: datetime) -> None:
    version = add(database, now)
    with pytest.raises(StorageError, match="already has a v0001"), database.writing() as session:
        register(session, base="llama", version=version, path="elsewhere", manifest={}, now=now)


def test_an_alias_moves_and_every_move_is_recorded(database: Database, now: datetime) -> None:
    first, second = add(database, now), add(database, now)
    with database.writing() as session:
        assert alias(session, "llama", "champion") is None
        for version, why in ((first, "primera"), (second, "mejor"), (first, "vuelta atrás")):
            set_alias(session, base="llama", alias="champion", version=version, by="rosa", why=why, now=now)
    with database.reading() as session:
        champion = alias(session, "llama", "champion")
        moves = [(move.previous, move.version, move.why) for move in alias_changes(session, "llama")]
        assert alias(session, "other", "champion") is None
    assert champion is not None
    assert champion.version == first
    assert moves == [(None, first, "primera"), (first, second, "mejor"), (second, first, "vuelta atrás")]


def test_an_alias_cannot_point_at_what_is_not_registered(database: Database, now: datetime) -> None:
    add(database, now, "other")
    with pytest.raises(UnknownId, match="llama has no v0001"), database.writing() as session:
        set_alias(session, base="llama", alias="champion", version="v0001", by="rosa", why="", now=now)


def test_an_adapter_knows_its_pairs_and_a_pair_its_adapters(database: Database, now: datetime) -> None:
    def approve(question: str) -> tuple[int, int]:
        with database.writing() as session:
            pair = add_pair(session, question=question, answer="Sí.", origin="staff", by="rosa", now=now)
        return pair.id, pair.changed_seq

    old, new = approve("¿Es virtual?"), approve("¿Hay becas?")
    first = add(database, now, pairs=[old])
    second = add(database, now, pairs=[old, new])
    untold = add(database, now)
    add(database, now, "other", pairs=[new])
    with database.reading() as session:
        assert trained_pairs(session, "llama", second) == dict([old, new])
        assert trained_pairs(session, "llama", untold) == {}
        assert trained_pairs(session, "other", second) == {}
        assert versions_with_pair(session, "llama", old[0]) == [first, second]
        assert versions_with_pair(session, "llama", new[0]) == [second]
