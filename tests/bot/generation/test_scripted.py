"""The stand-in keeps a generator's contract."""

from pathlib import Path

import pytest

from bot.answering.prompt import Prompt
from bot.errors import GenerationError
from bot.generation.base import Adapter, GenerationOptions, Generator
from bot.generation.scripted import ScriptedGenerator

QUESTION = Prompt("Eres el asistente.", "¿cuánto cuesta?")


async def test_it_answers_by_a_function_in_pieces_and_remembers_what_it_was_asked() -> None:
    generator = ScriptedGenerator(lambda prompt: f"Preguntas {prompt.user}")
    seam: Generator = generator
    pieces = [piece async for piece in await seam.stream(QUESTION, GenerationOptions())]
    assert pieces == ["Preguntas", " ¿cuánto", " cuesta?"]
    assert generator.prompts == [QUESTION]


async def test_it_answers_from_a_list_in_order() -> None:
    generator = ScriptedGenerator(["uno", "dos"])
    for expected in ("uno", "dos"):
        assert [p async for p in await generator.stream(QUESTION, GenerationOptions())] == [expected]


async def test_an_answer_keeps_the_adapter_under_which_it_was_admitted() -> None:
    generator = ScriptedGenerator(lambda _: "hola")
    before = await generator.stream(QUESTION, GenerationOptions())
    await generator.use_adapter(Adapter("v1", Path("anywhere")))
    after = await generator.stream(QUESTION, GenerationOptions())
    assert (before.model.adapter, after.model.adapter) == (None, "v1")


async def test_a_closed_answer_yields_nothing_more() -> None:
    generation = await ScriptedGenerator(["uno dos tres"]).stream(QUESTION, GenerationOptions())
    pieces = []
    async for piece in generation:
        pieces.append(piece)
        await generation.aclose()
    assert pieces == ["uno"]


async def test_a_suspended_generator_fails_every_request_until_it_resumes() -> None:
    generator = ScriptedGenerator(lambda _: "hola")
    await generator.suspend()
    with pytest.raises(GenerationError, match="away"):
        await generator.stream(QUESTION, GenerationOptions())
    await generator.resume()
    assert [piece async for piece in await generator.stream(QUESTION, GenerationOptions())] == ["hola"]
