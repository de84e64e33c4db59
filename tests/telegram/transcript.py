"""A conversation as Markdown that reads like a screenshot: who, when, what, and the buttons in their rows."""

import time

from tests.telegram.chats import Chat
from tests.telegram.values import Json, Message

_KINDS = {"photo": "🖼 photo", "voice": "🎤 voice message", "location": "📍 location", "sticker": "sticker"}


def transcript(chat: Chat) -> str:
    """All that was written in the chat, oldest first. What was deleted is struck through."""
    title = chat.described.get("title") or chat.described.get("first_name")
    return "\n".join([f"### {title} ({chat.type})", "", *(_message(message) for message in chat.messages)])


def _message(message: Message) -> str:
    raw = message.raw
    clock = time.strftime("%H:%M:%S", time.localtime(message.sent_at))
    notes = [f"edited {len(message.edits)}×"] if message.edits else []
    who = f"**{raw['from']['first_name']}**{' 🤖' if message.by_bot else ''} · {', '.join([clock, *notes])}"
    quoted = raw.get("reply_to_message", {})
    lines = [f"↩ {(quoted.get('text') or 'message').splitlines()[0][:60]}"] if quoted else []
    lines += _content(raw)
    lines += ["".join(f"[ {button} ]" for button in row) for row in message.buttons]
    shown = [f"~~{line}~~" if message.deleted and line else line for line in lines]
    return "\n".join([who, *(f"> {line}" for line in shown), ""])


def _content(raw: Json) -> list[str]:
    kinds = [label for kind, label in _KINDS.items() if kind in raw]
    if "document" in raw:
        kinds.append(f"📎 {raw['document'].get('file_name', 'file')}")
    if "new_chat_members" in raw:
        kinds.append("joined: " + ", ".join(member["first_name"] for member in raw["new_chat_members"]))
    if "left_chat_member" in raw:
        kinds.append("left: " + raw["left_chat_member"]["first_name"])
    if poll := raw.get("poll"):
        kinds.append(f"📊 {poll['question']} ({poll['type']}{', closed' if poll['is_closed'] else ''})")
        kinds += [f"○ {option['text']} ({option['voter_count']})" for option in poll["options"]]
    return kinds + str(raw.get("text") or raw.get("caption") or "").splitlines()
