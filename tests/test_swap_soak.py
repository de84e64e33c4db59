"""1,000 questions during five swaps, on the shipped base: none is lost, none is of another version than its log says.

Everything is as ``serve`` has it (answerer, dialogue, SQLite, registry, hot swap), but for the channel and the length
of the answers. Run it with ``-s`` to see the numbers.
"""

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters import Registered, adapter_in_service
from bot.answering.answerer import Answerer
from bot.answering.dialogue import Dialogue
from bot.answering.prompt import Prompt
from bot.as_served import answerer
from bot.card import Card
from bot.generation.base import Adapter, GenerationOptions
from bot.generation.local import LocalGenerator
from bot.generation.token_stream import TokenStream
from bot.home import open_home
from bot.hot_swap import HotSwap
from bot.messages import IncomingMessage
from bot.profile import load_profile
from bot.retrieval.live import LiveRetriever
from bot.retrieval.models import load_models
from bot.retrieval.synonyms import Synonyms
from bot.reviewing.desk import ReviewDesk
from bot.settings import Settings
from storage import conversations, pairs
from storage.database import Database
from tests.bot.adapter_versions import promote, scaled_version

pytestmark = pytest.mark.soak

QUESTIONS, STUDENTS, SWAPS = 1000, 40, 5
MOVES = ("v0002", "v0003", "v0001", "v0003", "v0002")


class Overheard(LocalGenerator):
    """Keeps what the model says, also what the answerer does not let pass."""

    def listen(self) -> None:
        self.heard: list[tuple[Prompt, TokenStream]] = []

    async def stream(self, prompt: Prompt, options: GenerationOptions) -> TokenStream:
        generation = await super().stream(prompt, options)
        self.heard.append((prompt, generation))
        return generation


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="", device="cpu", max_new_tokens=16)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A home with three versions: the shipped one, one half as strong, and one that undoes what was learned."""
    database = open_home(settings)
    adapter_in_service(settings, database)
    for factor in (0.5, -0.5):
        scaled_version(settings, database, factor=factor)
    yield database
    database.close()


@asynccontextmanager
async def model(settings: Settings, adapter: Adapter) -> AsyncIterator[Overheard]:
    generator = await Overheard.load(
        settings.base_model,
        device=settings.device,
        adapter=adapter,
        kv_cache_mb=settings.kv_cache_mb,
        max_in_flight=settings.max_in_flight,
        max_waiting=settings.max_waiting,
    )
    generator.listen()
    try:
        yield generator
    finally:
        await generator.aclose()


def built(settings: Settings, database: Database, generator: LocalGenerator) -> Answerer:
    knowledge = LiveRetriever(database, load_models(Synonyms.read(settings.synonyms_file), cache=settings.cache))
    return answerer(settings, load_profile(settings.profile_file), knowledge, generator)


async def test_1000_questions_during_five_swaps_lose_nothing_and_mix_nothing(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="cenfobot")
    known = Registered(settings, database)
    with database.reading() as session:
        asked = [pair.question for pair in pairs.list_pairs(session)][:STUDENTS]
    waits: list[float] = []

    async with model(settings, Adapter("v0001", settings.adapters / "tiny-llama" / "v0001")) as generator:
        dialogue = Dialogue(database, built(settings, database, generator), ReviewDesk(database))

        async def student(number: int) -> None:
            for turn in range(QUESTIONS // STUDENTS):
                text, started = asked[(number + turn) % len(asked)], time.perf_counter()
                message = IncomingMessage("test", uuid.uuid4().hex, f"student {number}", text, datetime.now(UTC))
                await dialogue.turn(message)
                waits.append(time.perf_counter() - started)

        started = time.perf_counter()
        with Card(settings.home) as card:
            async with HotSwap(generator, champion=known.champion, adapter=known.adapter, card=card):
                students = [asyncio.create_task(student(number)) for number in range(STUDENTS)]
                for number, version in enumerate(MOVES, 1):
                    while len(waits) < number * QUESTIONS // (SWAPS + 1):
                        await asyncio.sleep(0.01)
                    promote(database, version)
                    while generator.model.adapter != version:
                        await asyncio.sleep(0.01)
                await asyncio.gather(*students)
        seconds, heard = time.perf_counter() - started, generator.heard

    logged = answers_logged(database)
    assert len(logged) == QUESTIONS
    versions = Counter(version or "" for _, version, _ in logged)
    assert set(versions) == set(MOVES)
    wrong, unlike = 0, 0
    for version in sorted(versions):
        texts, said = await fresh(settings, database, version, asked, [prompt for prompt, _ in heard])
        wrong += sum(v == version and texts[question] != text for question, v, text in logged)
        for prompt, generation in heard:
            whole = generation._text(generation._ids)  # empty where the answerer broke it off
            if generation.model.adapter == version:
                wrong += not said[prompt].startswith(whole)
            else:
                unlike += bool(whole) and said[prompt] != whole
    assert unlike > QUESTIONS, "the versions must differ, or nothing is shown"
    assert wrong == 0
    swaps = [record.getMessage() for record in caplog.records if "takes over" in record.getMessage()]
    assert len(swaps) == SWAPS
    print(
        f"\n{QUESTIONS} answers in {seconds:.0f} s ({QUESTIONS / seconds:.1f}/s) {dict(versions)}, longest wait "
        f"{max(waits):.1f} s, median {sorted(waits)[len(waits) // 2]:.1f} s, {unlike} differ from another version's",
        *swaps,
        sep="\n",
    )


def answers_logged(database: Database) -> list[tuple[str, str | None, str]]:
    """Question, version and answer of everything that was logged; a question without an answer fails."""
    logged = []
    with database.reading() as session:
        for number in range(STUDENTS):
            conversation = conversations.find_conversation(session, "test", f"student {number}")
            assert conversation
            messages = {message.id: message for message in conversations.transcript(session, conversation)}
            answers = [message for message in messages.values() if message.reply_to_id]
            assert len(messages) == 2 * len(answers)
            logged += [(messages[a.reply_to_id or 0].text, a.model_adapter, a.text) for a in answers]
    return logged


async def fresh(
    settings: Settings, database: Database, version: str, asked: list[str], prompts: list[Prompt]
) -> tuple[dict[str, str], dict[Prompt, str]]:
    """What a model that has never had another adapter answers to each question, and says to each prompt."""
    options = GenerationOptions(settings.max_new_tokens)
    async with model(settings, Adapter(version, settings.adapters / "tiny-llama" / version)) as generator:
        answers = built(settings, database, generator)
        texts = {question: (await answers.answer(question)).text for question in asked}
        said = {p: "".join([piece async for piece in await generator.stream(p, options)]) for p in set(prompts)}
    return texts, said
