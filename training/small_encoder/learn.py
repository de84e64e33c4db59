"""Learns, on the sample data, what ships beside the encoder and how the scorers of retrieval are weighed.

Run after a change of the sample CSV, the synonyms, the encoder or a scorer; it takes about three minutes::

    python -m training.small_encoder.learn

It writes into ``data/models/use-multilingual``: ``whitening.safetensors`` (see :mod:`bot.retrieval.dense`),
``vectors.safetensors`` (the sample's texts, encoded) and ``examples.safetensors`` (see
:mod:`bot.retrieval.answerable`), and prints the weights for :data:`bot.retrieval.joint.WEIGHTS`.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import torch
from safetensors.numpy import save_file

from bot.retrieval.answerable import ANSWERED, OTHER, OURS, Examples, gathered
from bot.retrieval.dense import Whitening
from bot.retrieval.joint import WEIGHTS, IndexedPair, JointIndex
from bot.retrieval.models import RetrievalModels, load_models
from bot.retrieval.segment import Floats
from bot.retrieval.small_encoder import shipped_encoder
from bot.retrieval.synonyms import Synonyms
from bot.retrieval.vectors import RememberingEncoder
from bot.settings import DATA, SMALL_ENCODER
from storage.pairs_csv import group_rows, read_csv

SHRINKAGE = 0.3
"""Share of the whitening's covariance that is taken to be the same in all directions."""


NATURAL = 8
"""How many times an example counts that was written as students write."""


def main() -> None:
    """Writes the three files and prints the weights."""
    models = load_models(Synonyms.read(DATA / "synonyms.csv"))
    models = replace(models, encoder=RememberingEncoder(shipped_encoder()))  # which remembers nothing of before
    pairs = sample()
    whitening = learned_whitening(models.encoder, pairs)
    tensors = {"mean": whitening.mean.astype(np.float16), "matrix": whitening.matrix.astype(np.float16)}
    save_file(tensors, SMALL_ENCODER / "whitening.safetensors")
    models = replace(models, whitening=whitening)
    print("WEIGHTS =", {name: round(weight, 2) for name, weight in learned_weights(models, pairs).items()})
    examples = learned_examples(models, pairs)
    examples.write(SMALL_ENCODER / "examples.safetensors")
    models.encoder.write(SMALL_ENCODER / "vectors.safetensors")
    print(f"{len(examples.kinds)} examples; other, ours, answered: {np.bincount(examples.kinds)}")


def sample() -> list[IndexedPair]:
    """The sample CSV's pairs."""
    return [
        (number, row.question, row.answer, row.wordings)
        for number, row in enumerate(group_rows(read_csv(DATA / "cenfobank.csv")))
    ]


def learned_whitening(encoder: RememberingEncoder, pairs: Sequence[IndexedPair]) -> Whitening:
    """Whitening by the covariance of wordings around their pair's mean."""
    groups = [encoder.remembered([question, *others]) for _, question, _, others in pairs]
    encoder.remembered([answer for _, _, answer, _ in pairs])
    mean = np.concatenate(groups).mean(axis=0)
    apart = np.concatenate([group - group.mean(axis=0) for group in groups])
    covariance = apart.T @ apart / (len(apart) - len(groups))
    alike = np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
    values, vectors = np.linalg.eigh((1 - SHRINKAGE) * covariance + SHRINKAGE * alike)
    return Whitening(mean, (vectors / np.sqrt(values)).astype(np.float32))


def learned_weights(models: RetrievalModels, pairs: Sequence[IndexedPair], folds: int = 3) -> dict[str, float]:
    """The weights under which hidden wordings find their pair: softmax regression over all pairs."""
    tables, targets = zip(*_hidden(models, pairs, folds), strict=True)
    scores = torch.tensor(np.stack(tables), dtype=torch.float64)  # (N, P, 5)
    weights = torch.zeros(len(WEIGHTS), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(scores @ weights, torch.tensor(targets))
        value.backward()
        return value

    optimizer.step(loss)
    right = (scores @ weights).argmax(1) == torch.tensor(targets)
    print(f"{len(targets)} hidden wordings, right pair first for {right.double().mean():.3f}")
    return dict(zip(WEIGHTS, weights.tolist(), strict=True))


def learned_examples(models: RetrievalModels, pairs: Sequence[IndexedPair], draws: int = 4) -> Examples:
    """Examples from the sample data, and from what was written as students write: the ``dev`` parts.

    The latter are few, and nearer to what will be asked than an approved wording that is hidden: each counts
    :data:`NATURAL` times.
    """
    parts = [gathered(models, pairs, (), seed=draw) for draw in range(draws)]
    index, answers = JointIndex(models, pairs), {pair[1]: pair[2] for pair in pairs}
    asked = [
        *((ANSWERED, wording, answers[approved]) for wording, approved in _dev_wordings()),
        *((OURS, question, "") for question in models.near),
        *((OTHER, question, "") for question in models.others),
    ]
    natural = Examples.asked(index, asked)
    return Examples.joined([*filter(None, parts), *[natural] * NATURAL, *small_schools(models, pairs)])


def small_schools(models: RetrievalModels, pairs: Sequence[IndexedPair], number: int = 24) -> Iterator[Examples]:
    """Examples from small parts of the sample with few wordings, each as a school of its own: as most schools begin."""
    for seed in range(number):
        draw = Random(seed)
        part = draw.sample(pairs, draw.randrange(20, 80))
        shown = [(*pair[:3], tuple(draw.sample(list(pair[3]), draw.randrange(1, 6)))) for pair in part]
        index, answers = JointIndex(models, shown), {pair[1]: pair[2] for pair in shown}
        without = [*((OURS, text) for text in models.near), *((OTHER, text) for text in models.others)]
        strange = [(OURS, wording) for wording, approved in _dev_wordings() if approved not in answers]
        asked = [
            *((ANSWERED, text, answers[approved]) for text, approved in _dev_wordings() if approved in answers),
            *((kind, text, "") for kind, text in draw.sample(without, 60)),
            *((kind, text, "") for kind, text in draw.sample(strange, 30)),
        ]
        yield Examples.asked(index, asked)


@cache
def _dev_wordings() -> list[tuple[str, str]]:
    """(wording, approved question) of those that ask one question."""
    with (DATA / "evaluation" / "wordings.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["part"] == "dev"]
    return [(row["wording"], row["approved_question"]) for row in rows if " | " not in row["approved_question"]]


def _hidden(models: RetrievalModels, pairs: Sequence[IndexedPair], folds: int) -> Iterator[tuple[Floats, int]]:
    """For each hidden wording: the scorers' numbers for all pairs, ``(P, 5)``, and the position of its own."""
    for fold in range(folds):
        draw = Random(fold)
        hidden = [[wording for wording in others if draw.random() < 0.1] for *_, others in pairs]
        shown = [
            (*pair[:3], tuple(w for w in pair[3] if w not in away)) for pair, away in zip(pairs, hidden, strict=True)
        ]
        index = JointIndex(models, shown)
        for position, away in enumerate(hidden):
            for scored in index.scored(away):
                yield _table(scored.table, len(pairs)), position


def _table(columns: dict[str, Floats], pairs: int) -> Floats:
    table = np.stack(list(columns.values()), axis=1)
    assert len(table) == pairs  # every pair is encoded, hence a candidate
    return table


if __name__ == "__main__":
    main()
