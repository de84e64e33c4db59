"""From a message to the questions that it asks, each with what the knowledge has on it.

A message can be read in several ways: as typed, with its short forms written out, completed by what was said before, or
as several questions. Grammar proposes the readings; the knowledge decides, by which of them it has an answer to.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.answering.abbreviations import Abbreviations
from bot.answering.parts import Part, content_words, main_clauses, names_what_it_asks, parts_in, questions_in
from bot.answering.understanding import EarlierTurn, FollowUp, follow_up, normalised
from bot.retrieval.base import Finding, Knowledge, Snapshot
from storage.text import folded

_TOLD = 0.95
"""Probability from which a part that is no question by its grammar is one all the same."""
_LESS_SURE, _CLEAR = 0.1, 0.75
"""A part is a question of its own where it is at most so much less sure than the whole, or as sure as that."""
_OPEN = 0.25
"""Probability below which a part of its own surely has no answer."""
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
        """What ``message`` asks, at least one question; ``turns`` are the conversation's last ones, oldest first.

        Where one of several has an answer, those that have none come last.
        """
        reader = _Reader(self._knowledge.current(), self._institution, self._passages, self._answer_from)
        return reader.questions(message, self.written_out(message), turns)

    def written_out(self, message: str) -> str:
        """``message`` without its greeting, short forms written out."""
        return normalised(message, self._abbreviations)


class _Reader:
    """Reads one message."""

    def __init__(self, knowledge: Snapshot, institution: str, passages: int, answer_from: float) -> None:
        self._knowledge = knowledge
        self._institution = institution
        self._passages = passages
        self._answer_from = answer_from
        self._found: dict[str, Finding] = {}

    def questions(self, message: str, written_out: str, turns: Sequence[EarlierTurn]) -> list[Asked]:
        """See :meth:`LookUp.questions`."""
        if (same := next(filter(self._knowledge.holds, self._same(message)), None)) is not None:
            whole = self._find(same)
        else:
            whole = self._heard(Asked(message, self._find(written_out).finding), written_out)
        bare = _is_bare(written_out)
        if whole.exact and not (bare and turns):
            return [whole]
        completed = follow_up(written_out, turns, self._institution)
        if completed and (meant := self._completed(whole, completed, turns, bare=bare)):
            return [meant]
        return [whole] if whole.exact else self._parts(whole, written_out, turns)

    def _same(self, message: str) -> tuple[str, ...]:
        """``message``, and with or without the institution's name, which goes without saying."""
        here = rf"\s+(?:en|de|at)\s+{re.escape(self._institution)}(?!\w)"
        bare = re.sub(here, "", message, flags=re.IGNORECASE)
        return (message, bare) if bare != message else (message, f"{message.rstrip(' ?!.')} en {self._institution}")

    def _heard(self, whole: Asked, text: str) -> Asked:
        """``whole`` as sure as the surest of its clauses that asks the same: what stands around a question is no doubt.

        "En el examen viene la tasa efectiva, ¿qué era eso?" is no less clear than "la tasa efectiva".
        """
        if whole.exact or _probability(whole) >= SURE or not whole.answer:
            return whole
        heard = [whole, *(clause for clause in self._find_all(main_clauses(text)) if clause.answer == whole.answer)]
        return Asked(whole.question, max(heard, key=_probability).finding)

    def _completed(
        self, alone: Asked, completed: FollowUp, turns: Sequence[EarlierTurn], *, bare: bool
    ) -> Asked | None:
        """The likeliest reading of a follow-up; None where the question stands alone.

        A ``bare`` one ("cuánto cuesta") does not where the knowledge surely has it of what was spoken of.
        """
        said = next((turn.passage_answer for turn in reversed(turns) if turn.passage_question), "")
        found = self._find_all([completed.question, *completed.others])
        others = [asked for asked in found if asked.answer not in ("", said)] or found
        sure = sorted((asked for asked in others if _probability(asked) >= SURE), key=lambda asked: not asked.exact)
        meant = sure[0] if sure else max(others, key=_probability)
        if not meant.answer:
            return None
        if completed.alone:
            alone = max(alone, self._find(completed.alone), key=_probability)
        rivals = alone.answer != meant.answer if completed.definite else True
        least = _ALONE_AGAINST_POINTING if completed.definite else 0.0
        stands_alone = rivals and _probability(alone) >= max(least, _probability(meant))
        if not completed.definite and not self._answered(meant):
            return None
        if bare and meant.answer != said and _probability(meant) >= SURE:
            stands_alone &= not (completed.definite or _is_about(meant, completed.name))
        return None if stands_alone else meant

    def _parts(self, whole: Asked, text: str, turns: Sequence[EarlierTurn]) -> list[Asked]:
        """The parts that have answers of their own, where the whole is more than one question; else the whole."""
        questions, parts = questions_in(text), parts_in(text)
        if len(questions) == len(parts) == 1 and self._answered(whole):
            return [whole]
        if len(questions) == 1 and not self._answered(whole):
            asking = {*questions, *(part.text for part in parts if part.asks and not _is_bare(part.text))} - {text}
            likeliest = max(self._find_all(asking), key=_probability, default=whole)
            return [likeliest if self._answered(likeliest) else whole]
        least = min(max(_probability(whole) - _LESS_SURE, self._answer_from), _CLEAR)
        found, none = self._one_by_one(parts, questions, least, turns)
        apart = whole.answer in found or _probability(whole) < SURE
        several = len(found) >= 2 and apart
        answered = list(found.values()) if found and (several or not self._answered(whole)) else [whole]
        if not self._answered(answered[0]):
            return [whole]
        told = {word for asked in answered for word in content_words(asked.answer)}
        return [*answered, *(asked for asked in none if told.isdisjoint(content_words(asked.question)))]

    def _one_by_one(
        self, parts: Sequence[Part], questions: Sequence[str], least: float, turns: Sequence[EarlierTurn]
    ) -> tuple[dict[str, Asked], list[Asked]]:
        """The likeliest reading of each part by its answer, and the parts that have none.

        They are read one after another as a conversation's turns are.
        """
        found: dict[str, Asked] = {}
        none: list[Asked] = []
        said = list(turns)
        told, asks_in_vain = "", False
        told_from = _TOLD if least < _CLEAR else 1.0
        if len(parts) == 1:
            parts = [Part(question, asks=True) for question in questions]
        self._find_all(part.text for part in parts)  # at once; below they are found already
        for part in parts:
            readings = [part.text, *(question for question in questions if part.text in question)]
            readings += [f"{told}, {part.text}"] * bool(told)
            completed = follow_up(part.text, said, self._institution) if said else None
            if completed:
                readings += [completed.question, *completed.others]
            asked = self._find_all(dict.fromkeys(readings))
            if completed and _is_bare(part.text):
                asked = [one for one in asked if _is_about(one, completed.name) and self._answered(one)] or asked
            if asked[0].answer in found and _probability(asked[0]) >= SURE:
                continue  # the same question again
            best = max(asked, key=lambda one: (one.answer not in ("", *found), _probability(one)))
            about_nothing = _is_bare(part.text) and asks_in_vain and best is asked[0]
            if best.answer and _probability(best) >= least and not about_nothing:
                if part.asks or _probability(best) >= told_from:
                    found.setdefault(best.answer, best)
                said.append(EarlierTurn(part.text, best.finding.passages[0].title, best.answer))
            elif part.asks and names_what_it_asks(part.text) and max(map(_probability, asked)) < _OPEN:
                none.append(asked[0])
            asks_in_vain = part.asks and not found
            told = "" if part.asks else part.text
        return found, none

    def _answered(self, asked: Asked) -> bool:
        return bool(asked.answer) and _probability(asked) >= self._answer_from

    def _find(self, question: str) -> Asked:
        return self._find_all([question])[0]

    def _find_all(self, questions: Iterable[str]) -> list[Asked]:
        """What the knowledge has on each; none is looked up twice."""
        questions = list(questions)
        if missing := [question for question in dict.fromkeys(questions) if question not in self._found]:
            found = self._knowledge.find_all(missing, self._passages)
            self._found |= {text: self._ours(text, finding) for text, finding in zip(missing, found, strict=True)}
        return [Asked(question, self._found[question]) for question in questions]

    def _ours(self, question: str, finding: Finding) -> Finding:
        """``finding``, surely our subject where the question asks what there is "en CENFOBANK"."""
        named = re.search(rf" (en|at) {re.escape(folded(self._institution))}( |$)", folded(question))
        return replace(finding, ours=1.0) if named else finding


def _is_bare(text: str) -> bool:
    """Whether ``text`` is about what stands beside it: "cuánto cuesta"."""
    return len(content_words(text)) <= 1


def _is_about(asked: Asked, name: str) -> bool:
    return bool(name) and folded(name) in folded(asked.finding.passages[0].title)


def _probability(asked: Asked) -> float:
    return asked.finding.answered
