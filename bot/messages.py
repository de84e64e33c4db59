"""The plain values that travel between the layers: what a student wrote, and what is answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_SUGGESTED_FROM = 0.1
"""Score from which an approved question is offered in place of one that has no answer."""


class Kind(StrEnum):
    """What an answer is, decided before anything is generated."""

    ANSWER = "answer"
    SMALL_TALK = "small_talk"
    UNKNOWN = "unknown"
    """Ours to answer, but not approved yet: goes to staff."""
    OUT_OF_SCOPE = "out_of_scope"
    UNSAFE = "unsafe"


@dataclass(frozen=True)
class IncomingMessage:
    """A student's message as a channel received it."""

    channel: str
    external_id: str
    """The channel's own id; the same message delivered twice has the same one."""
    chat_id: str
    text: str
    received_at: datetime
    """In UTC, timezone-aware."""


@dataclass(frozen=True)
class Passage:
    """An approved pair that was found for a question."""

    pair_id: int
    question: str
    """The pair's wording that matched best."""
    answer: str
    score: float
    """How well it matches, in [0, 1]."""
    title: str = ""
    """The pair's canonical question."""


@dataclass(frozen=True)
class ModelName:
    """The weights that made an answer."""

    base: str
    adapter: str | None
    """The adapter's version, or None for the bare base."""

    def __str__(self) -> str:
        return f"{self.base}+{self.adapter}" if self.adapter else self.base


@dataclass(frozen=True)
class Answer:
    """What a student gets, and everything that is logged about it."""

    question: str
    kind: Kind
    text: str
    passages: tuple[Passage, ...]
    """Best first; those that the prompt held come first."""
    model: ModelName | None
    """The weights that made the text; for a fixed reply, those in service when it was given."""
    verbatim: bool
    """True when an approved answer was given letter by letter."""
    milliseconds: dict[str, float]
    """Wall time per step: retrieve, generate, total."""
    reason: str = ""
    """Why this kind was decided, in words, for the log."""
    asked: str = ""
    """The question as it was understood: a follow-up completed with its subject. Empty for fixed replies."""
    probability: float | None = None
    """That the question is ours and has an approved answer, in [0, 1]; None for fixed replies."""
    warning: str = ""
    """What the student is told before the text: not to write passwords, that the answer is the same again."""
    open_questions: tuple[str, ...] = ()
    """What the message asks besides, of our subject and without an approved answer: goes to staff."""

    @property
    def suggestions(self) -> tuple[Passage, ...]:
        """What the student may have meant, where nothing is answered; best first."""
        return suggested(self.passages) if self.kind is Kind.UNKNOWN else ()


@dataclass(frozen=True)
class Reply:
    """What a channel shows: a text and, for an answer, the id that feedback refers to."""

    text: str
    kind: Kind
    answer_id: int | None = None
    verbatim: bool = False
    suggestions: tuple[Passage, ...] = ()
    """Approved questions that the student may have meant, where nothing is answered."""


def suggested(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Those near enough to an unanswered question to be offered in its place."""
    return tuple(passage for passage in passages if passage.score >= _SUGGESTED_FROM)
