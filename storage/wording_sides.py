"""Which wordings training may use (``train``) and which only measure it (``held_out``): decided once, kept.

A wording that was trained on never measures anything again; a held-out one may be given to training.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import WordingSide


def sides(session: Session) -> dict[str, str]:
    """Every decided wording, folded, with its side."""
    return dict(session.execute(select(WordingSide.folded, WordingSide.side)).all())


def store(session: Session, sides: Mapping[str, str], *, now: datetime) -> None:
    """Stores the sides of these folded wordings; to be called only by who holds the training lock.

    Raises:
        StorageError: one is in ``train`` and would become held out; nothing is stored.
    """
    known = dict(session.execute(select(WordingSide.folded, WordingSide.side)).all())
    rows = [{"folded": folded, "side": side, "decided_at": now} for folded, side in sides.items()]
    new = [row for row in rows if row["folded"] not in known]
    moved = [row for row in rows if known.get(str(row["folded"]), row["side"]) != row["side"]]
    if back := [row["folded"] for row in moved if row["side"] == "held_out"]:
        raise StorageError(
            f"{len(back)} wording(s) that may have been trained on cannot be held out, such as {back[0]!r}: "
            "they would measure what was learned by heart. Leave them in 'train'."
        )
    if new:
        session.execute(insert(WordingSide), new)
    if moved:
        session.execute(update(WordingSide), moved)  # each row by its key
