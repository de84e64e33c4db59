"""Adapters are changed while students ask: each answer is wholly of one version, and nothing of an old one survives."""

import asyncio
import gc
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest

from bot.answering.prompt import Prompt
from bot.errors import AdapterError, GenerationError
from bot.generation.base import Adapter, GenerationOptions
from bot.messages import ModelName
from tests.bot.generation.asking import SHORT, Running, ask, references, text_of
from tests.bot.generation.conftest import MakeAdapter


async def test_after_a_swap_answers_equal_those_of_a_fresh_process(
    endless_base: Path, running: Running, prompts: list[Prompt], adapter: Adapter, make_adapter: MakeAdapter
) -> None:
    other = make_adapter("v2", seed=2, r=4, lora_dropout=0.1, target_modules=["k_proj", "o_proj", "down_proj"])
    expected = {which: references(endless_base, [prompts[3]], which)[0] for which in (None, adapter, other)}
    assert len(set(expected.values())) == 3, "the test needs adapters that change the answer"
    async with running() as generator:
        for which in (None, adapter, other, adapter, None):
            await generator.use_adapter(which)
            assert generator.model == ModelName(endless_base.name, which.version if which else None)
            assert await ask(generator, prompts[3]) == expected[which]


async def test_answers_in_flight_end_on_the_old_adapter_and_waiting_ones_get_the_new(
    running: Running, prompts: list[Prompt], adapter: Adapter
) -> None:
    async with running(max_in_flight=1) as generator:
        before = await ask(generator, prompts[3])
        in_flight = await generator.stream(prompts[3], SHORT)
        swap = asyncio.create_task(generator.use_adapter(adapter))
        waiting = asyncio.create_task(generator.stream(prompts[3], SHORT))
        assert await text_of(in_flight) == before
        admitted = await waiting
        await swap
        assert (in_flight.model.adapter, admitted.model.adapter) == (None, "v1")
        assert await text_of(admitted) != before


async def test_a_refused_adapter_leaves_the_old_one_serving(
    running: Running, prompts: list[Prompt], adapter: Adapter, tmp_path: Path
) -> None:
    async with running(adapter) as generator:
        before = await ask(generator, prompts[3])
        with pytest.raises(AdapterError, match="no adapter_config"):
            await generator.use_adapter(Adapter("v9", tmp_path))
        assert generator.model.adapter == "v1"
        assert await ask(generator, prompts[3]) == before


async def test_an_adapter_that_is_damaged_after_its_check_leaves_the_old_one_serving(
    running: Running, prompts: list[Prompt], adapter: Adapter, make_adapter: MakeAdapter
) -> None:
    broken = make_adapter("v9")
    async with running(adapter) as generator:
        before = await ask(generator, prompts[3])
        in_flight = await generator.stream(prompts[3], SHORT)
        swap = asyncio.create_task(generator.use_adapter(broken))
        while generator._open:  # until it is checked, and the answer in flight is waited for
            await asyncio.sleep(0.001)
        (broken.path / "adapter_model.safetensors").write_bytes(b"damaged")
        await text_of(in_flight)
        with pytest.raises(AdapterError, match="cannot be attached"):
            await swap
        assert generator.model.adapter == "v1"
        assert await ask(generator, prompts[3]) == before


async def test_when_old_and_new_adapter_have_gone_questions_fail_at_once_until_an_adapter_is_there(
    running: Running, prompts: list[Prompt], make_adapter: MakeAdapter
) -> None:
    old, new = make_adapter("v8"), make_adapter("v9", seed=9)
    async with running(old) as generator:
        before = await ask(generator, prompts[3])
        away = shutil.move(old.path, old.path.with_name("away"))
        in_flight = await generator.stream(prompts[3], SHORT)
        swap = asyncio.create_task(generator.use_adapter(new))
        while generator._open:
            await asyncio.sleep(0.001)
        shutil.rmtree(new.path)
        await text_of(in_flight)
        with pytest.raises(AdapterError):
            await swap
        with pytest.raises(GenerationError, match="v8"):
            await ask(generator, prompts[3])
        shutil.move(away, old.path)
        assert await ask(generator, prompts[3]) == before


async def test_a_swap_frees_the_cache_and_the_adapter_before_it_even_if_nobody_asked_anything(
    running: Running, adapter: Adapter, make_adapter: MakeAdapter
) -> None:
    async with running(adapter) as generator:
        served: Any = generator._served
        old = [weakref.ref(served._batching._manager.batch_processor.cache), weakref.ref(served._model)]
        await generator.use_adapter(make_adapter("v2", seed=2))
        gc.collect()
        assert [thing() for thing in old] == [None, None]


@pytest.mark.slow
async def test_hundreds_of_questions_during_five_swaps_are_each_answered_wholly_by_the_version_they_are_logged_with(
    base: Path, running: Running, prompts: list[Prompt], adapter: Adapter, make_adapter: MakeAdapter
) -> None:
    asked, short = [p for n, p in enumerate(prompts) if n % 4 < 2], GenerationOptions(max_new_tokens=8)
    versions = [None, adapter, make_adapter("v2", seed=2, r=4, target_modules=["k_proj", "o_proj", "down_proj"])]
    expected = {v.version if v else None: references(base, asked, v, tokens=8) for v in versions}
    assert len({tuple(texts) for texts in expected.values()}) == 3, "the versions must differ"
    logged: list[tuple[int, str | None, str]] = []

    async with running(on=base, max_in_flight=8) as generator:

        async def student(number: int) -> None:
            for turn in range(20):
                which = (number + turn) % len(asked)
                generation = await generator.stream(asked[which], short)
                text = await text_of(generation)
                logged.append((which, generation.model.adapter, text))

        students = [asyncio.create_task(student(number)) for number in range(12)]
        for swap in range(1, 6):
            while len(logged) < swap * 40:
                await asyncio.sleep(0.001)
            await generator.use_adapter(versions[swap % 3])
        await asyncio.gather(*students)
    assert len(logged) == 12 * 20
    assert {version for _, version, _ in logged} == set(expected)
    assert [entry for entry in logged if entry[2] != expected[entry[1]][entry[0]]] == []
