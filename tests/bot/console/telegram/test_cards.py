"""The cards in the staff's chat: which are there, what they show, and that they follow their review."""

import asyncio
from contextlib import suppress

from bot.console.telegram.cards import mark
from bot.messages import Passage
from bot.telegram.texts import units
from storage import chat_states, outbox, reviews
from storage.moving import move_chat
from storage.reviews import URGENT
from tests.bot.console.telegram.office import LUIS, ROSA, STAFF_CHAT, Office


def test_a_card_shows_what_is_to_be_known_before_deciding(office: Office) -> None:
    office.near = [Passage(7, "¿dan becas?", "Hay descuentos.", 0.4, "¿Hay descuentos?")]
    review = office.asks("¿Hay becas?", draft="Sí, hay becas.")
    office.asks("hay becas??", "98")

    (card,) = office.update()

    assert (card.chat, card.method, card.about) == (STAFF_CHAT, "sendMessage", f"review:{review}")
    assert card.text == (
        f"Pregunta {review} · preguntada 2 veces\n\n¿Hay becas?\n· hay becas??\n\nBorrador:\nSí, hay becas.\n\n"
        "Lo más parecido ya aprobado:\n· ¿Hay descuentos?\n  Hay descuentos."
    )
    assert card.buttons == {
        "✅ Aprobar": f"s:ok:{review}:{mark(office.desk.review(review))}",
        "✏️ Editar": f"s:edit:{review}",
        "🚫 Rechazar": f"s:no:{review}",
        "🔀 Fusionar": f"s:merge:{review}",
    }


def test_without_a_draft_there_is_nothing_to_approve(office: Office) -> None:
    office.asks("¿Hay becas?")

    assert "✅ Aprobar" not in office.update()[0].buttons


def test_the_most_wanted_come_first_and_only_five_at_a_time_but_for_urgent_ones(office: Office) -> None:
    words = ["becas", "piscina", "parqueo", "idiomas", "comedor", "laboratorio", "biblioteca"]
    ids = [office.asks(f"¿Tienen {word}?") for word in words]
    office.asks("¿Tienen laboratorio?")

    cards = office.update()
    assert [card.about for card in cards] == [f"review:{ids[place]}" for place in (5, 0, 1, 2, 3)]

    urgent = office.asks("no quiero vivir", reason=f"{URGENT}the student may be in danger")
    (card,) = office.update()
    assert card.about == f"review:{urgent}"
    assert card.text.startswith("🚨 URGENTE")

    office.desk.reject(ids[0], by="Rosa")
    office.desk.reject(urgent, by="Rosa")
    assert {put.about for put in office.update()} == {f"review:{number}" for number in (ids[0], urgent, ids[4])}
    assert office.update() == []


def test_a_card_follows_its_review_whoever_changes_it(office: Office) -> None:
    review = office.asks("¿Hay becas?")
    (card,) = office.update()

    office.asks("hay becas", "98")
    (again,) = office.update()
    assert (again.method, again.message_id) == ("editMessageText", card.message_id)
    assert "preguntada 2 veces" in again.text
    assert again.buttons == card.buttons

    office.desk.approve(review, by="Marta", answer="Sí.")  # by the command line, as it were
    changed = [put for put in office.update() if put.chat == STAFF_CHAT]
    assert [(put.method, put.message_id, put.buttons) for put in changed] == [("editMessageText", card.message_id, {})]
    assert changed[0].text.endswith("✅ Aprobada por Marta el 22/11/2026 10:04\n\nSí.")
    assert office.update() == []


def test_a_merged_and_a_rejected_card_say_so(office: Office) -> None:
    first, second = office.asks("¿Hay becas?"), office.asks("¿Dan ayuda económica?")
    office.update()

    office.desk.merge(first, second, by="Rosa")
    office.desk.reject(second, by="Luis")

    texts = [put.text for put in office.update()]
    assert [text.partition("\n\n")[2].partition("\n\n")[2] for text in texts] == [
        f"🔀 Fusionada con la {second} por Rosa el 22/11/2026 10:04",
        "🚫 Rechazada por Luis el 22/11/2026 10:04",
    ]


def test_a_card_that_waits_to_be_sent_is_not_changed_before_it_is(office: Office) -> None:
    review = office.asks("¿Hay becas?")
    assert office.side._board.update()
    office.desk.reject(review, by="Rosa")
    assert not office.side._board.update()

    assert [put.method for put in office.update()] == ["sendMessage", "editMessageText"]


def test_without_a_chat_that_can_be_reached_nothing_is_put(office: Office) -> None:
    office.asks("¿Hay becas?")
    with office.database.writing() as session:
        chat_states.mark_unreachable(session, "telegram", STAFF_CHAT, "kicked", office.now)
    assert office.update() == []

    with office.database.writing() as session:
        chat_states.mark_reachable(session, "telegram", STAFF_CHAT, office.now)
    assert len(office.update()) == 1


def test_cards_that_were_on_their_way_when_the_bot_was_put_out_come_with_its_return(office: Office) -> None:
    office.asks("¿Hay becas?")
    office.side._board.update()
    with office.database.writing() as session:
        chat_states.mark_unreachable(session, "telegram", STAFF_CHAT, "kicked", office.now)
    office.desk.reject(1, by="Rosa")
    with office.database.writing() as session:
        chat_states.mark_reachable(session, "telegram", STAFF_CHAT, office.now)

    assert [put.method for put in office.update()] == ["sendMessage", "editMessageText"]


def test_a_card_that_was_given_up_is_posted_again(office: Office) -> None:
    office.asks("¿Hay becas?")
    office.side._board.update()
    with office.database.writing() as session:
        chat_states.mark_unreachable(session, "telegram", STAFF_CHAT, "kicked", office.now)
        office.later(days=8)
        chat_states.mark_reachable(session, "telegram", STAFF_CHAT, office.now)

    office.side._board.update()
    office.send()

    with office.database.reading() as session:
        rows = outbox.history(session, channel="telegram", chat_id=STAFF_CHAT, abouts=["review:1"])
    assert [row.status for row in rows] == ["sent", "failed"]


def test_the_chat_is_followed_when_the_group_becomes_a_supergroup(office: Office) -> None:
    office.asks("¿Hay becas?")
    office.update()
    office.asks("¿Tienen piscina?")
    office.side._board.update()
    with office.database.writing() as session:
        move_chat(session, "telegram", STAFF_CHAT, "-100999", office.now)

    assert [(put.chat, put.method) for put in office.update()] == [("-100999", "sendMessage")] * 2
    for review in (1, 2):
        office.desk.reject(review, by="Rosa")
    assert [(put.chat, put.method) for put in office.update()] == [("-100999", "editMessageText")] * 2


def test_a_card_is_one_message_however_much_there_is_to_say(office: Office) -> None:
    office.near = [Passage(n, "¿" + "ñandú " * 90 + "?", "🎓" * 900, 0.4) for n in range(3)]
    review = office.asks("¿" + "becas " * 150 + "?", draft="🎓" * 1990)
    for number in range(9):
        with office.database.writing() as session:
            wording = f"beca número {number} " + "🎓" * 300
            reviews.join_review(session, review, wording=wording, message_id=None, now=office.now)

    (card,) = office.update()

    assert units(card.text) <= 4096
    assert "🎓" * 1000 in card.text
    assert list(card.buttons) == ["📄 Ver el borrador entero", "✏️ Editar", "🚫 Rechazar", "🔀 Fusionar"]
    assert office.update() == []


async def test_the_watch_posts_wakes_the_sender_and_outlives_faults(office: Office) -> None:
    faults = iter([OSError("the disk is full")])

    def nearest(question: str) -> list[Passage]:
        for fault in faults:
            raise fault
        return []

    office.side._board._nearest = nearest
    office.asks("¿Hay becas?")
    watching = asyncio.create_task(office.side.watch())
    for _ in range(500):
        await asyncio.sleep(0.01)
        if office.woken:
            break
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching

    assert len(office.new()) == 1


async def test_what_waits_is_listed_and_its_cards_are_posted_again_below(office: Office) -> None:
    review = office.asks("¿Hay becas?")
    office.asks("hay becas")
    office.asks("¿Tienen piscina?")
    first, _ = office.update()

    await office.commands(LUIS, "/pendientes", STAFF_CHAT)

    listed, *puts = office.new()
    assert listed.text == f"Por revisar: 2\n{review} · 2 veces · ¿Hay becas?\n2 · 1 vez · ¿Tienen piscina?"
    assert [(put.method, put.message_id == first.message_id) for put in puts[:2]] == [
        ("editMessageText", True),
        ("sendMessage", False),
    ]
    assert puts[0].text == f"Pregunta {review}: su tarjeta está más abajo."
    assert puts[1].buttons == first.buttons
    assert office.update() == []

    office.desk.reject(review, by="Rosa")
    (changed,) = office.update()
    assert changed.message_id == puts[1].message_id

    await office.replies(ROSA, first, "Sí, hay becas.")
    assert "ya fue rechazada por Rosa" in office.new()[0].text


async def test_what_waits_is_only_listed_in_private_and_nowhere_else(office: Office) -> None:
    await office.commands(LUIS, "/pendientes")
    office.asks("¿Hay becas?")
    await office.commands(LUIS, "/pendientes")
    await office.commands(LUIS, "/pendientes", "-5")

    none, private, elsewhere = office.new()
    assert none.text == "No hay preguntas por revisar."
    assert private.text.endswith("Se deciden en el chat del personal.")
    assert elsewhere.text == "Eso se hace en el chat del personal."
