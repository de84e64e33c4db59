"""Asking a generator, and asking transformers' own ``generate`` the same."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import torch

from bot.answering.prompt import Prompt, encode_prompt
from bot.generation.base import Adapter, GenerationOptions
from bot.generation.loading import load_model, load_tokenizer
from bot.generation.local import LocalGenerator
from bot.generation.token_stream import TokenStream

SHORT = GenerationOptions(max_new_tokens=20)
LONG = GenerationOptions(max_new_tokens=400)

Running = Callable[..., AbstractAsyncContextManager[LocalGenerator]]
"""The fixture ``running``: a generator with an adapter, closed at the end."""


async def text_of(generation: TokenStream) -> str:
    return "".join([piece async for piece in generation])


async def ask(generator: LocalGenerator, prompt: Prompt, options: GenerationOptions = SHORT) -> str:
    return await text_of(await generator.stream(prompt, options))


def references(
    base: Path, prompts: Sequence[Prompt], adapter: Adapter | None = None, tokens: int = SHORT.max_new_tokens
) -> list[str]:
    """What a fresh process would answer, by transformers' own ``generate``."""
    tokenizer: Any = load_tokenizer(str(base))
    model: Any = load_model(str(base), device="cpu", adapter=adapter.path if adapter else None)
    texts = []
    for prompt in prompts:
        ids = torch.tensor([encode_prompt(prompt, tokenizer)])
        made = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, pad_token_id=0
        )
        texts.append(tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True).strip())
    return texts
