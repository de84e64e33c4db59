"""The seam to a place where students write: receive, send, preview, edit."""

from collections.abc import Awaitable, Callable
from typing import Protocol, Self

from bot.messages import IncomingMessage, Reply

OnMessage = Callable[[IncomingMessage], Awaitable[None]]
"""Stores the message durably; returns once it is safe to acknowledge it."""


class Channel(Protocol):
    """One place where students write. It is built with an :data:`OnMessage` and knows no model and no table."""

    name: str

    async def __aenter__(self) -> Self:
        """Starts receiving."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Stops receiving and drains what was received."""
        ...

    async def send(self, chat_id: str, reply: Reply) -> str:
        """Sends a reply, now or long after the question; returns the message's id."""
        ...

    async def preview(self, chat_id: str, text: str) -> None:
        """Shows what is checked so far. Cosmetic: may do nothing, and never raises."""
        ...
