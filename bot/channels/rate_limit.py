"""How fast somebody may write: one token bucket per key, forgotten once it is full again."""

import time
from collections.abc import Callable


class RateLimit:
    """Lets ``per_minute`` actions of one key through in a burst, then one whenever a share of the minute has passed."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        """Key → tokens left, and when; the one used longest ago comes first."""

    def wait(self, key: str) -> float:
        """Takes a token: 0.0 when there was one, else the seconds until there will be."""
        now = self._clock()
        tokens, since = self._buckets.pop(key, (float(self._capacity), now))
        tokens = min(self._capacity, tokens + (now - since) * self._capacity / 60)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - allowed, now)
        self._forget(now - 60)
        return 0.0 if allowed else (1 - tokens) * 60 / self._capacity

    def _forget(self, before: float) -> None:
        # After a minute a bucket is full, as a new one is.
        while self._buckets and next(iter(self._buckets.values()))[1] <= before:
            del self._buckets[next(iter(self._buckets))]
