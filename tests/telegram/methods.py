"""The table of the Bot API's methods, and those that are about the bot itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from telegram.constants import BotCommandLimit, BotDescriptionLimit, CallbackQueryLimit, WebhookLimit

from tests.telegram import sending
from tests.telegram.parameters import checked
from tests.telegram.updates import UPDATE_TYPES, Webhook
from tests.telegram.values import Json, Violation, bad_request
from tests.telegram.world import World


@dataclass(frozen=True)
class Method:
    """What runs a method, and its parameters: ``needs`` are those it must have."""

    run: Callable[[World, Json], Any]
    needs: str = ""
    takes: str = ""


def call(world: World, method: str, sent: Json) -> Any:
    """The result of a method other than getUpdates.

    Raises:
        Refusal: the answer is not ok.
    """
    if method not in METHODS:
        raise Violation("Not Found", 404)
    spec = METHODS[method]
    with world.lock:
        p = checked(method, sent, spec.takes, spec.needs)
        sent.update(p)  # so that the record shows them in their types
        world.rates.check(method, p.get("chat_id"))
        return spec.run(world, p)


def get_me(world: World, p: Json) -> Json:
    """Who the bot is."""
    return world.bot


def set_webhook(world: World, p: Json) -> bool:
    """Begins delivery to a URL; an empty one ends it. http is taken on this machine only."""
    url, secret = p.get("url", ""), p.get("secret_token")
    if url and urlsplit(url).scheme != "https" and urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        raise Violation(f"bad webhook: An HTTPS URL must be provided for webhook, not {url!r}")
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise Violation(f"secret token must be 1-256 of A-Z, a-z, 0-9, _ and -, not {secret!r}")
    connections = p.get("max_connections", 40)
    if not WebhookLimit.MIN_CONNECTIONS_LIMIT <= connections <= WebhookLimit.MAX_CONNECTIONS_LIMIT:
        raise Violation(f"max_connections must be 1-100, not {connections}")
    world.updates.allow(known_updates(p))
    webhook = Webhook(url, secret, connections) if url else None
    world.updates.set_webhook(webhook, p.get("drop_pending_updates", False))
    return True


def known_updates(p: Json) -> list[str] | None:
    """The parameter allowed_updates, if all in it are kinds of updates."""
    kinds: list[str] | None = p.get("allowed_updates")
    if unknown := set(kinds or []) - UPDATE_TYPES:
        raise Violation(f"allowed_updates has unknown kinds: {sorted(unknown)}")
    return kinds


def delete_webhook(world: World, p: Json) -> bool:
    """Ends delivery."""
    world.updates.set_webhook(None, p.get("drop_pending_updates", False))
    return True


def get_webhook_info(world: World, p: Json) -> Json:
    """How delivery goes."""
    updates, webhook = world.updates, world.updates.webhook
    info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": len(updates.pending)}
    if webhook:
        info |= {"url": webhook.url, "max_connections": webhook.max_connections}
    if updates.last_error:
        info |= {"last_error_date": updates.last_error[0], "last_error_message": updates.last_error[1]}
    return info | {"allowed_updates": sorted(updates.allowed)}


def answer_callback_query(world: World, p: Json) -> bool:
    """Answers a press, once and in time."""
    if len(p.get("text", "")) > CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH:
        raise Violation(f"MESSAGE_TOO_LONG: text of an answer must be 0-200 characters, not {len(p['text'])}")
    if world.callbacks.pop(p["callback_query_id"], 0) < world.clock.now():
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    world.callback_answers[p["callback_query_id"]] = p
    return True


def set_my_commands(world: World, p: Json) -> bool:
    """Sets the menu's commands."""
    commands = p["commands"]
    if len(commands) > BotCommandLimit.MAX_COMMAND_NUMBER:
        raise Violation(f"BOT_COMMANDS_TOO_MUCH: {len(commands)} commands, at most 100")
    for command in commands:
        if command.keys() != {"command", "description"}:
            raise Violation(f"can't parse BotCommand: it has command and description, not {command!r}")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise Violation(f"BOT_COMMAND_INVALID: 1-32 of a-z, 0-9 and _, not {command['command']!r}")
        if not 1 <= len(command["description"]) <= BotCommandLimit.MAX_DESCRIPTION:
            raise Violation(f"BOT_COMMAND_DESCRIPTION_INVALID: 1-256 characters, not {command['description']!r}")
    world.commands[(p.get("scope", {}).get("type", "default"), p.get("language_code", ""))] = commands
    return True


def get_my_commands(world: World, p: Json) -> list[Json]:
    """The menu's commands."""
    return world.commands.get((p.get("scope", {}).get("type", "default"), p.get("language_code", "")), [])


def set_my_description(world: World, p: Json) -> bool:
    """Sets what an empty chat shows."""
    return _describe(world, p, "description", BotDescriptionLimit.MAX_DESCRIPTION_LENGTH)


def set_my_short_description(world: World, p: Json) -> bool:
    """Sets what the bot's profile shows."""
    return _describe(world, p, "short_description", BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH)


def _describe(world: World, p: Json, name: str, limit: int) -> bool:
    text = p.get(name, "")
    if len(text) > limit:
        raise Violation(f"{name} must be 0-{int(limit)} characters, not {len(text)}")
    world.descriptions[(name, p.get("language_code", ""))] = text
    return True


def get_chat(world: World, p: Json) -> Json:
    """A ChatFullInfo."""
    chat = world.known(p["chat_id"])
    kinds = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    more: Json = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(kinds, False)}
    return chat.described | more


def get_chat_member(world: World, p: Json) -> Json:
    """A ChatMember; nobody but the owner is more than a member."""
    chat = world.writable(p["chat_id"])
    if p["user_id"] == world.bot["id"]:
        return world.member(world.sender, chat.bot)
    if p["user_id"] not in world.users:
        raise bad_request("invalid user_id specified")
    owner = not chat.private and chat.members[:1] == [p["user_id"]]
    status = "creator" if owner else "member" if p["user_id"] in chat.members else "left"
    return world.member(world.users[p["user_id"]], status)


_SHARED = (
    "message_thread_id:int disable_notification:bool protect_content:bool reply_markup:dict reply_parameters:dict "
)
_POLL = (
    "is_anonymous:bool type:str allows_multiple_answers:bool allows_revoting:bool correct_option_ids:list "
    "is_closed:bool explanation:str explanation_parse_mode:str explanation_entities:list "
)
_TEXT = "text:str parse_mode:str entities:list link_preview_options:dict "
_SCOPE = "scope:dict language_code:str "
_MESSAGE = "chat_id:chat message_id:int"

METHODS = {
    "getMe": Method(get_me),
    "setWebhook": Method(
        set_webhook,
        takes="url:str secret_token:str allowed_updates:list drop_pending_updates:bool max_connections:int",
    ),
    "deleteWebhook": Method(delete_webhook, takes="drop_pending_updates:bool"),
    "getWebhookInfo": Method(get_webhook_info),
    "sendMessage": Method(sending.send_message, "chat_id:chat", _TEXT + _SHARED),
    "editMessageText": Method(sending.edit_message_text, _MESSAGE, _TEXT + "reply_markup:dict"),
    "editMessageReplyMarkup": Method(sending.edit_message_reply_markup, _MESSAGE, "reply_markup:dict"),
    "deleteMessage": Method(sending.delete_message, _MESSAGE),
    "sendMessageDraft": Method(
        sending.send_message_draft, "chat_id:int draft_id:int", "text:str parse_mode:str entities:list"
    ),
    "sendChatAction": Method(sending.send_chat_action, "chat_id:chat action:str", "message_thread_id:int"),
    "sendPoll": Method(sending.send_poll, "chat_id:chat question:str options:list", _POLL + _SHARED),
    "stopPoll": Method(sending.stop_poll, _MESSAGE),
    "sendDocument": Method(
        sending.send_document,
        "chat_id:chat document:file",
        "caption:str parse_mode:str caption_entities:list disable_content_type_detection:bool " + _SHARED,
    ),
    "forwardMessage": Method(sending.forward_message, _MESSAGE + " from_chat_id:chat", "disable_notification:bool"),
    "copyMessage": Method(sending.copy_message, _MESSAGE + " from_chat_id:chat", _SHARED),
    "answerCallbackQuery": Method(
        answer_callback_query, "callback_query_id:str", "text:str show_alert:bool url:str cache_time:int"
    ),
    "setMyCommands": Method(set_my_commands, "commands:list", _SCOPE),
    "getMyCommands": Method(get_my_commands, takes=_SCOPE),
    "setMyDescription": Method(set_my_description, takes="description:str language_code:str"),
    "setMyShortDescription": Method(set_my_short_description, takes="short_description:str language_code:str"),
    "getChat": Method(get_chat, "chat_id:chat"),
    "getChatMember": Method(get_chat_member, "chat_id:chat user_id:int"),
    "leaveChat": Method(sending.leave_chat, "chat_id:chat"),
}
