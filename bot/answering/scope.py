"""Whether a question is ours and answerable, from what retrieval found: the first, plain version.

Two numbers decide. The best passage's score says whether an approved pair asks the same; the share of
the question's words that the knowledge explains says whether it is about our subjects at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import Kind, Passage


@dataclass(frozen=True)
class Scope:
    """The operating point, chosen on ``dev_wordings.csv`` and on out-of-scope questions (``training/LOG.md``)."""

    answer_from: float = 0.18
    """Best score, in [0, 1], from which a question counts as approved."""
    ours_from: float = 0.6
    """Explained share of words, in [0, 1], from which an unanswered question is ours and goes to staff."""
    explained_from: float = 0.45
    """Explained share below which even a well-scored passage is not trusted."""

    def decide(self, passages: Sequence[Passage], explained: float) -> tuple[Kind, str]:
        """The kind of answer, and why in words."""
        best = passages[0].score if passages else 0.0
        figures = f"score {best:.2f}, explained {explained:.2f}"
        if best >= self.answer_from and explained >= self.explained_from:
            return Kind.ANSWER, f"approved pair found ({figures})"
        if explained >= self.ours_from:
            return Kind.UNKNOWN, f"our subject, but no approved pair ({figures})"
        return Kind.OUT_OF_SCOPE, f"not our subject ({figures})"
