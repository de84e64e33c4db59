"""What the bot may write: texts, keyboards, edits, drafts, files, polls."""

import html
import io
from typing import Any

import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity, ReplyKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, Forbidden
from telegram.helpers import escape_markdown

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_side import YES_NO, call
from tests.telegram.markup import parse
from tests.telegram.users import User


class TestTexts:
    async def test_a_text_may_have_4096_units_after_parsing(self, bot: telegram.Bot, ana: User) -> None:
        await bot.send_message(ana.id, f"<b>{'🙂' * 2048}</b>", parse_mode="HTML")
        assert ana.chat.bot_messages[0].entities == [{"type": "bold", "offset": 0, "length": 4096}]
        with pytest.raises(BadRequest, match="Message is too long: 4097"):
            await bot.send_message(ana.id, "🙂" * 2048 + "x")

    async def test_an_empty_text_is_refused(self, bot: telegram.Bot, ana: User) -> None:
        with pytest.raises(BadRequest, match=r"^Message text is empty$"):
            await bot.send_message(ana.id, " \n ")

    @pytest.mark.parametrize(("offset", "length"), [(0, 1), (1, 2), (2, 9), (-1, 2), (0, 0)])
    async def test_entities_must_fit_the_text(self, bot: telegram.Bot, ana: User, offset: int, length: int) -> None:
        with pytest.raises(BadRequest):
            await bot.send_message(ana.id, "🙂abc", entities=[MessageEntity("bold", offset, length)])

    async def test_entities_move_with_the_trimmed_text(self, bot: telegram.Bot, ana: User) -> None:
        sent = await bot.send_message(ana.id, "  🙂abc ", entities=[MessageEntity("bold", 2, 3)])
        assert sent.parse_entities() == {sent.entities[0]: "🙂a"}

    @pytest.mark.parametrize("text", ["<b>x", "x</b>", "<b><i>x</b></i>", "<x>y</x>", "1 < 2", "<a>x</a>"])
    async def test_unbalanced_html_is_refused(self, api: BotApi, bot: telegram.Bot, ana: User, text: str) -> None:
        with pytest.raises(BadRequest, match=r"(?i)can't parse entities"):
            await bot.send_message(ana.id, text, parse_mode="HTML")
        assert len(api.violations) == 1

    @pytest.mark.parametrize("text", ["*x", "a.b", "[x](y", "`x", "*a _b* c_", "x)"])
    async def test_unbalanced_markdown_is_refused(self, bot: telegram.Bot, ana: User, text: str) -> None:
        with pytest.raises(BadRequest, match=r"(?i)can't parse entities"):
            await bot.send_message(ana.id, text, parse_mode="MarkdownV2")

    @pytest.mark.parametrize(
        ("mode", "text"),
        [
            ("HTML", '<b>a &amp; <i>b</i></b> <a href="https://x.pe/?a&amp;b">c</a> <code>d</code>'),
            ("MarkdownV2", r"*a & _b_* [c](https://x.pe/?a&b) `d`"),
        ],
    )
    async def test_markup_becomes_entities(self, bot: telegram.Bot, ana: User, mode: str, text: str) -> None:
        sent = await bot.send_message(ana.id, text, parse_mode=mode)
        assert sent.text == "a & b c d"
        found = [(entity.type, sent.parse_entity(entity), entity.url) for entity in sent.entities]
        assert found == [
            ("bold", "a & b", None),
            ("italic", "b", None),
            ("text_link", "c", "https://x.pe/?a&b"),
            ("code", "d", None),
        ]

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
    def test_escaped_text_stays_what_it_was(self, text: str) -> None:
        assert parse(escape_markdown(text, version=2), "MarkdownV2") == (text, [])
        assert parse(html.escape(text), "HTML") == (text, [])


class TestMessages:
    async def test_a_message_needs_a_chat_that_knows_the_bot(self, api: BotApi, bot: telegram.Bot) -> None:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(api.user("Eva").id, "hola")
        assert api.violations == []

    async def test_who_is_gone_gets_no_message(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        ana.blocks_bot()
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(ana.id, "hola")
        ana.unblocks_bot()
        await bot.send_message(ana.id, "hola")
        ana.is_deactivated()
        with pytest.raises(Forbidden, match="user is deactivated"):
            await bot.send_message(ana.id, "hola")
        group = api.group("Personal", ana)
        group.removes_bot()
        with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
            await bot.send_message(group.id, "hola")

    @pytest.mark.parametrize(
        "button",
        [
            {"callback_data": "x" * 65},
            {"callback_data": "ñ" * 33},
            {"callback_data": ""},
            {"url": "ftp://x"},
            {},
            {"callback_data": "a", "url": "https://x.pe"},
            {"callback_data": "a", "wrong": 1},
        ],
    )
    def test_a_wrong_button_is_a_violation(self, api: BotApi, ana: User, button: dict[str, Any]) -> None:
        markup = {"inline_keyboard": [[{"text": "x", **button}]]}
        assert not call(api, "sendMessage", chat_id=ana.id, text="x", reply_markup=markup)["ok"]
        assert len(api.violations) == 1

    async def test_a_reply_keyboard_sends_its_text(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        await bot.send_message(ana.id, "¿Tema?", reply_markup=ReplyKeyboardMarkup([["Pagos", "Horario"]]))
        shown = ana.chat.wait_for("¿Tema?")
        assert shown.buttons == [["Pagos", "Horario"]]
        ana.presses(shown, "Pagos")
        ana.sends("?", reply_to=shown)
        assert [update.message and update.message.text for update in await bot.get_updates()] == [
            "/start",
            "Pagos",
            "?",
        ]
        assert api.violations == []

    async def test_an_edit_changes_text_and_keyboard(self, bot: telegram.Bot, ana: User) -> None:
        sent = await bot.send_message(ana.id, "¿Sí?", reply_markup=YES_NO)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await bot.edit_message_text("¿Sí?", ana.id, sent.message_id, reply_markup=YES_NO)
        await bot.edit_message_text("Gracias", ana.id, sent.message_id)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await bot.edit_message_reply_markup(ana.id, sent.message_id)
        shown = ana.chat.wait_for("Gracias")
        assert (shown.buttons, [old["text"] for old in shown.edits]) == ([], ["¿Sí?"])

    async def test_only_what_is_there_can_be_changed(self, bot: telegram.Bot, ana: User) -> None:
        mine, theirs = await bot.send_message(ana.id, "a"), ana.sends("b")
        await bot.delete_message(ana.id, mine.message_id)
        assert (ana.chat.bot_messages, ana.chat.messages[-2].deleted) == ([], True)
        for message_id, why in ((mine.message_id, "edit not found"), (theirs.message_id, "can't be edited")):
            with pytest.raises(BadRequest, match=why):
                await bot.edit_message_text("x", ana.id, message_id)
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await bot.delete_message(ana.id, mine.message_id)

    async def test_a_reply_needs_its_message(self, bot: telegram.Bot, ana: User) -> None:
        question = ana.sends("¿Cuándo?")
        sent = await bot.send_message(ana.id, "Hoy", reply_parameters=ReplyParameters(question.message_id))
        assert sent.reply_to_message is not None
        with pytest.raises(BadRequest, match="Message to be replied not found"):
            await bot.send_message(ana.id, "Hoy", reply_parameters=ReplyParameters(99))
        await bot.send_message(ana.id, "Hoy", reply_parameters=ReplyParameters(99, allow_sending_without_reply=True))

    async def test_drafts_are_previews(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        await bot.send_message_draft(ana.id, 7, "El pago")
        await bot.send_message_draft(ana.id, 7, "El pago es hoy")
        assert [(draft.draft_id, draft.text) for draft in ana.chat.drafts] == [(7, "El pago"), (7, "El pago es hoy")]
        assert ana.chat.bot_messages == []
        with pytest.raises(BadRequest, match="non-zero"):
            await bot.send_message_draft(ana.id, 0, "x")
        with pytest.raises(BadRequest, match="private chats only"):
            await bot.send_message_draft(api.group("G", ana).id, 7, "x")

    async def test_a_document_arrives_byte_for_byte(self, bot: telegram.Bot, ana: User) -> None:
        content = bytes(range(256)) + b"\r\n--\r\n"
        sent = await bot.send_document(ana.id, io.BytesIO(content), caption="Tus datos", filename="datos.json")
        shown = ana.chat.wait_for("Tus datos")
        assert (shown.file, shown.raw["document"]["file_name"]) == (content, "datos.json")
        assert sent.document is not None
        await bot.send_document(ana.id, sent.document)
        with pytest.raises(BadRequest, match="too long: 1025"):
            await bot.send_document(ana.id, sent.document, caption="x" * 1025)

    async def test_messages_can_be_passed_on(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        staff, asked = api.group("Personal", api.user("Rosa")), ana.sends("¿Cuándo?")
        sent = await bot.forward_message(staff.id, ana.id, asked.message_id)
        assert isinstance(sent.forward_origin, telegram.MessageOriginUser)
        await bot.copy_message(staff.id, ana.id, asked.message_id)
        assert [message.text for message in staff.bot_messages] == ["¿Cuándo?"] * 2

    async def test_the_bot_may_ask_who_is_where(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        eva = api.user("Eva")
        group = api.group("Personal", ana)
        assert (await bot.get_chat(group.id)).title == "Personal"
        assert (await bot.get_chat_member(group.id, ana.id)).status == "creator"
        assert (await bot.get_chat_member(group.id, eva.id)).status == "left"
        await bot.leave_chat(group.id)
        with pytest.raises(Forbidden, match="not a member"):
            await bot.get_chat_member(group.id, ana.id)
