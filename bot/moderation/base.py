"""The seam to a moderator: messages that the bot must not treat as questions, whoever recognises them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Concern:
    """Why a text is unsafe, and what the student is told."""

    category: str
    """As in ``data/moderation``, such as ``self_harm`` or ``insult``."""
    reply: str
    certain: bool = True
    """False where an approved question that says the same would be believed rather than this."""


class Moderator(Protocol):
    """Looks at a student's message before anything else does, and at what the model wrote. Thread-safe."""

    def concern(self, text: str) -> Concern | None:
        """What is wrong with ``text``, or None."""
        ...
