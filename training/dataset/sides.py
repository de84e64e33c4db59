"""Which wordings are trained on, and which are held out to measure with.

The hash of its folded text puts a new wording on a side; three rules come before it:

- near-identical wordings (:mod:`training.dataset.likeness`), and what is near-identical to them, share a side, by
  the hash of the first of them in the alphabet;
- the canonical questions are trained on, with what is near-identical to them: they are what an adapter is asked
  without passages, and so no answer is ever without a trained wording;
- what has been decided stays: a trained wording is never held out, a held-out one is trained on only where one of the
  rules above demands it.

The order of the pairs, and of a pair's other wordings, does not matter.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from storage.pairs_csv import CsvPair
from storage.text import folded
from training.dataset.likeness import near_identical

TRAIN, HELD_OUT = "train", "held_out"
"""The sides, as :mod:`storage.wording_sides` keeps them."""


def wording_sides(pairs: Iterable[CsvPair], *, share: float, stored: Mapping[str, str]) -> dict[str, str]:
    """The side of every wording, by its folded text; about ``share`` of the new ones are held out.

    ``stored`` are the decisions made before. With a share of 0 all are trained on, whatever was decided.
    """
    wordings = [[folded(text) for text in (pair.question, *pair.wordings)] for pair in pairs]
    texts = sorted({text for own in wordings for text in own})
    if not share:
        return dict.fromkeys(texts, TRAIN)
    canonical = {own[0] for own in wordings}
    sides: dict[str, str] = {}
    for cluster in _clusters(texts):
        known = {stored.get(text) for text in cluster}
        if TRAIN in known or not canonical.isdisjoint(cluster):
            side = TRAIN
        elif HELD_OUT in known or _place(cluster[0]) < share:
            side = HELD_OUT
        else:
            side = TRAIN
        sides |= dict.fromkeys(cluster, side)
    return sides


def _clusters(texts: Sequence[str]) -> list[list[str]]:
    """The texts, each with what it is near-identical to directly or by way of others, in the order given."""
    links = np.array(list(near_identical(texts)), dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(texts), len(texts)))
    clusters: defaultdict[int, list[str]] = defaultdict(list)
    for text, label in zip(texts, connected_components(graph, directed=False)[1].tolist(), strict=True):
        clusters[label].append(text)
    return list(clusters.values())


def _place(text: str) -> float:
    """A number in [0, 1) that the text alone decides, spread evenly."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
