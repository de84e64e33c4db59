"""The pieces of an answer join to its whole text, at whatever moments they are asked for."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import GenerationError
from bot.generation.loading import load_tokenizer
from bot.generation.token_stream import TokenStream
from bot.messages import ModelName


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> Any:
    return load_tokenizer(str(base))


async def pieces(tokenizer: Any, ids: list[int], *, at_once: int = 1) -> list[str]:
    stream = TokenStream(ModelName("base", None), tokenizer, lambda: None)

    async def feed() -> None:
        for end in range(0, len(ids), at_once):
            stream.feed(ids[:end], ended=False)
            await asyncio.sleep(0)
        stream.feed(ids, ended=True)

    feeding = asyncio.create_task(feed())
    read = [piece async for piece in stream]
    await feeding
    return read


@pytest.mark.parametrize(
    "text", ["¿Cuánto cuesta? S/ 1,200.50 al mes.", "  dos  espacios  ", "ñandú 🎓🇵🇪 日本", "a\nb\n"]
)
async def test_no_piece_holds_half_a_character(tokenizer: Any, text: str) -> None:
    ids = tokenizer.encode(text, add_special_tokens=False)
    read = await pieces(tokenizer, [*ids, tokenizer.eos_token_id])
    assert "".join(read) == text.strip()
    assert not any("\ufffd" in piece or piece == "" for piece in read)


@given(ids=st.lists(st.one_of(st.integers(0, 2047), st.integers(0, 260)), max_size=40), at_once=st.integers(1, 5))
def test_the_pieces_of_any_tokens_join_to_their_text_decoded_at_once(
    tokenizer: Any, ids: list[int], at_once: int
) -> None:
    read = asyncio.run(pieces(tokenizer, ids, at_once=at_once))
    assert "".join(read) == tokenizer.decode(ids, skip_special_tokens=True).strip()


async def test_a_failure_is_raised_once_and_nothing_follows_it(tokenizer: Any) -> None:
    stream = TokenStream(ModelName("base", None), tokenizer, lambda: None)
    stream.feed(tokenizer.encode("hola a todos", add_special_tokens=False), ended=False)
    iteration = stream.__aiter__()
    assert await anext(iteration) == "hola a todos"
    stream.fail("the card fell out")
    with pytest.raises(GenerationError, match="the card fell out"):
        await anext(iteration)
    with pytest.raises(StopAsyncIteration):
        await anext(iteration)


async def test_an_answer_that_ended_is_not_cancelled(tokenizer: Any) -> None:
    cancelled: list[None] = []
    stream = TokenStream(ModelName("base", None), tokenizer, lambda: cancelled.append(None))
    stream.feed([random.Random(1).randrange(300, 2000)], ended=True)
    assert [piece async for piece in stream]
    await stream.aclose()
    assert not cancelled
