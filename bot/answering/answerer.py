"""One question to one answer: clean → moderate → complete → retrieve → decide → ground → generate → check.

The answerer writes nothing down; :mod:`bot.answering.dialogue` logs. So an evaluation can ask exactly
as a student does and leave no trace.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answering.grounded import Preview, Speaker, Spoken
from bot.answering.moderation import Moderator
from bot.answering.redaction import holds_secret
from bot.answering.scope import Scope
from bot.answering.small_talk import small_talk
from bot.answering.understanding import EarlierTurn, clean, follow_up, is_readable
from bot.generation.base import GenerationOptions, Generator
from bot.messages import Answer, Kind
from bot.profile import Profile
from bot.retrieval.base import Finding, Knowledge

SURE = 0.8
"""Probability from which the approved answer is given even where the model says that it does not know."""
EXACT = 1.0
"""Score of a passage whose wording and the question are the same words."""


@dataclass(frozen=True)
class _Asked:
    """A question that stands alone, and what the knowledge has on it."""

    question: str
    finding: Finding


class Answerer:
    """Answers a student's text. Safe to use for many students at once."""

    def __init__(
        self,
        *,
        knowledge: Knowledge,
        generator: Generator,
        profile: Profile,
        moderator: Moderator,
        options: GenerationOptions,
        scope: Scope | None = None,
        passages: int = 3,
        question_limit: int = 1000,
    ) -> None:
        self._knowledge = knowledge
        self._generator = generator
        self._profile = profile
        self._moderator = moderator
        self._speaker = Speaker(generator, options, profile.system, moderator)
        self._scope = scope or Scope()
        self._passages = passages
        self._question_limit = question_limit

    async def answer(self, text: str, turns: Sequence[EarlierTurn] = (), preview: Preview | None = None) -> Answer:
        """The answer to ``text``, which may be anything that a person or a machine can send.

        ``turns`` are the conversation's last ones, oldest first.
        """
        started = time.perf_counter()
        question = clean(text)
        answer = self._without_knowledge(question) or await self._from_knowledge(question, turns, preview)
        total = (time.perf_counter() - started) * 1000
        return replace(
            answer,
            question=text,
            warning=self._profile.texts.secret_warning if holds_secret(text) else "",
            model=answer.model or self._generator.model,
            milliseconds=answer.milliseconds | {"total": round(total, 1)},
        )

    def _without_knowledge(self, question: str) -> Answer | None:
        """The fixed reply to what is no question to the knowledge: empty, too long, unsafe, small talk."""
        texts = self._profile.texts
        if not question:
            return _fixed(Kind.SMALL_TALK, texts.empty, "empty")
        if len(question) > self._question_limit:
            reply = texts.too_long.replace("{limit}", str(self._question_limit))
            return _fixed(Kind.SMALL_TALK, reply, f"longer than {self._question_limit} characters")
        if not is_readable(question):
            return _fixed(Kind.SMALL_TALK, texts.unreadable, "no words")
        if (concern := self._moderator.concern(question)) is not None:
            return _fixed(Kind.UNSAFE, concern.reply, concern.category)
        if small := small_talk(question, texts):
            return _fixed(Kind.SMALL_TALK, small, "small talk")
        return None

    async def _from_knowledge(self, question: str, turns: Sequence[EarlierTurn], preview: Preview | None) -> Answer:
        started = time.perf_counter()
        parts = await asyncio.to_thread(self._look_up, question, turns)
        milliseconds = {"retrieve": round((time.perf_counter() - started) * 1000, 1)}
        finding = parts[0].finding
        kind, reason = self._scope.decide(finding)
        asked, probability = " ".join(part.question for part in parts), round(finding.answered, 3)
        answer = Answer(question, kind, "", finding.passages, None, False, milliseconds, reason, asked, probability)
        if kind is Kind.UNKNOWN:
            return replace(answer, text=self._profile.texts.unknown)
        if kind is Kind.OUT_OF_SCOPE:
            return replace(answer, text=self._profile.texts.out_of_scope)
        started = time.perf_counter()
        spoken = [await self._speak(part, preview if len(parts) == 1 else None) for part in parts]
        milliseconds["generate"] = round((time.perf_counter() - started) * 1000, 1)
        return self._joined(answer, parts, spoken)

    def _look_up(self, question: str, turns: Sequence[EarlierTurn]) -> list[_Asked]:
        """The questions to answer, completed where they are follow-ups, and what the knowledge has on each."""
        finding = self._knowledge.find(question, self._passages)
        exact = bool(finding.passages) and finding.passages[0].score >= EXACT
        completed = None if exact else follow_up(question, turns, self._profile.name)
        if completed:
            other = self._knowledge.find(completed.question, self._passages)
            if other.passages and (completed.definite or other.answered > finding.answered):
                return [_Asked(completed.question, other)]
        return [_Asked(question, finding)]

    async def _speak(self, part: _Asked, preview: Preview | None) -> Spoken:
        sure = part.finding.answered >= SURE
        return await self._speaker.speak(part.question, part.finding.passages, sure=sure, preview=preview)

    def _joined(self, answer: Answer, parts: Sequence[_Asked], spoken: Sequence[Spoken]) -> Answer:
        """One answer of all parts; "unknown" where the model found nothing for any of them."""
        reason = "; ".join(dict.fromkeys([answer.reason, *(f"verbatim: {s.fault}" for s in spoken if s.fault)]))
        said = [s for s in spoken if s.text]
        answer = replace(answer, model=spoken[0].model, reason=reason)
        if not said:
            return replace(answer, kind=Kind.UNKNOWN, text=self._profile.texts.unknown)
        shown = [passage for s in said for passage in s.shown]
        others = [p for part in parts for p in part.finding.passages if p not in shown]
        return replace(
            answer,
            text="\n\n".join(dict.fromkeys(s.text for s in said)),
            passages=tuple(dict.fromkeys([*shown, *others])),
            verbatim=all(s.verbatim for s in said),
        )


def _fixed(kind: Kind, text: str, reason: str) -> Answer:
    return Answer("", kind, text, (), None, False, {}, reason)
