"""One message to one answer: clean → moderate → look up → decide → ground → generate → check.

The answerer writes nothing down; :mod:`bot.answering.dialogue` logs. So an evaluation can ask exactly
as a student does and leave no trace.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from bot.answering.abbreviations import Abbreviations
from bot.answering.grounded import Preview, Speaker, Spoken
from bot.answering.lookup import SURE, Asked, LookUp
from bot.answering.scope import Scope
from bot.answering.small_talk import AGAIN, shipped, small_talk
from bot.answering.understanding import EarlierTurn, clean, is_readable
from bot.generation.base import GenerationOptions, Generator
from bot.messages import Answer, Kind
from bot.moderation.base import Moderator
from bot.privacy.redaction import holds_secret
from bot.profile import Profile
from bot.retrieval.base import Knowledge

_NO_HARM = 0.9
"""Probability from which a question is approved beyond a doubtful concern."""


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
        abbreviations: Abbreviations,
        scope: Scope | None = None,
        passages: int = 3,
        question_limit: int = 1000,
    ) -> None:
        self._scope = scope or Scope()
        self._lookup = LookUp(
            knowledge, abbreviations, profile.name, passages=passages, answer_from=self._scope.answer_from
        )
        self._generator = generator
        self._profile = profile
        self._moderator = moderator
        self._speaker = Speaker(generator, options, profile.system, moderator)
        self._question_limit = question_limit

    async def answer(self, text: str, turns: Sequence[EarlierTurn] = (), preview: Preview | None = None) -> Answer:
        """The answer to ``text``, which may be anything that a person or a machine can send.

        ``turns`` are the conversation's last ones, oldest first.
        """
        started = time.perf_counter()
        question = clean(text)
        answer = self._without_words(question) or await self._considered(question, turns, preview)
        total = (time.perf_counter() - started) * 1000
        return replace(
            answer,
            question=text,
            warning=self._before(text, answer),
            model=answer.model or self._generator.model,
            milliseconds=answer.milliseconds | {"total": round(total, 1)},
        )

    def _without_words(self, question: str) -> Answer | None:
        """The fixed reply to what cannot be read as a question: empty, or signs only."""
        texts = self._profile.texts
        if not question:
            return _fixed(Kind.SMALL_TALK, texts.empty, "empty")
        if not is_readable(question):
            return _fixed(Kind.SMALL_TALK, texts.unreadable, "no words")
        return None

    async def _considered(self, question: str, turns: Sequence[EarlierTurn], preview: Preview | None) -> Answer:
        started = time.perf_counter()
        decided = await asyncio.to_thread(self._decided, question, turns)
        milliseconds = {"retrieve": round((time.perf_counter() - started) * 1000, 1)}
        if isinstance(decided, Answer):
            return replace(decided, milliseconds=milliseconds)
        finding = decided[0].finding
        kind, reason = self._scope.decide(finding)
        parts = [part for part in decided if self._scope.decide(part.finding)[0] is kind]
        asked, probability = " ".join(part.question for part in parts), round(finding.answered, 3)
        answer = Answer(question, kind, "", finding.passages, None, False, milliseconds, reason, asked, probability)
        if kind is Kind.UNKNOWN:
            return replace(answer, text=self._profile.texts.unknown)
        if kind is Kind.OUT_OF_SCOPE:
            return replace(answer, text=self._profile.texts.out_of_scope)
        started = time.perf_counter()
        spoken = [await self._speak(part, preview if len(decided) == 1 else None) for part in parts]
        milliseconds["generate"] = round((time.perf_counter() - started) * 1000, 1)
        answer = self._joined(answer, parts, spoken)
        unanswered = [part for part in decided if part not in parts]
        return self._with_open(answer, unanswered) if unanswered and answer.kind is Kind.ANSWER else answer

    def _decided(self, question: str, turns: Sequence[EarlierTurn]) -> Answer | list[Asked]:
        """The fixed reply to what is unsafe, too long or small talk, else what is asked.

        A doubtful concern gives way to what is surely an approved question: what staff approved is no harm to ask.
        """
        if len(question) > (limit := self._question_limit):
            # Who is in danger may write long; the end is what it comes to.
            if concern := self._moderator.concern(question[-limit:]) or self._moderator.concern(question[:limit]):
                return _fixed(Kind.UNSAFE, concern.reply, concern.category)
            reply = self._profile.texts.too_long.replace("{limit}", str(limit))
            return _fixed(Kind.SMALL_TALK, reply, f"longer than {limit} characters")
        written_out = self._lookup.written_out(question)
        concern = self._moderator.concern(written_out)
        if concern is None and (small := small_talk(written_out, self._profile.texts)):
            return _fixed(Kind.SMALL_TALK, small, "small talk")
        asked = [] if concern and concern.certain else self._lookup.questions(question, turns)
        if concern and not any(part.finding.answered >= _NO_HARM for part in asked):
            return _fixed(Kind.UNSAFE, concern.reply, concern.category)
        return asked

    async def _speak(self, part: Asked, preview: Preview | None) -> Spoken:
        sure = part.finding.answered >= SURE
        return await self._speaker.speak(part.question, part.finding.passages, sure=sure, preview=preview)

    def _joined(self, answer: Answer, parts: Sequence[Asked], spoken: Sequence[Spoken]) -> Answer:
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

    def _with_open(self, answer: Answer, unanswered: Sequence[Asked]) -> Answer:
        """``answer``, and that some parts of the message have none."""
        ours = [part.question for part in unanswered if self._scope.decide(part.finding)[0] is Kind.UNKNOWN]
        text = f"{answer.text}\n\n{self._profile.texts.open_part}"
        return replace(answer, text=text, open_questions=tuple(ours))

    def _before(self, text: str, answer: Answer) -> str:
        """What is said before the answer to ``text``: a warning, and that it is the same answer once more."""
        texts = self._profile.texts
        said = [texts.secret_warning] if holds_secret(text) else []
        if answer.kind is Kind.ANSWER and shipped().kind(text) == AGAIN:
            said.append(texts.again)
        return "\n\n".join(said)


def _fixed(kind: Kind, text: str, reason: str) -> Answer:
    return Answer("", kind, text, (), None, False, {}, reason)
