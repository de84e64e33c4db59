"""How fast a bot may send: Telegram's limits as token buckets, and flood waits that last until they are over."""

import math
from dataclasses import dataclass

from tests.telegram.values import Clock, Refusal

SENDS = frozenset(
    {
        "sendMessage", "editMessageText", "editMessageReplyMarkup", "sendPoll", "stopPoll",
        "sendDocument", "forwardMessage", "copyMessage",
    }
)  # fmt: skip
"""What counts: every message and every edit."""

ON_THE_WAY = 0.2
"""Real seconds in which a call does not count as an early retry: it may have left before the 429 arrived."""


@dataclass
class _Bucket:
    capacity: float
    per_second: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 if there is one."""
        self.tokens = min(self.capacity, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        return max(0.0, (1 - self.tokens) / self.per_second)


@dataclass
class _Flood:
    until: float
    methods: frozenset[str] | None
    told_at: float | None = None


class Rates:
    """Decides which call is answered 429.

    A private chat takes one message a second with 3 at once, a group 20 a minute, all chats together 30 a second.
    All of that is in Telegram seconds. ``retry_after`` is told in real seconds, rounded up, at least 1: a bot sleeps
    in real seconds and knows no scale. With ``scaled_retry_after=False`` it is told in Telegram seconds.
    """

    def __init__(self, clock: Clock, enabled: bool, scaled_retry_after: bool) -> None:
        self._clock = clock
        self._enabled = enabled
        self._scaled = scaled_retry_after
        self._buckets: dict[int | None, _Bucket] = {}
        self._floods: list[tuple[int | None, _Flood]] = []
        self.early_retries: list[str] = []

    def flood(self, chat_id: int | None, seconds: float, methods: frozenset[str] | None = None) -> None:
        """Calls about the chat (None: about any) are answered 429 for so many Telegram seconds.

        With methods, these only; with methods and no chat, also those of them that are about no chat.
        """
        self._floods.append((chat_id, _Flood(self._clock.now() + seconds, methods)))

    def check(self, method: str, chat_id: int | None) -> None:
        """Takes a token for the call.

        Raises:
            Refusal: 429, the call comes too soon.
        """
        now = self._clock.now()
        self._floods = [(key, flood) for key, flood in self._floods if flood.until > now]
        for key, flood in self._floods:
            concerned = chat_id is not None if flood.methods is None else method in flood.methods
            if concerned and key in (None, chat_id):
                raise self._told(method, chat_id, flood, now)
        if self._enabled and method in SENDS and chat_id is not None:
            self._take(method, chat_id, now)

    def _take(self, method: str, chat_id: int, now: float) -> None:
        limits = {None: (30.0, 30.0), chat_id: (3.0, 1.0) if chat_id > 0 else (20.0, 20 / 60)}
        buckets = {
            key: self._buckets.setdefault(key, _Bucket(size, rate, size, now)) for key, (size, rate) in limits.items()
        }
        for key, bucket in buckets.items():
            if wait := bucket.wait(now):
                flood = _Flood(now + _whole(wait), SENDS)
                self._floods.append((key, flood))
                raise self._told(method, chat_id, flood, now)
        for bucket in buckets.values():
            bucket.tokens -= 1

    def _told(self, method: str, chat_id: int | None, flood: _Flood, now: float) -> Refusal:
        left = flood.until - now
        if flood.told_at is None:
            flood.told_at = now
        elif self._clock.real(now - flood.told_at) > ON_THE_WAY:
            self.early_retries.append(f"{method} to chat {chat_id}: {left:.1f} Telegram seconds too early")
        told = _whole(self._clock.real(left) if self._scaled else left)
        return Refusal(429, f"Too Many Requests: retry after {told}", told)


def _whole(seconds: float) -> int:
    """Seconds rounded up, at least 1; what a sum of floats has too much (3.0000000001) is no second more."""
    return max(1, math.ceil(round(seconds, 3)))
