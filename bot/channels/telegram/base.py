"""What the students' side needs of others: calls that nobody misses, and the persons behind the bot."""

from datetime import datetime
from typing import Protocol

from storage.database import Session


class Cosmetics(Protocol):
    """Calls that may fail without harm. They never raise."""

    async def typing(self, chat_id: str) -> None:
        """Shows "typing…" for about five seconds."""
        ...

    async def draft(self, chat_id: str, draft_id: int, text: str) -> bool:
        """Shows a message in the making, in a private chat, for up to 30 seconds; False: no draft is shown there."""
        ...

    async def press_heard(self, query_id: str, text: str = "") -> None:
        """Ends the wait that a pressed button shows."""
        ...


class People(Protocol):
    """Staff who take a conversation over. All of it is part of the caller's transaction."""

    def ask(self, session: Session, *, conversation_id: int, name: str, question: str, now: datetime) -> bool:
        """Opens a hand-off and tells staff; False: there is no staff to tell."""
        ...

    def tell(self, session: Session, *, conversation_id: int, text: str, now: datetime) -> bool:
        """Passes on what the student writes while a hand-off is open; False: none is."""
        ...

    def forget(self, session: Session, *, conversation_id: int, now: datetime) -> None:
        """Ends the hand-off, if one is open, as the chat is about to be deleted, and tells staff."""
        ...

    def leave(self, session: Session, *, conversation_id: int, now: datetime) -> bool:
        """Ends the hand-off for the student and tells staff; False: none is open."""
        ...
