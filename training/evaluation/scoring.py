"""How one text is held against the approved answer, and how sure a share is."""

import math
from collections import Counter
from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF

from bot.faithfulness.check import addresses, figures, names, sentences
from storage.text import folded

LIKE_ENOUGH = 0.8
"""Token F1 from which a text with the same facts says the same."""
_WORDS = frozenset(
    "no ni sin nunca tampoco ningun ninguna ninguno nadie nada antes despues hasta desde "
    "lunes martes miercoles jueves viernes sabado sabados domingo domingos manana tarde noche "
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre".split()
)
"""Negations, days, months and what turns a time round, folded: to change one is to change a fact."""


def is_right(text: str, approved: str) -> bool:
    """The exact fact match: the approved answer but for case, accents and punctuation, or the same facts retold.

    Facts are figures, addresses, names, negations, days and months. Retold, they are all there, no others are, in the
    same order ("S/ 50 y S/ 280" is not "S/ 280 y S/ 50"), and the texts' token F1 is at least :data:`LIKE_ENOUGH`.
    Strict on purpose: a text that moves a fact is counted as wrong. Not seen: a changed word that is none of these.
    """
    if folded(text) == folded(approved):
        return True
    named = _named(text) | _named(approved)
    return _facts(text, named) == _facts(approved, named) and token_f1(text, approved) >= LIKE_ENOUGH


def all_right(text: str, expected: str) -> bool:
    """:func:`is_right` for each paragraph of ``expected``, the approved answers to the questions of one message.

    In any order, each in a paragraph of its own, and without any other.
    """
    approved, said = _paragraphs(expected), _paragraphs(text)
    if len(approved) < 2:
        return is_right(text, expected)
    return all(any(is_right(one, other) for one in said) for other in approved) and len(said) == len(approved)


def _paragraphs(text: str) -> set[str]:
    return {paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()}


def _named(text: str) -> set[str]:
    """The folded words of names and addresses."""
    found = addresses(text).union(*(names(sentence) for sentence in sentences(text)))
    return {word for name in found for word in folded(name).split()}


def _facts(text: str, named: set[str]) -> list[str]:
    """The facts in their order; a name counts at the start of a sentence, too, once it is known to be one."""
    facts = []
    for word in folded(text).split():
        facts += sorted(figures(word)) or [word] * (word in named or word in _WORDS)
    return facts


def token_f1(text: str, approved: str) -> float:
    """The overlap of the two texts' folded words, each counted as often as it occurs, in [0, 1] (as in SQuAD)."""
    said, wanted = Counter(folded(text).split()), Counter(folded(approved).split())
    shared = (said & wanted).total()
    return 2 * shared / (said.total() + wanted.total()) if shared else 0.0


def chrf(texts: Sequence[str], approved: Sequence[str]) -> float:
    """chrF++ of the texts together, in [0, 100] (Popović 2017, as in sacrebleu: 6-grams of signs, 2-grams of words)."""
    return float(CHRF(word_order=2).corpus_score(list(texts), [list(approved)]).score)


def share_interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share that was found in ``count`` cases (Wilson 1927)."""
    z = 1.96
    centre = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (max(0.0, (centre - spread) / (1 + z * z / count)), min(1.0, (centre + spread) / (1 + z * z / count)))
