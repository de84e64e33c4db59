"""Five scorers joined into the ranking that the bot goes by, and the evidence for its first place.

The lexical index, the wording classifier, BM25, and the nearness in meaning of a pair's wordings and of its answer.
Their weights are learned on wordings of the sample data, each hidden from the index that is asked for it
(:mod:`training.small_encoder.learn`).

The pairs may come from anywhere: :mod:`bot.retrieval.live` keeps one in step with a database, and an evaluation makes
one of the pairs that it may show.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from bot.messages import Passage
from bot.retrieval.dense import DenseIndex, PairVectors
from bot.retrieval.evidence import Evidence
from bot.retrieval.keywords import KeywordIndex
from bot.retrieval.learned import WordingClassifier
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.models import RetrievalModels
from bot.retrieval.negatives import Negatives
from bot.retrieval.run_together import RunTogether
from bot.retrieval.segment import Floats, Ints
from bot.retrieval.spelling import Spelling
from storage.text import folded

WEIGHTS = {"lexical": 2.59, "trained": 2.54, "keywords": 3.19, "meaning": 16.42, "answer": 4.6}
"""What each scorer's number counts in the sum by which pairs are ranked."""
MOST_ENCODED = 10_000
"""Pairs above which none is encoded: it would take minutes, and each search would read all vectors."""
CANDIDATES = 25
"""The best pairs of the lexical index; the other scorers see all pairs."""

_ARTICLES = frozenset("el la los las un una the a an".split())

LEAST_SHARE, MOST_SHARE = 5e-4, 0.999
"""Passages with a smaller share are left out; only the same words have the score 1."""
MOST_MARGIN = 10.0
"""The margin of a pair that has no rival."""

IndexedPair = tuple[int, str, str, Sequence[str]]
"""(pair id, question, answer, other wordings)"""


@dataclass(frozen=True)
class Found:
    """What the knowledge has on a question."""

    passages: list[Passage]
    """Best first; their scores are shares of all pairs' (softmax), or 1 where the words are the same."""
    evidence: Evidence | None
    """None where there is nothing, or nothing but an approved wording to find."""
    asked: str = ""
    """The question as it was read: mended."""


@dataclass(frozen=True)
class Scored:
    """``C`` candidates for a question."""

    ids: Ints
    """``(C,)``, sorted."""
    table: dict[str, Floats]
    """``(C,)`` for each name in :data:`WEIGHTS`."""
    lexical: list[Passage]
    """The best of the lexical index."""
    nearest: float
    """Cosine with the nearest wording of any pair."""
    against: tuple[float, float]
    """See :meth:`bot.retrieval.negatives.Negatives.nearness`."""
    highest: float
    """The highest BM25 score of any pair."""


class JointIndex:
    """Approved pairs in memory, a :class:`bot.retrieval.base.Retriever`. Safe to use from several threads."""

    def __init__(self, models: RetrievalModels, pairs: Iterable[IndexedPair] = ()) -> None:
        """Holds ``pairs``, and is fitted to them."""
        self._models = models
        self._index = LexicalIndex(models.synonyms, candidates=CANDIDATES)
        self._pairs: dict[int, IndexedPair] = {}
        self._exact: dict[str, int] = {}
        """Approved wordings, as :func:`_key` reads them, and their pairs; those of several pairs are left out."""
        self._vectors: dict[int, PairVectors] = {}
        self._dense: DenseIndex | None = None
        self._keywords: KeywordIndex | None = None
        self._run_together, self._spelling = RunTogether(()), Spelling(())
        asked = (*models.others, *models.near)
        self._negatives = self._all_negatives = Negatives(asked, models.whitening(models.encoder.remembered(asked)))
        self._classifier: WordingClassifier | None = None
        self._institutions = models.institutions
        self._size = (0.0, 0.0)
        self._lock = Lock()
        self.load(pairs)
        self.fit()

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self._pairs)

    @property
    def pairs(self) -> Mapping[int, IndexedPair]:
        """The pairs held now, by id."""
        with self._lock:
            return dict(self._pairs)

    def load(self, pairs: Iterable[IndexedPair], removed: Iterable[int] = ()) -> None:
        """Adds or replaces pairs and removes others; until :meth:`fit`, BM25 and classifier know the former pairs."""
        changed, gone = list(pairs), list(removed)
        self._index.load(changed, removed=gone)
        with self._lock:
            self._pairs |= {pair[0]: pair for pair in changed}
            for pair_id in gone:
                self._pairs.pop(pair_id, None)
                self._vectors.pop(pair_id, None)
            self._exact = _exact(self._pairs.values())
            if len(self._pairs) <= MOST_ENCODED:
                self._vectors |= self._encoded([pair for pair in changed if pair[0] in self._pairs])
            self._dense = DenseIndex(self._vectors) if 0 < len(self._pairs) <= MOST_ENCODED else None

    def fit(self) -> None:
        """Fits BM25 and the classifier to the pairs held now; takes about two seconds for 6,000 wordings."""
        pairs = self.pairs
        wordings = {pair_id: (question, *others) for pair_id, question, _, others in pairs.values()}
        texts = {pair_id: (*wordings[pair_id], pair[2]) for pair_id, pair in pairs.items()}
        asked = [text for questions in wordings.values() for text in questions]
        self._run_together, self._spelling = RunTogether(asked), Spelling(asked, self._models.is_common)
        self._size = (float(np.log(max(len(pairs), 1))), float(np.log(max(len(asked) / max(len(pairs), 1), 1))))
        self._negatives = self._all_negatives.besides(self._dense) if self._dense else self._all_negatives
        self._institutions = self._models.institutions.besides(f"{pair[1]} {pair[2]}" for pair in pairs.values())
        self._keywords = KeywordIndex(texts, self._models.synonyms) if texts else None
        self._classifier = WordingClassifier.fitted(wordings, self._models.synonyms)

    def holds(self, question: str) -> bool:
        """See :class:`bot.retrieval.base.Snapshot`."""
        return _key(question) in self._exact

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """See :class:`bot.retrieval.base.Retriever`."""
        return self.find(question, limit).passages

    def find(self, question: str, limit: int) -> Found:
        """The ``limit`` best pairs, and what speaks for the first."""
        return self.find_all([question], limit)[0]

    def find_all(self, questions: Sequence[str], limit: int) -> list[Found]:
        """What :meth:`find` finds, for each question; several are encoded in little more time than one."""
        mended = [self._spelling.mended(self._run_together.apart(question)) for question in questions]
        return [
            self._found(question, scored, limit) for question, scored in zip(mended, self.scored(mended), strict=True)
        ]

    def _found(self, question: str, scored: "Scored", limit: int) -> Found:
        if not len(scored.ids):
            return Found([], None, question)
        sums = np.sum([WEIGHTS[name] * column for name, column in scored.table.items()], axis=0)
        same = [p.pair_id for p in scored.lexical if p.score == 1] or [self._exact.get(_key(question), -1)]
        exact = np.isin(scored.ids, same)
        order = np.lexsort((-sums, ~exact))
        shares = np.exp(sums - sums.max())
        shares /= shares.sum()
        texts = {passage.pair_id: passage for passage in scored.lexical}
        passages = []
        for place in order[:limit]:
            score = 1.0 if exact[place] else min(float(shares[place]), MOST_SHARE)
            if score >= LEAST_SHARE and (passage := self._passage(int(scored.ids[place]), texts)):
                passages.append(replace(passage, score=round(score, 4)))
        if not passages or exact.any():
            return Found(passages, None, question)
        return Found(passages, self._evidence(question, passages[0].pair_id, scored, sums, shares), question)

    def scored(self, questions: Sequence[str]) -> Iterator["Scored"]:
        """The five scorers' numbers for every candidate, for each question."""
        dense = self._dense
        vectors = self._models.whitening(self._models.encoder.encode(questions)) if dense else None
        for place, question in enumerate(questions):
            yield self._scored(question, dense, None if vectors is None else vectors[place])

    def _scored(self, question: str, dense: DenseIndex | None, vector: Floats | None) -> "Scored":
        lexical = self._index.search(question, CANDIDATES)
        keywords, classifier = self._keywords, self._classifier
        lexical_ids = np.array([passage.pair_id for passage in lexical], np.int64)
        ids = np.union1d(lexical_ids, dense.pair_ids) if dense else np.sort(lexical_ids)
        table = {name: np.zeros(len(ids), np.float32) for name in WEIGHTS}
        _fill(table["lexical"], ids, lexical_ids, [passage.score for passage in lexical])
        table["trained"] -= 1
        if classifier is not None:
            opinions = classifier.opinions(question)
            _fill(table["trained"], ids, np.array(list(opinions), np.int64), list(opinions.values()))
        highest = nearest = 0.0
        against = (0.0, 0.0)
        if keywords is not None:
            scores = keywords.scores(question)
            highest = float(scores.max())
            _fill(table["keywords"], ids, keywords.pair_ids, scores / max(highest, 1e-9))
        if dense is not None and vector is not None:
            near = dense.nearness(vector)
            nearest, against = near.wording, self._negatives.nearness(vector, question)
            _fill(table["meaning"], ids, dense.pair_ids, near.pair)
            _fill(table["answer"], ids, dense.pair_ids, near.answer)
        return Scored(ids, table, lexical, nearest, against, highest)

    def _evidence(self, question: str, pair_id: int, scored: "Scored", sums: Floats, shares: Floats) -> Evidence:
        best = int(np.flatnonzero(scored.ids == pair_id)[0])
        others = np.delete(sums, best)
        coverage = self._index.coverage(question, pair_id)
        return Evidence(
            rank=float(sums[best]),
            margin=float(sums[best] - others.max()) if len(others) else MOST_MARGIN,
            share=float(shares[best]),
            lexical=float(scored.table["lexical"][best]),
            trained=float(scored.table["trained"][best]),
            meaning=float(scored.table["meaning"][best]),
            answer=float(scored.table["answer"][best]),
            nearest=scored.nearest,
            against=scored.against[0],
            against_some=scored.against[1],
            keywords=scored.highest / max(coverage.words, 1),
            agreement=float(sum(column[best] == column.max() for column in scored.table.values())),
            explained=coverage.explained,
            covered=coverage.covered,
            strangest=coverage.strangest,
            uncovered=coverage.uncovered,
            foreign=float(self._foreign(question, pair_id)),
            pairs=self._size[0],
            wordings=self._size[1],
        )

    def _foreign(self, question: str, pair_id: int) -> int:
        names, pair = self._institutions.said(question), self._pairs.get(pair_id)
        return len(names - self._institutions.said(" ".join(_texts(pair)))) if names and pair else 0

    def _passage(self, pair_id: int, found: Mapping[int, Passage]) -> Passage | None:
        """The pair with the wording that matches best; None where it was removed meanwhile."""
        pair = self._pairs.get(pair_id)
        if pair is None:
            return None
        return replace(found.get(pair_id) or Passage(pair_id, pair[1], pair[2], 0.0), title=pair[1])

    def _encoded(self, pairs: Sequence[IndexedPair]) -> dict[int, PairVectors]:
        """The vectors of these pairs' texts, by pair id."""
        if not pairs:
            return {}
        texts = [text for _, question, answer, others in pairs for text in (question, *others, answer)]
        vectors = self._models.whitening(self._models.encoder.remembered(texts))
        encoded, start = {}, 0
        for pair_id, _, _, others in pairs:
            end = start + len(others) + 1
            encoded[pair_id] = PairVectors(vectors[start:end], vectors[end])
            start = end + 1
        return encoded


def _texts(pair: IndexedPair) -> tuple[str, ...]:
    return (pair[1], *pair[3], pair[2])


def _key(text: str) -> str:
    """The words of a question but for articles, which change nothing and which a chat leaves out."""
    return " ".join(word for word in folded(text).split() if word not in _ARTICLES) or folded(text)


def _exact(pairs: Iterable[IndexedPair]) -> dict[str, int]:
    owners: dict[str, set[int]] = defaultdict(set)
    for pair_id, question, _, others in pairs:
        for text in (question, *others):
            owners[_key(text)].add(pair_id)
    return {key: ids.pop() for key, ids in owners.items() if len(ids) == 1}


def _fill(column: Floats, ids: Ints, their_ids: Ints, values: Floats | Sequence[float]) -> None:
    """Puts values by pair id into the places of ``ids``, which is sorted; others are left out."""
    if not len(ids):  # all pairs were removed, and the scorers not yet fitted anew
        return
    places = np.searchsorted(ids, their_ids)
    known = (places < len(ids)) & (ids[np.minimum(places, len(ids) - 1)] == their_ids)
    column[places[known]] = np.asarray(values, np.float32)[known]
