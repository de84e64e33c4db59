"""``docs/telegram-transcript.md``: the conversation as it looks in Telegram, and what of it differs from run to run."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.telegram.bot_api import BotApi
from tests.telegram.chats import Chat

FILE = Path(__file__).parents[2] / "docs" / "telegram-transcript.md"
_HEAD = """# A conversation in Telegram

Played by `tests/served/conversation.py` with a real `cenfobot serve` on an emulated Telegram, and compared with this
page by `tests/test_telegram.py`. After a change that is meant, `.venv/bin/python -m tests.write_transcript` writes it
anew.

The student's chat, the staff's chat, and the one in which a member of the staff linked her account. `[ … ]` are the
buttons that are left at the end; ↩ marks a reply. A press leaves no message: Ana pressed «¿Dónde queda CENFOBANK?»
below the greeting, 👍 below the price, the right option of the quiz, «Hablar con una persona», «Volver al asistente»
and «Sí, borrar todo»; Rosa pressed «✅ Aprobar» on the card of question 2.
"""
_VARIES = (
    (r"\d\d:\d\d:\d\d", "hh:mm:ss"),
    (r"\d\d/\d\d/\d{4}( \d\d:\d\d)?", "date"),
    (r", edited \d+×", ", edited"),
    (r"/vincular \S+", "/vincular CODE"),
    (r"> 📊 .*\n(> ○ .*\n)+", "> a quiz\n"),
)
"""Pattern → what stands for it. A quiz is drawn by lot; how often a card was edited hangs on who was quicker."""


def written(api: BotApi, chats: Iterable[Chat]) -> str:
    """The file's text."""
    return "\n".join([_HEAD, *(api.transcript(chat) for chat in chats)])


def comparable(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, stands_for in _VARIES:
        text = re.sub(pattern, stands_for, text)
    return text
