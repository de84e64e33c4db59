"""The calls that nobody misses, as the Bot API makes them: :class:`bot.channels.telegram.base.Cosmetics`."""

import asyncio
from collections.abc import Sequence

from telegram import Bot, BotCommand

from bot.channels.telegram.backoff import backoff
from bot.channels.telegram.cosmetics import Cosmetics

_MENU_TRIES = 30
"""Half an hour of them; what Telegram has not taken by then, it refuses."""


class Gestures:
    """Typing, drafts, and the end of a pressed button's wait. Each may fail without harm."""

    def __init__(self, bot: Bot, cosmetics: Cosmetics) -> None:
        self._bot = bot
        self._cosmetics = cosmetics

    async def typing(self, chat_id: str) -> None:
        """Shows "typing…" for about five seconds."""
        call = self._bot.send_chat_action
        await self._cosmetics.attempt("sendChatAction", chat_id, lambda: call(int(chat_id), "typing"))

    async def draft(self, chat_id: str, draft_id: int, text: str) -> bool:
        """Shows a message in the making, in a private chat, for up to 30 seconds; False: no draft is shown there.

        A chat that is only to be left alone for a while shows the next one.
        """
        call = self._bot.send_message_draft
        shown = await self._cosmetics.attempt("sendMessageDraft", chat_id, lambda: call(int(chat_id), draft_id, text))
        return shown or self._cosmetics.rests(chat_id)

    async def press_heard(self, query_id: str, text: str = "") -> None:
        """Ends the wait that a pressed button shows."""
        call = self._bot.answer_callback_query
        await self._cosmetics.attempt("answerCallbackQuery", "", lambda: call(query_id, text or None))

    async def menu(self, commands: Sequence[BotCommand], *, retry_seconds: float = 1) -> bool:
        """Registers the command menu, trying again with pauses that grow; False: it was given up."""
        for failures in range(1, _MENU_TRIES + 1):
            if await self._cosmetics.attempt("setMyCommands", "", lambda: self._bot.set_my_commands(commands)):
                return True
            await asyncio.sleep(backoff(failures, retry_seconds))
        return False
