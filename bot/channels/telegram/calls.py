"""An outbox item as a call of the Bot API, and what may be left out of it when Telegram refuses it."""

from collections.abc import Awaitable, Mapping
from typing import Any

from telegram import Bot, Message

from bot.channels.telegram.talk import INSTEAD_OF

_OF_A_NEW_MESSAGE = ("reply_parameters", "message_thread_id")
_FORMATTING = ("parse_mode", "entities", "caption_entities", "explanation_entities", "question_entities")


def prepared(bot: Bot, method: str, chat_id: str, payload: Mapping[str, Any]) -> Awaitable[Message | bool]:
    """The call, to be awaited: it gives the message that came of it, or True, or raises a TelegramError.

    The payload holds the method's parameters under the Bot API's names, but for a document:
    ``filename``, ``content`` (its text) and what else sendDocument takes. A sendMessage with a ``message_id`` takes
    the place of that message.

    Raises:
        KeyError: the payload lacks what the method needs.
        ValueError: the method is none of the outbox's, or the id of the chat or of the message is no number.
    """
    rest, chat = {name: value for name, value in payload.items() if name != INSTEAD_OF}, int(chat_id)
    match method:
        case "sendMessage" if "message_id" in rest:
            rest = {name: value for name, value in rest.items() if name not in _OF_A_NEW_MESSAGE}
            return bot.edit_message_text(rest.pop("text"), chat, int(rest.pop("message_id")), api_kwargs=rest)
        case "sendMessage":
            return bot.send_message(chat, rest.pop("text"), api_kwargs=rest)
        case "editMessageText":
            return bot.edit_message_text(rest.pop("text"), chat, int(rest.pop("message_id")), api_kwargs=rest)
        case "editMessageReplyMarkup":
            return bot.edit_message_reply_markup(chat, int(rest.pop("message_id")), api_kwargs=rest)
        case "sendPoll":
            return bot.send_poll(chat, rest.pop("question"), rest.pop("options"), api_kwargs=rest)
        case "sendDocument":
            content, name = str(rest.pop("content")).encode(), rest.pop("filename")
            return bot.send_document(chat, content, filename=name, api_kwargs=rest)
        case _:
            raise ValueError(f"The outbox does not send {method!r}.")


def lighter(method: str, payload: Mapping[str, Any], reason: str) -> dict[str, Any] | None:
    """The payload with less of what is not needed: the reply, the formatting, at last the buttons; None if bare.

    ``reason`` is Telegram's for the refusal.
    """
    steps = [_FORMATTING, ("reply_parameters",)]
    if "replied" in reason:
        steps.reverse()
    if not method.startswith("edit"):  # there, no buttons would take away those that the message has
        steps.append(("reply_markup",))
    for step in steps:
        if payload.keys() & set(step):
            found_anew = ("message_id",) if INSTEAD_OF in payload else ()
            return {name: value for name, value in payload.items() if name not in (*step, *found_anew)}
    return None
