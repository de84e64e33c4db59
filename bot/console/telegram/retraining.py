"""Retrainings that staff ask for in their chat: the request, and the news of it, each told once."""

from datetime import datetime, timedelta

from bot.console.telegram.base import Asked
from bot.console.telegram.outgoing import say
from bot.reviewing.desk import ReviewDesk
from storage import outbox, training_runs
from storage.database import Session
from storage.training_runs import TrainingRunRecord

_TAKEN_UP_IN = timedelta(seconds=30)
"""A trainer that is running looks into the queue every ten seconds."""


def ask(session: Session, asked: Asked, desk: ReviewDesk, recipe: str) -> None:
    """Queues a retraining; who asks is a member."""
    assert asked.member
    ahead = training_runs.waiting(session)
    run_id = desk.within(session).request_training(recipe, by=asked.member.name)
    queue = f" Antes hay {ahead} en cola." if ahead else ""
    say(
        session,
        asked.event.chat_id,
        f"Reentrenamiento {run_id} ({recipe}) pedido por {asked.member.name}.{queue} Aquí digo cuándo empieza y cómo "
        "termina.",
        reply_to=asked.event.message_id,
        once=_key(run_id, "asked"),
        now=asked.now,
    )


def news(session: Session, now: datetime) -> list[tuple[str, str]]:
    """What staff, who asked, have not been told yet, oldest first: a key that makes it exactly once, and the text.

    The key names no chat, so that the news reach the staff's chat wherever it has moved meanwhile.
    """
    runs = training_runs.list_runs(session)
    busy = any(run.status == "running" for run in runs)
    told = outbox.known(session, [_key(run.id, what) for run in runs for what in _NEWS])
    found = []
    for run in reversed(runs):
        what = _stage(run, busy, now)
        if what and _key(run.id, "asked") in told and _key(run.id, what) not in told:
            found.append((_key(run.id, what), _NEWS[what].format(run=run, outcome=_outcome(run))))
    return found


def _stage(run: TrainingRunRecord, busy: bool, now: datetime) -> str:
    if run.status == "queued":
        return "waits" if not busy and now - run.requested_at >= _TAKEN_UP_IN else ""
    return run.status


def _outcome(run: TrainingRunRecord) -> str:
    return str((run.report or {}).get("outcome", "")) or "sin más detalle"


def _key(run_id: int, what: str) -> str:
    return f"training:{run_id}:{what}"


_NEWS = {
    "asked": "",
    "waits": (
        "El reentrenamiento {run.id} sigue en cola: no hay ningún entrenador en marcha. Se inicia con: cenfobot-train "
        "schedule"
    ),
    "running": "Empezó el reentrenamiento {run.id} ({run.recipe}).",
    "done": "Terminó el reentrenamiento {run.id}: {outcome}",
    "failed": "Falló el reentrenamiento {run.id}: {outcome}",
}
