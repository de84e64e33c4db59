"""Today's figures and retrainings, as staff ask for them."""

from storage import handoffs, training_runs
from storage.moving import move_chat
from tests.bot.console.telegram.office import LUIS, ROSA, STAFF_CHAT, Office


async def test_the_figures_are_of_the_day_where_the_school_is(office: Office) -> None:
    office.now = office.now.replace(hour=4, minute=59)  # 23:59 of the day before in Lima
    office.asks("¿Hay becas?")
    office.later(minutes=2)
    office.asks("¿Tienen piscina?")
    with office.database.writing() as session:
        handoffs.open_handoff(session, 1, "asked", "¿Hay becas?", office.now)

    await office.commands(LUIS, "/estado")

    assert office.new()[0].text == (
        "Hoy, 22/11/2026\nPreguntas: 1 · con respuesta: 0 · sin respuesta: 0\n"
        "Respondidas después, al aprobarlas: 0\n👍 0 · 👎 0\n"
        "Por revisar: 2 · consultas con una persona: 1\nEn cola: 0 por contestar, 0 por enviar\n"
        "Modelo en servicio: tiny-llama+v0003"
    )


async def test_an_admin_asks_for_a_retraining_and_its_news_are_told_once(office: Office) -> None:
    await office.commands(LUIS, "/reentrenar", STAFF_CHAT)
    await office.commands(ROSA, "/reentrenar")
    await office.commands(ROSA, "/reentrenar", STAFF_CHAT)
    refused, elsewhere, asked = office.new()
    assert refused.text == "Eso solo lo puede hacer quien administra."
    assert elsewhere.text == "Eso se hace en el chat del personal."
    assert asked.text.startswith("Reentrenamiento 1 (tiny) pedido por Rosa. Aquí digo")
    assert office.update() == []

    with office.database.writing() as session:
        training_runs.claim_next(session, now=office.now)
    assert [put.text for put in office.update()] == ["Empezó el reentrenamiento 1 (tiny)."]
    with office.database.writing() as session:
        training_runs.finish(session, 1, status="done", report={"outcome": "v0002 is promoted"}, now=office.now)
    assert [put.text for put in office.update()] == ["Terminó el reentrenamiento 1: v0002 is promoted"]
    assert office.update() == []


async def test_the_news_reach_the_staff_s_chat_where_it_has_moved(office: Office) -> None:
    await office.commands(ROSA, "/reentrenar", STAFF_CHAT)
    office.new()
    with office.database.writing() as session:
        move_chat(session, "telegram", STAFF_CHAT, "-100300", office.now)
        training_runs.claim_next(session, now=office.now)

    assert [(put.chat, put.text) for put in office.update()] == [("-100300", "Empezó el reentrenamiento 1 (tiny).")]


async def test_it_is_said_when_no_trainer_takes_it_up(office: Office) -> None:
    await office.commands(ROSA, "/reentrenar", STAFF_CHAT)
    office.new()
    office.later(seconds=29)
    assert office.update() == []
    office.later(seconds=1)

    (told,) = office.update()
    assert "no hay ningún entrenador en marcha" in told.text
    assert office.update() == []


async def test_one_that_waits_behind_another_is_told_so_and_not_that_nobody_trains(office: Office) -> None:
    office.desk.request_training("tiny", by="cron")
    with office.database.writing() as session:
        training_runs.claim_next(session, now=office.now)

    await office.commands(ROSA, "/reentrenar", STAFF_CHAT)
    office.later(hours=1)

    assert [put.text for put in office.update()] == [
        "Reentrenamiento 2 (tiny) pedido por Rosa. Antes hay 1 en cola. Aquí digo cuándo empieza y cómo termina."
    ]
    with office.database.writing() as session:
        training_runs.finish(session, 1, status="failed", report={"outcome": "no disk"}, now=office.now)
        training_runs.claim_next(session, now=office.now)
        training_runs.finish(session, 2, status="failed", report={"outcome": "no disk"}, now=office.now)
    assert [put.text for put in office.update()] == ["Falló el reentrenamiento 2: no disk"]
