"""Runs transformers' continuous batching over one model, with a cache of keys and values of fixed size.

A thread of transformers' own does the work; results are delivered on the event loop that submitted
the request. Blocks are not shared between requests: a request that reserved its blocks always gets
them at once, and nothing computed under one adapter can outlive it.
"""

from collections.abc import Callable
from math import ceil

import torch
from transformers import (
    ContinuousBatchingConfig,
    GenerationConfig,
    LlamaForCausalLM,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
)
from transformers.generation.continuous_batching.requests import GenerationOutput

from bot.errors import ModelError

BLOCK_TOKENS = 32
"""Tokens whose keys and values one block holds, for every layer."""
BATCH_TOKENS = 512
"""Tokens of one forward pass; a longer prompt is read in several, so it never holds the others up for long."""


def blocks_for(tokens: int) -> int:
    """Blocks that a sequence of so many tokens fills."""
    return ceil(tokens / BLOCK_TOKENS)


def blocks_in(mebibytes: int, config: PreTrainedConfig, dtype: torch.dtype, max_in_flight: int) -> int:
    """Blocks that fit into so much memory; no more than ``max_in_flight`` of the longest sequences can fill."""
    token_bytes: int = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * dtype.itemsize
    useful = max_in_flight * blocks_for(config.max_position_embeddings)
    return min(mebibytes * 2**20 // (BLOCK_TOKENS * token_bytes), useful)


class Batching:
    """One run of continuous batching, from the first request to :meth:`stop`; greedy decoding."""

    def __init__(
        self, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase, *, blocks: int, max_in_flight: int
    ) -> None:
        """Allocates the cache.

        Raises:
            ModelError: there is no memory for it.
        """
        decoding = GenerationConfig(
            do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
        )
        bounds = ContinuousBatchingConfig(
            page_size=BLOCK_TOKENS, num_blocks=blocks, max_batch_tokens=BATCH_TOKENS, allow_block_sharing=False,
            max_requests_per_batch=max_in_flight, safety_margin=0.0,
            auto_switch_to_flash=False,  # would fetch and run a kernel from the hub where the package `kernels` is
        )  # fmt: skip
        try:
            self._manager = model.init_continuous_batching(decoding, bounds)
            self._manager.warmup()
        except (MemoryError, RuntimeError) as error:
            raise ModelError(
                f"There is no memory for a cache of {blocks * BLOCK_TOKENS} tokens on {model.device}: {error}. "
                "Lower CENFOBOT_KV_CACHE_MB or CENFOBOT_MAX_IN_FLIGHT."
            ) from error

    def submit(
        self, name: str, ids: list[int], max_new_tokens: int, deliver: Callable[[GenerationOutput], None]
    ) -> bool:
        """Starts a request; call it on the event loop, which then calls ``deliver`` after each token.

        False: this run has failed and takes no more requests.
        """
        if not self._manager.is_running():
            self._manager.start()
        self._manager.register_result_handler(name, deliver)
        return self._manager.add_request(ids, name, max_new_tokens, streaming=True) is not None

    def cancel(self, name: str) -> None:
        """Ends a request and frees its blocks before the next forward pass; nothing is delivered any more."""
        self._manager.cancel_request(name)
        self._manager.output_router.result_handlers.pop(name, None)
        while self._manager.get_result(timeout=0):
            pass  # a token that was on its way lands in the manager's own queue, which nobody else reads

    def stop(self) -> None:
        """Ends all requests, waits for the forward pass under way, and frees the cache. Blocks."""
        if self._manager.is_running():
            self._manager.stop(hard_stop=True)
        self._manager.destroy()
        self._manager.batch_processor = None  # which holds the cache, where the run failed or was never begun
