"""How fast the bot may send: Telegram's limits per private chat, per group and over all, kept in advance."""

import time
from collections.abc import Callable

from bot.channels.rate_limit import RateLimit
from bot.telegram.below import is_group

_ALL = ""


class Pace:
    """One message a second to a private chat with 3 at once, 20 a minute to a group, 30 a second to all. Edits count.

    A chat's send may reach Telegram at any moment between :meth:`take` and :meth:`settle`. Time counts from ``settle``
    to the next ``take`` only, so that the limit holds at Telegram's end, too, however slow the way. Sends to several
    chats overlap: of the 30 that Telegram takes at once, 10 leave at once, which makes up for 0.6 seconds of jitter.
    It does not cover what another process, or this one before its start, has sent.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._all = RateLimit(30 * 60, clock, burst=10)
        self._private = RateLimit(60, clock, burst=3)
        self._group = RateLimit(20, clock)

    def until_any(self) -> float:
        """Seconds until something may be sent."""
        return self._all.until(_ALL)

    def until(self, chat_id: str) -> float:
        """Seconds until the chat may be sent something."""
        return self._limit(chat_id).until(chat_id)

    def take(self, chat_id: str) -> None:
        """A send begins."""
        self._all.wait(_ALL)
        self._limit(chat_id).wait(chat_id)

    def settle(self, chat_id: str) -> None:
        """The send has ended."""
        self._limit(chat_id).hold(chat_id)

    def _limit(self, chat_id: str) -> RateLimit:
        return self._group if is_group(chat_id) else self._private
