"""How a pair is changed: the version is taken first, then the change, then its row in the history.

The version's counter stays locked until the transaction ends. Changes therefore happen one after the other:
versions become visible in order, and two changes cannot give one wording to two pairs.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from storage.errors import BadText, UnknownId, WordingTaken
from storage.models import Pair, PairChange, PairWording
from storage.pair_records import PairRecord, get_pair
from storage.pair_text import broken_rule, excerpt, tidied
from storage.pairs_csv import CsvPair
from storage.statements import next_value
from storage.text import folded

COUNTER = "pairs"
"""The counter that holds the knowledge version."""
_CHUNK = 500
"""Values in one IN (...), well under every database's limit."""


def begin_change(session: Session, pair_id: int) -> tuple[int, PairRecord]:
    """The new knowledge version, and the active pair that is going to change.

    Raises:
        UnknownId: there is no active pair with this id.
    """
    version = next_value(session, COUNTER)
    before = get_pair(session, pair_id)
    if before.status != "active":
        raise UnknownId(f"Pair {pair_id} is {before.status}; only an active pair can change. Add a new one.")
    return version, before


def end_change(
    session: Session, before: PairRecord, version: int, *, action: str, by: str, now: datetime
) -> PairRecord:
    """Marks the pair as changed by ``version``, writes its history and returns it as it is now."""
    session.execute(update(Pair).where(Pair.id == before.id).values(changed_seq=version))
    after = get_pair(session, before.id)
    change = {"pair_id": before.id, "at": now, "by": by, "action": action}
    session.execute(insert(PairChange), [{**change, "before": _state(before), "after": _state(after)}])
    return after


def insert_pairs(
    session: Session, pairs: Sequence[CsvPair], *, action: str, origin: str, by: str, now: datetime
) -> Sequence[int]:
    """Inserts new active pairs, many at a time, and returns their ids in order.

    Raises:
        BadText, WordingTaken: see :func:`fit_text` and :func:`refuse_taken`.
    """
    if not pairs:
        return []
    answers = [fit_text(pair.answer, question=False) for pair in pairs]
    wordings = [foldings([pair.question, *pair.wordings]) for pair in pairs]
    _refuse_shared(wordings)
    version = next_value(session, COUNTER)  # from here on other writers wait: all that is slow is done
    refuse_taken(session, (item for texts in wordings for item in texts.items()))
    last = session.scalar(select(func.max(Pair.position))) or 0
    shared = {"origin": origin, "status": "active", "approved_by": by, "approved_at": now, "changed_seq": version}
    rows: list[dict[str, Any]] = [
        {"question": next(iter(texts)), "answer": answer, "position": position, **shared}
        for position, (texts, answer) in enumerate(zip(wordings, answers, strict=True), last + 1)
    ]
    ids = session.scalars(insert(Pair).returning(Pair.id, sort_by_parameter_order=True), rows).all()
    session.execute(
        insert(PairWording),
        [
            {"pair_id": pair_id, "ordinal": ordinal, "text": text, "folded": folding}
            for pair_id, texts in zip(ids, wordings, strict=True)
            for ordinal, (text, folding) in enumerate(texts.items())
        ],
    )
    changes: list[dict[str, Any]] = [
        {"pair_id": pair_id, "at": now, "by": by, "action": action, "before": None}
        | {"after": {"question": first, "answer": answer, "wordings": others, "status": "active"}}
        for pair_id, (first, *others), answer in zip(ids, wordings, answers, strict=True)
    ]
    session.execute(insert(PairChange), changes)
    return ids


def fit_text(text: str, *, question: bool) -> str:
    """``text`` tidied.

    Raises:
        BadText: it could not be written to the CSV and read back.
    """
    text = tidied(text)
    if broken := broken_rule(text, question=question):
        rule, remedy = broken
        raise BadText(f"Not stored: {rule}; received {excerpt(text)}. {remedy}")
    return text


def foldings(texts: Iterable[str]) -> dict[str, str]:
    """Each wording once, tidied and in order, with its folding.

    Raises:
        BadText: see :func:`fit_text`.
    """
    return {text: folded(text) for text in (fit_text(text, question=True) for text in texts)}


def refuse_taken(session: Session, texts: Iterable[tuple[str, str]], *, of: int | None = None) -> None:
    """Makes sure that no active pair, other than ``of``, is asked with one of these (wording, folding).

    Raises:
        WordingTaken: one is; names it.
    """
    remaining = iter(texts)
    while chunk := {folding: text for text, folding in islice(remaining, _CHUNK)}:
        taken = select(PairWording.folded, Pair.question, Pair.id).join(Pair, Pair.id == PairWording.pair_id)
        taken = taken.where(PairWording.folded.in_(chunk), Pair.status == "active", Pair.id != (of or 0))
        for key, question, pair_id in session.execute(taken.limit(1)):
            raise WordingTaken(chunk[key], question=question, pair_id=pair_id)


def _refuse_shared(wordings: Iterable[dict[str, str]]) -> None:
    owner: dict[str, dict[str, str]] = {}
    for texts in wordings:
        for text, folding in texts.items():
            other = owner.setdefault(folding, texts)
            if other is not texts:
                raise WordingTaken(text, question=next(iter(other)), pair_id=None)


def _state(pair: PairRecord) -> Mapping[str, Any]:
    wordings = list(pair.wordings)
    return {"question": pair.question, "answer": pair.answer, "wordings": wordings, "status": pair.status}
