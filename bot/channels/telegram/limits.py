"""How fast students may write to the bot: each one, and all of them together."""

from bot.channels.rate_limit import RateLimit
from bot.profile import Texts
from bot.telegram.events import Event

AT_ONCE = 100
"""So many students may write as fast as one may, before all are asked for patience: it protects the machine."""
_ALL = ""


class Limits:
    """Says no, kindly, and once a minute in each chat."""

    def __init__(self, per_minute: int, texts: Texts) -> None:
        self._one = RateLimit(per_minute)
        self._all = RateLimit(per_minute * AT_ONCE)
        self._said = RateLimit(1)
        self._texts = texts

    def refusal(self, event: Event) -> str | None:
        """None: go on. Else what to say; an empty text where it was said a moment ago."""
        if self._one.wait(event.user_id or event.chat_id):
            text = self._texts.rate_limited
        elif self._all.wait(_ALL):
            text = self._texts.busy
        else:
            return None
        return "" if self._said.wait(event.chat_id) else text
