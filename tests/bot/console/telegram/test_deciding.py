"""Decisions by buttons and replies: once, by members, in the staff's chat, in one transaction with what is said."""

import asyncio

import pytest

from bot.console.telegram import wording
from bot.messages import Passage
from bot.telegram.updates import Event, Press, TextMessage
from storage import pairs
from tests.bot.console.telegram.office import EVA, LUIS, ROSA, STAFF_CHAT, Office, card


async def test_a_press_approves_the_draft_and_the_card_says_who(office: Office) -> None:
    review, shown = card(office, draft="Sí, hay becas.")

    assert await office.presses(LUIS, shown, "✅ Aprobar")

    assert office.desk.review(review).decided_by == "Luis"
    to_student, on_card = office.update()
    assert to_student.chat == EVA
    assert "Sí, hay becas." in to_student.text
    assert (on_card.message_id, on_card.buttons) == (shown.message_id, {})
    assert "✅ Aprobada por Luis" in on_card.text
    assert office.waiting() == 0


async def test_only_the_draft_that_was_seen_is_approved(office: Office) -> None:
    review, shown = card(office, draft="Sí, hay becas.")
    office.desk.edit(review, draft="No hay becas.")  # by the command line, as it were

    await office.presses(LUIS, shown, "✅ Aprobar")

    told, changed = office.update()
    assert (told.text, told.reply_to) == ("El borrador cambió; míralo de nuevo.", shown.message_id)
    assert office.desk.review(review).status == "open"
    assert (changed.message_id, "No hay becas." in changed.text) == (shown.message_id, True)
    await office.presses(LUIS, changed, "✅ Aprobar")
    assert office.desk.pairs()[0].answer == "No hay becas."


async def test_a_question_that_changed_is_looked_at_again_too(office: Office) -> None:
    review, shown = card(office, draft="Sí.")
    office.desk.edit(review, question="¿Hay becas de idiomas?")

    await office.presses(LUIS, shown, "✅ Aprobar")

    assert office.desk.review(review).status == "open"


async def test_a_draft_that_the_card_cuts_is_approved_once_it_was_shown_whole(office: Office) -> None:
    draft = "🎓" * 1999 + "."
    review, shown = card(office, "¿" + "becas " * 50 + "?", draft)
    assert "✅ Aprobar" not in shown.buttons

    await office.presses(LUIS, shown, "📄 Ver el borrador entero")
    (whole,) = office.new()
    assert whole.text == f"Borrador de la pregunta {review}:\n{draft}"
    office.desk.edit(review, draft=draft.replace(".", "!"))
    await office.presses(LUIS, whole, "✅ Aprobar")
    assert office.new()[0].text == "El borrador cambió; míralo de nuevo."

    await office.presses(LUIS, shown, "📄 Ver el borrador entero")
    whole = office.new()[-1]
    await office.presses(LUIS, whole, "✅ Aprobar")
    assert office.desk.pairs()[0].answer == draft.replace(".", "!")
    assert any(put.message_id == whole.message_id and "aprobada por Luis" in put.text for put in office.new())


async def test_a_reply_to_a_card_is_the_approved_answer_and_is_quoted(office: Office) -> None:
    review, shown = card(office)
    office.asks("hay becas", "98")

    await office.replies(ROSA, shown, "Sí, hay becas del 50 %.")

    texts = [put.text for put in office.update() if put.chat == STAFF_CHAT]
    sent = "La envío a las 2 personas que preguntaron."
    assert texts[0] == f"✅ Pregunta {review}: aprobada por Rosa. {sent}\n\n«Sí, hay becas del 50 %.»"
    (pair,) = office.desk.pairs()
    assert (pair.question, pair.answer, pair.approved_by) == ("¿Hay becas?", "Sí, hay becas del 50 %.", "Rosa")


async def test_editing_asks_for_the_answer_and_a_reply_to_that_counts_too(office: Office) -> None:
    review, shown = card(office)

    await office.presses(LUIS, shown, "✏️ Editar")
    (asks,) = office.new()
    assert (asks.reply_to, asks.about) == (shown.message_id, f"review:{review}:edit")
    assert "Luis: responde a la tarjeta" in asks.text
    await office.replies(LUIS, asks, "Sí, hay becas.")

    assert office.desk.review(review).status == "approved"


@pytest.mark.parametrize("text", ["¿Alguien sabe esto?", "👍", "ok"])
async def test_what_does_not_read_like_an_answer_is_asked_back_first(office: Office, text: str) -> None:
    review, shown = card(office)

    await office.replies(LUIS, shown, text)
    (question,) = office.new()
    assert office.desk.review(review).status == "open"
    await office.presses(LUIS, question, "Sí, aprobar")

    assert office.desk.pairs()[0].answer == text
    assert office.new()[1].message_id == question.message_id


async def test_a_press_rejects(office: Office) -> None:
    review, shown = card(office)

    await office.presses(LUIS, shown, "🚫 Rechazar")

    assert office.desk.review(review).status == "rejected"
    assert [put.message_id for put in office.update()] == [shown.message_id]


async def test_a_contradiction_is_shown_and_wants_a_confirmation(office: Office) -> None:
    pair = office.desk.add("¿Hay becas?", "No hay.", by="Ana")
    review, shown = card(office, "hay becas")

    await office.replies(LUIS, shown, "Sí, hay becas.")
    (question,) = office.new()
    assert "Ya hay respuestas aprobadas para eso" in question.text
    assert "No hay." in question.text
    assert office.desk.review(review).draft == "Sí, hay becas."
    await office.presses(LUIS, question, "Sí, cambiar")

    assert [(one.id, one.answer) for one in office.desk.pairs()] == [(pair.id, "Sí, hay becas.")]
    outcome = next(put for put in office.new() if put.message_id == question.message_id)
    assert outcome.text.startswith(f"✅ Pregunta {review}: aprobada por Luis.")


async def test_a_contradiction_can_be_left(office: Office) -> None:
    office.desk.add("¿Hay becas?", "No hay.", by="Ana")
    review, shown = card(office, "hay becas", draft="Sí, hay becas.")

    await office.presses(LUIS, shown, "✅ Aprobar")
    await office.presses(LUIS, office.new()[0], "No")

    assert office.new()[0].text == "No se cambió nada; la pregunta sigue por revisar."
    assert office.desk.review(review).status == "open"
    assert office.desk.pairs()[0].answer == "No hay."


async def test_a_confirmation_is_of_the_answer_that_was_shown_and_no_other(office: Office) -> None:
    office.desk.add("¿Hay becas?", "No hay.", by="Ana")
    review, shown = card(office, "hay becas")
    await office.replies(LUIS, shown, "Sí, hay becas.")
    (question,) = office.new()
    office.desk.edit(review, draft="A veces.")

    await office.presses(LUIS, question, "Sí, cambiar")

    assert office.new()[0].text == "El borrador cambió; míralo de nuevo."
    assert office.desk.review(review).status == "open"


async def test_a_review_is_merged_with_another(office: Office) -> None:
    review, shown = card(office)
    other, _ = card(office, "¿Dan ayuda económica?")

    await office.presses(LUIS, shown, "🔀 Fusionar")
    (choice,) = office.new()
    await office.presses(LUIS, choice, f"{other} · ¿Dan ayuda económica?")

    merged = office.desk.review(review)
    assert (merged.status, merged.merged_into, merged.decided_by) == ("merged", other, "Luis")
    said, *_ = office.new()
    assert (said.message_id, said.buttons) == (choice.message_id, {})
    assert said.text == f"🔀 La pregunta {review} es ahora parte de la {other}: «¿Dan ayuda económica?»"


async def test_a_review_is_merged_into_an_approved_pair(office: Office) -> None:
    pair = office.desk.add("¿Dan ayuda económica?", "Sí, hay becas.", by="Ana")
    office.near = [Passage(pair.id, pair.question, pair.answer, 0.5, pair.question)]
    review, shown = card(office)

    await office.presses(LUIS, shown, "🔀 Fusionar")
    await office.presses(LUIS, office.new()[0], "✅ ¿Dan ayuda económica?")

    (kept,) = office.desk.pairs()
    assert (kept.id, kept.wordings) == (pair.id, ("¿Hay becas?",))
    assert office.desk.review(review).pair_id == pair.id
    assert any(put.chat == EVA and "Sí, hay becas." in put.text for put in office.new())


async def test_a_merge_can_be_left_and_there_may_be_nothing_to_merge_with(office: Office) -> None:
    _, shown = card(office)
    await office.presses(LUIS, shown, "🔀 Fusionar")
    assert office.new()[0].text == "No hay con qué fusionar la pregunta 1."

    card(office, "¿Tienen piscina?")
    await office.presses(LUIS, shown, "🔀 Fusionar")
    await office.presses(LUIS, office.new()[0], "Ninguna")
    assert office.desk.review(1).status == "open"


async def test_two_people_at_one_card_cannot_both_decide(office: Office) -> None:
    review, shown = card(office, draft="Sí, hay becas.")

    await asyncio.gather(
        office.presses(LUIS, shown, "✅ Aprobar"),
        office.presses(ROSA, shown, "🚫 Rechazar"),
        office.replies(ROSA, shown, "No hay becas."),
    )

    decided = office.desk.review(review)
    late = [put for put in office.update() if "Se decide una sola vez" in put.text]
    assert len(late) == 2
    verdict = {"approved": "aprobada", "rejected": "rechazada"}[decided.status]
    assert all(
        put.text.startswith(f"La pregunta {review} ya fue {verdict} por {decided.decided_by} el 22/11/2026 10:04")
        for put in late
    )


async def test_an_answer_that_cannot_be_approved_is_refused_with_the_reason(office: Office) -> None:
    review, shown = card(office)

    await office.replies(LUIS, shown, "muy larga " * 250)
    await office.replies(LUIS, shown, "con un \x07 dentro")
    await office.replies_with_photo(LUIS, shown)

    long, odd, photo = office.new()
    assert "el máximo es 2000" in long.text
    assert odd.text == "Esa respuesta no se puede guardar así. Escríbela como una frase, en texto simple."
    assert photo.text.startswith("Solo puedo pasar textos")
    assert office.desk.review(review).status == "open"
    assert office.desk.pairs() == []


async def test_a_reply_to_a_notice_or_to_a_message_of_a_person_is_no_decision(office: Office) -> None:
    await office.commands(LUIS, "/estado", STAFF_CHAT)
    (notice,) = office.new()

    assert await office.replies(LUIS, notice, "gracias a todos")
    assert not await office.does(LUIS, TextMessage("hola a todos", "4711", addressed=False), STAFF_CHAT)

    assert office.new() == []


async def test_a_fault_takes_back_the_decision_with_all_that_was_said(office: Office) -> None:
    review, shown = card(office, draft="Sí, hay becas.")
    item = office.received(STAFF_CHAT)

    def broken(*args: object) -> None:
        raise OSError("the disk is full")

    office.side._deciding._is_open = broken  # type: ignore[assignment,method-assign]
    press = Press("1", shown.buttons["✅ Aprobar"])
    event = Event(9, STAFF_CHAT, "supergroup", LUIS, "Luis", office.now, shown.message_id, None, press)
    with pytest.raises(OSError, match="disk"):
        await office.side.handle(event, item)
    assert [await office.side.apologise(event, item) for _ in range(2)] == [True, True]

    assert office.waiting() == 1
    assert office.desk.review(review).status == "open"
    assert [put.text[:11] for put in office.new()] == ["Algo falló "]


async def test_a_reply_that_is_changed_afterwards_is_not_taken_and_that_is_said(office: Office) -> None:
    review, shown = card(office)
    await office.replies(LUIS, shown, "Sí, hay becas del 5 %.")
    office.new()

    assert await office.edits_reply(LUIS, shown, "Sí, hay becas del 50 %.")

    assert [put.text for put in office.new()] == [wording.EDIT_NOT_TAKEN]
    pair_id = office.desk.review(review).pair_id
    assert pair_id
    with office.database.reading() as session:
        assert pairs.get_pair(session, pair_id).answer == "Sí, hay becas del 5 %."
