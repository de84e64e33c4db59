"""A linear classifier that learns which pair a wording asks for, as a second opinion on the lexical score.

What a score of likeness cannot know is which words tell pairs apart ("en total", "al mes"); a linear SVM over the
character n-grams of all wordings, one class a pair, learns just that. 6,000 wordings are fitted in about two seconds;
for more than ``MOST_PAIRS`` pairs it would take too long, and the lexical score stands alone.
"""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bot.retrieval.synonyms import Synonyms

MOST_PAIRS = 1000
"""Fitting time grows with pairs times wordings."""


class WordingClassifier:
    """Fitted on the wordings of a knowledge version; immutable."""

    def __init__(self, vectorizer: TfidfVectorizer, classifier: LinearSVC, synonyms: Synonyms) -> None:
        self._synonyms = synonyms
        self._pair_ids = classifier.classes_.tolist()
        self._n_grams, self._places, self._idf = vectorizer.build_analyzer(), vectorizer.vocabulary_, vectorizer.idf_
        self._weights = np.ascontiguousarray(classifier.coef_.T, np.float32)  # (F, C): a question reads a few rows
        self._bias = classifier.intercept_

    @classmethod
    def fitted(cls, wordings: Mapping[int, Sequence[str]], synonyms: Synonyms) -> Self | None:
        """Fits on the wordings by pair id; None where there are too few pairs to tell apart, or too many."""
        if not 3 <= len(wordings) <= MOST_PAIRS:
            return None
        owners = [pair_id for pair_id, texts in wordings.items() for _ in texts]
        texts = [synonyms.canonical(text) for texts in wordings.values() for text in texts]
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, lowercase=False)
        with warnings.catch_warnings():  # a CSV with one or two wordings a pair is as it should be
            warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
            classifier = LinearSVC(tol=1e-2, random_state=0).fit(vectorizer.fit_transform(texts), owners)
        return cls(vectorizer, classifier, synonyms)

    def opinions(self, question: str) -> dict[int, float]:
        """By pair id, in [-1, 1]: below 0 the question asks for something else, above for this pair."""
        # As the vectorizer does, in a tenth of its time.
        known = Counter(self._places[n] for n in self._n_grams(self._synonyms.canonical(question)) if n in self._places)
        places = np.fromiter(known, np.int64)
        row = (1 + np.log(np.fromiter(known.values(), np.float64))) * self._idf[places]
        margins = np.clip(row @ self._weights[places] / (np.linalg.norm(row) or 1) + self._bias, -1, 1)
        return dict(zip(self._pair_ids, margins.tolist(), strict=True))
