"""Which wordings training may use."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage import wording_sides
from storage.database import Database
from storage.errors import StorageError


def store(database: Database, now: datetime, **sides: str) -> dict[str, str]:
    with database.writing() as session:
        wording_sides.store(session, sides, now=now)
    with database.reading() as session:
        return wording_sides.sides(session)


def test_sides_grow_and_keep_what_was_decided(database: Database, now: datetime) -> None:
    assert store(database, now) == {}
    assert store(database, now, caja="train", becas="held_out") == {"caja": "train", "becas": "held_out"}
    later = now + timedelta(days=7)
    assert store(database, later, caja="train", tcea="train") == {"caja": "train", "becas": "held_out", "tcea": "train"}


def test_a_held_out_wording_may_be_given_to_training_for_good(database: Database, now: datetime) -> None:
    store(database, now, becas="held_out", caja="train")
    assert store(database, now, becas="train") == {"becas": "train", "caja": "train"}
    with pytest.raises(StorageError, match=r"1 wording.*'becas'"):
        store(database, now, tcea="held_out", becas="held_out")
    with database.reading() as session:
        assert wording_sides.sides(session) == {"becas": "train", "caja": "train"}


def test_there_are_two_sides(database: Database, now: datetime) -> None:
    with pytest.raises(IntegrityError):
        store(database, now, becas="test")
