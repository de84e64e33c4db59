"""Writes ``docs/telegram-transcript.md`` anew: ``.venv/bin/python -m tests.write_transcript``."""

import tempfile
from pathlib import Path

from tests.served.bot import ServedBot
from tests.served.conversation import conversation
from tests.served.transcript import FILE, written
from tests.telegram.bot_api import BotApi


def main() -> None:
    """Plays the conversation with a fresh bot."""
    with tempfile.TemporaryDirectory() as folder, BotApi() as api, ServedBot(Path(folder) / "home", api) as bot:
        bot.start()
        FILE.write_text(written(api, conversation(api, bot)), encoding="utf-8")
    print(f"{FILE} is written; look at what git diff says.")


if __name__ == "__main__":
    main()
