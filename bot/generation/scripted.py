"""A generator with prepared answers, for tests and for trying the channels without a model."""

import re
from collections.abc import AsyncGenerator, Callable, Iterable

from bot.answering.prompt import Prompt
from bot.errors import GenerationError
from bot.generation.base import Adapter, GenerationOptions
from bot.messages import ModelName


class ScriptedGeneration:
    """An answer that is known beforehand, in words."""

    def __init__(self, model: ModelName, text: str) -> None:
        self.model = model
        self._pieces = re.findall(r"\s*\S+", text)

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        while self._pieces:
            yield self._pieces.pop(0)

    async def aclose(self) -> None:
        self._pieces.clear()


class ScriptedGenerator:
    """A :class:`bot.generation.base.Generator` that answers each prompt by a function, or from a list in order.

    ``prompts`` holds what it was asked. A list that has run out raises StopIteration's RuntimeError.
    """

    def __init__(self, answers: Callable[[Prompt], str] | Iterable[str], base: str = "scripted") -> None:
        prepared = iter(()) if callable(answers) else iter(answers)
        self._answer = answers if callable(answers) else lambda _: next(prepared)
        self.model = ModelName(base, None)
        self.prompts: list[Prompt] = []
        self._away = False

    async def stream(self, prompt: Prompt, options: GenerationOptions) -> ScriptedGeneration:
        if self._away:
            raise GenerationError("The model is away while it is being retrained.")
        self.prompts.append(prompt)
        return ScriptedGeneration(self.model, self._answer(prompt))

    async def use_adapter(self, adapter: Adapter | None) -> None:
        self.model = ModelName(self.model.base, adapter.version if adapter else None)

    async def suspend(self) -> None:
        self._away = True

    async def resume(self) -> None:
        self._away = False

    async def aclose(self) -> None:
        pass
