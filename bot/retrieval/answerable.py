"""Has a question an approved answer? A small classifier over the evidence, calibrated on the knowledge that is loaded.

Its examples come by themselves: wordings that are hidden from the index while it is asked for them have an answer
there; wordings of pairs that are hidden whole are as near as anything can be to what is approved, and have none; nor
have the shipped questions about other things. What was so gathered on the sample data ships with the encoder, and
stands in where a knowledge is too small to tell by itself.
"""

import hashlib
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bot.retrieval.evidence import FEATURES, Evidence
from bot.retrieval.joint import IndexedPair, JointIndex
from bot.retrieval.models import RetrievalModels
from bot.retrieval.segment import Floats

HIDDEN = 0.2
"""Share of the pairs that are hidden whole, and of the others' wordings that are hidden one by one."""
MOST_ASKED = 400
"""Hidden wordings, and wordings of hidden pairs, that are asked: each takes some milliseconds."""
MOST_DRAWS = 8
OTHER, OURS, ANSWERED = 0, 1, 2
"""Kinds of examples: about something else; ours, without an answer; with one."""
ALIKE = 0.9
"""A knowledge of which this share of pairs was there when examples were gathered needs no new ones."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examples:
    """``N`` questions by their evidence."""

    rows: Floats
    """``(N, F)``"""
    kinds: NDArray[np.int8]
    """``(N,)``"""
    pairs: frozenset[bytes] = frozenset()
    """The hashes of the pairs that they were gathered on."""

    def write(self, file: Path) -> None:
        """As :meth:`read` reads it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}")
        pairs = np.frombuffer(b"".join(sorted(self.pairs)), np.uint8)
        save_file({"rows": self.rows, "kinds": self.kinds, "pairs": pairs}, draft)
        draft.replace(file)

    @classmethod
    def read(cls, file: Path) -> Self:
        """What :meth:`write` wrote.

        Raises:
            ValueError: the file holds other features than today's.
        """
        tensors = load_file(file)
        if tensors["rows"].shape[1] != len(FEATURES):
            raise ValueError(f"{file} holds {tensors['rows'].shape[1]} features, not {len(FEATURES)}")
        hashes = tensors["pairs"].tobytes()
        pairs = frozenset(hashes[i : i + _HASH_BYTES] for i in range(0, len(hashes), _HASH_BYTES))
        return cls(tensors["rows"], tensors["kinds"], pairs)

    @classmethod
    def asked(cls, index: JointIndex, questions: Sequence[tuple[int, str, str]]) -> Self:
        """What the index finds for each (kind, question, right answer or "").

        Left out is what it has no evidence on, and a question that another answer is found for: it teaches nothing
        about having one.
        """
        found = index.find_all([question for _, question, _ in questions], 1)
        told = [
            (kind, one.evidence.row())
            for (kind, _, answer), one in zip(questions, found, strict=True)
            if one.evidence and answer in ("", one.passages[0].answer)
        ]
        rows = np.stack([row for _, row in told]) if told else np.empty((0, len(FEATURES)))
        return cls(rows, np.array([kind for kind, _ in told], np.int8))

    @classmethod
    def joined(cls, parts: Sequence["Examples"]) -> Self:
        """All of them."""
        rows, kinds = np.concatenate([p.rows for p in parts]), np.concatenate([p.kinds for p in parts])
        return cls(rows, kinds, frozenset().union(*(p.pairs for p in parts)))

    def are_about(self, pairs: Collection[IndexedPair]) -> bool:
        """Whether they were gathered on these pairs, or nearly these."""
        return sum(hash_of(pair) in self.pairs for pair in pairs) >= ALIKE * len(pairs)


def gathered(
    models: RetrievalModels, pairs: Collection[IndexedPair], others: Iterable[str], *, seed: int = 0
) -> Examples | None:
    """Examples from a knowledge, and from questions about something else; None where it is too small to hide a pair."""
    draw = Random(seed)
    shuffled = draw.sample(sorted(pairs), len(pairs))
    number = int(HIDDEN * len(shuffled))
    if number == 0:
        return None
    shown, wordings = [], []
    for pair_id, question, answer, variants in shuffled[number:]:
        texts = [question, *variants]
        hidden = {text for text in texts if draw.random() < HIDDEN}
        kept = [text for text in texts if text not in hidden]
        if kept:
            shown.append((pair_id, kept[0], answer, tuple(kept[1:])))
            wordings += [(text, answer) for text in texts if text in hidden]
    strange = [wording for pair in shuffled[:number] for wording in (pair[1], *pair[3])]
    index = JointIndex(models, shown)
    asked = [
        *((ANSWERED, *asked) for asked in draw.sample(wordings, min(MOST_ASKED, len(wordings)))),
        *((OURS, text, "") for text in draw.sample(strange, min(MOST_ASKED, len(strange)))),
        *((OTHER, text, "") for text in others),
    ]
    examples = Examples.asked(index, asked)
    return replace(examples, pairs=frozenset(map(hash_of, pairs))) if len(examples.rows) else None


@dataclass(frozen=True)
class Verdict:
    """About a question, both in [0, 1]."""

    answered: float
    """Probability that it has an approved answer, and that this was found."""
    ours: float
    """Probability that it is about what the knowledge is about, should it have none."""


class Answerable:
    """Fitted on examples; immutable."""

    def __init__(self, answered: "Logistic", ours: "Logistic") -> None:
        self._answered = answered
        self._ours = ours

    @classmethod
    def fitted(cls, examples: Examples) -> Self:
        """Fits two logistic regressions; takes milliseconds."""
        without = examples.kinds != ANSWERED
        return cls(
            Logistic.fitted(examples.rows, examples.kinds == ANSWERED),
            Logistic.fitted(examples.rows[without], examples.kinds[without] == OURS),
        )

    def verdict(self, evidence: Evidence) -> Verdict:
        """What the evidence says."""
        row = evidence.row()
        return Verdict(self._answered.probability(row), self._ours.probability(row))


@dataclass(frozen=True)
class Logistic:
    """A logistic regression over standardised features, in plain numbers: scikit-learn needs a millisecond a row."""

    weights: Floats
    """``(F,)``"""
    bias: float

    @classmethod
    def fitted(cls, rows: Floats, target: NDArray[np.bool_]) -> Self:
        """``(N, F)`` and ``(N,)``; both classes count the same, however many rows they have."""
        scaler = StandardScaler().fit(rows)
        model = LogisticRegression(C=0.3, max_iter=2000, class_weight="balanced").fit(scaler.transform(rows), target)
        weights = model.coef_[0] / scaler.scale_
        return cls(weights, float(model.intercept_[0] - weights @ scaler.mean_))

    def probability(self, row: Floats) -> float:
        """In [0, 1], of one row, ``(F,)``."""
        return float(1 / (1 + np.exp(-np.clip(self.weights @ row + self.bias, -30, 30))))


def calibrated(models: RetrievalModels, pairs: Collection[IndexedPair]) -> Answerable:
    """A classifier for these pairs, from shipped examples and from their own, which are kept in the cache."""
    shipped = Examples.read(models.examples)
    own = None if shipped.are_about(pairs) else _own_examples(models, pairs)
    return Answerable.fitted(Examples.joined([shipped, own]) if own else shipped)


def _own_examples(models: RetrievalModels, pairs: Collection[IndexedPair]) -> Examples | None:
    file = models.cache / "examples.safetensors" if models.cache else None
    if file and file.exists():
        try:
            if (kept := Examples.read(file)).are_about(pairs):
                return kept
        except Exception as error:  # safetensors raises its own kinds
            _log.warning("%s is damaged and made anew: %s", file, error)
    drawn = [gathered(models, pairs, models.others if draw == 0 else (), seed=draw) for draw in range(_draws(pairs))]
    own = Examples.joined(found) if (found := [examples for examples in drawn if examples]) else None
    if own and file:
        try:
            own.write(file)
        except OSError as error:
            _log.warning("what was learned about the knowledge cannot be kept in %s: %s", file, error)
    return own


def _draws(pairs: Collection[IndexedPair]) -> int:
    """How often examples are drawn: a small knowledge gives few at a time, and quickly."""
    wordings = sum(1 + len(pair[3]) for pair in pairs)
    return min(max(MOST_ASKED // max(int(HIDDEN * wordings), 1), 1), MOST_DRAWS)


_HASH_BYTES = 8


def hash_of(pair: IndexedPair) -> bytes:
    """Of a pair's question, whatever its id and wordings are."""
    return hashlib.sha256(pair[1].encode()).digest()[:_HASH_BYTES]
