"""Answers many students at once with a 4-bit Llama base and its adapter, in this process.

Nothing here blocks the event loop. A request is admitted in the order of arrival, once fewer than
``max_in_flight`` run and the cache can hold it to its very end. To change the adapter, admissions stop,
what is in flight ends, and a new cache is begun: no answer mixes two adapters, and none waits longer
for that than the longest answer in flight. If the model fails, the answers in flight fail with a
:class:`bot.errors.GenerationError` and the next ones get a new cache.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Self

from peft import PeftModel
from transformers import LlamaForCausalLM, PreTrainedConfig
from transformers.generation.continuous_batching.requests import GenerationOutput

from bot.answering.prompt import Prompt, encode_prompt
from bot.errors import AdapterError, BusyError, GenerationError, ModelError
from bot.generation.base import Adapter, GenerationOptions
from bot.generation.batching import BLOCK_TOKENS, Batching, blocks_for, blocks_in
from bot.generation.loading import load_model, load_tokenizer, resolve_device
from bot.generation.lora import attach_adapter, check_adapter
from bot.generation.manifest import short_base_name
from bot.generation.token_stream import TokenStream
from bot.messages import ModelName

log = logging.getLogger("cenfobot")

LEAST_CACHE_TOKENS = 1024
"""A prompt with its passages and its answer; a smaller cache is refused at once, not at the first long question."""


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
        self, base: str, device: str, adapter: Adapter | None, kv_cache_mb: int, max_in_flight: int, max_waiting: int
    ) -> None:
        """Loads the model, which takes from seconds to minutes; :meth:`load` does it beside the event loop."""
        self._base, self._device, self._adapter = base, resolve_device(device), adapter
        self._max_in_flight, self._max_waiting = max_in_flight, max_waiting
        self._tokenizer = load_tokenizer(base)
        self._model = load_model(base, device=self._device, adapter=adapter.path if adapter else None)
        self._config: PreTrainedConfig = self._model.config
        mebibytes = kv_cache_mb or (2048 if self._device == "cuda" else 256)
        self._blocks = blocks_in(mebibytes, self._config, self._model.dtype, max_in_flight)
        least = min(LEAST_CACHE_TOKENS, self._config.max_position_embeddings)
        if self._blocks < blocks_for(least):
            raise ModelError(
                f"{mebibytes} MiB of cache hold {self._blocks * BLOCK_TOKENS} tokens of {base}, and a question with "
                f"its passages and answer needs up to {least}. Raise CENFOBOT_KV_CACHE_MB."
            )
        self._batching = self._new_batching()
        self._names = count()
        self._in_flight: dict[str, tuple[TokenStream, int]] = {}  # with the blocks reserved for each
        self._waiting: deque[_Request] = deque()
        self._open = True
        self._closed = False
        self._changing = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()
        self._recovery: asyncio.Task[None] | None = None

    @classmethod
    async def load(
        cls, base: str, *, device: str = "auto", adapter: Adapter | None, kv_cache_mb: int, max_in_flight: int,
        max_waiting: int,
    ) -> Self:  # fmt: skip
        """Loads ``base``, a folder or a hub name, and its adapter; the numbers are :class:`bot.settings.Settings`'.

        Raises:
            ModelError: the base cannot be used, or there is no memory for it or for its cache.
            AdapterError: the adapter is damaged or belongs to another base.
        """
        return await asyncio.to_thread(cls, base, device, adapter, kv_cache_mb, max_in_flight, max_waiting)

    @property
    def model(self) -> ModelName:
        return ModelName(short_base_name(self._base), self._adapter.version if self._adapter else None)

    async def stream(self, prompt: Prompt, options: GenerationOptions) -> TokenStream:
        """See :class:`bot.generation.base.Generator`; GenerationError if the prompt is too long or the model closed."""
        if self._closed:
            raise GenerationError("The model is closed and takes no more questions.")
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
        """See :class:`bot.generation.base.Generator`. Once begun it is carried out, even if the caller is cancelled."""
        await asyncio.shield(asyncio.create_task(self._swap(adapter)))

    async def aclose(self) -> None:
        self._closed, self._open = True, False
        self._refuse_waiting("The bot is closing.")
        self._fail_in_flight("The bot is closing.")
        async with self._changing:
            await asyncio.to_thread(self._batching.stop)

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
        while self._open and self._waiting and self._has_room_for(self._waiting[0]):
            request = self._waiting.popleft()
            if request.admitted.cancelled():
                continue
            name = f"answer-{next(self._names)}"
            if not self._batching.submit(name, request.ids, request.max_new_tokens, self._deliver):
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
        self._batching.cancel(name)
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
                await self._restart(adapter)
        finally:
            self._admit()

    async def _recover(self) -> None:
        """Begins a new cache after a failure; if that fails too, so do the requests that wait."""
        try:
            async with self._changing:
                if not self._open:
                    await self._restart(self._adapter)
        except ModelError as error:
            log.error("the model cannot go on: %s", error)
            self._refuse_waiting(str(error))
        finally:
            self._recovery = None
            self._admit()

    async def _restart(self, adapter: Adapter | None) -> None:
        """Lets the answers in flight end, then begins a new cache under ``adapter``; ``_changing`` is held."""
        self._open = False
        await self._idle.wait()
        refused = await asyncio.to_thread(self._rebuild, adapter)
        self._open = not self._closed
        if refused:
            raise refused

    def _rebuild(self, adapter: Adapter | None) -> AdapterError | None:
        """Replaces adapter and cache; if PEFT refuses the new adapter, the old one is loaded afresh."""
        self._batching.stop()
        refused = None
        try:
            if adapter != self._adapter:  # the same one, after a failure, is still attached
                self._model = attach_adapter(self._model, adapter.path if adapter else None)
                self._adapter = adapter
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            refused = AdapterError(
                f"The adapter {adapter} cannot be attached: {error}. The one before it keeps serving."
            )
            self._model = load_model(
                self._base, device=self._device, adapter=self._adapter.path if self._adapter else None
            )
        self._batching = self._new_batching()
        return refused

    def _new_batching(self) -> Batching:
        llama = self._model.get_base_model() if isinstance(self._model, PeftModel) else self._model
        assert isinstance(llama, LlamaForCausalLM)
        return Batching(llama, self._tokenizer, blocks=self._blocks, max_in_flight=self._max_in_flight)
