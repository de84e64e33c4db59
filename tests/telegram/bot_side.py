"""What the emulator's own tests do as a bot."""

import json
from typing import Any

import httpx
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from tests.telegram.bot_api import BotApi

YES_NO = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Sí", callback_data="y"), InlineKeyboardButton("No", callback_data="n")]]
)


def call(api: BotApi, method: str, **parameters: Any) -> Any:
    """A call by bare HTTP; the answer's body."""
    url, headers = f"{api.base_url}{api.token}/{method}", {"Content-Type": "application/json"}
    return httpx.post(url, content=json.dumps(parameters), headers=headers, verify=False).json()
