"""One event being answered: its transaction, and what goes back into its chat through the outbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.telegram.events import Event, Press
from bot.telegram.keyboards import Button, keyboard
from bot.telegram.sending import put_text
from bot.telegram.texts import StyledText
from storage import conversations, outbox
from storage.database import Session

CHANNEL = "telegram"
INSTEAD_OF = "instead_of"
"""In what sendMessage is given: what a message is about whose place it takes, if there is one by then."""
Read = Callable[[str, datetime], Event]
"""The event in an inbox's text, which was received then."""


@dataclass(frozen=True)
class Talk:
    """What a handler gets; whatever it decides is committed together, with the end of the inbox's message."""

    session: Session
    event: Event
    now: datetime

    @property
    def conversation(self) -> int:
        """The chat's conversation, begun if this is its first event."""
        return conversations.open_conversation(self.session, CHANNEL, self.event.chat_id, now=self.now)

    @property
    def known_conversation(self) -> int | None:
        """The chat's conversation, if anything was said there."""
        return conversations.find_conversation(self.session, CHANNEL, self.event.chat_id)

    def say(
        self,
        text: StyledText | str,
        *rows: Sequence[Button],
        about: str = "",
        once: str | None = None,
        instead_of: str | None = None,
    ) -> bool:
        """Sends a text, in as many messages as it needs; the last one has the buttons.

        The first takes the place of the message about ``instead_of``.
        False: something with the key ``once`` was sent before, so this was not.
        """
        place = {INSTEAD_OF: instead_of} if instead_of else {}
        buttons = {"reply_markup": keyboard(*rows)} if rows else {}
        return put_text(
            self.session,
            text,
            channel=CHANNEL,
            chat_id=self.event.chat_id,
            now=self.now,
            about=about,
            once=once,
            each=self._place(),
            first=place,
            last=buttons,
        )

    def send(self, method: str, payload: Mapping[str, Any], *, about: str = "", once: str | None = None) -> bool:
        """Sends anything; in a group as a reply to what it is about, in a forum into its topic."""
        return self._put(method, {**payload, **self._place()}, about, once)

    def edit(self, text: str, *rows: Sequence[Button]) -> None:
        """Gives the message whose button was pressed another text and other buttons."""
        payload = {"message_id": int(self.event.message_id), "text": text, "reply_markup": keyboard(*rows)}
        self._put("editMessageText", payload, "", None)

    def mark(self, *rows: Sequence[Button], about: str = "") -> None:
        """Gives the message whose button was pressed other buttons."""
        payload = {"message_id": int(self.event.message_id), "reply_markup": keyboard(*rows)}
        self._put("editMessageReplyMarkup", payload, about, None)

    def _place(self) -> dict[str, Any]:
        place: dict[str, Any] = {} if self.event.thread_id is None else {"message_thread_id": self.event.thread_id}
        if not self.event.private and self.event.message_id and not isinstance(self.event.what, Press):
            to = {"message_id": int(self.event.message_id), "allow_sending_without_reply": True}
            place |= {"reply_parameters": to}
        return place

    def _put(self, method: str, payload: Mapping[str, Any], about: str, once: str | None) -> bool:
        stored = outbox.put(
            self.session,
            channel=CHANNEL,
            chat_id=self.event.chat_id,
            method=method,
            payload=payload,
            about=about,
            once=once,
            now=self.now,
        )
        return stored is not None
