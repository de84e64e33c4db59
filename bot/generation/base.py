"""The seam to a language model: ask for a stream of text, swap the adapter."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.answering.prompt import Prompt
from bot.messages import ModelName


@dataclass(frozen=True)
class GenerationOptions:
    """How one answer is generated; decoding is greedy."""

    max_new_tokens: int = 300
    """The answer is cut here if the model has not ended it (the seed's bound)."""


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter on disk, under the immutable version that the registry gave it."""

    version: str
    path: Path


class Generation(Protocol):
    """One answer in the making: iterate over it for its text, piece by piece.

    Leaving the iteration early, or closing it, cancels the request and frees its cache.
    """

    @property
    def model(self) -> ModelName:
        """The weights that make this answer, fixed when the request was admitted."""
        ...

    def __aiter__(self) -> AsyncIterator[str]: ...

    async def aclose(self) -> None: ...


class Generator(Protocol):
    """A model that answers many prompts at once and never blocks the event loop.

    ``stream`` waits until the request is admitted. It raises :class:`bot.errors.BusyError` when too
    many requests wait already; iterating raises :class:`bot.errors.GenerationError` when the model
    fails, with nothing half-yielded after it.
    """

    @property
    def model(self) -> ModelName:
        """The weights that a request admitted now would get."""
        ...

    async def stream(self, prompt: Prompt, options: GenerationOptions) -> Generation: ...

    async def use_adapter(self, adapter: Adapter | None) -> None:
        """Answers admitted from now on use ``adapter`` (None: the bare base); those in flight end on the old one.

        Raises:
            AdapterError: it is damaged or does not fit the base; the old one keeps serving.
        """
        ...

    async def suspend(self) -> None:
        """Frees the model's memory for a training: answers in flight end, requests from now on fail at once.

        ``use_adapter`` then checks and remembers.
        """
        ...

    async def resume(self) -> None:
        """Ends a suspension: loads the model again, with the adapter of the moment.

        Raises:
            AdapterError: the adapter does not fit after all; the one from before the suspension serves.
            ModelError: the model cannot be loaded, and stays away.
        """
        ...

    async def aclose(self) -> None:
        """Ends the requests in flight and frees the model."""
        ...
