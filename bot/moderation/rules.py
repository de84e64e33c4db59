"""Precise rules: concepts that, in this order and near one another, leave no doubt.

They hold whatever the classifier learned; so nobody who trains it anew can lose them. Words that speak of such things
without meaning harm ("¿qué es…?", a victim, a figure of speech) switch the rules off: the classifier decides then.
"""

from collections.abc import Sequence

from bot.moderation.examples import ABUSED

HARMLESS = frozenset({"figurative", "prevent", "report", "study", "victim", "what_is"})
"""Concepts that switch a rule off."""
_NOT_ABUSED = frozenset({"figurative", "hurt_self", "no_life"})
"""Those that do so where somebody tells of abuse: who asks where to report it suffers it all the same."""
_REACH = 7
"""The concepts of a rule are at most this many words apart."""


def broken_rule(concepts: Sequence[Sequence[str]], rules: Sequence[tuple[str, tuple[str, ...]]]) -> str | None:
    """The category of the first of ``rules`` that is broken by ``concepts``, those that begin at each word."""
    found = frozenset().union(*concepts)
    off = {category: not found.isdisjoint(_switches(category)) for category, _ in rules}
    return next((category for category, wanted in rules if not off[category] and _in_order(concepts, wanted)), None)


def _switches(category: str) -> frozenset[str]:
    return _NOT_ABUSED if category == ABUSED else HARMLESS


def _in_order(concepts: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool:
    places = [[place for place, found in enumerate(concepts) if concept in found] for concept in wanted]
    reached = places[0]
    for later in places[1:]:
        reached = [place for place in later if any(before < place <= before + _REACH for before in reached)]
    return bool(reached)
