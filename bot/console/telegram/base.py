"""What the staff's side is told and may ask: who acts where, and the approved pairs nearest to a question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.messages import Passage
from bot.telegram.updates import Event, Press
from storage.staff import StaffRecord

Nearest = Callable[[str], Sequence[Passage]]
"""The approved pairs nearest to a question, best first; may read the database, so never inside of a transaction."""


@dataclass(frozen=True)
class Asked:
    """An event that concerns staff, and whose it is."""

    event: Event
    member: StaffRecord | None
    """Who acts, if the account is linked."""
    staff_chat: str | None
    """Where staff talk; None before an admin has said so."""
    about: str
    """What the message is about that was replied to or whose button was pressed, as ``review:12``."""
    now: datetime

    @property
    def in_staff_chat(self) -> bool:
        """Whether it happened there."""
        return self.event.chat_id == self.staff_chat

    @property
    def pressed(self) -> bool:
        """Whether a button was pressed."""
        return isinstance(self.event.what, Press)


def number_in(about: str, kind: str) -> int | None:
    """The number of a ``review`` or a ``handoff`` in what a message is about; None if it is about something else."""
    found, _, rest = about.partition(":")
    number = rest.partition(":")[0]
    return int(number) if found == kind and number.isdecimal() else None
