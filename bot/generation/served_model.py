"""The weights in service: a 4-bit base under one adapter, and the run of batching over them, replaced as one.

Everything here blocks; :class:`bot.generation.local.LocalGenerator` calls it beside the event loop, one call at
a time. Weights that a failure left half changed are never served: the next call loads them afresh.
"""

import gc

import torch
from peft import PeftModel
from transformers import LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from bot.errors import AdapterError
from bot.generation.base import Adapter
from bot.generation.batching import Batching
from bot.generation.loading import Device, load_model
from bot.generation.lora import attach_adapter


class ServedModel:
    """Loads nothing before the first :meth:`begin`."""

    def __init__(
        self, base: str, device: Device, tokenizer: PreTrainedTokenizerBase, *, blocks: int, max_in_flight: int
    ) -> None:
        """``blocks`` is the size of each run's cache, see :mod:`bot.generation.batching`."""
        self._base, self._device, self._tokenizer = base, device, tokenizer
        self._blocks, self._max_in_flight = blocks, max_in_flight
        self._adapter: Adapter | None = None
        self._model: PreTrainedModel | PeftModel | None = None
        self._batching: Batching | None = None

    @property
    def adapter(self) -> Adapter | None:
        """The adapter on the weights, or, while they are freed, the last one; None: the bare base."""
        return self._adapter

    @property
    def batching(self) -> Batching | None:
        """The run under way; None before the first, after :meth:`free`, and where :meth:`begin` failed."""
        return self._batching

    def begin(self, adapter: Adapter | None) -> None:
        """Ends the run under way and begins one with an empty cache under ``adapter``; loads what is not loaded.

        Raises:
            AdapterError: the adapter cannot be attached; a run under the one before it has begun.
            ModelError: there is no memory, or the base has gone; there is no run.
        """
        self._end_run()
        refused = None
        try:
            self._attach(adapter)
        except AdapterError as error:
            refused = error
            self._attach(self._adapter)
        self._batching = Batching(
            self._llama(), self._tokenizer, blocks=self._blocks, max_in_flight=self._max_in_flight
        )
        if refused:
            raise refused

    def free(self) -> None:
        """Ends the run and gives the memory of cache and weights back."""
        self._end_run()
        self._model = None
        gc.collect()
        if self._device == "cuda":
            torch.cuda.empty_cache()

    def _end_run(self) -> None:
        batching, self._batching = self._batching, None
        if batching:
            batching.stop()

    def _attach(self, adapter: Adapter | None) -> None:
        path = adapter.path if adapter else None
        model, self._model = self._model, None  # until it is whole again
        if model is None:
            self._model = load_model(self._base, device=self._device, adapter=path)
        else:
            self._model = model if adapter == self._adapter else attach_adapter(model, path)
        self._adapter = adapter

    def _llama(self) -> LlamaForCausalLM:
        llama = self._model.get_base_model() if isinstance(self._model, PeftModel) else self._model
        assert isinstance(llama, LlamaForCausalLM)
        return llama
