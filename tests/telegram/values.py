"""The values that the emulator hands out: refusals, messages, drafts, calls, and the clock that scales time."""

import time
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""An object of the Bot API, as it goes over the wire."""


class Refusal(Exception):
    """An answer {"ok": false, ...}, as Telegram gives it. ``retry_after`` is in the seconds that the client is told."""

    def __init__(
        self, code: int, description: str, retry_after: int | None = None, *, migrated_to: int | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = {"retry_after": retry_after, "migrate_to_chat_id": migrated_to}

    def body(self) -> Json:
        """The answer's JSON."""
        answer: Json = {"ok": False, "error_code": self.code, "description": self.description}
        given = {name: value for name, value in self.parameters.items() if value is not None}
        return answer | {"parameters": given} if given else answer


class Violation(Refusal):
    """A refusal that a correct bot never earns, whatever its users do; it is noted in ``BotApi.violations``."""

    def __init__(self, rule: str, code: int = 400) -> None:
        super().__init__(code, f"Bad Request: {rule}" if code == 400 else rule)


def bad_request(reason: str) -> Refusal:
    """A 400 that a correct bot may meet, such as a message that is gone."""
    return Refusal(400, f"Bad Request: {reason}")


@dataclass(frozen=True)
class Clock:
    """Telegram's seconds: ``scale`` of them go by in a real one."""

    scale: float

    def now(self) -> float:
        """Telegram seconds since some moment."""
        return time.monotonic() * self.scale

    def real(self, seconds: float) -> float:
        """How many real seconds so many Telegram seconds take."""
        return seconds / self.scale


@dataclass(frozen=True)
class Message:
    """A message as it stands now; an edit makes another value. ``edits`` holds what it was before, oldest first."""

    raw: Json
    sent_at: float
    edits: tuple[Json, ...] = ()
    deleted: bool = False
    file: bytes | None = None

    @property
    def message_id(self) -> int:
        """Its number in its chat."""
        return int(self.raw["message_id"])

    @property
    def chat_id(self) -> int:
        """The chat that it is in."""
        return int(self.raw["chat"]["id"])

    @property
    def by_bot(self) -> bool:
        """Whether the bot wrote it."""
        return bool(self.raw["from"]["is_bot"])

    @property
    def text(self) -> str:
        """The text, or the caption, or the poll's question; empty for what has none of them."""
        return str(self.raw.get("text") or self.raw.get("caption") or self.raw.get("poll", {}).get("question", ""))

    @property
    def entities(self) -> list[Json]:
        """The entities of the text or the caption."""
        found: list[Json] = self.raw.get("entities") or self.raw.get("caption_entities") or []
        return found

    @property
    def reply_markup(self) -> Json | None:
        """The keyboard of any kind, as it was sent."""
        found: Json | None = self.raw.get("reply_markup")
        return found

    def for_bot(self, *without: str) -> Json:
        """The Message object as the bot gets it: of the keyboards, it holds inline ones only."""
        hidden = () if "inline_keyboard" in (self.reply_markup or {}) else ("reply_markup",)
        return {name: value for name, value in self.raw.items() if name not in (*without, *hidden)}

    @property
    def buttons(self) -> list[list[str]]:
        """The texts on the buttons, row by row."""
        markup = self.reply_markup or {}
        rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
        return [[button if isinstance(button, str) else button["text"] for button in row] for row in rows]


@dataclass(frozen=True)
class Draft:
    """One state of a message that the bot is still writing."""

    draft_id: int
    text: str
    sent_at: float


@dataclass(frozen=True)
class UploadedFile:
    """A file that the bot sent as multipart/form-data."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """One call of the bot. ``answer`` is the body; None if the connection was lost before there was one.

    After the fault ``drop_after`` the answer is what the bot would have read.
    """

    method: str
    parameters: Json
    at: float
    answer: Json | None
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """Whether Telegram did what the call asked for."""
        return bool(self.answer and self.answer["ok"])
