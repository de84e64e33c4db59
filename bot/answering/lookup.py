"""From a message to the questions that it asks, each with what the knowledge has on it.

A message can be read in several ways: as typed, with its short forms written out, completed by what was said before, or
as several questions. Grammar proposes the readings; the knowledge decides, by which of them it has an answer to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.abbreviations import Abbreviations
from bot.answering.parts import main_clauses, questions_in
from bot.answering.understanding import EarlierTurn, FollowUp, follow_up, normalised
from bot.retrieval.base import Finding, Knowledge

EXACT = 1.0
"""Score of a passage whose wording and the question are the same words."""
SURE = 0.8
"""Probability from which a reading needs no rival."""
_ALONE_AGAINST_POINTING = 0.6
"""Probability from which words that point back are believed to ask about something else all the same."""


@dataclass(frozen=True)
class Asked:
    """A question that stands alone, and what the knowledge has on it."""

    question: str
    finding: Finding

    @property
    def exact(self) -> bool:
        """True where the question is an approved wording."""
        return bool(self.finding.passages) and self.finding.passages[0].score >= EXACT

    @property
    def answer(self) -> str:
        """The best pair's; empty where nothing was found."""
        return self.finding.passages[0].answer if self.finding.passages else ""


class LookUp:
    """Looks messages up. Safe to use from several threads."""

    def __init__(
        self,
        knowledge: Knowledge,
        abbreviations: Abbreviations,
        institution: str,
        *,
        passages: int,
        answer_from: float,
    ) -> None:
        """``passages`` are found for each question; one is answered from the probability ``answer_from``."""
        self._knowledge = knowledge
        self._abbreviations = abbreviations
        self._institution = institution
        self._passages = passages
        self._answer_from = answer_from

    def questions(self, message: str, turns: Sequence[EarlierTurn]) -> list[Asked]:
        """What ``message`` asks, at least one question; ``turns`` are the conversation's last ones, oldest first."""
        if self._knowledge.holds(message):
            return [self._find(message)]
        written_out = self.written_out(message)
        whole = self._heard(Asked(message, self._find(written_out).finding), written_out)
        if whole.exact:
            return [whole]
        completed = follow_up(written_out, turns, self._institution)
        if completed and (meant := self._completed(whole, completed, turns)):
            return [meant]
        return self._parts(whole, questions_in(written_out))

    def written_out(self, message: str) -> str:
        """``message`` without its greeting, short forms written out."""
        return normalised(message, self._abbreviations)

    def _heard(self, whole: Asked, text: str) -> Asked:
        """``whole`` as sure as the surest of its clauses that asks the same: what stands around a question is no doubt.

        "En el examen viene la tasa efectiva, ¿qué era eso?" is no less clear than "la tasa efectiva".
        """
        if whole.exact or _probability(whole) >= SURE or not whole.answer:
            return whole
        heard = [whole, *(clause for clause in map(self._find, main_clauses(text)) if clause.answer == whole.answer)]
        return Asked(whole.question, max(heard, key=_probability).finding)

    def _completed(self, alone: Asked, completed: FollowUp, turns: Sequence[EarlierTurn]) -> Asked | None:
        """The likeliest reading of a follow-up; None where the question stands alone."""
        said = next((turn.passage_answer for turn in reversed(turns) if turn.passage_question), "")
        found = [self._find(reading) for reading in (completed.question, *completed.others)]
        meant = max([asked for asked in found if asked.answer not in ("", said)] or found, key=_probability)
        if not meant.answer:
            return None
        if completed.alone:
            alone = max(alone, self._find(completed.alone), key=_probability)
        rivals = alone.answer != meant.answer if completed.definite else True
        least = _ALONE_AGAINST_POINTING if completed.definite else 0.0
        stands_alone = rivals and _probability(alone) >= max(least, _probability(meant))
        return None if stands_alone else meant

    def _parts(self, whole: Asked, questions: Sequence[str]) -> list[Asked]:
        """The parts that have answers of their own, where the whole is more than one question; else the whole."""
        if len(questions) == 1 and self._answered(whole):
            return [whole]
        found = {part.answer: part for part in map(self._find, questions) if self._answered(part)}
        apart = whole.answer in found or _probability(whole) < SURE
        return list(found.values()) if len(found) >= min(2, len(questions)) and apart else [whole]

    def _answered(self, asked: Asked) -> bool:
        return bool(asked.answer) and _probability(asked) >= self._answer_from

    def _find(self, question: str) -> Asked:
        return Asked(question, self._knowledge.find(question, self._passages))


def _probability(asked: Asked) -> float:
    return asked.finding.answered
