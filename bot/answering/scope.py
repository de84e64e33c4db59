"""Whether a question is answered, goes to staff, or is none of ours: probabilities against one operating point.

The probabilities come from :mod:`bot.retrieval.answerable`, which calibrates itself on whatever knowledge is loaded.
"""

from dataclasses import dataclass

from bot.messages import Kind
from bot.retrieval.base import Finding


@dataclass(frozen=True)
class Scope:
    """The operating point; the curve of what it costs and saves is in the report of ``cenfobot-train evaluate``."""

    answer_from: float = 0.5
    """Probability, in (0, 1), from which a question counts as approved."""
    ours_from: float = 0.5
    """Probability, in (0, 1), from which an unanswered question goes to staff."""

    def decide(self, finding: Finding) -> tuple[Kind, str]:
        """The kind of answer, and why in words."""
        figures = f"answered {finding.answered:.2f}, ours {finding.ours:.2f}"
        if finding.passages and finding.answered >= self.answer_from:
            return Kind.ANSWER, f"approved pair found ({figures})"
        if finding.ours >= self.ours_from:
            return Kind.UNKNOWN, f"our subject, but no approved pair ({figures})"
        return Kind.OUT_OF_SCOPE, f"not our subject ({figures})"
