"""``cenfobot privacy``: what a chat holds, and its deletion. Needs no model."""

import argparse
import json

from bot.errors import DataError
from bot.home import open_home
from bot.privacy.retention import forget_chat, forget_old
from bot.settings import Settings
from storage import conversations
from storage.database import Database


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Carries out one parsed command; returns the exit status."""
    database = open_home(settings)
    try:
        if args.action == "purge":
            days = settings.retention_days
            gone = forget_old(database, days)
            kept = f"más de {days} días" if days else "nada: CENFOBOT_RETENTION_DAYS=0 lo guarda todo"
            print(f"Borrados {gone.messages} mensajes y {gone.inbox} entradas de la bandeja, de {kept}.")
        elif args.action == "export":
            print(json.dumps(_exported(database, args.channel, args.chat), ensure_ascii=False, indent=2))
        else:
            _known(database, args.channel, args.chat)
            gone = forget_chat(database, args.channel, args.chat)
            print(f"Borrados {gone.messages} mensajes y {gone.inbox} entradas de la bandeja de {args.chat}.")
    finally:
        database.close()
    return 0


def _exported(database: Database, channel: str, chat_id: str) -> list[dict[str, object]]:
    conversation = _known(database, channel, chat_id)
    with database.reading() as session:
        said = conversations.transcript(session, conversation, limit=10**9)
    return [{"at": m.created_at.isoformat(), "role": m.role, "text": m.text, "feedback": m.feedback} for m in said]


def _known(database: Database, channel: str, chat_id: str) -> int:
    with database.reading() as session:
        conversation = conversations.find_conversation(session, channel, chat_id)
    if conversation is None:
        raise DataError(f"No hay ninguna conversación {chat_id!r} en el canal {channel!r}. Revisa ambos.")
    return conversation
