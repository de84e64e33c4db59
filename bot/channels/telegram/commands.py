"""What the bot says to a command, and to the buttons that stand for one."""

import json

from bot.channels.telegram import wording
from bot.channels.telegram.browsing import Browsing
from bot.channels.telegram.persons import Persons
from bot.channels.telegram.talk import CHANNEL, Talk
from bot.profile import Profile
from bot.telegram.keyboards import button
from storage import exporting, retention

PRACTICE = "practica"
"""The one command that has to be prepared; see :class:`bot.channels.telegram.practice.Practice`."""
_PRIVATE = ("misdatos", "borrar", "persona", "bot")


class Commands:
    """All commands but :data:`PRACTICE`."""

    def __init__(self, profile: Profile, browsing: Browsing, persons: Persons, *, retention_days: int) -> None:
        """``retention_days`` of 0: conversations are kept until they are deleted."""
        self._profile = profile
        self._browsing = browsing
        self._persons = persons
        self._retention_days = retention_days

    def run(self, talk: Talk, name: str) -> None:
        """Does what the command asks for."""
        if name in _PRIVATE and not talk.event.private:
            talk.say(wording.ONLY_IN_PRIVATE)
            return
        match name:
            case "start":
                self._start(talk)
            case "ayuda" | "help":
                talk.say(wording.HELP)
            case "temas":
                self._browsing.show_topics(talk)
            case "privacidad":
                talk.say(self._privacy())
            case "misdatos":
                export(talk)
            case "borrar":
                yes, no = button(wording.YES_DELETE, "del", "yes"), button(wording.NO_DELETE, "del", "no")
                talk.say(wording.SURE_TO_DELETE, [yes, no])
            case "persona":
                self._persons.ask(talk)
            case "bot":
                self._persons.leave(talk)
            case _ if talk.event.private:  # in a group it may be for another bot
                talk.say(wording.UNKNOWN_COMMAND)

    def _start(self, talk: Talk) -> None:
        texts, suggested = self._profile.texts, self._profile.suggested_questions
        notice = texts.sample_data_notice if self._profile.sample_data else ""
        about = [texts.identity, texts.capabilities, wording.PRIVACY_LINE, notice]
        about.append(wording.SUGGESTED if suggested else "")
        rows = [[button(question, "q", number)] for number, question in enumerate(suggested)]
        talk.say("\n\n".join(text for text in about if text), *rows)

    def _privacy(self) -> str:
        kept = wording.KEPT_DAYS.format(days=self._retention_days) if self._retention_days else ""
        return wording.PRIVACY.format(kept=kept)


def export(talk: Talk) -> None:
    """Sends all that is stored of the chat, as a file."""
    data = exporting.exported(talk.session, CHANNEL, talk.event.chat_id)
    if not data:
        talk.say(wording.NO_DATA)
        return
    content = json.dumps(data, ensure_ascii=False, indent=2)
    talk.send("sendDocument", {"filename": "mis-datos.json", "content": content, "caption": wording.MY_DATA})


def delete(talk: Talk, persons: Persons) -> None:
    """Deletes all that is stored of the chat, and says so. Commit, then call :meth:`storage.database.Database.shred`.

    The message that says so is stored afterwards: it is all that is left, but for a pause that Telegram has asked for.
    Staff who talk to the student are told.
    """
    persons.forget(talk)
    retention.forget_chat(talk.session, CHANNEL, talk.event.chat_id, talk.now)
    talk.edit(wording.DELETED)
