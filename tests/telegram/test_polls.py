"""Polls and callback queries: what users answer, and what the bot may make of it."""

import time
from typing import Any, ClassVar

import pytest
import telegram
from telegram.error import BadRequest

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_side import YES_NO, call
from tests.telegram.users import User


class TestCallbacks:
    async def test_a_query_is_answered_once(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        await bot.send_message(ana.id, "¿Sí?", reply_markup=YES_NO)
        query_id = ana.presses(ana.chat.wait_for("¿Sí?"), "No")
        query = (await bot.get_updates())[-1].callback_query
        assert query is not None
        assert (query.id, query.data, query.message and query.message.is_accessible) == (query_id, "n", True)
        await query.answer("Bueno")
        assert api.callback_answers[query_id]["text"] == "Bueno"
        with pytest.raises(BadRequest, match="Query is too old"):
            await query.answer()

    def test_a_query_expires_in_15_seconds(self) -> None:
        with BotApi(time_scale=100) as api:
            ana = api.user("Ana")
            query_id = api.forge_callback(ana, ana.sends("hola"), "x")
            time.sleep(0.16)
            answer = call(api, "answerCallbackQuery", callback_query_id=query_id)
            why = "query is too old and response timeout expired or query ID is invalid"
            assert answer["description"] == f"Bad Request: {why}"

    async def test_data_may_be_forged(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        await bot.send_message(ana.id, "hola")
        with pytest.raises(ValueError, match="no button"):
            ana.presses(ana.chat.wait_for("hola"), "Sí")
        api.forge_callback(ana, ana.chat.wait_for("hola"), "drop table")
        query = (await bot.get_updates())[-1].callback_query
        assert query is not None
        assert query.data == "drop table"


class TestPolls:
    QUIZ: ClassVar[dict[str, Any]] = {"type": "quiz", "correct_option_ids": [1], "is_anonymous": False}

    async def test_a_quiz_is_answered(self, bot: telegram.Bot, ana: User) -> None:
        sent = await bot.send_poll(ana.id, "¿Qué es el encaje?", ["a", "b"], explanation="El BCR\nlo fija", **self.QUIZ)
        ana.answers_poll(ana.chat.bot_messages[0], "b")
        with pytest.raises(ValueError, match="voted already"):
            ana.answers_poll(ana.chat.bot_messages[0], "a")
        *_, poll, answer = await bot.get_updates()
        assert sent.poll is not None
        assert poll.poll is not None
        assert answer.poll_answer is not None
        assert [option.voter_count for option in poll.poll.options] == [0, 1]
        assert (answer.poll_answer.poll_id, answer.poll_answer.option_ids) == (sent.poll.id, (1,))
        assert (await bot.stop_poll(ana.id, sent.message_id)).is_closed
        with pytest.raises(BadRequest, match="Poll has already been closed"):
            await bot.stop_poll(ana.id, sent.message_id)

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"question": "x" * 301}, "must not exceed 300"),
            ({"options": [{"text": "x" * 101}, {"text": "y"}]}, "must not exceed 100"),
            ({"options": ["a", "b"]}, "InputPollOption"),
            ({"options": [{"text": "x"}] * 13}, "1-12 options"),
            ({"correct_option_ids": [2]}, "between 0 and 1"),
            ({"correct_option_ids": []}, "between 0 and 1"),
            ({"explanation": "x" * 201}, "too long"),
            ({"explanation": "a\nb\nc\nd"}, "2 line feeds"),
        ],
    )
    def test_a_wrong_quiz_is_a_violation(self, api: BotApi, ana: User, changed: dict[str, Any], why: str) -> None:
        right = {"chat_id": ana.id, "question": "q", "options": [{"text": "a"}, {"text": "b"}], **self.QUIZ}
        assert call(api, "sendPoll", **right)["ok"]
        assert why in call(api, "sendPoll", **right | changed)["description"]
        assert len(api.violations) == 1
