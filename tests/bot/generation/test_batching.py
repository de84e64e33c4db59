"""Continuous batching gives what one-at-a-time generation gives, on whatever device there is."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from bot.answering.prompt import Prompt, encode_prompt
from bot.errors import ModelError
from bot.generation.base import Adapter
from bot.generation.batching import Batching, blocks_in
from bot.generation.loading import load_model, load_tokenizer

MOST_TOKENS = 20
NEAR_TIE = 0.1
"""Logits on a card depend on the number of rows; two closer than this may change places."""


@pytest.mark.parametrize("with_adapter", [False, True])
async def test_sixteen_answers_in_flight_equal_those_made_one_at_a_time_token_by_token(
    base: Path, adapter: Adapter, prompts: list[Prompt], with_adapter: bool
) -> None:
    tokenizer = load_tokenizer(str(base))
    model = load_model(str(base), device="auto", adapter=adapter.path if with_adapter else None)
    asked = [encode_prompt(prompt, tokenizer) for prompt in prompts]
    alone = [_generate(model, ids) for ids in asked]
    together = await _generate_together(model, tokenizer, asked)
    assert len({len(answer) for answer in alone}) > 3, "the test needs answers of different lengths"
    for ids, one, other in zip(asked, alone, together, strict=True):
        if one != other:
            assert model.device.type == "cuda", "on a CPU every token is the same"
            same = next(n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
            best = model(torch.tensor([ids + one[:same]], device=model.device)).logits[0, -1].topk(2).values
            assert best[0] - best[1] < NEAR_TIE


def _generate(model: Any, ids: list[int]) -> list[int]:
    prompt = torch.tensor([ids], device=model.device)
    made = model.generate(
        input_ids=prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=MOST_TOKENS,
        do_sample=False,
        pad_token_id=0,
    )
    return made[0, len(ids) :].tolist()  # type: ignore[no-any-return]


async def _generate_together(model: Any, tokenizer: Any, asked: list[list[int]]) -> list[list[int]]:
    llama: Any = model.get_base_model() if isinstance(model, PeftModel) else model
    batching = Batching(llama, tokenizer, blocks=400, max_in_flight=16)
    answers: list[asyncio.Future[list[int]]] = [asyncio.get_running_loop().create_future() for _ in asked]

    def deliver(number: int, output: Any) -> None:
        if output.is_finished():
            answers[number].set_result(output.generated_tokens)

    try:
        for number, ids in enumerate(asked):
            assert batching.submit(str(number), ids, MOST_TOKENS, partial(deliver, number))
        return await asyncio.wait_for(asyncio.gather(*answers), 120)
    finally:
        await asyncio.to_thread(batching.stop)


async def test_a_cancelled_request_gives_its_blocks_back(endless_base: Path, prompts: list[Prompt]) -> None:
    tokenizer, model = load_tokenizer(str(endless_base)), load_model(str(endless_base), device="auto")
    batching = Batching(model, tokenizer, blocks=40, max_in_flight=1)  # type: ignore[arg-type]
    started, passes = asyncio.Event(), 0

    def count(*_: object) -> None:
        nonlocal passes
        passes += 1

    model.get_input_embeddings().register_forward_pre_hook(count)
    try:
        batching.submit("one", encode_prompt(prompts[0], tokenizer), 1000, lambda _: started.set())
        await started.wait()
        cache = batching._manager.batch_processor.cache  # type: ignore[union-attr]
        assert cache.compute_free_capacity() < 1
        batching.cancel("one")
        async with asyncio.timeout(60):
            while cache.compute_free_capacity() < 1:
                cache.pool.try_to_free_sectors()
                await asyncio.sleep(0.05)
        assert passes < 200, "the request went on to its 1,000 tokens"
    finally:
        await asyncio.to_thread(batching.stop)


def test_the_cache_takes_the_memory_it_is_given_and_no_more_than_can_be_used(base: Path) -> None:
    config = load_model(str(base), device="cpu").config
    token_bytes = 2 * 4 * 256 * 4  # keys and values, 4 layers, width 256, float32
    assert blocks_in(1, config, torch.float32, 16) == 2**20 // (32 * token_bytes)
    assert blocks_in(100_000, config, torch.float32, 2) == 2 * 2048 // 32


def test_a_cache_beyond_the_memory_is_refused_with_the_setting_to_lower(base: Path) -> None:
    model: Any = load_model(str(base), device="cpu")
    with pytest.raises(ModelError, match="CENFOBOT_KV_CACHE_MB"):
        Batching(model, load_tokenizer(str(base)), blocks=10**9, max_in_flight=4)
