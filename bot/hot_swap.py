"""Keeps the running bot on the registry's champion, and lends the card to a training that does not fit beside it.

It looks every second. A champion that is refused is named in the log once and tried again only when the
alias moves or its folder changes; the adapter before it keeps serving. So it does while the database cannot
be read, or when there is no champion any more.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.card import Card
from bot.generation.base import Adapter, Generator
from storage.registry import AdapterRecord

log = logging.getLogger("cenfobot")

Files = frozenset[tuple[str, int, int]]
"""Name, size and time of change (ns) of the files of a folder."""


@dataclass(frozen=True)
class Refusal:
    """A champion that does not serve, and why."""

    record: AdapterRecord
    reason: str
    files: Files
    """What its folder held."""


class HotSwap:
    """Follows the alias while its context lasts."""

    def __init__(
        self,
        generator: Generator,
        *,
        champion: Callable[[], AdapterRecord | None],
        adapter: Callable[[AdapterRecord], Adapter],
        card: Card,
        suspended: bool = False,
        poll_seconds: float = 1,
    ) -> None:
        """``champion`` reads the alias; ``adapter`` raises AdapterError for one of other weights; both may block.

        ``suspended`` says that ``generator`` begins without its weights.
        """
        self._generator = generator
        self._champion = champion
        self._adapter = adapter
        self._card = card
        self._suspended = suspended
        self._poll_seconds = poll_seconds
        self._refused: Refusal | None = None
        self._trouble = ""
        self._task: asyncio.Task[None]

    @property
    def refused(self) -> Refusal | None:
        """The champion that does not serve; None while the champion does."""
        return self._refused

    def health(self) -> dict[str, object]:
        """What ``/healthz`` shows beside the model's name. The reason, which names files, is in the log only."""
        refused = {"refused": self._refused.record.version} if self._refused else {}
        return refused | ({"suspended": True} if self._suspended else {})

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look_again_and_again())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _look_again_and_again(self) -> None:
        while True:
            try:
                await self._follow_card()
                await self._follow_champion()
                self._trouble = ""
            except Exception as error:  # the database, or memory for the model, may come back: looking goes on
                if str(error) != self._trouble:
                    log.error("the bot goes on as it is: %s", error)
                self._trouble = str(error)
            await asyncio.sleep(self._poll_seconds)

    async def _follow_card(self) -> None:
        if await asyncio.to_thread(self._card.is_wanted):
            if not self._suspended:
                log.warning("the card is lent to a training: approved answers are given letter by letter")
                await self._generator.suspend()
                self._suspended = True
            self._card.give()
        elif self._card.take() and self._suspended:
            await self._generator.resume()
            self._suspended = False
            log.warning("the card is back: %s answers", self._generator.model)

    async def _follow_champion(self) -> None:
        record = await asyncio.to_thread(self._champion)
        if record is None or record.version == self._generator.model.adapter:
            self._refused = None
            return
        files = await asyncio.to_thread(_files, Path(record.path))
        if self._refused and (self._refused.record, self._refused.files) == (record, files):
            return
        before, started = self._generator.model, time.monotonic()
        try:
            await self._generator.use_adapter(await asyncio.to_thread(self._adapter, record))
        except Exception as error:  # whatever is wrong with it, it must not be tried again every second
            self._refused = Refusal(record, str(error), files)
            log.error("the champion %s is refused, and %s keeps serving: %s", record.version, before, error)
        else:
            self._refused = None
            log.info("%s takes over from %s (%.1f s)", self._generator.model, before, time.monotonic() - started)


def _files(folder: Path) -> Files:
    stats = [(path.name, path.stat()) for path in folder.iterdir()] if folder.is_dir() else []
    return frozenset((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
