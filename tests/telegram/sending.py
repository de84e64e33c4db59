"""The methods that write to chats: send, edit, delete, forward, draft, act."""

import time

from telegram.constants import ChatAction, MessageLimit

from tests.telegram.chats import Chat
from tests.telegram.entities import formatted
from tests.telegram.keyboards import check_markup
from tests.telegram.polls import close, new_poll
from tests.telegram.values import Draft, Json, Message, Refusal, UploadedFile, Violation, bad_request
from tests.telegram.world import World

_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_CONTENT = (
    "text",
    "entities",
    "caption",
    "caption_entities",
    "document",
    "photo",
    "voice",
    "sticker",
    "location",
    "poll",
)


def send_message(world: World, p: Json) -> Json:
    """Writes a text."""
    chat = world.writable(p["chat_id"])
    return _add(world, chat, p, _text(p)).for_bot()


def send_poll(world: World, p: Json) -> Json:
    """Sends a poll or a quiz."""
    return _add(world, world.writable(p["chat_id"]), p, {"poll": new_poll(world, p)}).for_bot()


def send_document(world: World, p: Json) -> Json:
    """Sends a file that is uploaded, or known by its file_id."""
    chat = world.writable(p["chat_id"])
    mode, entities = p.get("parse_mode"), p.get("caption_entities")
    caption, found = formatted(p.get("caption", ""), mode, entities, MessageLimit.CAPTION_LENGTH)
    document = _upload(world, p["document"])
    content: Json = {"document": document} | ({"caption": caption} if caption else {})
    content |= {"caption_entities": found} if found else {}
    return _add(world, chat, p, content, world.files[document["file_id"]]).for_bot()


def _upload(world: World, document: UploadedFile | str) -> Json:
    if isinstance(document, str):
        if document not in world.files:
            raise Violation(f"wrong file identifier/HTTP URL specified: {document!r}")
        return {"file_id": document, "file_unique_id": document, "file_size": len(world.files[document])}
    if not document.content:
        raise Violation(f"file must be non-empty: {document.name!r}")
    file_id = f"BQACAgEAA{world.number()}"
    world.files[file_id] = document.content
    described: Json = {"file_name": document.name, "mime_type": document.content_type}
    return described | {"file_id": file_id, "file_unique_id": file_id, "file_size": len(document.content)}


def forward_message(world: World, p: Json) -> Json:
    """Sends a message on, with its origin."""
    original = _original(world, p, "forward")
    sender = original.raw["from"]
    origin: Json = {"type": "user", "sender_user": sender, "date": original.raw["date"]}
    content = {name: original.raw[name] for name in _CONTENT if name in original.raw} | {"forward_origin": origin}
    return _add(world, world.writable(p["chat_id"]), p, content, original.file).for_bot()


def copy_message(world: World, p: Json) -> Json:
    """Sends what a message holds as an own one."""
    original = _original(world, p, "copy")
    if "poll" in original.raw:
        raise bad_request("message can't be copied")
    content = {name: original.raw[name] for name in _CONTENT if name in original.raw}
    return {"message_id": _add(world, world.writable(p["chat_id"]), p, content, original.file).message_id}


def _original(world: World, p: Json, verb: str) -> Message:
    if message := world.writable(p["from_chat_id"]).find(p["message_id"]):
        return message
    raise bad_request(f"message to {verb} not found")


def _text(p: Json) -> Json:
    text, found = formatted(p.get("text", ""), p.get("parse_mode"), p.get("entities"), MessageLimit.MAX_TEXT_LENGTH)
    if not text:
        raise Violation("message text is empty")
    return {"text": text} | ({"entities": found} if found else {})


def _add(world: World, chat: Chat, p: Json, content: Json, file: bytes | None = None) -> Message:
    """The bot's new message, with what all messages share: thread, reply, keyboard."""
    if (thread := p.get("message_thread_id")) is not None:
        if thread not in chat.threads:
            raise bad_request("message thread not found")
        content |= {"message_thread_id": thread, "is_topic_message": True}
    if reply := p.get("reply_parameters"):
        content |= _reply(chat, reply)
    if "reply_markup" in p:
        check_markup(p["reply_markup"])
        content |= {"reply_markup": p["reply_markup"]}
    return chat.add(content, world.sender, file)


def _reply(chat: Chat, reply: Json) -> Json:
    if unknown := reply.keys() - {"message_id", "chat_id", "allow_sending_without_reply"}:
        raise Violation(f"can't parse reply parameters: unknown to the emulator: {sorted(unknown)}")
    if type(reply.get("message_id")) is not int or reply.get("chat_id", chat.id) != chat.id:
        raise Violation(f"can't parse reply parameters: message_id of a message of this chat is needed: {reply!r}")
    if message := chat.find(reply["message_id"]):
        return {"reply_to_message": message.for_bot("reply_to_message")}
    if reply.get("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def edit_message_text(world: World, p: Json) -> Json:
    """Gives an own message another text; without a keyboard, the old one goes."""
    chat = world.writable(p["chat_id"])
    message = _own(chat, p["message_id"], "message to edit not found")
    if "text" not in message.raw:
        raise bad_request("there is no text in the message to edit")
    return _change(chat, message, {"entities": None} | _text(p) | _markup(p))


def edit_message_reply_markup(world: World, p: Json) -> Json:
    """Gives an own message another inline keyboard, or takes it away."""
    chat = world.writable(p["chat_id"])
    return _change(chat, _own(chat, p["message_id"], "message to edit not found"), _markup(p))


def _markup(p: Json) -> Json:
    """The edited message's keyboard: without one, the old one goes."""
    if markup := p.get("reply_markup"):
        check_markup(markup, inline_only=True)
    return {"reply_markup": markup if markup and markup["inline_keyboard"] else None}


def _own(chat: Chat, message_id: int, missing: str) -> Message:
    message = chat.find(message_id)
    if message is None:
        raise bad_request(missing)
    if not message.by_bot or "inline_keyboard" not in (message.reply_markup or {"inline_keyboard": []}):
        raise bad_request("message can't be edited")
    return message


def _change(chat: Chat, message: Message, content: Json) -> Json:
    if all(message.raw.get(name) == value for name, value in content.items()):
        raise bad_request(_SAME)
    return chat.change(message, content | {"edit_date": int(time.time())}).raw


def delete_message(world: World, p: Json) -> bool:
    """Deletes an own message, or a user's in a private chat."""
    chat = world.writable(p["chat_id"])
    message = chat.find(p["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if not message.by_bot and not chat.private:
        raise bad_request("message can't be deleted")
    chat.delete(message)
    return True


def stop_poll(world: World, p: Json) -> Json:
    """Closes an own poll."""
    chat = world.writable(p["chat_id"])
    message = _own(chat, p["message_id"], "message with poll to stop not found")
    if "poll" not in message.raw:
        raise bad_request("message with poll to stop not found")
    if message.raw["poll"]["is_closed"]:
        raise bad_request("poll has already been closed")
    return close(chat, message)


def send_message_draft(world: World, p: Json) -> bool:
    """Shows a message that is still being written."""
    chat = world.writable(p["chat_id"])
    if not chat.private:
        raise Violation(f"message drafts can be sent in private chats only, not in the {chat.type} {chat.id}")
    if p["draft_id"] == 0:
        raise Violation("draft_id must be non-zero")
    text, _ = formatted(p.get("text", ""), p.get("parse_mode"), p.get("entities"), MessageLimit.MAX_TEXT_LENGTH)
    chat.drafts.append(Draft(p["draft_id"], text, time.time()))
    return True


def send_chat_action(world: World, p: Json) -> bool:
    """Shows that the bot is busy."""
    chat = world.writable(p["chat_id"])
    if p["action"] not in set(ChatAction):
        raise Violation(f"wrong parameter action in request: {p['action']!r}, not one of {sorted(set(ChatAction))}")
    chat.actions.append(p["action"])
    return True


def leave_chat(world: World, p: Json) -> bool:
    """Takes the bot out of a group."""
    chat = world.writable(p["chat_id"])
    if chat.private:
        raise Refusal(400, "Bad Request: chat member status can't be changed in private chats")
    world.move_bot(chat, world.sender, "left")
    return True
