"""The generator in this process: many answers at once, failures survived."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.answering.prompt import Prompt
from bot.errors import BusyError, GenerationError, ModelError
from bot.generation.base import GenerationOptions
from bot.generation.local import LocalGenerator
from tests.bot.generation.asking import LONG, SHORT, Running, ask, references, text_of


async def test_answers_come_in_pieces_that_join_to_the_whole_text_without_the_end_mark(
    base: Path, running: Running, prompts: list[Prompt]
) -> None:
    async with running(on=base) as generator:
        answers = [[piece async for piece in await generator.stream(prompt, SHORT)] for prompt in prompts[:6]]
    assert ["".join(pieces) for pieces in answers] == references(base, prompts[:6])
    assert max(len(pieces) for pieces in answers) > 3
    assert not any("</s>" in piece for pieces in answers for piece in pieces)


async def test_the_event_loop_runs_on_while_an_answer_is_made(running: Running, prompts: list[Prompt]) -> None:
    async with running() as generator:
        answer = asyncio.create_task(ask(generator, prompts[0]))
        turns = 0
        while not answer.done():
            await asyncio.sleep(0.001)
            turns += 1
    assert turns > 20, "fewer turns of the loop than tokens"


async def test_more_questions_than_places_are_all_answered_as_they_would_be_alone(
    base: Path, running: Running, prompts: list[Prompt]
) -> None:
    async with running(on=base, max_in_flight=3) as generator:
        together = await asyncio.gather(*(ask(generator, prompt) for prompt in prompts[:8]))
        alone = [await ask(generator, prompt) for prompt in prompts[:8]]
    assert together == alone


async def test_a_question_beyond_the_waiting_places_is_turned_away(running: Running, prompts: list[Prompt]) -> None:
    async with running(max_in_flight=1, max_waiting=1) as generator:
        first = await generator.stream(prompts[0], SHORT)
        second = asyncio.create_task(generator.stream(prompts[1], SHORT))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="1 questions wait"):
            await generator.stream(prompts[2], SHORT)
        assert await text_of(first)
        assert await text_of(await second)


async def test_a_cache_for_one_answer_serves_many_questions_one_after_the_other(
    base: Path, running: Running, prompts: list[Prompt]
) -> None:
    options = GenerationOptions(max_new_tokens=700)
    async with running(on=base, kv_cache_mb=9) as generator:  # 1,152 tokens
        together = await asyncio.gather(*(ask(generator, prompt, options) for prompt in prompts[:3]))
        alone = [await ask(generator, prompt, options) for prompt in prompts[:3]]
    assert together == alone


async def test_an_answer_that_is_left_early_stops_and_frees_its_place(running: Running, prompts: list[Prompt]) -> None:
    async with running(max_in_flight=1) as generator:
        passes = count_forward_passes(generator)
        async for _ in await generator.stream(prompts[0], LONG):
            break
        assert await ask(generator, prompts[1])
    assert len(passes) < 100, "the first answer went on to its 400 tokens"


async def test_a_closed_answer_stops_and_yields_nothing_more(running: Running, prompts: list[Prompt]) -> None:
    async with running(max_in_flight=1) as generator:
        passes = count_forward_passes(generator)
        generation = await generator.stream(prompts[0], LONG)
        reading = asyncio.create_task(text_of(generation))
        await asyncio.sleep(0)
        await generation.aclose()
        assert await reading == ""
        assert await ask(generator, prompts[1])
    assert len(passes) < 100, "the first answer went on to its 400 tokens"


async def test_a_student_who_leaves_while_waiting_gives_the_turn_to_the_next(
    running: Running, prompts: list[Prompt]
) -> None:
    async with running(max_in_flight=1) as generator:
        first = await generator.stream(prompts[0], SHORT)
        leaving = asyncio.create_task(generator.stream(prompts[1], SHORT))
        staying = asyncio.create_task(ask(generator, prompts[2]))
        await asyncio.sleep(0)
        leaving.cancel()
        await text_of(first)
        assert await asyncio.wait_for(staying, 60)
        with pytest.raises(asyncio.CancelledError):
            await leaving


async def test_a_question_longer_than_the_model_is_refused_in_numbers(running: Running) -> None:
    async with running() as generator:
        with pytest.raises(GenerationError, match=r"tokens and its answer up to 20; the model and its cache hold 2048"):
            await generator.stream(Prompt("Eres el asistente.", "¿cuánto cuesta? " * 800), SHORT)


async def test_a_cache_too_small_for_any_question_is_refused_at_the_start(running: Running) -> None:
    with pytest.raises(ModelError, match="Raise CENFOBOT_KV_CACHE_MB"):
        async with running(kv_cache_mb=1):
            pass


async def test_a_failure_in_the_model_fails_the_answers_in_flight_and_none_that_waits(
    running: Running, prompts: list[Prompt]
) -> None:
    async with running(max_in_flight=2) as generator:
        expected = await ask(generator, prompts[2])
        fail_at_the_next_forward_pass(generator)
        first, second, third = await asyncio.gather(*(ask(generator, p) for p in prompts[:3]), return_exceptions=True)
    assert isinstance(first, GenerationError)
    assert isinstance(second, GenerationError)
    assert "the card fell out" in str(first)
    assert third == expected


async def test_a_failure_that_leaves_no_room_for_a_new_cache_is_told_and_tried_again_with_the_next_question(
    running: Running, prompts: list[Prompt]
) -> None:
    async with running() as generator:
        expected, blocks = await ask(generator, prompts[0]), generator._served._blocks
        fail_at_the_next_forward_pass(generator)
        generator._served._blocks = 10**9
        with pytest.raises(GenerationError, match="the card fell out"):
            await ask(generator, prompts[0])
        with pytest.raises(GenerationError, match="no memory for a cache"):
            await ask(generator, prompts[0])
        generator._served._blocks = blocks
        assert await ask(generator, prompts[0]) == expected


async def test_closing_ends_the_answers_in_flight_and_refuses_those_that_wait(
    running: Running, prompts: list[Prompt]
) -> None:
    async with running(max_in_flight=1) as generator:
        in_flight = await generator.stream(prompts[0], LONG)
        waiting = asyncio.create_task(generator.stream(prompts[1], SHORT))
        await asyncio.sleep(0)
        await generator.aclose()
        with pytest.raises(GenerationError, match="closing"):
            await text_of(in_flight)
        with pytest.raises(GenerationError, match="closing"):
            await waiting
        with pytest.raises(GenerationError, match="closed"):
            await generator.stream(prompts[2], SHORT)


def count_forward_passes(generator: LocalGenerator) -> list[None]:
    passes: list[None] = []
    _embeddings(generator).register_forward_pre_hook(lambda *_: passes.append(None))
    return passes


def fail_at_the_next_forward_pass(generator: LocalGenerator) -> None:
    def fail(*_: object) -> None:
        hook.remove()
        raise RuntimeError("the card fell out")

    hook = _embeddings(generator).register_forward_pre_hook(fail)


def _embeddings(generator: LocalGenerator) -> Any:
    return generator._served._llama().get_input_embeddings()
