"""A run's corpus: sides that are stored, ids of the pairs behind the CSV, and what is new to the champion."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import folds, registry, wording_sides
from storage.database import Database
from storage.pairs import add_pair, edit_pair, import_pairs, list_pairs
from storage.pairs_csv import CsvPair, csv_sha256, write_csv
from training.dataset.corpus import Corpus
from training.dataset.corpus_in_service import corpus_from_csv, corpus_in_service
from training.dataset.sides import HELD_OUT

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WORDINGS = tuple(f"{verb} {thing}" for verb in ("precio", "mensualidad", "pago") for thing in ("caja", "cuota", "plan"))
PAIRS = (CsvPair("¿Cuánto cuesta?", "S/ 280.", WORDINGS), CsvPair("¿Dónde queda?", "En Cusco."))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """With the pairs, as of knowledge version 1."""
    database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
    database.migrate()
    with database.writing() as session:
        import_pairs(session, PAIRS, by="csv", now=NOW)
    yield database
    database.close()


def folded(database: Database, csv: Path) -> Path:
    """Writes the CSV as a fold does, without its care."""
    with database.writing() as session:
        pairs = list_pairs(session)
        write_csv(csv, [(question, pair.answer) for pair in pairs for question in (pair.question, *pair.wordings)])
        fold = folds.begin(session, before="", after=csv_sha256(csv), by="test", now=NOW)
        folds.finish(session, fold.id)
    return csv


def champion(database: Database, version: str, *, pairs: list[tuple[int, int]]) -> None:
    with database.writing() as session:
        registry.register(session, base="llama", version=version, path="", manifest={}, now=NOW, pairs=pairs)
        registry.set_alias(
            session, base="llama", alias=registry.CHAMPION, version=version, by="test", why="test", now=NOW
        )


def corpus(database: Database, csv: Path, share: float = 0.5) -> Corpus:
    return corpus_in_service(database, csv, base="llama", held_out=share, now=NOW)


def new(corpus: Corpus) -> list[str]:
    return [pair.pair.question for pair in corpus.pairs if pair.new]


def ids(corpus: Corpus) -> list[tuple[int, int]]:
    return [item for pair in corpus.pairs for item in pair.ids]


def stored(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return wording_sides.sides(session)


def test_the_sides_of_a_bare_csv_are_those_of_a_fresh_home(database: Database, tmp_path: Path) -> None:
    csv = folded(database, tmp_path / "pairs.csv")
    bare, ours = corpus_from_csv(csv, held_out=0.5), corpus(database, csv)
    assert [pair.held_out for pair in bare.pairs] == [pair.held_out for pair in ours.pairs]
    assert (bare.csv_sha256, ids(bare), new(bare)) == (csv_sha256(csv), [], [])


def test_the_sides_are_stored_and_kept_under_another_share(database: Database, tmp_path: Path) -> None:
    csv = folded(database, tmp_path / "pairs.csv")
    first = corpus(database, csv, share=0.5)
    held_out = {text for pair in first.pairs for text in pair.held_out}
    assert 0 < len(held_out) < len(WORDINGS)
    assert {text for text, side in stored(database).items() if side == HELD_OUT} == held_out
    assert corpus(database, csv, share=0.01) == first


def test_a_share_of_0_decides_nothing_for_good(database: Database, tmp_path: Path) -> None:
    csv = folded(database, tmp_path / "pairs.csv")
    assert not any(pair.held_out for pair in corpus(database, csv, share=0).pairs)
    assert stored(database) == {}


def test_nothing_is_new_without_a_champion_or_where_its_pairs_are_unknown(database: Database, tmp_path: Path) -> None:
    csv = folded(database, tmp_path / "pairs.csv")
    assert new(corpus(database, csv)) == []
    champion(database, "v0001", pairs=[])
    assert new(corpus(database, csv)) == []


def test_new_are_the_pairs_that_the_champion_lacks_or_knows_in_an_older_state(
    database: Database, tmp_path: Path
) -> None:
    csv = tmp_path / "pairs.csv"
    champion(database, "v0001", pairs=ids(corpus(database, folded(database, csv))))
    assert new(corpus(database, csv)) == []
    with database.writing() as session:
        edit_pair(session, 2, answer="En Lima.", by="ana", now=NOW)
        add_pair(session, question="¿Hay becas?", answer="No.", origin="review", by="ana", now=NOW)
    grown = corpus(database, folded(database, csv))
    assert new(grown) == ["¿Dónde queda?", "¿Hay becas?"]
    assert ids(grown) == [(1, 1), (2, 2), (3, 3)]
    champion(database, "v0002", pairs=ids(grown))
    assert new(corpus(database, csv)) == []


def test_what_changes_between_fold_and_reading_is_new_at_the_next_run(database: Database, tmp_path: Path) -> None:
    csv = folded(database, tmp_path / "pairs.csv")
    with database.writing() as session:
        edit_pair(session, 2, answer="En Lima.", by="ana", now=NOW)
    read_late = corpus(database, csv)
    assert ids(read_late) == [(1, 1), (2, 1)]
    champion(database, "v0001", pairs=ids(read_late))
    assert new(corpus(database, folded(database, csv))) == ["¿Dónde queda?"]


def test_pairs_with_the_same_answer_are_one_with_several_ids(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        add_pair(session, question="¿En qué ciudad?", answer="En Cusco.", origin="staff", by="ana", now=NOW)
    merged = corpus(database, folded(database, tmp_path / "pairs.csv")).pairs[1]
    assert merged.wordings == ("¿Dónde queda?", "¿En qué ciudad?")
    assert merged.ids == ((2, 1), (3, 2))
