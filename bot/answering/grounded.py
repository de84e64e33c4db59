"""From passages to a checked answer: ground → generate → check, sentence by sentence.

What cannot be shown is replaced by the approved answer, letter by letter; so a student never waits for a model that is
busy, and never reads what staff did not approve.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.answering.prompt import DONT_KNOW, Prompt, grounded_user_text
from bot.errors import BusyError, GenerationError
from bot.faithfulness.check import check_answer, check_sentence, slip_of
from bot.faithfulness.wording import sentences
from bot.generation.base import GenerationOptions, Generator
from bot.messages import ModelName, Passage
from bot.moderation.base import Moderator
from storage.text import folded

Preview = Callable[[str], Awaitable[None]]
"""Called with all of the text that is checked so far, each time it grows."""

NEAR_BEST = 0.5
"""Passages below this share of the best score are left out of the prompt: they would only distract."""


@dataclass(frozen=True)
class Spoken:
    """An answer that may be shown; or none, where the model says that the passages do not answer."""

    text: str
    """Empty: the model did not find the answer in the passages."""
    verbatim: bool
    model: ModelName | None
    shown: tuple[Passage, ...]
    """The passages that the prompt held."""
    fault: str = ""
    """Why the model's own text was not shown; empty where it was."""


class Speaker:
    """Lets the model answer from passages. Safe to use for many students at once."""

    def __init__(self, generator: Generator, options: GenerationOptions, system: str, moderator: Moderator) -> None:
        self._generator = generator
        self._options = options
        self._system = system
        self._moderator = moderator

    async def speak(self, question: str, passages: Sequence[Passage], *, sure: bool, preview: Preview | None) -> Spoken:
        """The answer to ``question``; ``sure`` gives the approved one even where the model says it does not know."""
        shown = shown_passages(passages)
        text, model, fault = await self._generate(question, shown, preview)
        doubts = not fault and folded(DONT_KNOW) in folded(text)
        if doubts and not sure:
            return Spoken("", False, model, tuple(shown), "the model did not find it in the passages")
        if doubts or fault:
            fault = fault or "the model did not know what is surely approved"
            meant = slip_of(text.strip(), [passage.answer for passage in shown]) or shown[0].answer
            return Spoken(meant, True, model, tuple(shown), fault)
        return Spoken(text, any(text == passage.answer for passage in shown), model, tuple(shown))

    async def _generate(
        self, question: str, shown: Sequence[Passage], preview: Preview | None
    ) -> tuple[str, ModelName | None, str]:
        """(text, model, fault): ends early at the first sentence that must not be shown, which is the fault."""
        pairs = [(passage.question, passage.answer) for passage in shown]
        text, checked, model = "", 0, None
        try:
            generation = await self._generator.stream(
                Prompt(self._system, grounded_user_text(question, pairs)), self._options
            )
            model = generation.model
            try:
                async for piece in generation:
                    text += piece
                    finished = sentences(text)[:-1]
                    for sentence in finished[checked:]:
                        if fault := self._fault(sentence, pairs, question):
                            return text, model, fault
                    if preview and len(finished) > checked:
                        await preview(" ".join(finished))
                    checked = len(finished)
            finally:
                await generation.aclose()
        except (BusyError, GenerationError) as error:
            return text, model, f"the model did not answer: {error}"
        for sentence in sentences(text)[checked:]:
            if fault := self._fault(sentence, pairs, question):
                return text, model, fault
        if fault := check_answer(text, pairs, question, system=self._system).reason:
            return text, model, fault
        if slip_of(text.strip(), [answer for _, answer in pairs]):
            return text, model, "almost, but not quite, an approved answer"
        return text.strip(), model, ""

    def _fault(self, sentence: str, pairs: Sequence[tuple[str, str]], question: str) -> str:
        """Why a sentence may not be shown; empty when it may."""
        approved = [text for _, answer in pairs for text in sentences(answer)]
        if sentence in approved:
            return ""
        if slip_of(sentence, approved):
            return "almost, but not quite, an approved sentence"
        if (concern := self._moderator.concern(sentence)) is not None:
            return f"unsafe: {concern.category}"
        return check_sentence(sentence, pairs, question).reason


def shown_passages(passages: Sequence[Passage]) -> list[Passage]:
    """Those that a prompt holds: the best one, and others that are nearly as good."""
    return [passage for passage in passages if passage.score >= NEAR_BEST * passages[0].score]
