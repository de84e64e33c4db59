"""The shipped moderator: precise rules, and a classifier trained on the examples in ``data/moderation``.

A logistic regression over three views of a message: its words, the concepts that they stand for, and the meaning of the
whole (the sentence encoder's vector). How it was trained, and how well it does: :mod:`training.moderation.learn`.
What it does not see: irony, veiled threats without any of the words, other languages than Spanish and English, images.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from bot.errors import ModelError
from bot.moderation.base import Concern
from bot.moderation.examples import HELPED, SAFE, read_lexicon, read_rules
from bot.moderation.lexicon import Lexicon
from bot.moderation.rules import broken_rule
from storage.text import bare

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]
"""Texts to their meaning, ``(N, D)``."""

UNSAFE_FROM = 0.55
"""Probability from which a message is unsafe."""
CERTAIN_FROM = 0.9
"""Probability from which not even an approved question that says the same is believed."""
_WEIGHTS = {"words": 1.0, "concepts": 1.5}
_MEANING = 2.0
"""How much the views count; chosen on the examples by cross-validation."""
_SENTENCE = re.compile(r"(?<=[.!?\n])\s+")
_CLAUSE = re.compile(r"[,;.!?…\n]+\s+|\s+(?:y|pero|por ?qu[eé]|x ?q|ya que|desde que|and|but|because)\s+", re.I)
_MOST_PARTS = 8
_DANGER = frozenset({"die", "kill", "no_life", "hurt_self", "hurt_by", "abuse_told", "beat"})
"""Concepts of the lexicon with which somebody tells of a danger."""


@dataclass(frozen=True)
class Vocabulary:
    """The features of one view: each one's column, and how rare it is."""

    columns: Mapping[str, int]
    idf: Floats
    """``(F,)``"""

    def vector(self, features: Sequence[str]) -> Floats:
        """``(F,)`` of length 1: sublinear term frequency by inverse document frequency."""
        vector = np.zeros(len(self.idf), np.float32)
        for feature, count in Counter(features).items():
            if (column := self.columns.get(feature)) is not None:
                vector[column] = (1 + np.log(count)) * self.idf[column]
        return vector / max(float(np.linalg.norm(vector)), 1e-9)


@dataclass(frozen=True)
class Views:
    """From a message to the row that the classifier sees."""

    lexicon: Lexicon
    vocabularies: Mapping[str, Vocabulary]
    """For ``words`` and ``concepts``."""
    encode: Encode

    @staticmethod
    def features(lexicon: Lexicon, words: Sequence[str]) -> dict[str, list[str]]:
        """By view, of a message's words as the lexicon reads them."""
        pairs = [f"{first} {second}" for first, second in pairwise(words)]
        return {"words": [*words, *pairs], "concepts": lexicon.features(words)}

    def rows(self, texts: Sequence[str]) -> Floats:
        """``(N, F)``; the meaning is that of the bare text, which retrieval asks for, too."""
        meaning = _MEANING * self.encode([bare(text) for text in texts])
        return np.stack([np.concatenate([self._row(text), row]) for text, row in zip(texts, meaning, strict=True)])

    def _row(self, text: str) -> Floats:
        features = self.features(self.lexicon, self.lexicon.words(text))
        return np.concatenate([_WEIGHTS[view] * self.vocabularies[view].vector(features[view]) for view in _WEIGHTS])


@dataclass(frozen=True)
class Classifier:
    """A multinomial logistic regression: as safe as anything, or of a category."""

    categories: tuple[str, ...]
    weights: Floats
    """``(categories, F)``"""
    bias: Floats
    """``(categories,)``"""

    def probabilities(self, rows: Floats) -> Floats:
        """``(N, categories)``"""
        logits = rows @ self.weights.T + self.bias
        odds: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        return odds


@dataclass(frozen=True)
class Model:
    """All that was learned and written down about unsafe messages; immutable."""

    views: Views
    classifier: Classifier
    rules: Sequence[tuple[str, tuple[str, ...]]]

    @classmethod
    def read(cls, folder: Path, tables: Path, encode: Encode) -> Self:
        """The classifier in ``folder``, with the lexicon and the rules in ``tables``.

        Raises:
            ModelError: the classifier is missing or damaged.
            DataError: a table is.
        """
        views, classifier = read_classifier(folder, Lexicon(read_lexicon(tables)), encode)
        return cls(views, classifier, read_rules(tables))


class TrainedModerator:
    """A :class:`bot.moderation.base.Moderator`."""

    def __init__(self, model: Model, reply: Callable[[str], str]) -> None:
        """``reply`` gives the text for a category."""
        self._model = model
        self._reply = reply

    def concern(self, text: str) -> Concern | None:
        """See :class:`bot.moderation.base.Moderator`; a message is as unsafe as its worst sentence.

        Who is in danger may say so beside a question ("cuánto cuesta y me quiero matar"): a clause counts.
        """
        views, classifier = self._model.views, self._model.classifier
        concepts = views.lexicon.concepts(views.lexicon.words(text))
        if category := broken_rule(concepts, self._model.rules):
            return Concern(category, self._reply(category))
        sentences = _SENTENCE.split(text)
        texts = [text, *sentences[-_MOST_PARTS:]] if len(sentences) > 1 else [text]
        in_danger = any(not _DANGER.isdisjoint(found) for found in concepts)
        clauses = _CLAUSE.split(text)[-_MOST_PARTS:] if in_danger else []
        odds = classifier.probabilities(views.rows([*texts, *clauses]))
        safe = classifier.categories.index(SAFE)
        others = [place for place, name in enumerate(classifier.categories) if name not in (SAFE, *HELPED)]
        odds, of_clauses = odds[: len(texts)], odds[len(texts) :]
        of_clauses[:, safe] += of_clauses[:, others].sum(axis=1)  # a clause tells of danger, or of nothing
        of_clauses[:, others] = 0
        odds = np.concatenate([odds, of_clauses[of_clauses[:, safe] <= 1 - CERTAIN_FROM]])
        worst = odds[odds[:, safe].argmin()]
        unsafe, worst[safe] = 1 - float(worst[safe]), 0
        if unsafe < UNSAFE_FROM:
            return None
        category = classifier.categories[int(worst.argmax())]
        return Concern(category, self._reply(category), certain=unsafe >= CERTAIN_FROM)


def write_classifier(folder: Path, vocabularies: Mapping[str, Vocabulary], classifier: Classifier) -> None:
    """As :func:`read_classifier` reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"idf.{view}": vocabulary.idf for view, vocabulary in vocabularies.items()}
    tensors |= {"weights": classifier.weights, "bias": classifier.bias}
    # C order, since safetensors writes the bytes as they lie.
    halves = {name: tensor.astype(np.float16, order="C") for name, tensor in tensors.items()}
    save_file(halves, folder / "model.safetensors")
    names = {"categories": classifier.categories} | {v: list(vocabularies[v].columns) for v in vocabularies}
    (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def read_classifier(folder: Path, lexicon: Lexicon, encode: Encode) -> tuple[Views, Classifier]:
    """What :func:`write_classifier` wrote.

    Raises:
        ModelError: a file is missing or damaged.
    """
    try:
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        tensors = {name: tensor.astype(np.float32) for name, tensor in load_file(folder / "model.safetensors").items()}
        vocabularies = {
            view: Vocabulary({name: column for column, name in enumerate(names[view])}, tensors[f"idf.{view}"])
            for view in _WEIGHTS
        }
        classifier = Classifier(tuple(names["categories"]), tensors["weights"], tensors["bias"])
    except Exception as error:  # the library raises its own kinds
        raise ModelError(f"The moderator in {folder} cannot be read: {error}. Restore the folder.") from error
    return Views(lexicon, vocabularies, encode), classifier
