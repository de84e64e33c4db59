"""A strict emulator of the Telegram Bot API for tests: a real HTTP server, and the users on its other side.

with BotApi() as api:
    ana = api.user("Ana")
    ...  # start the bot with api.token, api.url
    ana.sends("hola")
    answer = ana.chat.wait_for("Hola")
    ana.presses(answer, "Sí")
    assert api.violations == []
"""

from collections import Counter
from types import TracebackType

from tests.telegram.chats import Chat
from tests.telegram.faults import Faults, Kind
from tests.telegram.rates import Rates
from tests.telegram.server import Server
from tests.telegram.transcript import transcript
from tests.telegram.updates import Webhook
from tests.telegram.users import Group, User
from tests.telegram.values import Call, Clock, Json, Message
from tests.telegram.world import World


class BotApi:
    """One bot's Telegram. Its state lives as long as the ``with`` block, whatever becomes of the clients.

    ``time_scale``: so many Telegram seconds go by in a real one, for rates, flood waits, a callback query's 15 seconds
    and the pauses of a webhook. Long-poll timeouts and the methods' ``seconds`` to wait are real.
    ``rates=False`` switches the limits off; flood waits still work. For ``scaled_retry_after`` see ``Rates``.
    In privacy mode, as BotFather sets it, a group's messages reach the bot if they are meant for it.
    """

    def __init__(
        self,
        *,
        token: str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        username: str = "cenfobot",
        time_scale: float = 1,
        rates: bool = True,
        scaled_retry_after: bool = True,
        privacy_mode: bool = True,
    ) -> None:
        clock = Clock(time_scale)
        self.token = token
        self.rates = Rates(clock, rates, scaled_retry_after)
        self._world = World(token, _bot(token, username, privacy_mode), clock, self.rates)
        self._faults = Faults()
        self._server = Server(self._world, self._faults)
        self.url = self._server.url
        self.base_url = f"{self.url}/bot"
        """What python-telegram-bot calls base_url."""

    def __enter__(self) -> "BotApi":
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop()

    # --- people and groups

    def user(
        self, first_name: str, language_code: str = "es", username: str | None = None, user_id: int | None = None
    ) -> User:
        """A person who has not written to the bot yet. The ids are larger than 32 bits, as new ones are."""
        with self._world.lock:
            described: Json = {
                "id": user_id or 5_000_000_000 + self._world.number(),
                "is_bot": False,
                "first_name": first_name,
                "language_code": language_code,
            }
            described |= {"username": username} if username else {}
            self._world.users[described["id"]] = described
            return User(self._world, described)

    def group(
        self, title: str, *members: User, supergroup: bool = True, is_forum: bool = False, with_bot: bool = True
    ) -> Group:
        """A group of the members, the first of whom owns it; the bot is added at once unless told otherwise."""
        with self._world.lock:
            number = self._world.number()
            group_id = -1_000_000_000_000 - number if supergroup else -4_000_000_000 - number
            described = {"id": group_id, "type": "supergroup" if supergroup else "group", "title": title}
            group = Group(self._world, described, members, is_forum)
            if with_bot:
                group.adds_bot()
            return group

    def forge_callback(self, user: User, message: Message, data: str) -> str:
        """The user's app sends made-up callback data for the message; the query's id."""
        return self._world.press(self._world.chats[message.chat_id], user.described, message, data)

    # --- what goes wrong

    def flood(self, chat: Chat | None, seconds: float, method: str | None = None) -> None:
        """Calls about the chat (None: any), of one method or of all, get 429 for so many Telegram seconds."""
        with self._world.lock:
            self.rates.flood(chat.id if chat else None, seconds, frozenset({method}) if method else None)

    def fault(self, kind: Kind, method: str | None = None, times: int = 1, seconds: float = 0) -> None:
        """The next calls of the method (None: of any, getUpdates too) fail; ``seconds`` is for the kind "delay"."""
        with self._world.lock:
            self._faults.add(kind, method, times, seconds)

    def deliver_twice(self, update: Json) -> None:
        """Gives an update out once more under its old id, as Telegram does when a confirmation got lost."""
        with self._world.lock:
            self._world.updates.repeat(update)

    # --- what happened

    @property
    def violations(self) -> list[str]:
        """What the bot did that no correct bot does: unknown or malformed calls, texts over the limits."""
        return self._world.violations

    @property
    def early_retries(self) -> list[str]:
        """Calls during a flood wait that the bot had been told of."""
        return self.rates.early_retries

    @property
    def calls(self) -> list[Call]:
        """Every call, in the order in which they were answered."""
        with self._world.lock:
            return list(self._world.calls)

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    @property
    def counts(self) -> Counter[str]:
        """How often each method was called."""
        return Counter(call.method for call in self.calls)

    @property
    def updates(self) -> list[Json]:
        """Every update that was queued for the bot."""
        with self._world.lock:
            return list(self._world.updates.history)

    @property
    def pending(self) -> list[Json]:
        """The updates that the bot has not confirmed."""
        with self._world.lock:
            return list(self._world.updates.pending)

    @property
    def polled(self) -> bool:
        """Whether a getUpdates call is waiting."""
        return self._world.updates.poll is not None

    @property
    def webhook(self) -> Webhook | None:
        """Where updates go, if the bot has set it."""
        return self._world.updates.webhook

    @property
    def callback_answers(self) -> dict[str, Json]:
        """The parameters of answerCallbackQuery by the query's id."""
        return self._world.callback_answers

    @property
    def commands(self) -> dict[tuple[str, str], list[Json]]:
        """The commands by scope type and language code, ("default", "") if none was given."""
        return self._world.commands

    @property
    def descriptions(self) -> dict[tuple[str, str], str]:
        """The texts by "description" or "short_description" and language code."""
        return self._world.descriptions

    def transcript(self, chat: Chat) -> str:
        """The conversation as Markdown."""
        return transcript(chat)


def _bot(token: str, username: str, privacy_mode: bool) -> Json:
    return {
        "id": int(token.split(":")[0]),
        "is_bot": True,
        "first_name": "Cenfobot",
        "username": username,
        "can_join_groups": True,
        "can_read_all_group_messages": not privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
