"""A student and a person of the staff talk through the bot."""

import asyncio

from bot.console.telegram import wording
from bot.telegram.events import Edited, TextMessage
from storage import chat_states, conversations, handoffs, outbox, retention, staff
from tests.bot.console.telegram.office import EVA, LUIS, STAFF_CHAT, Office, Put
from tests.bot.console.telegram.student import asks, card, leaves, tells


def test_a_card_in_the_staff_s_chat_says_who_asks_what_after_what(office: Office) -> None:
    with office.database.writing() as session:
        talk = conversations.open_conversation(session, "telegram", EVA, now=office.now)
        question = conversations.log_question(session, talk, "¿Cuánto cuesta?", now=office.now)
        conversations.log_answer(
            session, question, text="S/ 100.", kind="answer", verbatim=True, reason="", model_base=None,
            model_adapter=None, passages=[], milliseconds={}, now=office.now,
        )  # fmt: skip

    shown = card(office)

    assert (shown.chat, shown.about, shown.buttons) == (STAFF_CHAT, "handoff:1", {"Cerrar": "s:close:1"})
    assert shown.text == (
        "🙋 Consulta 1: Eva Díaz quiere hablar con una persona.\n\n¿Me devuelven la matrícula?\n\n"
        "Antes:\n👤 ¿Cuánto cuesta?\n🤖 S/ 100.\n\nResponde a este mensaje y se lo envío."
    )
    assert asks(office)
    assert office.new() == []


def test_without_a_chat_of_staff_there_is_nobody(office: Office) -> None:
    with office.database.writing() as session:
        chat_states.mark_unreachable(session, "telegram", STAFF_CHAT, "kicked", office.now)
    assert not asks(office)
    with office.database.writing() as session:
        staff.set_fact(session, "telegram_chat", "")
    assert not asks(office)
    assert not tells(office, "hola")
    assert not leaves(office)


async def test_words_go_both_ways_in_one_thread(office: Office) -> None:
    shown = card(office)

    await office.replies(LUIS, shown, "Hola Eva, sí.")
    assert tells(office, "¿Y cuándo?\nMi DNI es 45678912.")
    to_student, from_student = office.new()
    assert (to_student.chat, to_student.text) == (EVA, "Luis: Hola Eva, sí.")
    assert (from_student.chat, from_student.reply_to) == (STAFF_CHAT, shown.message_id)
    assert from_student.text == "👤 Consulta 1\n¿Y cuándo?\nMi DNI es 45678912."

    await office.replies(LUIS, from_student, "En 30 días.")
    assert [put.text for put in office.new()] == ["Luis: En 30 días."]
    with office.database.reading() as session:
        said = conversations.transcript(session, office_talk(office))
    assert [(message.role, message.text) for message in said] == [
        ("staff", "Hola Eva, sí."),
        ("staff", "En 30 días."),
    ]


async def test_a_reply_to_what_is_just_being_sent_waits_for_it_without_holding_a_thread(office: Office) -> None:
    assert asks(office)
    with office.database.writing() as session:
        sending = outbox.next_due(session, channel="telegram", now=office.now, exclude_chats=())
    assert sending
    shown = Put(STAFF_CHAT, "sendMessage", "", "", {}, "", "900")

    reply = asyncio.create_task(office.replies(LUIS, shown, "Hola Eva."))
    await asyncio.sleep(0.3)
    assert not reply.done()
    with office.database.writing() as session:
        outbox.sent(session, sending.id, message_id="900", now=office.now)

    assert await reply
    office.keep(sending.id, {})
    assert [put.text for put in office.new()][1:] == ["Luis: Hola Eva."]


async def test_a_changed_reply_reaches_the_student_as_a_correction(office: Office) -> None:
    shown = card(office)
    await office.replies(LUIS, shown, "Hasta el 5 de mayo.")
    assert await office.edits_reply(LUIS, shown, "Hasta el 5 de marzo.")
    assert await office.edits_reply(EVA, shown, "Hasta nunca.")

    assert [(put.chat, put.text) for put in office.new()] == [
        (EVA, "Luis: Hasta el 5 de mayo."),
        (EVA, "Luis (corrección): Hasta el 5 de marzo."),
        (STAFF_CHAT, "Eso es solo para el personal."),
    ]


def office_talk(office: Office) -> int:
    with office.database.reading() as session:
        talk = conversations.find_conversation(session, "telegram", EVA)
    assert talk
    return talk


async def test_who_has_all_deleted_ends_it_and_the_thread_leads_to_nobody(office: Office) -> None:
    shown = card(office)
    tells(office, "¿Hola?")
    in_thread = office.new()[-1]
    talk = office.talk()
    with office.database.writing() as session:
        office.side.people.forget(session, conversation_id=talk, now=office.now)
        retention.forget_chat(session, "telegram", EVA, office.now)
    buttons, said = office.new()
    assert (buttons.method, buttons.message_id) == ("editMessageReplyMarkup", shown.message_id)
    assert said.text == "Consulta 1: el estudiante borró sus datos. Lo que se responda aquí ya no le llega."
    other = office.talk("98")  # whose hand-off may be given the deleted one's id
    with office.database.writing() as session:
        assert office.side.people.ask(session, conversation_id=other, name="Ida", question="", now=office.now)
    office.new()

    for put in (shown, in_thread, said):
        assert await office.replies(LUIS, put, "Hola Eva.")

    assert [(put.chat, put.text) for put in office.new()] == [(STAFF_CHAT, "Esa consulta ya no existe.")] * 2
    assert office.desk.open_reviews() == []


async def test_a_reply_to_what_is_forgotten_is_no_question_but_one_with_the_bot_s_name_is(office: Office) -> None:
    unknown = Put(STAFF_CHAT, "sendMessage", "", "", {}, "", "31")

    assert await office.replies(LUIS, unknown, "Sí, hasta el 5 de marzo.")
    assert [put.text for put in office.new()] == [wording.REPLY_TO_WHAT]
    assert not await office.does(LUIS, TextMessage("¿y eso?", "31", True, named=True), STAFF_CHAT)


async def test_a_student_ends_it_and_later_replies_reach_nobody(office: Office) -> None:
    shown = card(office)

    assert leaves(office)
    assert [put.text for put in office.new()][1] == "Consulta 1: El estudiante volvió al asistente."
    assert office.desk.open_reviews() == []  # nobody answered
    await office.replies(LUIS, shown, "Hola Eva.")
    await office.presses(LUIS, shown, "Cerrar")

    assert [(put.chat, put.text) for put in office.new()] == [(STAFF_CHAT, "La consulta 1 ya está cerrada.")] * 2


async def test_the_command_closes_in_reply_to_the_thread(office: Office) -> None:
    shown = card(office)

    await office.commands(LUIS, "/cerrar", STAFF_CHAT)
    assert office.new()[0].text == "Escribe /cerrar en respuesta a la consulta."
    await office.commands(LUIS, "/cerrar", STAFF_CHAT, shown.message_id)

    with office.database.reading() as session:
        assert handoffs.get(session, 1).closed_by == "Luis"


async def test_only_members_talk_to_students(office: Office) -> None:
    shown = card(office)

    await office.replies(EVA, shown, "Paga en esta cuenta.")
    await office.presses(EVA, shown, "Cerrar")

    assert [put.text for put in office.new()] == ["Eso es solo para el personal."]
    with office.database.reading() as session:
        assert handoffs.get(session, 1).status == "open"


async def test_a_student_who_cannot_be_reached_is_told_of(office: Office) -> None:
    shown = card(office)
    with office.database.writing() as session:
        chat_states.mark_unreachable(session, "telegram", EVA, "blocked", office.now)

    await office.replies(LUIS, shown, "Hola Eva.")
    await office.replies_with_photo(LUIS, shown)

    with office.database.writing() as session:
        chat_states.mark_reachable(session, "telegram", EVA, office.now)
    texts = [put.text for put in office.new()]
    assert texts[0] == "Luis: Hola Eva."
    assert texts[1].startswith("El estudiante bloqueó el bot")
    assert texts[2].startswith("Solo puedo pasar textos")


def test_when_the_staff_s_chat_is_gone_the_bot_takes_over_again(office: Office) -> None:
    card(office)
    with office.database.writing() as session:
        chat_states.mark_unreachable(session, "telegram", STAFF_CHAT, "kicked", office.now)

    assert not tells(office, "¿hola?")
    assert [(put.chat, put.text) for put in office.new()] == [(EVA, wording.NOBODY_LISTENS)]
    assert not tells(office, "¿hola?")
    assert office.new() == []
    with office.database.reading() as session:
        assert handoffs.get(session, 1).status == "closed"


async def test_long_words_are_split_and_reach_the_thread_whole(office: Office) -> None:
    card(office)
    tells(office, "palabra " * 900)

    puts = office.new()
    assert [bool(put.reply_to) for put in puts] == [True, False]
    assert {put.about for put in puts} == {"handoff:1"}
    assert sum(put.text.count("palabra") for put in puts) == 900


async def test_an_edit_that_changes_no_word_is_not_passed_on(office: Office) -> None:
    shown = card(office)
    await office.replies(LUIS, shown, "Hola Eva.")
    office.new()

    await office.does(LUIS, Edited("Hola Eva.", True, office.now, shown.message_id), STAFF_CHAT)

    assert office.new() == []


def test_what_is_written_while_the_last_words_still_wait_joins_them(office: Office) -> None:
    card(office)
    for text in ("¿Hola?", "¿Hay alguien?", "Soy yo."):
        tells(office, text)
    tells(office, "palabra " * 510)

    puts = office.new()
    assert [put.text for put in puts[:1]] == ["👤 Consulta 1\n¿Hola?\n¿Hay alguien?\nSoy yo."]
    assert len(puts) == 2


def test_another_staff_chat_is_told_of_who_still_waits(office: Office) -> None:
    card(office)
    with office.database.writing() as session:
        staff.set_fact(session, "telegram_chat", "-100300")

    (shown,) = [put for put in office.update() if put.chat == "-100300"]

    assert (shown.about, shown.buttons) == ("handoff:1", {"Cerrar": "s:close:1"})
    assert "¿Me devuelven la matrícula?" in shown.text
