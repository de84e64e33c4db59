"""The bot follows the registry's champion, and lends its card; with a scripted model and a real registry."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answering.prompt import Prompt
from bot.card import Card, borrowed_card
from bot.errors import AdapterError, GenerationError, ModelError
from bot.generation.base import Adapter, GenerationOptions
from bot.generation.scripted import ScriptedGenerator
from bot.hot_swap import HotSwap
from storage import registry
from storage.database import Database
from storage.errors import DatabaseError
from storage.registry import CHAMPION, AdapterRecord

QUESTION = Prompt("Eres el asistente.", "¿cuánto cuesta?")


class PickyGenerator(ScriptedGenerator):
    """Refuses adapters whose folder holds no weights, and counts how often it was told to use one."""

    def __init__(self) -> None:
        super().__init__(lambda _: "hola")
        self.told: list[str | None] = []

    async def use_adapter(self, adapter: Adapter | None) -> None:
        self.told.append(adapter.version if adapter else None)
        if adapter and not (adapter.path / "weights").exists():
            raise AdapterError(f"{adapter.path} holds no weights")
        await super().use_adapter(adapter)


class Registry:
    """The registry of one base in a real database, which can be out of reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(f"sqlite:///{folder / 'test.db'}")
        self.database.migrate()
        self.broken = False
        self.reads = 0

    def champion(self) -> AdapterRecord | None:
        self.reads += 1
        if self.broken:
            raise DatabaseError("the disk is full")
        with self.database.reading() as session:
            return registry.alias(session, "base", CHAMPION)

    def adapter(self, record: AdapterRecord) -> Adapter:
        if record.manifest["base_fingerprint"] != "ours":
            raise AdapterError(f"{record.version} was trained on other weights")
        return Adapter(record.version, Path(record.path))

    def promote(self, version: str, *, whole: bool = True, fingerprint: str = "ours") -> Path:
        """Registers the version where it is new, and points the alias at it; returns its folder."""
        path, now = self.folder / version, datetime.now(UTC)
        with self.database.writing() as session:
            if not path.exists():
                path.mkdir()
                if whole:
                    (path / "weights").touch()
                manifest = {"base_fingerprint": fingerprint}
                registry.register(session, base="base", version=version, path=str(path), manifest=manifest, now=now)
            registry.set_alias(session, base="base", alias=CHAMPION, version=version, by="Rosa", why="test", now=now)
        return path

    async def looked_at(self, times: int = 2) -> None:
        """Waits until the bot has looked so many times more, hence acted on what it saw the first time."""
        reads = self.reads
        while self.reads < reads + times:
            await asyncio.sleep(0.001)


Following = Callable[..., AbstractAsyncContextManager[HotSwap]]


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Registry]:
    known = Registry(tmp_path)
    yield known
    known.database.close()


@pytest.fixture
def generator() -> PickyGenerator:
    return PickyGenerator()


@pytest.fixture
def following(known: Registry, generator: PickyGenerator, tmp_path: Path) -> Following:
    @asynccontextmanager
    async def follow(suspended: bool = False) -> AsyncIterator[HotSwap]:
        with Card(tmp_path) as card:
            swap = HotSwap(
                generator,
                champion=known.champion,
                adapter=known.adapter,
                card=card,
                suspended=suspended,
                poll_seconds=0.001,
            )
            async with swap:
                yield swap

    return follow


async def test_each_move_of_the_alias_is_followed(
    known: Registry, generator: PickyGenerator, following: Following
) -> None:
    async with following() as swap:
        await known.looked_at()
        assert generator.model.adapter is None
        for version in ("v1", "v2", "v1"):
            known.promote(version)
            await known.looked_at()
            assert generator.model.adapter == version
            assert swap.health() == {}
    assert generator.told == ["v1", "v2", "v1"]


async def test_a_refused_champion_is_told_once_and_the_old_one_serves(
    known: Registry, generator: PickyGenerator, following: Following, caplog: pytest.LogCaptureFixture
) -> None:
    known.promote("v1")
    async with following() as swap:
        await known.looked_at()
        known.promote("v2", whole=False)
        await known.looked_at(20)
        assert (generator.model.adapter, generator.told) == ("v1", ["v1", "v2"])
        assert swap.refused
        assert "no weights" in swap.refused.reason
        assert swap.health() == {"refused": "v2"}
        known.promote("v1")
        await known.looked_at()
        assert swap.health() == {}
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "the champion v2 is refused, and scripted+v1 keeps serving" in errors[0]


async def test_a_refused_champion_is_tried_again_when_its_folder_changes(
    known: Registry, generator: PickyGenerator, following: Following
) -> None:
    async with following() as swap:
        folder = known.promote("v1", whole=False)
        await known.looked_at(5)
        assert generator.told == ["v1"]
        (folder / "weights").touch()
        await known.looked_at()
        assert (generator.model.adapter, swap.health()) == ("v1", {})


async def test_a_champion_of_other_weights_is_refused_before_the_model_hears_of_it(
    known: Registry, generator: PickyGenerator, following: Following
) -> None:
    async with following() as swap:
        known.promote("v1", fingerprint="theirs")
        await known.looked_at(5)
        assert generator.told == []
        assert swap.health() == {"refused": "v1"}


async def test_a_champion_whose_folder_has_gone_is_refused(
    known: Registry, generator: PickyGenerator, following: Following
) -> None:
    known.promote("v1")
    gone = known.promote("v2")
    (gone / "weights").unlink()
    gone.rmdir()
    async with following() as swap:
        await known.looked_at(5)
        assert (generator.told, swap.health()) == (["v2"], {"refused": "v2"})


async def test_a_database_out_of_reach_is_told_once_and_followed_again_when_it_is_back(
    known: Registry, generator: PickyGenerator, following: Following, caplog: pytest.LogCaptureFixture
) -> None:
    async with following():
        known.broken = True
        await known.looked_at(20)
        known.promote("v1")
        known.broken = False
        await known.looked_at()
        assert generator.model.adapter == "v1"
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "the bot goes on as it is: the disk is full"
    ]


async def test_a_training_gets_the_card_and_the_bot_takes_it_back_with_the_new_champion(
    known: Registry, generator: PickyGenerator, following: Following, tmp_path: Path
) -> None:
    known.promote("v1")

    def train() -> None:
        with borrowed_card(tmp_path):
            known.promote("v2")

    async with following() as swap:
        await known.looked_at()
        borrowed = borrowed_card(tmp_path)
        await asyncio.to_thread(borrowed.__enter__)
        with pytest.raises(GenerationError, match="away"):
            await generator.stream(QUESTION, GenerationOptions())
        assert swap.health() == {"suspended": True}
        known.promote("v2")
        borrowed.__exit__(None, None, None)
        await known.looked_at()
        assert swap.health() == {}
        assert (await generator.stream(QUESTION, GenerationOptions())).model.adapter == "v2"
        await asyncio.to_thread(train)  # and once more


async def test_a_bot_that_began_while_the_card_was_lent_loads_when_it_is_free(
    known: Registry, generator: PickyGenerator, following: Following, tmp_path: Path
) -> None:
    await generator.suspend()
    with borrowed_card(tmp_path):
        async with following(suspended=True) as swap:
            await known.looked_at()
            assert swap.health() == {"suspended": True}
    async with following(suspended=True) as swap:
        await known.looked_at()
        assert swap.health() == {}
        assert await generator.stream(QUESTION, GenerationOptions())


async def test_a_model_that_cannot_come_back_is_tried_again(
    known: Registry, generator: PickyGenerator, following: Following, tmp_path: Path
) -> None:
    full = [True, True, False]

    async def resume() -> None:
        if full.pop(0):
            raise ModelError("no memory")
        generator._away = False

    generator.resume = resume  # type: ignore[method-assign]
    await generator.suspend()
    async with following(suspended=True) as swap:
        while swap.health():
            await asyncio.sleep(0.001)
    assert full == []
