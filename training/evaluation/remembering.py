"""A generator that remembers what it said, so that an evaluation does not generate the same text twice.

Decoding is greedy: the raw text under a prompt is what the bot's answerer got under it, where that read it to the end.
"""

from collections.abc import AsyncGenerator

from bot.answering.prompt import Prompt
from bot.generation.base import Adapter, Generation, GenerationOptions, Generator
from bot.messages import ModelName


class Remembering:
    """A :class:`bot.generation.base.Generator` over another one."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.texts: dict[Prompt, str] = {}
        """The whole texts by prompt; one that was left early is not among them."""

    @property
    def model(self) -> ModelName:
        return self._generator.model

    async def stream(self, prompt: Prompt, options: GenerationOptions) -> "_Heard":
        return _Heard(await self._generator.stream(prompt, options), prompt, self.texts)

    async def use_adapter(self, adapter: Adapter | None) -> None:
        await self._generator.use_adapter(adapter)
        self.texts.clear()

    async def suspend(self) -> None:
        await self._generator.suspend()

    async def resume(self) -> None:
        await self._generator.resume()

    async def aclose(self) -> None:
        await self._generator.aclose()


class _Heard:
    """A generation whose text is written down once it has ended by itself."""

    def __init__(self, generation: Generation, prompt: Prompt, texts: dict[Prompt, str]) -> None:
        self._generation = generation
        self._prompt = prompt
        self._texts = texts

    @property
    def model(self) -> ModelName:
        return self._generation.model

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        text = ""
        async for piece in self._generation:
            text += piece
            yield piece
        self._texts[self._prompt] = text

    async def aclose(self) -> None:
        await self._generation.aclose()
