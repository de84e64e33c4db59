"""How fast somebody may act: one token bucket per key, forgotten once it is full again."""

import time
from collections.abc import Callable


class RateLimit:
    """Lets ``burst`` actions of one key through at once, then ``per_minute``."""

    def __init__(
        self, per_minute: int, clock: Callable[[], float] = time.monotonic, *, burst: int | None = None
    ) -> None:
        """``burst`` is at most ``per_minute``, and as many if it is not given."""
        self._per_second = per_minute / 60
        self._capacity = burst or per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        """Key → tokens left, and when; the one used longest ago comes first."""

    def wait(self, key: str) -> float:
        """Takes a token: 0.0 when there was one, else the seconds until there will be."""
        now = self._clock()
        tokens = self._tokens(key, now)
        allowed = tokens >= 1
        self._set(key, tokens - allowed, now)
        return 0.0 if allowed else (1 - tokens) / self._per_second

    def until(self, key: str) -> float:
        """The seconds until there is a token, which is not taken."""
        return max(0.0, (1 - self._tokens(key, self._clock())) / self._per_second)

    def hold(self, key: str) -> None:
        """Takes back what was regained since the last token was taken: the action has only now ended."""
        if key in self._buckets:
            self._set(key, self._buckets[key][0], self._clock())

    def _tokens(self, key: str, now: float) -> float:
        tokens, since = self._buckets.get(key, (float(self._capacity), now))
        return min(self._capacity, tokens + (now - since) * self._per_second)

    def _set(self, key: str, tokens: float, now: float) -> None:
        self._buckets.pop(key, None)
        self._buckets[key] = (tokens, now)
        # After a minute a bucket is full, as a new one is.
        while self._buckets and next(iter(self._buckets.values()))[1] <= now - 60:
            del self._buckets[next(iter(self._buckets))]
