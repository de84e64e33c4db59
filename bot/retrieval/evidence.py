"""What speaks for and against the pair that was found for a question: the numbers that the decision rests on.

The length of a question is none of them: in the examples the short ones happen to be unanswered more often, and a
decision that learned this refused "¿cuál es el teléfono?".
"""

from dataclasses import astuple, dataclass, fields

import numpy as np

from bot.retrieval.segment import Floats


@dataclass(frozen=True)
class Evidence:
    """About one question and the best pair. All numbers are of the same scale for any knowledge."""

    rank: float
    """The best pair's joint score, a weighted sum."""
    margin: float
    """How far the second pair's joint score is below it."""
    share: float
    """The best pair's share of all pairs' scores (softmax), in [0, 1]."""
    lexical: float
    """The best pair's lexical score, in [0, 1]."""
    trained: float
    """The wording classifier's opinion on the best pair, in [-1, 1]."""
    meaning: float
    """Cosine of the question's vector with the best pair's mean wording."""
    answer: float
    """Cosine with its answer."""
    nearest: float
    """Cosine with the nearest wording of any pair."""
    against: float
    """Cosine with the nearest question that is known to have no answer (:mod:`bot.retrieval.negatives`)."""
    against_some: float
    """The mean cosine with the nearest of these."""
    keywords: float
    """The highest BM25 score of any pair, per word of the question."""
    agreement: float
    """How many of the five scorers put the best pair first, 0 to 5."""
    explained: float
    """Share by weight of the question's content words that occur in the knowledge, in [0, 1]."""
    covered: float
    """The same share for the best pair alone."""
    strangest: float
    """Weight of the heaviest content word that the best pair does not cover."""
    uncovered: float
    """Number of content words that it does not cover, a part of a likeness counting as such."""
    foreign: float
    """Number of other institutions that the question names and the best pair does not."""
    pairs: float
    """Logarithm of the number of pairs in the knowledge."""
    wordings: float
    """Logarithm of the mean number of wordings that a pair has: with few, even the right pair looks less like it."""

    def row(self) -> Floats:
        """``(F,)``, in the order of the fields."""
        return np.array(astuple(self), np.float32)


FEATURES = tuple(field.name for field in fields(Evidence))
