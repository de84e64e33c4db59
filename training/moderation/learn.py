"""Trains the shipped moderator on ``data/moderation``, and prints how well it does by cross-validation.

Run after a change of the examples or of the lexicon; it takes about four minutes::

    python -m training.moderation.learn

The sample's approved questions and the ``dev`` part of ``out_of_scope.csv`` are the plain, harmless ones, beside
``safe.csv``, whose messages only sound unsafe.
It writes ``data/models/moderator``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.moderation.examples import SAFE, read_examples, read_lexicon
from bot.moderation.lexicon import Lexicon
from bot.moderation.trained import UNSAFE_FROM, Classifier, Encode, Views, Vocabulary, write_classifier
from bot.retrieval.models import out_of_scope
from bot.retrieval.small_encoder import SmallEncoder
from bot.settings import DATA, MODERATOR, SMALL_ENCODER
from storage.pairs_csv import read_csv
from storage.text import bare

FOLDS = 5
WORDING_WEIGHT = 0.5
"""How much an approved wording counts: they are more than all other messages together."""
LEAST_SEEN = 2
"""A feature counts from this many examples."""
INVERSE_REGULARISATION = 3.0
"""scikit-learn's ``C``."""


def main() -> None:
    """Prints recall and false alarms, then trains on everything and writes."""
    examples = read_examples(DATA / "moderation")
    wordings = [row.question for row in read_csv(DATA / "cenfobank.csv")]
    plain = [(text, SAFE) for text in (*out_of_scope("far"), *out_of_scope("near"), *wordings)]
    lexicon, encoder = Lexicon(read_lexicon(DATA / "moderation")), SmallEncoder(SMALL_ENCODER)
    texts, categories = zip(*examples, *plain, strict=True)
    heard = [bare(text) for text in texts]
    meaning = dict(zip(heard, encoder.encode(heard), strict=True))

    def encode(asked: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([meaning[text] for text in asked])

    labels = np.array(categories)
    weights = np.ones(len(texts))
    weights[-len(wordings) :] = WORDING_WEIGHT
    _cross_validate(lexicon, encode, np.array(texts, object), labels, weights, len(examples))
    views, classifier = trained(lexicon, encode, texts, labels, weights)
    write_classifier(MODERATOR, views.vocabularies, classifier)
    print(f"{len(texts)} examples; features: { {v: len(f.idf) for v, f in views.vocabularies.items()} }")


def trained(
    lexicon: Lexicon,
    encode: Encode,
    texts: Sequence[str],
    labels: NDArray[np.str_],
    weights: NDArray[np.float64] | None = None,
) -> tuple[Views, Classifier]:
    """Learns from ``texts``, categories and weights, ``(N,)``, what :class:`bot.moderation.trained.Model` needs."""
    features = [Views.features(lexicon, lexicon.words(text)) for text in texts]
    vocabularies = {view: _vocabulary([found[view] for found in features]) for view in features[0]}
    views = Views(lexicon, vocabularies, encode)
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=500).fit(views.rows(texts), labels, weights)
    learned, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    return views, Classifier(tuple(map(str, model.classes_)), learned, bias)


def _vocabulary(documents: Sequence[Sequence[str]]) -> Vocabulary:
    vectorizer = TfidfVectorizer(analyzer=list, min_df=LEAST_SEEN).fit(documents)
    names = vectorizer.get_feature_names_out()
    return Vocabulary({str(name): column for column, name in enumerate(names)}, vectorizer.idf_.astype(np.float32))


def _cross_validate(
    lexicon: Lexicon,
    encode: Encode,
    texts: NDArray[np.object_],
    labels: NDArray[np.str_],
    weights: NDArray[np.float64],
    examples: int,
) -> None:
    """``examples`` of ``texts`` sound unsafe, or are; the others are plain questions."""
    unsafe = np.zeros(len(texts))
    for learned, asked in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(texts, labels):
        views, classifier = trained(lexicon, encode, list(texts[learned]), labels[learned], weights[learned])
        odds = classifier.probabilities(views.rows(list(texts[asked])))
        unsafe[asked] = 1 - odds[:, classifier.categories.index(SAFE)]
    for category in sorted(set(labels) - {SAFE}):
        print(f"{category:14} recall {np.mean(unsafe[labels == category] >= UNSAFE_FROM):.3f}")
    written, plain = np.arange(len(texts)) < examples, np.arange(len(texts)) >= examples
    print(f"all            recall {np.mean(unsafe[labels != SAFE] >= UNSAFE_FROM):.3f}")
    print(f"sounds unsafe  false alarms {np.mean(unsafe[(labels == SAFE) & written] >= UNSAFE_FROM):.3f}")
    print(f"plain          false alarms {np.mean(unsafe[plain] >= UNSAFE_FROM):.4f}")


if __name__ == "__main__":
    main()
