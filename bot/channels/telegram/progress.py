"""What a student sees while an answer is in the making: "typing…", and the sentences that are checked.

In private these are drafts. In groups, and where drafts are refused, they are a message that grows by edits.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from bot.channels.telegram.base import Cosmetics
from bot.channels.telegram.pieces import Pieces
from bot.telegram.texts import split

_TYPING_SECONDS = 4.5
"""Telegram shows "typing…" for about five seconds."""
_DRAFT_SECONDS = 0.7
"""The shortest time between two drafts."""


@dataclass(frozen=True)
class Growing:
    """How fast a message grows by edits. A group takes 20 messages a minute, edits among them."""

    first_seconds: float = 3.0
    """An answer that is done by then is sent as one message, with nothing before it."""
    edit_seconds: float = 4.0
    """The shortest time between two edits."""


class Progress:
    """Shown from the entry of this async context manager to its exit. It never delays an answer."""

    def __init__(
        self, cosmetics: Cosmetics, chat_id: str, draft_id: int, *, drafts: bool, pieces: Pieces, growing: Growing
    ) -> None:
        """``drafts`` is false in groups: there Telegram has none."""
        self._cosmetics = cosmetics
        self._pieces = pieces
        self._growing = growing
        self._chat_id = chat_id
        self._draft_id = draft_id
        self._drafts = drafts
        self._text = ""
        self._grown = asyncio.Event()
        self._showing: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._grows_from = time.monotonic() + self._growing.first_seconds
        show = self._draft() if self._drafts else self._grow()
        self._showing = [asyncio.create_task(self._type()), asyncio.create_task(show)]
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._showing:
            task.cancel()
        await asyncio.wait(self._showing)

    async def preview(self, text: str) -> None:
        """Takes all of the text that is checked so far; it is shown when it may be shown again."""
        self._text = text
        self._grown.set()

    async def _type(self) -> None:
        while True:
            await self._cosmetics.typing(self._chat_id)
            await asyncio.sleep(_TYPING_SECONDS)

    async def _draft(self) -> None:
        while True:
            await self._grown.wait()
            self._grown.clear()
            texts = split(self._text)
            if texts and not await self._cosmetics.draft(self._chat_id, self._draft_id, texts[0]):
                self._grown.set()
                await self._grow()
            await asyncio.sleep(_DRAFT_SECONDS)

    async def _grow(self) -> None:
        await asyncio.sleep(max(0.0, self._grows_from - time.monotonic()))
        while True:
            await self._grown.wait()
            self._grown.clear()
            if self._text.strip() and not await self._pieces.show(self._text):
                self._grown.set()
            await asyncio.sleep(self._growing.edit_seconds)
