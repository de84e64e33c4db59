"""What staff ask to see: today's figures, and the list of what waits for a decision."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.console.telegram import wording
from bot.telegram.keyboards import shortened
from bot.telegram.texts import StyledText, bold
from storage.database import Session
from storage.figures import figures_since
from storage.reviews import URGENT, ReviewRecord

_LISTED = 20


def today(session: Session, zone: tzinfo, model: str, now: datetime) -> StyledText:
    """The figures since midnight where the school is; ``model`` is the one in service."""
    here = now.astimezone(zone)
    figures = figures_since(session, here.replace(hour=0, minute=0, second=0, microsecond=0))
    lines = [
        f"Preguntas: {figures.questions} · con respuesta: {figures.answered} · sin respuesta: {figures.unknown}",
        f"Respondidas después, al aprobarlas: {figures.called_back}",
        f"👍 {figures.good} · 👎 {figures.bad}",
        f"Por revisar: {figures.reviews} · consultas con una persona: {figures.handoffs}",
        f"En cola: {figures.inbox} por contestar, {figures.outbox} por enviar",
        f"Modelo en servicio: {model}",
    ]
    if figures.held:
        lines.insert(5, f"Esperan a que vuelva un chat que bloqueó al bot o lo sacó: {figures.held}")
    if figures.parked:
        lines.insert(5, f"⚠️ Fallaron siempre y quedaron sin atender: {figures.parked}")
    return bold(f"Hoy, {here:%d/%m/%Y}") + "\n" + "\n".join(lines)


def waiting(reviews: Sequence[ReviewRecord]) -> StyledText:
    """The open reviews in the order given, one a line."""
    if not reviews:
        return StyledText(wording.NOTHING_WAITS)
    lines = [
        f"{'🚨 ' if review.reason.startswith(URGENT) else ''}{review.id} · {wording.times(review.asked)} · "
        f"{shortened(review.question, 100)}"
        for review in reviews[:_LISTED]
    ]
    if len(reviews) > _LISTED:
        lines.append(f"… y {len(reviews) - _LISTED} más")
    return bold(f"Por revisar: {len(reviews)}") + "\n" + "\n".join(lines)
