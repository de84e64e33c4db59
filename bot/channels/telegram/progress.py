"""What a student sees while an answer is in the making: "typing…", and in private the sentences that are checked."""

import asyncio
from typing import Self

from bot.channels.telegram.base import Cosmetics
from bot.telegram.texts import split

_TYPING_SECONDS = 4.5
"""Telegram shows "typing…" for about five seconds."""
_DRAFT_SECONDS = 0.7
"""The shortest time between two drafts."""


class Progress:
    """Shown from the entry of this async context manager to its exit. It never delays an answer."""

    def __init__(self, cosmetics: Cosmetics, chat_id: str, draft_id: int, *, drafts: bool) -> None:
        """``drafts`` is false in groups: there Telegram has none."""
        self._cosmetics = cosmetics
        self._chat_id = chat_id
        self._draft_id = draft_id
        self._drafts = drafts
        self._text = ""
        self._grown = asyncio.Event()
        self._showing: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._showing = [asyncio.create_task(self._type())]
        if self._drafts:
            self._showing.append(asyncio.create_task(self._draft()))
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._showing:
            task.cancel()
        await asyncio.wait(self._showing)

    async def preview(self, text: str) -> None:
        """Takes all of the text that is checked so far; it is shown when a draft may be sent again."""
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
            if pieces := split(self._text):
                await self._cosmetics.draft(self._chat_id, self._draft_id, pieces[0])
            await asyncio.sleep(_DRAFT_SECONDS)
