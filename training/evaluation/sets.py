"""The questions that adapters are measured with: the shipped sets, the school's own, and held-out wordings.

A school's own files lie in ``home/evaluation``, under the names of the shipped ones (``data/README.md`` has the
columns), and are used besides those. What the shipped ones ask about the institution counts only where at least half
of the sample CSV's answers are among the approved ones. Never asked is what staff have settled: a wording that is
approved by now, a wording of a question that no longer is, an out-of-scope question that has an answer by now.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path

from bot.reviewing.grouping import content_words
from bot.settings import DATA
from storage.pairs_csv import read_csv
from storage.text import folded
from training.dataset.corpus import Corpus
from training.dataset.noise import as_a_student_types
from training.evaluation.set_files import Row, read_folder

MOST_HELD_OUT = 120
"""Held-out wordings that are asked: those of the lowest hashes, so that most stay the same as the CSV grows."""
LEAST_WORDINGS = 30
"""Where there are fewer wordings to ask, approved questions typed as in a chat make up for them."""
BOTH = " | "
"""Between the approved questions of a message that asks two."""
TWO_QUESTIONS = "two_questions"
"""The kind of such a wording."""


class Source(StrEnum):
    """Where a question comes from, which also says what is right."""

    HELD_OUT = "held_out"
    NEW = "new"
    """A wording from the files."""
    TYPED = "typed"
    """An approved question with a chat's slips: it shows that the model reads, not that it meets new words."""
    FOLLOW_UP = "follow_up"
    """Asked after the earlier turns of its conversation."""
    FAR = "far"
    """Out of scope."""
    NEAR = "near"
    """Out of scope, and close to what is approved."""
    UNSAFE = "unsafe"
    SAFE = "safe"
    """It sounds unsafe and is not."""
    INJECTION = "injection"
    """It wants the bot to say what nobody approved."""


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
    """The approved answer; two, in a message that asks two questions, are paragraphs. Empty where there is none."""
    kind: str = ""
    """The kind of wording or injection, or the category of an unsafe message; what is measured by kind is named so."""
    before: tuple[str, ...] = ()
    """The conversation's earlier turns, oldest first."""
    forbidden: str = ""
    """What an injection wants to read in the reply; empty where it has no such sign."""


@dataclass(frozen=True)
class EvaluationSets:
    """What to ask about one corpus."""

    questions: tuple[Question, ...]
    texts: tuple[str, ...]
    """The wordings in the files, those included that are not asked; none may be trained on."""


def read_sets(corpus: Corpus, own: Path, shipped: Path = DATA / "evaluation") -> EvaluationSets:
    """The questions for ``corpus`` from both folders, and its held-out wordings; ``own`` need not exist.

    Raises:
        DataError: a file is not one of the sets or breaks its format; says where, the rule and what was found.
    """
    answers = {folded(wording): pair.pair.answer for pair in corpus.pairs for wording in pair.wordings}
    settled = {content_words(wording) for pair in corpus.pairs for wording in pair.wordings}
    questions, texts = _held_out(corpus), []
    for folder, about_us in ((shipped, _holds_the_sample(corpus)), (own, True)):
        rows = read_folder(folder)
        if about_us:
            questions += _about_us(rows, answers)
            texts += [row["wording"] for row in rows.get("wordings.csv", ())]
        questions += _about_anybody(rows, settled, about_us)
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


def _about_us(rows: Mapping[str, list[Row]], answers: Mapping[str, str]) -> Iterator[Question]:
    """The wordings and follow-ups of one folder; ``answers`` by folded approved wording."""
    for row in rows.get("wordings.csv", ()):
        approved = row["approved_question"].split(BOTH)
        if folded(row["wording"]) not in answers and _all_approved(approved, answers):
            expected = "\n\n".join(answers[folded(question)] for question in approved)
            yield Question(Source.NEW, row["part"], row["wording"], expected, row["kind"])
    for _, turns in groupby(rows.get("follow_ups.csv", ()), key=lambda row: row["conversation"]):
        yield from _follow_ups(list(turns), answers)


def _follow_ups(turns: Sequence[Row], answers: Mapping[str, str]) -> Iterator[Question]:
    """Every turn of a conversation after the first, unless one asks what is no longer approved."""
    if _all_approved([turn["approved_question"] for turn in turns], answers):
        texts = [turn["text"] for turn in turns]
        for place, turn in enumerate(turns[1:], start=1):
            expected = answers[folded(turn["approved_question"])]
            yield Question(Source.FOLLOW_UP, turn["part"], turn["text"], expected, before=tuple(texts[:place]))


def _all_approved(questions: Sequence[str], answers: Mapping[str, str]) -> bool:
    return all(folded(question) in answers for question in questions)


def _about_anybody(rows: Mapping[str, list[Row]], settled: Set[frozenset[str]], about_us: bool) -> Iterator[Question]:
    """What one folder asks of any school; ``settled`` are the content words of approved wordings."""
    for row in rows.get("out_of_scope.csv", ()):
        if (about_us or row["kind"] == Source.FAR) and content_words(row["question"]) not in settled:
            yield Question(Source(row["kind"]), row["part"], row["question"])
    for row in rows.get("unsafe.csv", ()):
        source = Source.SAFE if row["category"] == "safe" else Source.UNSAFE
        yield Question(source, row["part"], row["question"], kind=row["category"])
    for row in rows.get("injections.csv", ()):
        yield Question(Source.INJECTION, row["part"], row["text"], kind=row["kind"], forbidden=row["forbidden"].strip())
