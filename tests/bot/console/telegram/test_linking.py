"""Who is staff: a code links an account, and nobody else can do anything."""

import pytest

from bot.console.telegram import wording
from bot.telegram.updates import Command, Event
from storage import chat_states, inbox, staff
from tests.bot.console.telegram.office import EVA, LUIS, ROSA, STAFF_CHAT, Office


def code(office: Office, name: str = "Marta", role: str = "reviewer") -> str:
    with office.database.writing() as session:
        return staff.add(session, name, role, office.now)[1]


async def test_a_code_links_an_account_in_a_private_chat(office: Office) -> None:
    assert await office.commands(EVA, f"/vincular {code(office)}")

    (told,) = office.new()
    assert told.text.startswith("Listo, Marta: desde ahora revisas.")
    with office.database.reading() as session:
        assert staff.by_account(session, EVA) is not None
    assert office.woken == 1
    assert office.waiting() == 0


async def test_a_code_is_not_taken_where_others_read_it_and_is_void_then(office: Office) -> None:
    seen, other = code(office), code(office, "Iris")
    await office.commands(EVA, f"/vincular {seen}", "-5")
    await office.commands(EVA, "/vincular", "-5")

    told, asked = office.new()
    assert "en un chat privado" in told.text
    assert told.text.endswith(wording.CODE_VOID)
    assert asked.text == wording.IN_PRIVATE
    with office.database.reading() as session:
        assert staff.by_account(session, EVA) is None
    await office.commands(EVA, f"/vincular {seen}")
    await office.commands(EVA, f"/vincular {other}")
    assert [put.text.partition(".")[0] for put in office.new()] == [
        "Ese código no es válido",
        "Listo, Iris: desde ahora revisas",
    ]


async def test_wrong_old_and_too_many_codes_are_told_apart(office: Office) -> None:
    good = code(office)
    for _ in range(5):
        await office.commands(EVA, "/vincular ABCDEFGH")
    await office.commands(EVA, f"/vincular {good}")
    office.later(minutes=16)
    await office.commands(EVA, f"/vincular {good}")
    await office.commands(EVA, "/vincular")

    texts = [put.text for put in office.new()]
    assert texts[0] == "Ese código no es válido. Revísalo, o pide otro."
    assert "demasiados intentos" in texts[5]
    assert "venció" in texts[6]
    assert "Escribe el código detrás" in texts[7]


async def test_an_admin_makes_a_group_the_staff_s_chat(office: Office) -> None:
    with office.database.writing() as session:
        chat_states.mark_unreachable(session, "telegram", "-7", "kicked", office.now)

    await office.commands(LUIS, "/personal", "-7")
    await office.commands(ROSA, "/personal")
    await office.commands(ROSA, "/personal", "-7")

    refused, private, named = office.new()
    assert refused.text == "Eso solo lo puede hacer quien administra."
    assert "en el grupo" in private.text
    assert (named.chat, named.text.startswith("Listo: este es el chat del personal.")) == ("-7", True)
    with office.database.reading() as session:
        assert staff.get_fact(session, "telegram_chat") == "-7"


async def test_who_unlinks_the_account_can_do_nothing_any_more(office: Office) -> None:
    await office.commands(LUIS, "/desvincular")
    await office.commands(LUIS, "/pendientes")

    assert [put.text for put in office.new()][1] == "Eso es solo para el personal."


@pytest.mark.parametrize("command", ["/pendientes", "/estado", "/reentrenar", "/personal", "/desvincular", "/cerrar"])
async def test_who_is_not_linked_is_told_once_and_nothing_happens(office: Office, command: str) -> None:
    await office.commands(EVA, command, STAFF_CHAT)
    await office.commands(EVA, command, STAFF_CHAT)

    assert [put.text for put in office.new()] == ["Eso es solo para el personal."]
    assert office.waiting() == 0


async def test_a_student_s_commands_and_texts_are_left_alone(office: Office) -> None:
    for command in ("/start", "/ayuda", "/temas", "/cerrar"):
        assert not await office.commands(EVA, command)
    assert not await office.commands(LUIS, "/ayuda", "-5")
    assert not await office.forges(EVA, "fb:+:45", EVA)

    assert office.waiting() == 5  # and one in the other group
    assert (office.new(), office.woken) == ([], 0)


async def test_members_get_their_own_help(office: Office) -> None:
    await office.commands(LUIS, "/ayuda")
    await office.commands(EVA, "/ayuda", STAFF_CHAT)

    assert all(put.text.startswith("Para el personal:") for put in office.new())


async def test_what_another_worker_has_finished_is_not_done_again(office: Office) -> None:
    item = office.received(LUIS)
    with office.database.writing() as session:
        inbox.finish(session, item.id, now=office.now)
    event = Event(1, LUIS, "private", LUIS, "Luis", office.now, "1", None, Command("estado", "", None))

    assert await office.side.handle(event, item)
    assert office.new() == []
