"""One question to one answer: clean → moderate → complete → retrieve → decide → ground → generate → check.

The answerer writes nothing down; :mod:`bot.answering.dialogue` logs. So an evaluation can ask exactly
as a student does and leave no trace.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.answering.faithfulness import check_sentence, sentences, slip_of
from bot.answering.moderation import Moderator
from bot.answering.prompt import DONT_KNOW, Prompt, grounded_user_text
from bot.answering.scope import Scope
from bot.answering.small_talk import small_talk
from bot.answering.understanding import EarlierTurn, clean, follow_up, is_readable
from bot.errors import BusyError, GenerationError
from bot.generation.base import GenerationOptions, Generator
from bot.messages import Answer, Kind, ModelName, Passage
from bot.profile import Profile
from bot.retrieval.base import Finding, Knowledge
from storage.text import folded

Preview = Callable[[str], Awaitable[None]]
"""Called with all of the text that is checked so far, each time it grows."""

SURE = 0.8
"""Probability from which the approved answer is given even where the model says that it does not know."""
EXACT = 1.0
"""Score of a passage whose wording and the question are the same words."""
NEAR_BEST = 0.5
"""Passages below this share of the best score are left out of the prompt: they would only distract."""


@dataclass(frozen=True)
class _Generated:
    text: str
    model: ModelName | None
    fault: str = ""
    """Why the text cannot be shown; empty when all of it is checked."""


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
        self._options = options
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
        asked, finding = await asyncio.to_thread(self._look_up, question, turns)
        milliseconds = {"retrieve": round((time.perf_counter() - started) * 1000, 1)}
        kind, reason = self._scope.decide(finding)
        answer = Answer(
            question, kind, "", finding.passages, None, False, milliseconds, reason, asked, round(finding.answered, 3)
        )
        if kind is Kind.UNKNOWN:
            return replace(answer, text=self._profile.texts.unknown)
        if kind is Kind.OUT_OF_SCOPE:
            return replace(answer, text=self._profile.texts.out_of_scope)
        started = time.perf_counter()
        shown = shown_passages(finding.passages)
        generated = await self._generate(asked, shown, preview)
        milliseconds["generate"] = round((time.perf_counter() - started) * 1000, 1)
        return self._judge(answer, finding.answered >= SURE, shown, generated)

    def _look_up(self, question: str, turns: Sequence[EarlierTurn]) -> tuple[str, Finding]:
        """The question to answer, completed where it is a follow-up, and what the knowledge has on it."""
        finding = self._knowledge.find(question, self._passages)
        exact = bool(finding.passages) and finding.passages[0].score >= EXACT
        completed = None if exact else follow_up(question, turns, self._profile.name)
        if completed:
            other = self._knowledge.find(completed.question, self._passages)
            if other.passages and (completed.definite or other.answered > finding.answered):
                return completed.question, other
        return question, finding

    async def _generate(self, question: str, passages: Sequence[Passage], preview: Preview | None) -> _Generated:
        """The model's answer, checked sentence by sentence; ends early at the first that must not be shown."""
        pairs = [(p.question, p.answer) for p in passages]
        prompt = Prompt(self._profile.system, grounded_user_text(question, pairs))
        text, checked, model = "", 0, None
        try:
            generation = await self._generator.stream(prompt, self._options)
            model = generation.model
            try:
                async for piece in generation:
                    text += piece
                    finished = sentences(text)[:-1]
                    for sentence in finished[checked:]:
                        if fault := _fault(sentence, pairs, question):
                            return _Generated(text, model, fault)
                    if preview and len(finished) > checked:
                        await preview(" ".join(finished))
                    checked = len(finished)
            finally:
                await generation.aclose()
        except (BusyError, GenerationError) as error:
            return _Generated(text, model, f"the model did not answer: {error}")
        for sentence in sentences(text)[checked:]:
            if fault := _fault(sentence, pairs, question):
                return _Generated(text, model, fault)
        if slip_of(text.strip(), [answer for _, answer in pairs]):
            return _Generated(text, model, "almost, but not quite, an approved answer")
        return _Generated(text.strip(), model, "" if text.strip() else "the model said nothing")

    def _judge(self, answer: Answer, sure: bool, shown: Sequence[Passage], generated: _Generated) -> Answer:
        """What the student gets: the model's text, the approved answer letter by letter, or "unknown"."""
        best = shown[0]
        answer = replace(answer, model=generated.model)
        doubts = not generated.fault and folded(DONT_KNOW) in folded(generated.text)
        if doubts and not sure:
            reason = f"the model did not find it in the passages; {answer.reason}"
            return replace(answer, kind=Kind.UNKNOWN, text=self._profile.texts.unknown, reason=reason)
        if doubts or generated.fault:
            fault = generated.fault or "the model did not know what is surely approved"
            meant = slip_of(generated.text.strip(), [passage.answer for passage in shown]) or best.answer
            return replace(answer, text=meant, verbatim=True, reason=f"{answer.reason}; verbatim: {fault}")
        verbatim = any(generated.text == passage.answer for passage in shown)
        return replace(answer, text=generated.text, verbatim=verbatim)


def shown_passages(passages: Sequence[Passage]) -> list[Passage]:
    """Those that a prompt holds: the best one, and others that are nearly as good."""
    return [passage for passage in passages if passage.score >= NEAR_BEST * passages[0].score]


def _fault(sentence: str, pairs: Sequence[tuple[str, str]], question: str) -> str:
    """Why a sentence may not be shown; empty when it may."""
    verdict = check_sentence(sentence, pairs, question)
    approved = [text for _, answer in pairs for text in sentences(answer)]
    if verdict.faithful and slip_of(sentence, approved):
        return "almost, but not quite, an approved sentence"
    return verdict.reason


def _fixed(kind: Kind, text: str, reason: str) -> Answer:
    return Answer("", kind, text, (), None, False, {}, reason)
