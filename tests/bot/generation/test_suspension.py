"""A suspended generator has freed its memory, fails every request at once, and comes back with the latest adapter."""

import asyncio
import gc
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest

from bot.answering.prompt import Prompt
from bot.errors import AdapterError, GenerationError, ModelError
from bot.generation.base import Adapter
from tests.bot.generation.asking import SHORT, Running, ask, references, text_of
from tests.bot.generation.conftest import MakeAdapter


async def test_a_suspension_lets_the_answers_in_flight_end_and_fails_the_others_at_once(
    running: Running, prompts: list[Prompt]
) -> None:
    async with running(max_in_flight=1) as generator:
        expected = await ask(generator, prompts[0])
        in_flight = await generator.stream(prompts[0], SHORT)
        waiting = asyncio.create_task(generator.stream(prompts[1], SHORT))
        await asyncio.sleep(0)
        suspension = asyncio.create_task(generator.suspend())
        with pytest.raises(GenerationError, match="away while it is being retrained"):
            await waiting
        assert not suspension.done()
        with pytest.raises(GenerationError, match="away while it is being retrained"):
            await generator.stream(prompts[1], SHORT)
        assert await text_of(in_flight) == expected
        await suspension


async def test_a_suspended_generator_holds_neither_weights_nor_cache(
    running: Running, adapter: Adapter, prompts: list[Prompt]
) -> None:
    async with running(adapter) as generator:
        await ask(generator, prompts[0])
        served: Any = generator._served
        held = [
            weakref.ref(served._llama()),
            weakref.ref(served._llama().get_input_embeddings()),
            weakref.ref(served._batching._manager.batch_processor.cache),
        ]
        await generator.suspend()
        gc.collect()
        assert [thing() for thing in held] == [None, None, None]


async def test_after_a_suspension_the_adapter_of_the_moment_answers_as_in_a_fresh_process(
    endless_base: Path, running: Running, adapter: Adapter, prompts: list[Prompt]
) -> None:
    async with running() as generator:
        before = await ask(generator, prompts[3])
        await generator.suspend()
        await generator.resume()
        assert await ask(generator, prompts[3]) == before
        await generator.suspend()
        await generator.use_adapter(adapter)
        with pytest.raises(GenerationError, match="away"):
            await ask(generator, prompts[3])
        await generator.resume()
        assert generator.model.adapter == "v1"
        assert [await ask(generator, prompts[3])] == references(endless_base, [prompts[3]], adapter)


async def test_an_adapter_is_checked_while_the_model_is_away(
    running: Running, adapter: Adapter, tmp_path: Path
) -> None:
    async with running(adapter) as generator:
        await generator.suspend()
        with pytest.raises(AdapterError, match="no adapter_config"):
            await generator.use_adapter(Adapter("v9", tmp_path))
        assert generator.model.adapter == "v1"


async def test_an_adapter_that_was_lost_meanwhile_is_told_and_the_one_from_before_serves(
    running: Running, prompts: list[Prompt], adapter: Adapter, make_adapter: MakeAdapter
) -> None:
    lost = make_adapter("v9")
    async with running(adapter) as generator:
        before = await ask(generator, prompts[3])
        await generator.suspend()
        await generator.use_adapter(lost)
        shutil.rmtree(lost.path)
        with pytest.raises(AdapterError, match="v9"):
            await generator.resume()
        assert generator.model.adapter == "v1"
        assert await ask(generator, prompts[3]) == before


async def test_a_generator_that_cannot_come_back_stays_away_and_can_be_asked_again(
    endless_base: Path, running: Running, prompts: list[Prompt], tmp_path: Path
) -> None:
    base = Path(shutil.copytree(endless_base, tmp_path / endless_base.name))
    async with running(on=base) as generator:
        before = await ask(generator, prompts[3])
        await generator.suspend()
        away = shutil.move(base, tmp_path / "elsewhere")
        with pytest.raises(ModelError, match="no folder"):
            await generator.resume()
        with pytest.raises(GenerationError, match="away"):
            await ask(generator, prompts[3])
        shutil.move(away, base)
        await generator.resume()
        assert await ask(generator, prompts[3]) == before


async def test_a_generator_may_begin_suspended(
    endless_base: Path, running: Running, adapter: Adapter, prompts: list[Prompt], tmp_path: Path
) -> None:
    with pytest.raises(AdapterError, match="no adapter_config"):
        async with running(Adapter("v9", tmp_path), suspended=True):
            pass
    async with running(adapter, suspended=True) as generator:
        with pytest.raises(GenerationError, match="away"):
            await ask(generator, prompts[3])
        await generator.resume()
        assert [await ask(generator, prompts[3])] == references(endless_base, [prompts[3]], adapter)


async def test_a_suspended_generator_can_be_closed(running: Running, prompts: list[Prompt]) -> None:
    async with running() as generator:
        await generator.suspend()
    with pytest.raises(GenerationError, match="closed"):
        await generator.stream(prompts[0], SHORT)
