"""``cenfobot privacy``: what a chat holds, and its deletion. Needs no model."""

import argparse
import json

from bot.errors import DataError
from bot.home import open_home
from bot.privacy.retention import forget_chat, forget_old
from bot.settings import Settings
from storage.exporting import exported
from storage.retention import Forgotten


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Carries out one parsed command; returns the exit status."""
    database = open_home(settings)
    try:
        if args.action == "purge":
            days = settings.retention_days
            gone = forget_old(database, days)
            kept = f"más de {days} días" if days else "nada: CENFOBOT_RETENTION_DAYS=0 lo guarda todo"
            print(f"{_said(gone)}, de {kept}.")
        elif args.action == "export":
            with database.reading() as session:
                held = exported(session, args.channel, args.chat)
            if not held:
                raise _nothing_there(args.channel, args.chat)
            print(json.dumps(held, ensure_ascii=False, indent=2))
        else:
            gone = forget_chat(database, args.channel, args.chat)
            if gone == Forgotten(0, 0):
                raise _nothing_there(args.channel, args.chat)
            print(f"{_said(gone)}, de {args.chat}.")
    finally:
        database.close()
    return 0


def _said(gone: Forgotten) -> str:
    return f"Borrados {gone.messages} mensajes, {gone.inbox} entradas de la bandeja y {gone.other} registros más"


def _nothing_there(channel: str, chat_id: str) -> DataError:
    return DataError(f"No hay ninguna conversación {chat_id!r} en el canal {channel!r}. Revisa ambos.")
