"""``cenfobot staff``: who may decide in the chats, and the one-time codes that link their accounts. Needs no model."""

import argparse
import json
import sys
from datetime import UTC, datetime

from bot.errors import ReviewError
from bot.home import open_home
from bot.settings import Settings
from storage import staff
from storage.database import Database
from storage.errors import NameTaken, UnknownId
from storage.staff import StaffRecord

_ROLES = {"reviewer": "revisa", "admin": "administra"}


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Carries out one parsed command; returns the exit status."""
    database = open_home(settings)
    try:
        if args.action == "add":
            _add(database, _name(args.name), args.role)
        elif args.action == "remove":
            _remove(database, _name(args.name))
        else:
            _list(database, as_json=args.json)
    finally:
        database.close()
    return 0


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise ReviewError(f"El nombre {text!r} está vacío. Escribe el nombre de la persona.")
    return name


def _add(database: Database, name: str, role: str) -> None:
    try:
        with database.writing() as session:
            member, code = staff.add(session, name, role, datetime.now(UTC))
    except NameTaken as error:
        raise ReviewError(
            f"Ya hay una persona {name!r} con su cuenta vinculada; los nombres no se repiten. "
            "Usa otro nombre, o quítala primero: cenfobot staff remove NOMBRE."
        ) from error
    minutes = staff.CODE_LASTS.total_seconds() // 60
    print(f"{member.name} ({_ROLES[member.role]}). Código: {code}")
    print(f"/vincular {code} en un chat privado con el bot; vale {minutes:.0f} minutos y para una sola cuenta.")


def _remove(database: Database, name: str) -> None:
    try:
        with database.writing() as session:
            staff.remove(session, name, datetime.now(UTC))
    except UnknownId as error:
        raise ReviewError(f"No hay ninguna persona {name!r}. Mira los nombres con: cenfobot staff list.") from error
    print(f"{name} ya no puede decidir, y su cuenta quedó desvinculada.")


def _list(database: Database, *, as_json: bool) -> None:
    with database.reading() as session:
        members = staff.list_staff(session)
    now = datetime.now(UTC)
    for member in members:
        print(_json(member) if as_json else f"{member.name} ({_ROLES[member.role]}): {_state(member, now)}")
    if not members and not as_json:
        print("No hay nadie; agrega a alguien con: cenfobot staff add NOMBRE --role reviewer|admin", file=sys.stderr)


def _state(member: StaffRecord, now: datetime) -> str:
    if member.account:
        return "cuenta vinculada"
    if member.code_until and member.code_until > now:
        return f"sin vincular; su código vale hasta las {member.code_until:%H:%M} UTC"
    return "sin vincular; pide otro código con: cenfobot staff add"


def _json(member: StaffRecord) -> str:
    fields = {"name": member.name, "role": member.role, "account": member.account}
    return json.dumps(fields | {"created_at": member.created_at.isoformat()}, ensure_ascii=False)
