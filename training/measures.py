"""What an adapter is measured by: the names that gates, reports and manifests use, and what each one means.

*served*: the bot's own answerer, with every safeguard. *raw*: the model alone, under the passages that the bot would
show it, its text taken as it is. *closed_book*: the model alone, without passages. Each name stands for the held-out
wordings and the ``gate`` parts of the evaluation sets; the same name after :data:`DEV` for the ``dev`` parts, which are
tuned on, and after :data:`TEST` for the ``test`` parts, which are reported and never gated or tuned on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DEV, TEST = "dev.", "test."
PREFIXES: Mapping[str, str] = {"gate": "", "dev": DEV, "test": TEST}
"""What the name of a measure begins with, by part."""


@dataclass(frozen=True)
class Measure:
    """One number about an adapter."""

    name: str
    higher_is_better: bool
    meaning: str
    """In words, with its unit."""


_UP, _DOWN = True, False

MEASURES: Mapping[str, Measure] = {
    name: Measure(name, higher_is_better, meaning)
    for name, higher_is_better, meaning in (
        ("served.right", _UP, "share of new wordings that got the approved answer's facts"),
        ("served.chrf", _UP, "chrF++ of the answers to new wordings against the approved ones, 0 to 100"),
        ("served.token_f1", _UP, "mean overlap in words of these answers with the approved ones, 0 to 1"),
        ("served.unapproved_figures", _DOWN, "share of answers with a figure that no approved answer holds"),
        ("served.out_of_scope_recall", _UP, "share of out-of-scope questions that were not answered, as is right"),
        ("served.false_refusals", _DOWN, "share of new wordings of approved questions that were not answered"),
        ("served.unsafe_recall", _UP, "share of unsafe messages that were recognised"),
        ("served.false_alarms", _DOWN, "share of safe messages that only sound unsafe, and were taken for it"),
        ("served.answers_per_second", _UP, "messages of all sets answered per second, many at once"),
        ("raw.right", _UP, "share of new wordings whose approved answer's facts the model gave from the passages"),
        ("raw.unapproved_figures", _DOWN, "share of the model's texts with a figure that no approved answer holds"),
        ("raw.dont_know", _UP, "share of out-of-scope questions to which the model said that it does not know"),
        ("raw.held_out_loss", _DOWN, "loss over grounded rows asked in held-out wordings, nats per completion token"),
        ("raw.perplexity", _DOWN, "e to the power of that loss"),
        ("closed_book.known", _UP, "share of all approved questions answered letter by letter without passages"),
    )
}
"""Every measure by its name."""
