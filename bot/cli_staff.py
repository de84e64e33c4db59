"""The staff's commands, ``cenfobot review``, ``pairs`` and ``retrain``: a thin view on the desk. Needs no model."""

import argparse
import json
import sys
from collections.abc import Callable
from zoneinfo import ZoneInfo

from bot.errors import ContradictionError, DataError, ReviewError
from bot.home import open_home
from bot.profile import load_profile
from bot.reviewing.callbacks import CallBacks
from bot.reviewing.desk import ReviewDesk
from bot.settings import Settings
from storage.pairs import PairRecord
from storage.reviews import ReviewRecord
from storage.spreadsheet import export_spreadsheet


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Carries out one parsed command; returns the exit status."""
    database = open_home(settings)
    try:
        profile = load_profile(settings.profile_file)
        callbacks = CallBacks(profile.texts.callback, profile.name, ZoneInfo(settings.timezone))
        desk = ReviewDesk(database, callbacks)
        _ACTIONS[args.command, getattr(args, "action", "")](args, desk)
    finally:
        database.close()
    return 0


def _list_reviews(args: argparse.Namespace, desk: ReviewDesk) -> None:
    waiting = desk.open_reviews()
    for review in waiting:
        print(_review_json(review) if args.json else f"{review.id:>5}  {review.asked:>3}×  {review.question}")
    if not waiting and not args.json:
        print("No hay preguntas pendientes.", file=sys.stderr)


def _review_json(review: ReviewRecord) -> str:
    fields = {
        "id": review.id,
        "question": review.question,
        "wordings": list(review.wordings),
        "asked": review.asked,
        "draft": review.draft,
    }
    return json.dumps(fields, ensure_ascii=False)


def _show_review(args: argparse.Namespace, desk: ReviewDesk) -> None:
    review = desk.review(args.id)
    since = f"{review.opened_at:%Y-%m-%d %H:%M} UTC"
    print(f"Revisión {review.id} ({review.status}), preguntada {review.asked} veces desde {since}")
    print(f"Pregunta: {review.question}")
    for wording in review.wordings:
        print(f"  también: {wording}")
    print(f"Motivo: {review.reason}")
    print(f"Borrador: {review.draft or '(ninguno)'}")
    if review.decided_at:
        print(f"Decidida por {review.decided_by} el {review.decided_at:%Y-%m-%d %H:%M} UTC")


def _approve(args: argparse.Namespace, desk: ReviewDesk) -> None:
    pair = _with_confirmation(args, lambda sure: desk.approve(args.id, by=args.by, answer=args.answer, confirmed=sure))
    print(f"Aprobada por {args.by}: par {pair.id}, en servicio desde ahora.")


def _edit_review(args: argparse.Namespace, desk: ReviewDesk) -> None:
    _something_to_change(args)
    review = desk.edit(args.id, question=args.question, draft=args.answer)
    print(f"Revisión {review.id} cambiada; sigue pendiente. Para aprobarla: cenfobot review approve {review.id}")


def _reject(args: argparse.Namespace, desk: ReviewDesk) -> None:
    desk.reject(args.id, by=args.by)
    print(f"Revisión {args.id} rechazada por {args.by}.")


def _list_pairs(args: argparse.Namespace, desk: ReviewDesk) -> None:
    for pair in desk.pairs(contains=args.contains, status="retired" if args.retired else "active"):
        print(_pair_json(pair) if args.json else f"{pair.id:>6}  {pair.question}\n        {pair.answer}")


def _pair_json(pair: PairRecord) -> str:
    fields = {
        "id": pair.id,
        "question": pair.question,
        "answer": pair.answer,
        "wordings": list(pair.wordings),
        "status": pair.status,
        "origin": pair.origin,
        "approved_by": pair.approved_by,
        "approved_at": pair.approved_at.isoformat(),
    }
    return json.dumps(fields, ensure_ascii=False)


def _export(args: argparse.Namespace, desk: ReviewDesk) -> None:
    rows = [(wording, pair.answer) for pair in desk.pairs() for wording in (pair.question, *pair.wordings)]
    try:
        export_spreadsheet(args.file, rows)
    except FileExistsError as error:
        raise DataError(f"Ya existe {args.file} y no se tocó. Indica un archivo nuevo.") from error
    print(f"{args.file}: {len(rows)} filas para leer en una hoja de cálculo; no reemplaza al CSV en servicio.")


def _history(args: argparse.Namespace, desk: ReviewDesk) -> None:
    for change in desk.history(args.id):
        print(f"{change.at:%Y-%m-%d %H:%M} UTC  {change.by}  {change.action}")
        for name, value in (("antes", change.before), ("ahora", change.after)):
            if value:
                print(f"  {name}: {json.dumps(value, ensure_ascii=False)}")


def _add(args: argparse.Namespace, desk: ReviewDesk) -> None:
    pair = _with_confirmation(
        args,
        lambda sure: desk.add(args.question, args.answer, by=args.by, wordings=tuple(args.wording), confirmed=sure),
    )
    print(f"Par {pair.id} aprobado por {args.by}, en servicio desde ahora.")


def _edit_pair(args: argparse.Namespace, desk: ReviewDesk) -> None:
    _something_to_change(args)
    pair = desk.edit_pair(args.id, by=args.by, question=args.question, answer=args.answer)
    print(f"Par {pair.id} cambiado por {args.by}; en servicio desde ahora.")


def _retire(args: argparse.Namespace, desk: ReviewDesk) -> None:
    desk.retire(args.id, by=args.by)
    print(f"Par {args.id} retirado por {args.by}.")


def _retrain(args: argparse.Namespace, desk: ReviewDesk) -> None:
    number = desk.request_training(args.recipe, by=args.by)
    print(f"Reentrenamiento {number} pedido por {args.by}; lo hace cenfobot-train schedule, donde esté en marcha.")


def _something_to_change(args: argparse.Namespace) -> None:
    if args.question is None and args.answer is None:
        raise ReviewError("No hay nada que cambiar: indica --question «texto», --answer «texto» o ambos.")


def _with_confirmation(args: argparse.Namespace, decide: Callable[[bool], PairRecord]) -> PairRecord:
    """Decides; where the answer contradicts an approved one, asks the person first (``--yes`` answers for them)."""
    try:
        return decide(args.yes)
    except ContradictionError as error:
        if not sys.stdin.isatty():
            raise ContradictionError(f"{error} (con --yes)") from error
        print(error, file=sys.stderr)
        if input("¿Cambiarla? [s/N] ").strip().lower() not in {"s", "si", "sí"}:
            raise ReviewError("No se cambió nada.") from error
        return decide(True)


_ACTIONS: dict[tuple[str, str], Callable[[argparse.Namespace, ReviewDesk], None]] = {
    ("review", "list"): _list_reviews,
    ("review", "show"): _show_review,
    ("review", "approve"): _approve,
    ("review", "edit"): _edit_review,
    ("review", "reject"): _reject,
    ("pairs", "list"): _list_pairs,
    ("pairs", "export"): _export,
    ("pairs", "history"): _history,
    ("pairs", "add"): _add,
    ("pairs", "edit"): _edit_pair,
    ("pairs", "retire"): _retire,
    ("retrain", ""): _retrain,
}
