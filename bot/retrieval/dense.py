"""How near a question's meaning is to each pair: vectors of a sentence encoder, whitened.

A pair stands where its wordings do on average. Directions in which wordings of one question differ from one another
count less than those in which questions differ: the vectors are whitened by the within-pair covariance, as speaker
recognition does with utterances of one speaker (WCCN; Hatch, Kajarekar, Stolcke 2006). The covariance is learned once,
from the sample data's 6,000 wordings, and ships with the encoder: a school with one wording a question has none to
learn from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from bot.retrieval.segment import Floats, Ints


@dataclass(frozen=True)
class Whitening:
    """``(x - mean) @ matrix``, rows brought to length 1."""

    mean: Floats
    """``(D,)``"""
    matrix: Floats
    """``(D, D)``"""

    @classmethod
    def read(cls, file: Path) -> "Whitening":
        """What :mod:`training.small_encoder.learn` wrote."""
        tensors = load_file(file)
        return cls(tensors["mean"].astype(np.float32), tensors["matrix"].astype(np.float32))

    @classmethod
    def none(cls, width: int) -> "Whitening":
        """Leaves vectors of length 1 as they are."""
        return cls(np.zeros(width, np.float32), np.eye(width, dtype=np.float32))

    def __call__(self, vectors: Floats) -> Floats:
        """``(N, D)`` to ``(N, D)``."""
        return unit((vectors - self.mean) @ self.matrix)


def unit(vectors: Floats) -> Floats:
    """Rows brought to length 1; those of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


@dataclass(frozen=True)
class PairVectors:
    """A pair's texts, encoded."""

    wordings: Floats
    """``(W, D)``, whitened."""
    answer: Floats
    """``(D,)``, whitened."""


@dataclass(frozen=True)
class Nearness:
    """Cosines of a question with ``P`` pairs, in [-1, 1]."""

    pair: Floats
    """``(P,)``: with the mean of each pair's wordings."""
    answer: Floats
    """``(P,)``: with each pair's answer."""
    wording: float
    """With the nearest wording of all."""


class DenseIndex:
    """``P`` pairs by their vectors. Immutable."""

    def __init__(self, pairs: Mapping[int, PairVectors]) -> None:
        """``pairs`` by their ids; at least one."""
        self.pair_ids: Ints = np.array(list(pairs), np.int64)
        self._means = unit(np.stack([pair.wordings.mean(axis=0) for pair in pairs.values()]))
        self._answers = np.stack([pair.answer for pair in pairs.values()])
        self._wordings = np.concatenate([pair.wordings for pair in pairs.values()])

    def nearness(self, question: Floats) -> Nearness:
        """``question`` is one whitened vector, ``(D,)``."""
        return Nearness(self._means @ question, self._answers @ question, float((self._wordings @ question).max()))

    def closest(self, questions: Floats) -> Floats:
        """``(N,)``: of ``(N, D)`` whitened vectors, the cosine of each with the nearest wording of all."""
        return np.asarray((questions @ self._wordings.T).max(axis=1))
