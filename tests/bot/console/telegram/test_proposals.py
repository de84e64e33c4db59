"""What a person answered is proposed to all who may ask it, and told to nobody twice."""

from tests.bot.console.telegram.office import EVA, LUIS, STAFF_CHAT, Office
from tests.bot.console.telegram.student import asks, card, leaves, tells, writes


async def test_a_person_closes_it_and_the_exchange_is_proposed_as_a_review(office: Office) -> None:
    shown = card(office)
    await office.replies(LUIS, shown, "Sí, hasta el 5 de marzo.")
    office.new()

    await office.presses(LUIS, shown, "Cerrar")

    told, buttons, said = office.new()
    assert told.chat == EVA
    assert told.text.startswith("Luis cerró la conversación.")
    assert (buttons.method, buttons.message_id) == ("editMessageReplyMarkup", shown.message_id)
    assert said.text == "Consulta 1: Cerrada por Luis. Queda propuesta como pregunta 1."
    review = office.desk.review(1)
    assert (review.question, review.draft) == ("¿Me devuelven la matrícula?", "Sí, hasta el 5 de marzo.")
    assert not tells(office, "gracias")

    office.update()
    office.desk.approve(1, by="Luis")
    assert [put.chat for put in office.update()] == [STAFF_CHAT]  # Eva has her answer


async def test_what_was_asked_in_the_thread_is_proposed_with_its_reply(office: Office) -> None:
    asks(office, "")
    (shown,) = office.new()
    writes(office, "¿Hacen descuento a hermanos?")
    await office.replies(LUIS, shown, "Sí, de 10 %.")
    writes(office, "gracias")
    leaves(office)

    (review,) = office.desk.open_reviews()
    assert (review.question, review.draft) == ("¿Hacen descuento a hermanos?", "Sí, de 10 %.")


async def test_a_longer_talk_is_proposed_without_a_draft_that_one_press_would_approve(office: Office) -> None:
    shown = card(office)
    await office.replies(LUIS, shown, "Sí.")
    writes(office, "¿Y cuándo?")
    await office.replies(LUIS, shown, "En 30 días.")
    leaves(office)

    assert office.new()[-1].text == (
        "Consulta 1: El estudiante volvió al asistente. Queda propuesta como pregunta 1, sin borrador: responde a su "
        "tarjeta con lo que vale para todos."
    )
    (review,) = office.desk.open_reviews()
    assert (review.question, review.draft) == ("¿Me devuelven la matrícula?", "")
    assert "Aprobar" not in "".join(office.update()[-1].buttons)


async def test_what_is_asked_after_a_greeting_is_proposed(office: Office) -> None:
    asks(office, "")
    (shown,) = office.new()
    await office.replies(LUIS, shown, "Hola, dime.")
    writes(office, "¿Hacen descuento a hermanos?")
    await office.replies(LUIS, shown, "Sí, de 10 %.")
    leaves(office)

    (review,) = office.desk.open_reviews()
    assert (review.question, review.draft) == ("¿Hacen descuento a hermanos?", "")


async def test_what_is_written_first_says_what_it_is_about_and_nobody_knows_which_was_answered(office: Office) -> None:
    shown = card(office)
    writes(office, "¿Hacen descuento a hermanos?")
    await office.replies(LUIS, shown, "Sí, de 10 %.")
    leaves(office)

    (review,) = office.desk.open_reviews()
    assert (review.question, review.draft) == ("¿Hacen descuento a hermanos?", "")


async def test_who_has_the_answer_from_a_person_is_not_told_it_again(office: Office) -> None:
    waits = office.asks("¿Me devuelven la matrícula?")
    office.asks("¿Me devuelven la matrícula?", chat="98")
    office.update()
    await office.replies(LUIS, card(office), "Sí, hasta el 5 de marzo.")
    leaves(office)
    shown = [put for put in office.update() if put.about == f"review:{waits}"][-1]

    await office.presses(LUIS, shown, "✅ Aprobar")

    told = [put for put in office.update() if put.chat != STAFF_CHAT]
    assert [(put.chat, "hasta el 5 de marzo" in put.text) for put in told] == [("98", True)]


async def test_what_is_proposed_tells_nothing_of_the_student(office: Office) -> None:
    asks(office, "Soy Eva, DNI 45678912, ¿me devuelven la matrícula?")
    (shown,) = office.new()
    await office.replies(LUIS, shown, "Sí, la del DNI 45678912.")
    leaves(office)

    review = office.desk.review(1)
    assert "45678912" not in review.question + review.draft
    assert "[DNI]" in review.question


async def test_the_proposal_is_the_draft_of_a_question_that_waits_already(office: Office) -> None:
    waits = office.asks("me devuelven la matricula", "98")
    await office.replies(LUIS, card(office), "Sí, hasta el 5 de marzo.")
    leaves(office)

    review = office.desk.review(waits)
    assert (review.draft, review.asked) == ("Sí, hasta el 5 de marzo.", 2)


async def test_a_story_is_no_question_to_be_proposed_and_what_was_written_before_the_reply_is(office: Office) -> None:
    asks(office, "")
    (shown,) = office.new()
    writes(office, "Soy Eva Díaz y te cuento lo que pasó. " * 10)
    await office.replies(LUIS, shown, "Ya veo.")
    leaves(office)
    assert office.desk.open_reviews() == []

    asks(office, "")
    shown = office.new()[-1]
    writes(office, "Soy Eva Díaz")
    writes(office, "¿puedo pagar en dos partes?")
    await office.replies(LUIS, shown, "Sí.")
    leaves(office)
    (review,) = office.desk.open_reviews()
    assert (review.question, review.draft) == ("¿puedo pagar en dos partes?", "")


async def test_words_that_occur_in_what_a_person_said_of_something_else_are_told_all_the_same(office: Office) -> None:
    waits = office.asks("¿Dónde se recoge el carné?")
    await office.replies(LUIS, card(office), "Eso se paga en caja.")
    leaves(office)
    office.new()

    office.desk.approve(waits, by="Luis", answer="En caja.")

    assert ["En caja." in put.text for put in office.update() if put.chat == EVA] == [True]
