"""Which texts are near-identical: the one notion behind what is held out and what the pre-flight warns of.

Two folded texts are near-identical where the cosine of their words' character n-grams is at least ``NEAR`` and they
hold the same figures. N-grams never cross a word, so the same words in another order count as the same text. It
depends on the two texts alone, so a growing CSV never changes what was said of two texts before.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

NEAR = 0.9
"""On the sample CSV: "cual es el horario pa X" is near "cual es el horario de X", "hora de X" is not."""
_SAME = NEAR - 1e-5
"""For the rounding of float32."""
_BLOCK = 2000
"""Texts compared with all others at a time: bounds the memory."""
_FIGURES = re.compile(r"\S*\d\S*")
_HASHER = HashingVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), n_features=2**20, alternate_sign=False, lowercase=False, dtype=np.float32
)


def near_identical(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places ``(i, j)``, ``i < j``, of all near-identical texts, which must be folded; equal texts are such.

    Two unit vectors with a cosine of at least t share an n-gram among each one's rarest, up to where the rest of the
    vector is shorter than t (prefix filtering: Bayardo, Ma and Srikant, "Scaling up all pairs similarity search",
    2007). Only texts that do are compared in full.
    """
    if not texts:
        return
    grams = sparse.csr_array(_HASHER.transform(texts))  # (N, 2**20), rows of length 1
    rarest = _rarest(grams)
    holders = rarest.T.tocsr()
    figures = [sorted(_FIGURES.findall(text)) for text in texts]
    for start in range(0, len(texts), _BLOCK):
        candidates = (rarest[start : start + _BLOCK] @ holders).tocoo()
        rows, columns = candidates.coords[0] + start, candidates.coords[1]
        later = rows < columns
        rows, columns = rows[later], columns[later]
        near = _cosines(grams, rows, columns) >= _SAME
        for i, j in zip(rows[near].tolist(), columns[near].tolist(), strict=True):
            if figures[i] == figures[j]:
                yield i, j


def _rarest(grams: sparse.csr_array) -> sparse.csr_array:
    """Each row without its commonest n-grams, as many as leave the rest of it shorter than ``NEAR``."""
    frequencies = np.bincount(grams.indices, minlength=grams.shape[1])
    rows = np.repeat(np.arange(grams.shape[0]), np.diff(grams.indptr))
    order = np.lexsort((grams.indices, frequencies[grams.indices], rows))
    squares = grams.data[order].astype(np.float64) ** 2
    before = np.cumsum(squares) - squares  # over all rows; each has the length 1, or 0 where a text has no n-gram
    before -= before[grams.indptr[rows]]
    kept = order[1 - before >= _SAME**2]
    values, columns = np.ones(len(kept), np.float32), grams.indices[kept]
    return sparse.csr_array((values, (rows[kept], columns)), shape=grams.shape)


def _cosines(grams: sparse.csr_array, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> NDArray[np.floating]:
    """``(P,)``: the cosine of each couple of texts."""
    parts = [np.zeros(0, np.float32)]
    for start in range(0, len(rows), 100_000):
        span = slice(start, start + 100_000)
        parts.append(np.asarray(grams[rows[span]].multiply(grams[columns[span]]).sum(axis=1)).ravel())
    return np.concatenate(parts)
