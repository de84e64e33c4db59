"""A bot behind the real web channel that keeps everything in memory and answers when a test says so."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from bot.channels.web import PageTexts, PastMessage, WebChannel
from bot.messages import IncomingMessage, Kind, Passage, Reply

TEXTS = PageTexts(
    institution="CENFOBANK",
    greeting="¡Hola! ¿Qué te gustaría saber?",
    suggested_questions=("¿Cuánto cuesta la matrícula?", "¿Qué programas son virtuales?", "¿Dónde queda CENFOBANK?"),
    sample_data_notice="Los datos de esta demostración son de ejemplo.",
    ai_notice="Las respuestas son automáticas y pueden fallar.",
    question_limit=100,
    rate_limited="Vas muy rápido. Espera un minuto, por favor.",
    feedback_good="¡Qué bueno que te sirvió!",
    feedback_bad="Gracias por decírmelo.",
)


class FakeBot:
    """Stores messages, tells histories, takes feedback. ``web`` is the channel in front of it."""

    def __init__(self) -> None:
        self.received: list[IncomingMessage] = []
        self.chats: dict[str, list[PastMessage]] = {}
        self.broken = False
        self.status = "ok"
        self.web: WebChannel

    async def on_message(self, message: IncomingMessage) -> None:
        if self.broken:
            raise OSError(f"cannot store {message.text}")
        if message.external_id not in {known.external_id for known in self.received}:
            self.received.append(message)
            waiting = PastMessage(
                "student", message.text, message.received_at, waiting=True, external_id=message.external_id
            )
            self.chats.setdefault(message.chat_id, []).append(waiting)

    async def history(self, chat_id: str) -> list[PastMessage]:
        return self.chats.get(chat_id, [])

    async def feedback(self, chat_id: str, answer_id: int, value: int) -> bool:
        chat = self.chats.get(chat_id, [])
        for i, message in enumerate(chat):
            if message.answer_id == answer_id:
                chat[i] = replace(message, feedback=value)
                return True
        return False

    async def answer(
        self,
        text: str,
        *,
        kind: Kind = Kind.ANSWER,
        verbatim: bool = False,
        question: IncomingMessage | None = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        """Answers ``question``, or the last one received: first in the history, then on the channel."""
        chat_id = (question or self.received[-1]).chat_id
        chat = self.chats[chat_id]
        asked = next(i for i, message in enumerate(chat) if message.waiting)
        answer_id = 1 + sum(len(messages) for messages in self.chats.values())
        chat[asked] = replace(chat[asked], waiting=False, external_id="")
        bubble = PastMessage("bot", text, datetime.now(UTC), answer_id, kind, verbatim, suggestions=tuple(suggestions))
        chat.insert(asked + 1, bubble)
        offered = tuple(Passage(number, title, "", 0.5, title) for number, title in enumerate(suggestions))
        await self.web.send(chat_id, Reply(text, kind, answer_id, verbatim, offered))


@asynccontextmanager
async def serving(
    *, messages_per_minute: int = 100, public_hosts: tuple[str, ...] = (), texts: PageTexts = TEXTS, port: int = 0
) -> AsyncIterator[FakeBot]:
    """The bot with its web chat on a free port."""
    bot = FakeBot()
    bot.web = WebChannel(
        on_message=bot.on_message,
        history=bot.history,
        feedback=bot.feedback,
        texts=texts,
        ready=lambda: {"status": bot.status, "model": "tiny+v1"},
        port=port,
        public_hosts=public_hosts,
        messages_per_minute=messages_per_minute,
    )
    async with bot.web:
        yield bot
