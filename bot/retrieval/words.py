"""The words of the knowledge, numbered, and which of them a student's word may stand for.

Words are compared by their character n-grams (3 to 5, borders included, as scikit-learn's ``char_wb``), so a
misspelling or another ending still matches: "matricla", "matriculas" and "matricula" are near, "casa" and "curso" are
not. Immutable: :meth:`Words.extended` gives a new one, in which every word keeps its number.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

from bot.retrieval.segment import Floats, Ints, Mask

NEAR = 0.4
"""Two words whose n-grams have a lower cosine are strangers; 0.3 to 0.5 measured alike."""

_STOP_WORDS = """
    a al algo ahi amigo aqui asi bien buenas buenos como con cual cuales cuando cuanto d dan dar de del donde e el ella
    ellas ellos en es esa ese eso esos esta estan estas este esto estos favor gracias ha han hay he hola la las le les
    lo los m mas me mi mis muy no nos o oe ok oye para pero por por_favor porque pues puede puedo que quien quiero
    quisiera saber se sea ser si son su sus t tal te tengo tiene tienen tu u uds un una unas uno unos usted ustedes y
    ya yo
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Folded words that a question is made with, whatever it asks; they weigh little (see ``lexical``)."""

_HASHER = HashingVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), n_features=2**18, alternate_sign=False, lowercase=False, dtype=np.float32
)


class Words:
    """``V`` words and their n-gram vectors."""

    def __init__(self, known: Sequence[str] = (), grams: sparse.csr_array | None = None) -> None:
        """``grams`` are the vectors of the known words, ``(V, 2**18)``, where they are at hand."""
        self._numbers = {word: number for number, word in enumerate(known)}
        self._grams = _vectors(known) if grams is None else grams
        self._columns = self._grams.tocsc()
        self._nearest: dict[str, tuple[Ints, Floats]] = {}
        self.is_stop: Mask = np.array([word in STOP_WORDS for word in known], dtype=bool)
        """``(V,)``: which words are stop-words."""

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, words: Iterable[str]) -> list[int]:
        """The numbers of words that are all known."""
        return [self._numbers[word] for word in words]

    def extended(self, words: Iterable[str]) -> "Words":
        """These words and those of ``words`` that are new."""
        new = [word for word in dict.fromkeys(words) if word not in self._numbers]
        if not new:
            return self
        grams = sparse.vstack([self._grams, _vectors(new)], format="csr")
        return Words([*self._numbers, *new], grams)

    def likeness(self, words: Sequence[str]) -> tuple[Ints, Floats]:
        """The ``M`` known words that any of these may stand for, and how far, ``(len(words), M)``: 0 or in [NEAR, 1].

        A word is like itself 1. With a digit it stands for itself only: "7:30" is not nearly "7:00".
        """
        fresh = [word for word in words if word not in self._nearest]
        found = dict(zip(fresh, self._near(fresh), strict=True)) if fresh else {}
        # Known words only, so that what students type cannot fill the memory.
        self._nearest.update({word: near for word, near in found.items() if word in self._numbers})
        near = [found.get(word) or self._nearest[word] for word in words]
        columns = np.unique(np.concatenate([numbers for numbers, _ in near])) if near else np.zeros(0, np.int64)
        likeness = np.zeros((len(words), len(columns)))
        for row, (numbers, degrees) in zip(likeness, near, strict=True):
            row[columns.searchsorted(numbers)] = degrees
        return columns, likeness

    def _near(self, words: Sequence[str]) -> Iterator[tuple[Ints, Floats]]:
        """For each word: the numbers of the known words near it, and how near."""
        products = _vectors(words) @ self._columns.T  # (len(words), V)
        for row, word in enumerate(words):
            span = slice(products.indptr[row], products.indptr[row + 1])
            near = products.data[span] >= NEAR
            degrees = dict(zip(products.indices[span][near], products.data[span][near], strict=True))
            if word in self._numbers:
                degrees[self._numbers[word]] = 1
            yield np.array(list(degrees), np.int64), np.minimum(list(degrees.values()), 1)


def _vectors(words: Sequence[str]) -> sparse.csr_array:
    """``(len(words), 2**18)``, rows of length 1; words with a digit have none."""
    if not words:
        return sparse.csr_array((0, _HASHER.n_features), dtype=np.float32)
    return sparse.csr_array(_HASHER.transform("" if any(map(str.isdigit, word)) else word for word in words))
