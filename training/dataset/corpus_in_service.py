"""The corpus of a training run: the folded CSV of a home with what its database knows of it, or a bare CSV."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from storage import folds, registry, wording_sides
from storage.database import Database, Session
from storage.pairs import list_pairs
from storage.pairs_csv import CsvPair, csv_sha256, group_rows, read_csv
from storage.text import folded
from training.dataset import sides
from training.dataset.corpus import Corpus, CorpusPair


def corpus_from_csv(csv: Path, *, held_out: float) -> Corpus:
    """The corpus of a CSV without a database: sides by hash alone, no ids, nothing new.

    Raises:
        StorageError: the CSV breaks its format.
        OSError: it cannot be read.
    """
    pairs = group_rows(read_csv(csv))
    decided = sides.wording_sides(pairs, share=held_out, stored={})
    return Corpus(csv_sha256(csv), tuple(CorpusPair(pair, _held_out(pair, decided)) for pair in pairs))


def corpus_in_service(database: Database, csv: Path, *, base: str, held_out: float, now: datetime) -> Corpus:
    """The corpus of the CSV in service; stores the sides that are new. For the holder of the training lock only.

    ``base`` is the base's short name: new are the pairs that its champion was not trained on as they are now. Where
    there is no champion, or its pairs are not on record, nothing is new. ``held_out`` is the recipe's share; 0 trains
    on everything this time and decides nothing for good.

    Raises:
        StorageError: the CSV breaks its format, or the database cannot be used.
        OSError: the CSV cannot be read.
    """
    digest, pairs = csv_sha256(csv), group_rows(read_csv(csv))
    with database.reading() as session:
        stored = wording_sides.sides(session)
        ids = _ids_by_wording(session, digest)
        champion = registry.alias(session, base, registry.CHAMPION)
        trained = registry.trained_pairs(session, base, champion.version) if champion else {}
    decided = sides.wording_sides(pairs, share=held_out, stored=stored)
    if held_out:
        changed = {text: side for text, side in decided.items() if stored.get(text) != side}
        with database.writing() as session:
            wording_sides.store(session, changed, now=now)
    return Corpus(digest, tuple(_corpus_pair(pair, decided, ids, trained) for pair in pairs))


def _ids_by_wording(session: Session, digest: str) -> dict[str, tuple[int, int]]:
    """The id and the last change of the active pair behind each wording, folded."""
    fold = folds.find(session, digest)
    found: dict[str, tuple[int, int]] = {}
    for record in list_pairs(session):
        # What changed after the fold is not in the CSV, and must count as new at the next run.
        seen = min(record.changed_seq, fold.knowledge_version) if fold else record.changed_seq
        found |= {folded(text): (record.id, seen) for text in (record.question, *record.wordings)}
    return found


def _corpus_pair(
    pair: CsvPair,
    decided: Mapping[str, str],
    ids_by_wording: Mapping[str, tuple[int, int]],
    trained: Mapping[int, int],
) -> CorpusPair:
    """One answer may stand in the database several times, with a question of its own each time."""
    keys = map(folded, (pair.question, *pair.wordings))
    ids = tuple(sorted({ids_by_wording[key] for key in keys if key in ids_by_wording}))
    new = bool(trained) and any(trained.get(pair_id, -1) < seen for pair_id, seen in ids)
    return CorpusPair(pair, _held_out(pair, decided), ids, new)


def _held_out(pair: CsvPair, decided: Mapping[str, str]) -> frozenset[str]:
    return frozenset(text for text in pair.wordings if decided[folded(text)] == sides.HELD_OUT)
