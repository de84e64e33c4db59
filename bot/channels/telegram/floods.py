"""Which chats Telegram has told to be left alone for a while, for those who need not read the database."""

import time


class Floods:
    """Chat or method → until when. It lives as long as the process; ``chat_states`` outlives it for the outbox."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def pause(self, key: str, seconds: float) -> None:
        """Nothing for so many seconds."""
        self._until[key] = max(self._until.get(key, 0), time.monotonic() + seconds)

    def paused(self, *keys: str) -> bool:
        """Whether one of them is to be left alone now."""
        now = time.monotonic()
        for key in [key for key, until in self._until.items() if until <= now]:
            del self._until[key]
        return any(key in self._until for key in keys)
