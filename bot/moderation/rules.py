"""Precise rules: concepts that, in this order and near one another, leave no doubt.

They hold whatever the classifier learned; so nobody who trains it anew can lose them. Words that speak of such things
without meaning harm ("¿qué es…?", a victim, a figure of speech) switch every rule off: the classifier decides then.
"""

from collections.abc import Sequence

HARMLESS = frozenset({"figurative", "prevent", "report", "study", "victim", "what_is"})
"""Concepts that switch the rules off."""
_REACH = 7
"""The concepts of a rule are at most this many words apart."""


def broken_rule(concepts: Sequence[Sequence[str]], rules: Sequence[tuple[str, tuple[str, ...]]]) -> str | None:
    """The category of the first of ``rules`` that is broken by ``concepts``, those that begin at each word."""
    if any(not HARMLESS.isdisjoint(found) for found in concepts):
        return None
    return next((category for category, wanted in rules if _in_order(concepts, wanted)), None)


def _in_order(concepts: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool:
    places = [[place for place, found in enumerate(concepts) if concept in found] for concept in wanted]
    reached = places[0]
    for later in places[1:]:
        reached = [place for place in later if any(before < place <= before + _REACH for before in reached)]
    return bool(reached)
