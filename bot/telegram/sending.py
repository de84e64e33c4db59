"""A text on its way to a chat in Telegram: into the outbox, in as many messages as it needs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.telegram.texts import StyledText, split_styled
from storage import outbox
from storage.database import Session

_NOTHING: Mapping[str, Any] = {}


def put_text(
    session: Session,
    text: StyledText | str,
    *,
    channel: str,
    chat_id: str,
    now: datetime,
    about: str = "",
    once: str | None = None,
    each: Mapping[str, Any] = _NOTHING,
    first: Mapping[str, Any] = _NOTHING,
    last: Mapping[str, Any] = _NOTHING,
) -> bool:
    """Puts the text; ``each``, ``first`` and ``last`` are what sendMessage is given beside it for these pieces.

    False: something with the key ``once`` was put before, so this was not.
    """
    pieces = split_styled(text if isinstance(text, StyledText) else StyledText(text))
    for place, piece in enumerate(pieces):
        at_start, at_end = place == 0, place == len(pieces) - 1
        payload = {**piece.payload(), **each, **(first if at_start else {}), **(last if at_end else {})}
        stored = outbox.put(
            session,
            channel=channel,
            chat_id=chat_id,
            method="sendMessage",
            payload=payload,
            about=about,
            once=once if at_start else None,
            now=now,
        )
        if stored is None:
            return False
    return True
