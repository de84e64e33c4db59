"""What each CSV held, known by its hash."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event

import pytest

from storage import folds
from storage.database import Database
from storage.errors import UnknownId
from storage.pairs import add_pair, edit_pair, import_pairs, knowledge_version, list_pairs
from storage.pairs_csv import CsvPair


def approve(database: Database, now: datetime, question: str) -> int:
    with database.writing() as session:
        return add_pair(session, question=question, answer="Sí.", origin="staff", by="rosa", now=now).id


def test_a_fold_is_not_done_before_it_is_finished(database: Database, now: datetime) -> None:
    approve(database, now, "¿Es virtual?")
    with database.writing() as session:
        assert folds.latest(session) is None
        begun = folds.begin(session, before="aa", after="bb", by="rosa", now=now)
        version = knowledge_version(session)
    assert begun == folds.FoldRecord(begun.id, now, "rosa", "aa", "bb", version, begun.last_change_id, done=False)
    with database.reading() as session:
        assert folds.latest(session) == folds.latest(session, done=False) == begun
        assert folds.latest(session, done=True) is None
        assert folds.find(session, "bb") is None
    with database.writing() as session:
        folds.finish(session, begun.id)
    with database.reading() as session:
        done = folds.find(session, "bb")
        assert folds.latest(session) == folds.latest(session, done=True) == done
        assert folds.latest(session, done=False) is None
    assert done is not None
    assert (done.id, done.done) == (begun.id, True)


def test_of_two_folds_with_one_hash_the_newest_is_found(database: Database, now: datetime) -> None:
    with database.writing() as session:
        ids = [folds.begin(session, before="aa", after="bb", by="rosa", now=now).id for _ in range(3)]
        for fold_id in ids[:2]:
            folds.finish(session, fold_id)
        found = folds.find(session, "bb")
        assert found is not None
        assert found.id == ids[1]
        assert folds.find(session, "aa") is None
        assert [fold.id for fold in folds.list_folds(session)] == ids[::-1]


def test_changes_since_a_fold_are_counted_without_imports(database: Database, now: datetime) -> None:
    with database.writing() as session:
        empty = folds.begin(session, before="", after="aa", by="rosa", now=now)
        import_pairs(session, [CsvPair("¿Dónde?", "En Lima."), CsvPair("¿Cuánto?", "S/ 10.")], by="csv", now=now)
        assert folds.changes_after(session, empty.last_change_id) == 0
        imported = folds.begin(session, before="aa", after="bb", by="rosa", now=now)
    pair_id = approve(database, now, "¿Es virtual?")
    with database.writing() as session:
        edit_pair(session, pair_id, answer="No.", by="luz", now=now)
        assert folds.changes_after(session, empty.last_change_id) == 2
        assert folds.changes_after(session, imported.last_change_id) == 2
        newest = folds.begin(session, before="bb", after="cc", by="rosa", now=now)
        assert folds.changes_after(session, newest.last_change_id) == 0


def test_what_was_not_begun_cannot_be_finished(database: Database) -> None:
    with pytest.raises(UnknownId, match="no fold 7"), database.writing() as session:
        folds.finish(session, 7)


def test_no_pair_changes_while_a_fold_holds_them(database: Database, now: datetime) -> None:
    approve(database, now, "¿Es virtual?")
    tried = Event()

    def change() -> None:
        tried.set()
        approve(database, now, "¿Hay becas?")

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            folds.hold_pairs(session)
            read = list_pairs(session)
            other = pool.submit(change)
            assert tried.wait(10)
            assert list_pairs(session) == read
            fold = folds.begin(session, before="aa", after="bb", by="rosa", now=now)
        other.result()
    assert [pair.changed_seq for pair in read] == [fold.knowledge_version]
    with database.reading() as session:
        assert folds.changes_after(session, fold.last_change_id) == 1
