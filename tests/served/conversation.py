"""A whole conversation of a student and a member of the staff with the bot, each step waiting for what it leads to."""

import re
from collections.abc import Callable

from tests.served.bot import ServedBot
from tests.telegram.bot_api import BotApi
from tests.telegram.chats import Chat
from tests.telegram.users import Group, User
from tests.telegram.values import Message

SECONDS = 30
"""Within which a step has led to what it should, on the busiest of machines."""
UNKNOWN = "¿Hay ascensor en CENFOBANK?"
ANSWER = "No, CENFOBANK no tiene ascensor; si lo necesitas, tu aula estará en el primer piso."
PERSONAL = "¿Puedo llevar a mi hijo a las clases?"
PERSONAL_ANSWER = "Sí, puedes venir con tu hijo si avisas en secretaría un día antes."


def conversation(api: BotApi, bot: ServedBot) -> tuple[Chat, Chat, Chat]:
    """Plays it with a bot that is fresh; the chats of the student, of the staff, and of the member alone."""
    ana, rosa = api.user("Ana"), api.user("Rosa")
    office = _staff_begins(api, bot, rosa)
    answer = _student_begins(ana)
    _rates(ana, answer)
    _asks_what_is_not_known(ana, rosa, office)
    _practises(ana)
    _talks_to_a_person(ana, rosa, office)
    _sees_the_figures(rosa, office)
    _takes_the_data_away(ana)
    return ana.chat, office, rosa.chat


def hears(chat: Chat, what: str | Callable[[Message], bool], after: Message | None = None) -> Message:
    """The bot's first message, behind ``after``, that has the text in it or fits."""
    return chat.wait_for(what, SECONDS, after)


def becomes(chat: Chat, message: Message, text: str) -> Message:
    """The message once it, or a button of it, has the text."""

    def changed(other: Message) -> bool:
        shown = [other.text, *(button for row in other.buttons for button in row)]
        return other.message_id == message.message_id and any(text in one for one in shown)

    return hears(chat, changed)


def _staff_begins(api: BotApi, bot: ServedBot, rosa: User) -> Group:
    status, said = bot.does("staff", "add", "Rosa", "--role", "admin")
    assert status == 0, said
    command = re.search(r"/vincular \S+", said)
    assert command, said
    hears(rosa.chat, "Listo, Rosa", rosa.sends(command[0]))
    office = api.group("Personal de CENFOBANK", rosa)
    hears(office, lambda message: True)
    hears(office, "este es el chat del personal", rosa.sends("/personal", chat=office))
    return office


def _student_begins(ana: User) -> Message:
    greeting = hears(ana.chat, "Por ejemplo, puedes preguntarme", ana.sends("/start"))
    ana.presses(greeting, "¿Dónde queda CENFOBANK?")
    where = hears(ana.chat, "Jirón Las Monedas 245", greeting)
    return hears(ana.chat, "S/ 100", ana.sends("¿Cuánto cuesta la matrícula?")) or where


def _rates(ana: User, answer: Message) -> None:
    ana.presses(answer, "👍")
    becomes(ana.chat, answer, "👍 ✓")


def _asks_what_is_not_known(ana: User, rosa: User, office: Group) -> None:
    unknown = hears(ana.chat, "Todavía no tengo esa información", ana.sends(UNKNOWN))
    card = hears(office, UNKNOWN)
    rosa.sends(ANSWER, chat=office, reply_to=card)
    hears(office, "aprobada por Rosa", card)
    becomes(office, card, "✅ Aprobada por Rosa")
    hears(ana.chat, "Ya tengo la respuesta a tu pregunta", unknown)
    hears(ana.chat, ANSWER, ana.sends(UNKNOWN))


def _practises(ana: User) -> None:
    quiz = hears(ana.chat, lambda message: "poll" in message.raw, ana.sends("/practica"))
    ana.answers_poll(quiz, *quiz.raw["poll"]["correct_option_ids"])
    hears(ana.chat, "¡Correcto! Llevas 1 de 1.", quiz)


def _talks_to_a_person(ana: User, rosa: User, office: Group) -> None:
    unknown = hears(ana.chat, "Todavía no tengo esa información", ana.sends(PERSONAL))
    card = hears(office, PERSONAL)
    ana.presses(unknown, "Hablar con una persona")
    asked = hears(ana.chat, "Ya avisé al personal", unknown)
    thread = hears(office, "Ana quiere hablar con una persona", card)
    rosa.sends(PERSONAL_ANSWER, chat=office, reply_to=thread)
    hears(ana.chat, f"Rosa: {PERSONAL_ANSWER}", asked)
    ana.sends("¡Qué bueno, gracias!")
    heard = hears(office, "¡Qué bueno, gracias!", thread)
    ana.presses(asked, "Volver al asistente")
    hears(ana.chat, "te atiendo yo otra vez", asked)
    hears(office, "El estudiante volvió al asistente", heard)
    becomes(office, card, "✅ Aprobar")
    rosa.presses(card, "✅ Aprobar")
    becomes(office, card, "✅ Aprobada por Rosa")
    hears(ana.chat, PERSONAL_ANSWER, ana.sends(PERSONAL))
    assert sum(PERSONAL_ANSWER in message.text for message in ana.chat.bot_messages) == 2  # Rosa's words and these


def _sees_the_figures(rosa: User, office: Group) -> None:
    hears(office, "Modelo en servicio", rosa.sends("/estado", chat=office))


def _takes_the_data_away(ana: User) -> None:
    hears(ana.chat, lambda message: message.file is not None, ana.sends("/misdatos"))
    sure = hears(ana.chat, "No se puede deshacer", ana.sends("/borrar"))
    ana.presses(sure, "Sí, borrar todo")
    becomes(ana.chat, sure, "borré todo")
