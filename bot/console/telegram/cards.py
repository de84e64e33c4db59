"""A review's card: what staff read before they decide, and the buttons to do it; afterwards, who decided what."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from bot.console.telegram.wording import times, verdict
from bot.messages import Passage
from bot.telegram.keyboards import Button, button, keyboard, shortened
from bot.telegram.texts import StyledText, bold, italic, split_styled
from storage.reviews import URGENT, ReviewRecord

VERB = "s"
"""Begins the data of all of the staff's buttons."""
_WORDINGS = 5
_PAIRS = 3
LONGEST_QUESTION, _WORDING, _ANSWER = 300, 120, 150
"""Characters that are shown. A draft is shown whole, here or on demand: nobody approves what they did not see."""
_SIGNS = {"approved": "✅", "rejected": "🚫", "merged": "🔀"}
_REASONS = {
    "the student was not content with the answer": "al estudiante no le sirvió la respuesta",
    "hand-off": "la contestó una persona",
}


def about(review_id: int) -> str:
    """What a card is about."""
    return f"review:{review_id}"


def note(review_id: int) -> str:
    """What the messages around a card are about."""
    return f"review:{review_id}:note"


def mark(review: ReviewRecord) -> str:
    """Tells what would be approved apart from what it was at another time, in a button's few bytes."""
    return hashlib.sha256(f"{review.question}\0{review.draft}".encode()).hexdigest()[:12]


def open_card(review: ReviewRecord, nearest: Sequence[Passage]) -> tuple[StyledText, Mapping[str, Any]]:
    """The text and the buttons while it waits. A draft that does not fit has to be seen whole before it is approved."""
    text = _one_message(_open_text(review, nearest))
    rows = [button("✏️ Editar", VERB, "edit", review.id)]
    if review.draft and review.draft.rstrip() in text.text:
        rows.insert(0, _approve(review))
    elif review.draft:
        rows.insert(0, button("📄 Ver el borrador entero", VERB, "see", review.id))
    others = [button("🚫 Rechazar", VERB, "no", review.id), button("🔀 Fusionar", VERB, "merge", review.id)]
    return text, keyboard(rows, others)


def whole_draft(review: ReviewRecord) -> tuple[StyledText, Mapping[str, Any]]:
    """The draft alone, and the buttons that approve it or leave the review open."""
    text = bold(f"Borrador de la pregunta {review.id}:") + f"\n{review.draft}"
    return text, keyboard([_approve(review), button("No", VERB, "keep", review.id)])


def _approve(review: ReviewRecord) -> Button:
    return button("✅ Aprobar", VERB, "ok", review.id, mark(review))


def _open_text(review: ReviewRecord, nearest: Sequence[Passage]) -> StyledText:
    urgent = "🚨 URGENTE: puede estar en peligro\n" if review.reason.startswith(URGENT) else ""
    text = bold(f"{urgent}Pregunta {review.id}") + f" · preguntada {times(review.asked)}\n\n"
    text += bold(shortened(review.question, LONGEST_QUESTION))
    others = [wording for wording in review.wordings if wording != review.question]
    text += "".join(f"\n· {shortened(wording, _WORDING)}" for wording in others[:_WORDINGS])
    if len(others) > _WORDINGS:
        text += f"\n· y {len(others) - _WORDINGS} más"
    if reason := _REASONS.get(review.reason):
        text += "\n" + italic(f"Motivo: {reason}")
    if review.draft:
        text += "\n\n" + bold("Borrador:") + f"\n{review.draft}"
    if nearest:
        text += "\n\n" + bold("Lo más parecido ya aprobado:")
    for passage in nearest[:_PAIRS]:
        question = shortened(passage.title or passage.question, _WORDING)
        text += f"\n· {question}\n  {shortened(passage.answer, _ANSWER)}"
    return text


def decided_card(review: ReviewRecord, answer: str, zone: tzinfo) -> StyledText:
    """The text once it is decided; ``answer`` is what was approved, if so."""
    text = bold(f"Pregunta {review.id}") + f"\n\n{shortened(review.question, LONGEST_QUESTION)}\n\n"
    said = verdict(review, zone)
    text += f"{_SIGNS[review.status]} {said[0].upper()}{said[1:]}"
    return _one_message(text + f"\n\n{answer}" if answer else text)


def confirmation(review: ReviewRecord, yes: str) -> Mapping[str, Any]:
    """The buttons that approve the draft after all, or leave the review open."""
    return keyboard([button(yes, VERB, "sure", review.id, mark(review)), button("No", VERB, "keep", review.id)])


def merges(review_id: int, others: Sequence[ReviewRecord], nearest: Sequence[Passage]) -> Mapping[str, Any]:
    """The buttons that choose what a review is one with: another open one, or an approved pair."""
    rows = [[button(f"{other.id} · {other.question}", VERB, "into", review_id, other.id)] for other in others]
    rows += [
        [button(f"✅ {passage.title or passage.question}", VERB, "pair", review_id, passage.pair_id)]
        for passage in nearest[:_PAIRS]
    ]
    return keyboard(*rows, [button("Ninguna", VERB, "keep", review_id)])


def _one_message(text: StyledText) -> StyledText:
    return split_styled(text)[0]
