"""The questions that adapters are measured with: the shipped sets, the school's own, and held-out wordings.

A school's own files lie in ``home/evaluation``, under the names of the shipped ones (``data/README.md`` has the
columns), and are used besides those. What the shipped ones ask about the institution counts only where at least half
of the sample CSV's answers are among the approved ones. Never asked is what staff have settled: a wording that is
approved by now, a wording of a question that no longer is, an out-of-scope question that has an answer by now.
"""

import csv
import hashlib
import random
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.errors import DataError
from bot.reviewing.grouping import content_words
from bot.settings import DATA
from storage.pairs_csv import read_csv
from storage.text import folded
from training.dataset.corpus import Corpus
from training.dataset.noise import as_a_student_types

MOST_HELD_OUT = 120
"""Held-out wordings that are asked: those of the lowest hashes, so that most stay the same as the CSV grows."""
LEAST_WORDINGS = 30
"""Where there are fewer wordings to ask, approved questions typed as in a chat make up for them."""


class Source(StrEnum):
    """Where a question comes from, which also says what is right."""

    HELD_OUT = "held_out"
    NEW = "new"
    """A wording from the files."""
    TYPED = "typed"
    """An approved question with a chat's slips: it shows that the model reads, not that it meets new words."""
    FAR = "far"
    """Out of scope."""
    NEAR = "near"
    """Out of scope, and close to what is approved."""
    UNSAFE = "unsafe"
    SAFE = "safe"
    """It sounds unsafe and is not."""


WORDINGS = frozenset({Source.HELD_OUT, Source.NEW, Source.TYPED})
OUT_OF_SCOPE = frozenset({Source.FAR, Source.NEAR})


@dataclass(frozen=True)
class Question:
    """One question to ask."""

    source: Source
    part: str
    """``gate``, ``dev`` or ``test``."""
    text: str
    expected: str = ""
    """The approved answer; empty where there is none."""


@dataclass(frozen=True)
class EvaluationSets:
    """What to ask about one corpus."""

    questions: tuple[Question, ...]
    texts: tuple[str, ...]
    """The wordings in the files, those included that are not asked; none may be trained on."""


_COLUMNS = {
    "wordings.csv": ["wording", "approved_question", "part"],
    "dev_wordings.csv": ["wording", "approved_question"],
    "new_wordings.csv": ["wording", "approved_question"],
    "out_of_scope.csv": ["question", "kind", "part"],
    "unsafe.csv": ["question", "category", "part"],
}
_ALLOWED = {"kind": ["far", "near"], "part": ["gate", "dev", "test"]}


def read_sets(corpus: Corpus, own: Path, shipped: Path = DATA / "evaluation") -> EvaluationSets:
    """The questions for ``corpus`` from both folders, and its held-out wordings; ``own`` need not exist.

    Raises:
        DataError: a file is not one of the sets or breaks its format; says where, the rule and what was found.
    """
    answers = {folded(wording): pair.pair.answer for pair in corpus.pairs for wording in pair.wordings}
    settled = {content_words(wording) for pair in corpus.pairs for wording in pair.wordings}
    questions, texts = _held_out(corpus), []
    for folder, about_us in ((shipped, _holds_the_sample(corpus)), (own, True)):
        rows = _read(folder)
        questions += _questions(rows, answers, settled, about_us)
        texts += [text for text, _, _ in _wordings(rows) if about_us]
    missing = LEAST_WORDINGS - sum(q.part == "gate" and q.source in WORDINGS for q in questions)
    return EvaluationSets((*questions, *_typed(corpus, missing)), tuple(texts))


def _holds_the_sample(corpus: Corpus) -> bool:
    sample = {row.answer for row in read_csv(DATA / "cenfobank.csv")}
    return 2 * len(sample & {pair.pair.answer for pair in corpus.pairs}) >= len(sample)


def _held_out(corpus: Corpus) -> list[Question]:
    answers = {wording: pair.pair.answer for pair in corpus.pairs for wording in pair.held_out}
    chosen = sorted(answers, key=_hash)[:MOST_HELD_OUT]
    return [Question(Source.HELD_OUT, "gate", wording, answers[wording]) for wording in chosen]


def _typed(corpus: Corpus, number: int) -> list[Question]:
    pairs = sorted((pair.pair for pair in corpus.pairs), key=lambda pair: _hash(pair.question))[: max(number, 0)]
    typed = [(as_a_student_types(pair.question, random.Random(pair.question)), pair.answer) for pair in pairs]
    return [Question(Source.TYPED, "gate", text, answer) for text, answer in typed]


def _hash(text: str) -> str:
    return hashlib.sha256(folded(text).encode()).hexdigest()


def _questions(
    rows: Mapping[str, list[list[str]]], answers: Mapping[str, str], settled: Set[frozenset[str]], about_us: bool
) -> Iterator[Question]:
    """What one folder asks: ``answers`` by folded approved wording, ``settled`` the content words of these."""
    for text, approved, part in _wordings(rows):
        if about_us and folded(approved) in answers and folded(text) not in answers:
            yield Question(Source.NEW, part, text, answers[folded(approved)])
    for text, kind, part in rows.get("out_of_scope.csv", ()):
        if (about_us or kind == "far") and content_words(text) not in settled:
            yield Question(Source(kind), part, text)
    for text, category, part in rows.get("unsafe.csv", ()):
        yield Question(Source.SAFE if category == "safe" else Source.UNSAFE, part, text)


def _wordings(rows: Mapping[str, list[list[str]]]) -> list[list[str]]:
    """(wording, approved question, part) of all files; the two older ones are of one part each."""
    older = {"dev": rows.get("dev_wordings.csv", []), "test": rows.get("new_wordings.csv", [])}
    return rows.get("wordings.csv", []) + [[*cells, part] for part, found in older.items() for cells in found]


def _read(folder: Path) -> dict[str, list[list[str]]]:
    """The rows of each file in ``folder`` by the file's name; nothing where there is no folder."""
    files = sorted(folder.glob("*.csv"))
    if unknown := [file.name for file in files if file.name not in _COLUMNS]:
        raise DataError(f"{folder} holds {', '.join(unknown)}; an evaluation set is named {' or '.join(_COLUMNS)}.")
    return {file.name: _rows(file, _COLUMNS[file.name]) for file in files}


def _rows(file: Path, columns: list[str]) -> list[list[str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, delimiter=";", strict=True)
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} is no CSV in UTF-8: {error}. Save it as 'CSV UTF-8' with ; as separator.") from error
    if not rows or rows[0][1] != columns:
        raise DataError(f"{file} must begin with the columns {';'.join(columns)}, not {rows[:1]}. Add that line.")
    for line, cells in rows[1:]:
        if len(cells) != len(columns) or not all(cell.strip() for cell in cells):
            raise DataError(f"{file}, line {line}, must hold {len(columns)} cells with text, not {cells}. Mend it.")
        for column, cell in zip(columns, cells, strict=True):
            if cell not in (allowed := _ALLOWED.get(column, [cell])):
                raise DataError(f"{file}, line {line}: {column} must be {' or '.join(allowed)}, not {cell!r}. Mend it.")
    return [cells for _, cells in rows[1:]]
