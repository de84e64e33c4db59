"""An in-memory index over approved pairs for Spanish chat questions: likeness of words, weighed by their rarity.

A character n-gram (``char_wb``) never crosses a word, so texts are kept as word numbers and n-grams only once per
distinct word (``words``): a search of 100,000 pairs stays within milliseconds. A question's word is covered by a text
as far as the text's nearest word is like it; words weigh idf squared, as in the cosine of two TF-IDF vectors.

The score of a pair is 1 where the question is one of its wordings, else the weighted mean of four shares in [0, 1]:

- *sure*: each wording is as alike as the geometric mean of the question's share that it covers and of its own share
  that the question covers, and the cubes of these join as independent hints do (a noisy-or);
- *together*: how alike its wordings are taken together, as Rocchio's cosine of the question with the sum of their unit
  vectors, in which the words that they have in common outweigh those of a turn of phrase;
- *whole*: how much of the question the pair covers, any wording or the answer helping, so that "operaciones cuánto
  sale" is found where one wording holds the price and another the short name;
- *answered*: how much of the question the answer covers.

The weights are the best of a grid on 500 wordings of the sample data, each hidden in turn, on 150 written to tune on,
and on 84 about other schools (numbers in ``training/LOG.md``).

Nothing here knows a database. Searches take no lock: a change makes a new state and swaps it in whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from bot.messages import Passage
from bot.retrieval.segment import Entry, Floats, Ints, Mask, Segment
from bot.retrieval.synonyms import Synonyms
from bot.retrieval.words import STOP_WORDS, Words

SURE, TOGETHER, WHOLE, ANSWERED = 0.5, 2.0, 1.5, 0.15
"""Weights of the four shares of a score."""
_SAME = 1 - 1e-6
"""The likeness of the same words, but for rounding."""
IMAGINED = 100
"""Pairs that count as seen before the first, each with every stop-word: gives a tiny index usable weights."""
TAIL = 256
"""New pairs wait in a small segment until there are this many, or an eighth of all."""


@dataclass(frozen=True)
class _State:
    words: Words
    segments: tuple[Segment, Segment]
    """The main one and the tail."""
    frequencies: Ints
    """``(V,)``: in how many pairs each word occurs."""
    weights: Floats
    """``(V,)``"""
    lengths: tuple[Floats, Floats]
    """Per segment ``(R,)``: the root of the weight of each text's words."""
    together: tuple[Floats, Floats]
    """Per segment ``(P,)``: the length of the sum of the unit vectors of a pair's wordings; NaN until it is needed."""


@dataclass(frozen=True)
class _Asked:
    """A question's ``Q`` distinct words."""

    words: list[str]
    weights: Floats
    """``(Q,)``"""
    near: Ints
    """``(M,)``: the known words that any of them may stand for."""
    likeness: Floats
    """``(Q, M)``: how far."""


@dataclass(frozen=True)
class Coverage:
    """How much of a question's content words, those that are no stop-words, are known; shares by weight, in [0, 1].

    Shares are 1 where there is no content word at all.
    """

    explained: float
    """By any question, wording or answer."""
    covered: float
    """By the pair's wordings and its answer."""
    strangest: float
    """Weight of the heaviest word that these do not cover."""
    uncovered: float
    """Number of words that they do not cover; a part of a likeness counts as such."""
    content_words: int
    words: int


class LexicalIndex:
    """The approved pairs in memory. Safe to use from several threads."""

    def __init__(self, synonyms: Synonyms, *, candidates: int = 256, visits: int = 30_000) -> None:
        """A search scores exactly the ``candidates`` most promising pairs, chosen in about ``visits`` steps."""
        self._synonyms = synonyms
        self._candidates = candidates
        self._visits = visits
        self._lock = Lock()
        empty = Segment.build([], [])
        self._state = _state(Words([""]), (empty, empty), np.zeros(1, np.int64))  # word 0: for texts that have none
        self._last: tuple[_State, str, _Asked] | None = None

    def __len__(self) -> int:
        """The number of pairs."""
        return sum(len(segment) for segment in self._state.segments)

    def upsert(self, pair_id: int, question: str, answer: str, wordings: Sequence[str]) -> None:
        """Adds a pair, or replaces the one with this id."""
        self.load([(pair_id, question, answer, wordings)])

    def load(self, pairs: Iterable[tuple[int, str, str, Sequence[str]]], removed: Iterable[int] = ()) -> None:
        """Adds or replaces many pairs, ``(pair_id, question, answer, wordings)``, and removes others, in one step."""
        entries = {id_: Entry(id_, (question, *wordings), answer) for id_, question, answer, wordings in pairs}
        self._change(list(entries.values()), [*entries, *removed])

    def remove(self, pair_id: int) -> None:
        """Removes a pair; nothing happens when it is not there."""
        self.load([], removed=[pair_id])

    def search(self, question: str, limit: int) -> list[Passage]:
        """The ``limit`` best pairs, best first, with the wording that matched best; those with score 0 are left out."""
        state = self._state
        asked = self._asked(state, question)
        found: list[Passage] = []
        for segment, lengths, together in zip(state.segments, state.lengths, state.together, strict=True):
            pairs = self._promising(segment, lengths, asked)
            if len(pairs):
                _fill(together, segment, state.weights, lengths, pairs[np.isnan(together[pairs])])
                found += _best(segment, state.weights, lengths, together[pairs], asked, pairs, limit)
        return sorted(found, key=lambda passage: -passage.score)[:limit]

    def coverage(self, question: str, pair_id: int) -> "Coverage":
        """How much of the question's content words the knowledge has, and how much one pair's texts.

        A misspelt word counts as far as it is like a known one.
        """
        state = self._state
        asked = self._asked(state, question)
        content = np.array([word not in STOP_WORDS for word in asked.words], dtype=bool)
        weights, total = asked.weights * content, float((asked.weights * content).sum())
        theirs = np.isin(asked.near, np.concatenate([segment.words_in(pair_id) for segment in state.segments]))
        known = asked.likeness.max(axis=1, initial=0)
        covered = (asked.likeness * theirs).max(axis=1, initial=0)
        return Coverage(
            explained=float(known @ weights) / total if total else 1.0,
            covered=float(covered @ weights) / total if total else 1.0,
            strangest=float(((1 - covered) * weights).max(initial=0)),
            uncovered=float(((1 - covered) * content).sum()),
            content_words=int(content.sum()),
            words=len(content),
        )

    def _asked(self, state: _State, question: str) -> _Asked:
        """The question's words; the last one's are kept, since its coverage is asked for after the search."""
        last = self._last
        if last is None or last[0] is not state or last[1] != question:
            last = self._last = (state, question, self._read(state, question))
        return last[2]

    def _read(self, state: _State, question: str) -> _Asked:
        words = self._distinct(question)
        near, likeness = state.words.likeness(words)
        living = state.frequencies[near] > 0
        near, likeness = near[living], likeness[:, living]
        # A word weighs as the commonest that it is like, a strange one as one that was never seen.
        frequencies = (likeness * state.frequencies[near]).max(axis=1, initial=0)
        stop = np.array([word in STOP_WORDS for word in words], dtype=bool)
        return _Asked(words, _weights(frequencies, stop, sum(map(len, state.segments))), near, likeness)

    def _promising(self, segment: Segment, lengths: Floats, asked: _Asked) -> Ints:
        """The pairs of the texts most like the question, by an estimate that skips the commonest words."""
        offers = asked.weights @ asked.likeness
        order = np.argsort(-offers)
        texts, sums = segment.weigh(asked.near[order], offers[order], self._visits)
        total = asked.weights.sum()
        pairs = segment.owners[texts]
        is_answer = texts == segment.texts[pairs + 1] - 1
        estimates = sums / total + sums / (lengths[texts] * np.sqrt(total)) * ~is_answer
        best = np.full(len(segment.alive), -np.inf)
        np.maximum.at(best, pairs, estimates)
        best[~segment.alive] = -np.inf
        found = np.flatnonzero(best > -np.inf)
        if len(found) > self._candidates:
            found = np.sort(found[np.argpartition(-best[found], self._candidates)[: self._candidates]])
        return found

    def _distinct(self, text: str) -> list[str]:
        return list(dict.fromkeys(self._synonyms.canonical(text).split()))

    def _change(self, entries: list[Entry], pair_ids: list[int]) -> None:
        """Takes the pairs with these ids out, and the entries in."""
        texts = [self._distinct(text) or [""] for entry in entries for text in (*entry.wordings, entry.answer)]
        with self._lock:
            state = self._state
            main, tail = state.segments
            gone = np.array(pair_ids, dtype=np.int64)
            words = state.words.extended(word for text in texts for word in text)
            frequencies = np.zeros(len(words), np.int64)
            frequencies[: len(state.frequencies)] = state.frequencies
            for segment in state.segments:
                frequencies -= segment.only(segment.alive & np.isin(segment.pair_ids, gone)).frequencies(len(words))
            fresh = Segment.build(entries, [words.numbers(text) for text in texts])
            frequencies += fresh.frequencies(len(words))
            main, tail = main.without(gone), tail.without(gone).joined(fresh)
            if len(tail) > max(TAIL, len(main) // 8):
                main, tail = main.joined(tail), Segment.build([], [])
            self._state = _state(words, (main, tail), frequencies)


def _state(words: Words, segments: tuple[Segment, Segment], frequencies: Ints) -> _State:
    weights = _weights(frequencies, words.is_stop, sum(len(segment) for segment in segments))
    main, tail = (np.sqrt(np.add.reduceat(weights[s.words], s.spans[:-1])) for s in segments)
    unknown = tuple(np.full(len(segment), np.nan) for segment in segments)
    return _State(words, segments, frequencies, weights, (main, tail), (unknown[0], unknown[1]))


def _weights(frequencies: Ints | Floats, stop: Mask, pairs: int) -> Floats:
    """The idf of words, squared."""
    return np.log1p((pairs + IMAGINED) / (frequencies + stop * IMAGINED + 1)) ** 2


def _best(
    segment: Segment, weights: Floats, lengths: Floats, together: Floats, asked: _Asked, pairs: Ints, limit: int
) -> list[Passage]:
    """The ``limit`` best of these pairs, scored as the module says. ``T`` texts with ``N`` words in all."""
    texts, sizes = segment.texts_of(pairs)
    places, numbers = segment.words_of(texts)
    words, word_starts = segment.words[places], numbers.cumsum() - numbers
    column = np.full(len(weights), len(asked.near))
    column[asked.near] = np.arange(len(asked.near))
    strange = np.zeros((len(asked.words), 1))
    likeness = np.hstack([asked.likeness, strange])[:, column[words]]  # (Q, N)
    covered = np.maximum.reduceat(likeness, word_starts, axis=1)  # (Q, T)
    own = np.add.reduceat(weights[words] * likeness.max(axis=0), word_starts) / lengths[texts] ** 2
    total = asked.weights.sum()
    shared = asked.weights @ covered  # (T,)
    alike = np.sqrt(own * shared / total)  # (T,)
    ends = sizes.cumsum()
    starts, answers = ends - sizes, ends - 1
    alike[answers] = 0
    units = 1 / lengths[texts]
    units[answers] = 0
    rocchio = np.add.reduceat(shared * units, starts) / np.sqrt(total) / together
    sure = 1 - np.exp(np.add.reduceat(np.log1p(-(np.minimum(alike, _SAME) ** 3)), starts))
    whole = asked.weights @ np.maximum.reduceat(covered, starts, axis=1) / total
    mean = SURE * sure + TOGETHER * rocchio + WHOLE * whole + ANSWERED * shared[answers] / total
    mean /= SURE + TOGETHER + WHOLE + ANSWERED
    same = np.maximum.reduceat(alike, starts) >= _SAME
    scores = np.where(same, 1, np.minimum(mean, 1)).round(6)
    passages = []
    for place in np.argsort(-scores, kind="stable")[:limit]:
        entry = segment.entries[pairs[place]]
        wording = entry.wordings[int(alike[starts[place] : answers[place]].argmax())]
        passages.append(Passage(entry.pair_id, wording, entry.answer, float(scores[place])))
    return [passage for passage in passages if passage.score > 0]


def _fill(together: Floats, segment: Segment, weights: Floats, lengths: Floats, pairs: Ints) -> None:
    """Works out what :attr:`_State.together` says of ``pairs``; two searches at once write the same."""
    if not len(pairs):
        return
    texts, sizes = segment.texts_of(pairs)
    places, numbers = segment.words_of(texts)
    units = 1 / lengths[texts]
    units[sizes.cumsum() - 1] = 0  # the answers
    text = np.repeat(np.arange(len(numbers)), numbers)
    pair = np.repeat(np.arange(len(sizes)), sizes)[text]
    keys, places = np.unique(pair * len(weights) + segment.words[places], return_inverse=True)
    sums = np.bincount(places, units[text])
    squares = np.bincount(keys // len(weights), sums**2 * weights[keys % len(weights)], len(sizes))
    together[pairs] = np.sqrt(squares)
