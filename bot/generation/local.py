"""Answers many students at once with a 4-bit Llama base and its adapter, in this process.

Nothing here blocks the event loop. A request is admitted in the order of arrival, once fewer than
``max_in_flight`` run and the cache can hold it to its very end. To change the adapter, admissions stop,
what is in flight ends, and a new cache is begun: no answer mixes two adapters, and none waits longer
for that than the longest answer in flight and the change itself. If the model fails, the answers in flight
fail with a :class:`bot.errors.GenerationError` and the next ones get a new cache. While it is suspended, its
memory is free for others, and every request fails at once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Self

from transformers.generation.continuous_batching.requests import GenerationOutput

from bot.answering.prompt import Prompt, encode_prompt
from bot.errors import BusyError, GenerationError, ModelError
from bot.generation.base import Adapter, GenerationOptions
from bot.generation.batching import BLOCK_TOKENS, blocks_for, blocks_in
from bot.generation.loading import compute_dtype, load_tokenizer, read_config, resolve_device
from bot.generation.lora import check_adapter
from bot.generation.manifest import short_base_name
from bot.generation.served_model import ServedModel
from bot.generation.token_stream import TokenStream
from bot.messages import ModelName

log = logging.getLogger("cenfobot")

LEAST_CACHE_TOKENS = 1024
"""A prompt with its passages and its answer; a smaller cache is refused at once, not at the first long question."""
AWAY = "The model is away while it is being retrained."


@dataclass(frozen=True, eq=False)
class _Request:
    """A request that waits to be admitted."""

    ids: list[int]
    max_new_tokens: int
    admitted: asyncio.Future[TokenStream]

    @property
    def blocks(self) -> int:
        return blocks_for(len(self.ids) + self.max_new_tokens)


class LocalGenerator:
    """A :class:`bot.generation.base.Generator` in this process. Close it, or its thread keeps the process alive."""

    def __init__(
        self, base: str, device: str, adapter: Adapter | None, kv_cache_mb: int, max_in_flight: int, max_waiting: int,
        suspended: bool,
    ) -> None:  # fmt: skip
        """Loads the model, which takes from seconds to minutes; :meth:`load` does it beside the event loop."""
        self._base, self._adapter, self._away = base, adapter, suspended
        self._max_in_flight, self._max_waiting = max_in_flight, max_waiting
        self._tokenizer = load_tokenizer(base)
        self._config = read_config(base)
        place = resolve_device(device)
        mebibytes = kv_cache_mb or (2048 if place == "cuda" else 256)
        self._blocks = blocks_in(mebibytes, self._config, compute_dtype(place), max_in_flight)
        least = min(LEAST_CACHE_TOKENS, self._config.max_position_embeddings)
        if self._blocks < blocks_for(least):
            raise ModelError(
                f"{mebibytes} MiB of cache hold {self._blocks * BLOCK_TOKENS} tokens of {base}, and a question with "
                f"its passages and answer needs up to {least}. Raise CENFOBOT_KV_CACHE_MB."
            )
        self._served = ServedModel(base, place, self._tokenizer, blocks=self._blocks, max_in_flight=max_in_flight)
        if not suspended:
            self._served.begin(adapter)
        elif adapter:
            check_adapter(adapter.path, base, self._config)
        self._names = count()
        self._in_flight: dict[str, tuple[TokenStream, int]] = {}  # with the blocks reserved for each
        self._waiting: deque[_Request] = deque()
        self._open = not suspended
        self._closed = False
        self._changing = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()
        self._recovery: asyncio.Task[None] | None = None

    @classmethod
    async def load(
        cls, base: str, *, device: str = "auto", adapter: Adapter | None, kv_cache_mb: int, max_in_flight: int,
        max_waiting: int, suspended: bool = False,
    ) -> Self:  # fmt: skip
        """Loads ``base``, a folder or a hub name, and its adapter; the numbers are :class:`bot.settings.Settings`'.

        With ``suspended``, only what can be checked without the weights is; :meth:`resume` loads them.

        Raises:
            ModelError: the base cannot be used, or there is no memory for it or for its cache.
            AdapterError: the adapter is damaged or belongs to another base.
        """
        return await asyncio.to_thread(cls, base, device, adapter, kv_cache_mb, max_in_flight, max_waiting, suspended)

    @property
    def model(self) -> ModelName:
        return ModelName(short_base_name(self._base), self._adapter.version if self._adapter else None)

    async def stream(self, prompt: Prompt, options: GenerationOptions) -> TokenStream:
        """See :class:`bot.generation.base.Generator`; GenerationError also if the prompt is too long or this closed."""
        if self._closed or self._away:
            raise GenerationError("The model is closed and takes no more questions." if self._closed else AWAY)
        request = self._request(prompt, options)
        if len(self._waiting) >= self._max_waiting:
            raise BusyError(
                f"{len(self._waiting)} questions wait for the model already, the most allowed "
                "(CENFOBOT_MAX_WAITING). Try again in a moment."
            )
        self._waiting.append(request)
        self._admit()
        try:
            return await request.admitted
        except asyncio.CancelledError:
            if request in self._waiting:
                self._waiting.remove(request)
                self._admit()
            elif not request.admitted.cancelled() and not request.admitted.exception():
                await request.admitted.result().aclose()
            raise

    async def use_adapter(self, adapter: Adapter | None) -> None:
        """See :class:`bot.generation.base.Generator`."""
        await _to_its_end(self._swap(adapter))

    async def suspend(self) -> None:
        """See :class:`bot.generation.base.Generator`."""
        await _to_its_end(self._suspend())

    async def resume(self) -> None:
        """See :class:`bot.generation.base.Generator`."""
        await _to_its_end(self._resume())

    async def aclose(self) -> None:
        self._closed, self._open = True, False
        self._refuse_waiting("The bot is closing.")
        self._fail_in_flight("The bot is closing.")
        async with self._changing:
            await asyncio.to_thread(self._served.free)

    def _request(self, prompt: Prompt, options: GenerationOptions) -> _Request:
        ids = encode_prompt(prompt, self._tokenizer)
        room = min(self._config.max_position_embeddings, self._blocks * BLOCK_TOKENS)
        if len(ids) + options.max_new_tokens > room:
            raise GenerationError(
                f"The question with its passages has {len(ids)} tokens and its answer up to {options.max_new_tokens}; "
                f"the model and its cache hold {room}. Ask more briefly, or raise CENFOBOT_KV_CACHE_MB."
            )
        return _Request(ids, options.max_new_tokens, asyncio.get_running_loop().create_future())

    def _admit(self) -> None:
        """Starts the requests whose turn has come; called whenever room may have appeared."""
        batching = self._served.batching
        while batching and self._open and self._waiting and self._has_room_for(self._waiting[0]):
            request = self._waiting.popleft()
            if request.admitted.cancelled():
                continue
            name = f"answer-{next(self._names)}"
            if not batching.submit(name, request.ids, request.max_new_tokens, self._deliver):
                self._waiting.appendleft(request)
                self._open = False
                break
            stream = TokenStream(self.model, self._tokenizer, partial(self._cancel, name))
            self._in_flight[name] = (stream, request.blocks)
            self._idle.clear()
            request.admitted.set_result(stream)
        if self._waiting and not (self._open or self._changing.locked() or self._recovery):
            self._recovery = asyncio.create_task(self._recover())

    def _has_room_for(self, request: _Request) -> bool:
        reserved = sum(blocks for _, blocks in self._in_flight.values())
        return len(self._in_flight) < self._max_in_flight and reserved + request.blocks <= self._blocks

    def _deliver(self, output: GenerationOutput) -> None:
        """Takes what the batching thread has made for one request so far."""
        if output.request_id not in self._in_flight:
            return  # it has failed with the others
        if output.error is not None:
            log.error("the model failed with %d answers in flight: %s", len(self._in_flight), output.error)
            self._open = False
            self._fail_in_flight(f"The model failed in the middle of the answer: {output.error}. Ask again.")
        else:
            self._in_flight[output.request_id][0].feed(output.generated_tokens, ended=output.is_finished())
            if output.is_finished():
                self._release(output.request_id)

    def _cancel(self, name: str) -> None:
        if self._served.batching:
            self._served.batching.cancel(name)
        self._release(name)

    def _release(self, name: str) -> None:
        del self._in_flight[name]
        if not self._in_flight:
            self._idle.set()
        self._admit()

    def _fail_in_flight(self, reason: str) -> None:
        for name, (stream, _) in list(self._in_flight.items()):
            stream.fail(reason)
            self._release(name)

    def _refuse_waiting(self, reason: str) -> None:
        while self._waiting:
            request = self._waiting.popleft()
            if not request.admitted.cancelled():
                request.admitted.set_exception(GenerationError(reason))

    async def _swap(self, adapter: Adapter | None) -> None:
        try:
            async with self._changing:
                if adapter:
                    await asyncio.to_thread(check_adapter, adapter.path, self._base, self._config)
                if self._away:
                    self._adapter = adapter
                else:
                    await self._begin(adapter)
        finally:
            self._admit()

    async def _suspend(self) -> None:
        self._away = True
        self._refuse_waiting(AWAY)
        async with self._changing:
            self._open = False
            await self._idle.wait()
            await asyncio.to_thread(self._served.free)

    async def _resume(self) -> None:
        async with self._changing:
            try:
                if self._away:
                    await self._begin(self._adapter)
            finally:
                self._away = self._served.batching is None

    async def _recover(self) -> None:
        """Begins a new run after a failure; if that fails too, so do the requests that wait."""
        try:
            async with self._changing:
                if not (self._open or self._away):
                    await self._begin(self._adapter)
        except Exception as error:  # whatever it was, those who wait must hear of it, or they would wait for ever
            log.error("the model cannot go on: %s", error)
            self._refuse_waiting(str(error))
        finally:
            self._recovery = None
            self._admit()

    async def _begin(self, adapter: Adapter | None) -> None:
        """Lets the answers in flight end, then begins a run under ``adapter``; ``_changing`` is held."""
        self._open = False
        await self._idle.wait()
        try:
            await asyncio.to_thread(self._served.begin, adapter)
        finally:
            if self._served.batching:
                self._adapter, self._open = self._served.adapter, not self._closed


async def _to_its_end(change: Coroutine[None, None, None]) -> None:
    """Once begun, a change is carried out, even if the caller is cancelled."""
    await asyncio.shield(asyncio.create_task(change))
