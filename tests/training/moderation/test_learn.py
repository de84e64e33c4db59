"""The moderator's training, on a handful of messages."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.moderation.lexicon import Lexicon
from bot.moderation.trained import Floats, read_classifier, write_classifier
from training.moderation.learn import trained

LEXICON = Lexicon([("you", "eres"), ("insult", "idiota"), ("insult", "imbecil")])
TEXTS = [
    "eres un idiota",
    "eres una idiota",
    "eres muy amable",
    "eres un bot",
    "cuanto cuesta",
    "cuanto dura",
    "fuera extranjeros",
    "fuera todos",
]
LABELS = np.array(["insult", "insult", "safe", "safe", "safe", "safe", "hate", "hate"])


def no_meaning(texts: Sequence[str]) -> Floats:
    return np.zeros((len(texts), 4), np.float32)


def test_what_is_learned_of_one_word_holds_for_others_of_its_concept() -> None:
    views, classifier = trained(LEXICON, no_meaning, TEXTS, LABELS)

    insult = classifier.probabilities(views.rows(["eres imbecil", "cuanto vale"]))[
        :, classifier.categories.index("insult")
    ]
    assert insult[0] > 2 * insult[1]


def test_a_classifier_that_was_written_and_read_judges_alike(tmp_path: Path) -> None:
    views, classifier = trained(LEXICON, no_meaning, TEXTS, LABELS)
    write_classifier(tmp_path, views.vocabularies, classifier)

    views_read, classifier_read = read_classifier(tmp_path, LEXICON, no_meaning)

    before, after = (c.probabilities(v.rows(TEXTS)) for v, c in ((views, classifier), (views_read, classifier_read)))
    np.testing.assert_allclose(before, after, atol=0.01)
