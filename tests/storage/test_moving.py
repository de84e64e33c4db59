"""A group becomes a supergroup: what waits, the talk and the staff's chat go on under the new id."""

from datetime import datetime

import pytest
from sqlalchemy import select

from storage import conversations, outbox, staff
from storage.database import Database
from storage.models import Outbox
from storage.moving import move_chat

OLD, NEW = "-5", "-100"


def put(
    database: Database, now: datetime, method: str = "sendMessage", once: str | None = None, **payload: object
) -> None:
    with database.writing() as session:
        outbox.put(session, channel="telegram", chat_id=OLD, method=method, payload=payload, once=once, now=now)


def rows(database: Database) -> list[tuple[str, str, str | None, object]]:
    with database.reading() as session:
        found = session.scalars(select(Outbox).order_by(Outbox.id)).all()
        return [(row.chat_id, row.status, row.once, dict(row.payload)) for row in found]


def test_what_waits_goes_to_the_new_chat_but_for_edits_and_replies_to_messages_of_the_old_one(
    database: Database, now: datetime
) -> None:
    put(database, now, text="hola", reply_parameters={"message_id": 7})
    put(database, now, "editMessageText", text="adiós", message_id=7)
    put(database, now, text="tarjeta", once=f"card:1:{OLD}")
    put(database, now, text="ya está", once=f"card:2:{OLD}")
    with database.writing() as session:
        outbox.put(session, channel="telegram", chat_id=NEW, method="x", payload={}, once=f"card:2:{NEW}", now=now)
        move_chat(session, "telegram", OLD, NEW, now)

    assert rows(database)[:4] == [
        (NEW, "pending", None, {"text": "hola"}),
        (OLD, "failed", None, {}),
        (NEW, "pending", f"card:1:{NEW}", {"text": "tarjeta"}),
        (OLD, "failed", f"card:2:{OLD}", {}),
    ]


@pytest.mark.parametrize("known", [False, True])
def test_the_talk_goes_on_there_unless_one_has_begun(database: Database, now: datetime, known: bool) -> None:
    with database.writing() as session:
        talk = conversations.open_conversation(session, "telegram", OLD, now=now)
        begun = conversations.open_conversation(session, "telegram", NEW, now=now) if known else None
        move_chat(session, "telegram", OLD, NEW, now)
        assert conversations.find_conversation(session, "telegram", NEW) == (begun or talk)


@pytest.mark.parametrize(("named", "then"), [(OLD, NEW), ("-6", "-6")])
def test_the_staff_s_chat_is_followed(database: Database, now: datetime, named: str, then: str) -> None:
    with database.writing() as session:
        staff.set_fact(session, staff.STAFF_CHAT, named)
        move_chat(session, "telegram", OLD, NEW, now)
        assert staff.get_fact(session, staff.STAFF_CHAT) == then
