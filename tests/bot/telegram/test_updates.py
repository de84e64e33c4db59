"""Updates become events, whatever comes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.updates import (
    Command,
    Edited,
    Event,
    Ignored,
    Media,
    Membership,
    Migrated,
    PollAnswer,
    Press,
    TextMessage,
    parse,
    pressed,
    queue_of,
    read,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = {"id": 7, "is_bot": False, "first_name": "Ana", "last_name": "Quispe"}
BOT = {"id": 99, "is_bot": True, "first_name": "Bot", "username": "cenfobot"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ana"}
GROUP = {"id": -100, "type": "supergroup", "title": "Aula 3"}


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": int(NOW.timestamp()), "chat": chat, "from": ANA, **content}


def event(kind: str, body: dict[str, Any]) -> Event:
    return parse({"update_id": 1, kind: body}, "cenfobot", 99, NOW + timedelta(seconds=3))


def said(chat: dict[str, Any] = PRIVATE, **content: Any) -> object:
    return event("message", message(chat, **content)).what


def test_a_text_with_who_wrote_it_where_and_when() -> None:
    assert event("message", message(text="¿Hay becas?")) == Event(
        update_id=1,
        chat_id="7",
        chat_type="private",
        user_id="7",
        user_name="Ana Quispe",
        at=NOW,
        message_id="5",
        thread_id=None,
        what=TextMessage("¿Hay becas?", None, True),
    )


@pytest.mark.parametrize(
    ("text", "addressed", "left"),
    [
        ("¿hay becas?", False, "¿hay becas?"),
        ("@cenfobot ¿hay becas?", True, "¿hay becas?"),
        ("hola @CenfoBot, ¿hay becas?", True, "hola ¿hay becas?"),
        ("¿hay becas, @cenfobot?", True, "¿hay becas, ?"),
        ("escribe a ana@cenfobot.pe", False, "escribe a ana@cenfobot.pe"),
        ("@cenfobot2 ¿hay becas?", False, "@cenfobot2 ¿hay becas?"),
        ("@cenfobot", True, ""),
    ],
)
def test_in_a_group_what_names_the_bot_is_for_it(text: str, addressed: bool, left: str) -> None:
    assert said(GROUP, text=text) == TextMessage(left, None, addressed, named=addressed)


def test_in_a_group_a_reply_to_the_bot_is_for_it_and_one_to_others_is_not() -> None:
    to_bot = {"message_id": 3, "from": BOT, "chat": GROUP}
    assert said(GROUP, text="sí", reply_to_message=to_bot) == TextMessage("sí", "3", True)
    assert said(GROUP, text="sí", reply_to_message=to_bot | {"from": ANA}) == TextMessage("sí", "3", False)


def test_the_bot_s_name_alone_asks_what_a_person_wrote_that_it_replies_to() -> None:
    asked = {"message_id": 3, "from": ANA, "chat": GROUP, "text": "¿hay becas?"}
    assert said(GROUP, text="@cenfobot", reply_to_message=asked) == TextMessage("¿hay becas?", "3", True, True)
    assert said(GROUP, text="@cenfobot sí", reply_to_message=asked) == TextMessage("sí", "3", True, True)
    for silent in (asked | {"from": BOT}, {"message_id": 3, "from": ANA, "chat": GROUP, "photo": []}):
        assert said(GROUP, text="@cenfobot", reply_to_message=silent) == TextMessage("", "3", True, True)


def test_in_a_topic_the_topics_beginning_is_no_message_that_was_replied_to() -> None:
    begun = {"message_id": 3, "from": ANA, "forum_topic_created": {"name": "Dudas"}}
    body = message(GROUP, text="hola", reply_to_message=begun, message_thread_id=3, is_topic_message=True)
    found = event("message", body)
    assert (found.thread_id, found.what) == (3, TextMessage("hola", None, False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start", Command("start", "", None)),
        ("/Temas@cenfobot", Command("temas", "", None)),
        ("/vincular  ABC 123 ", Command("vincular", "ABC 123", None)),
        ("@cenfobot /borrar", Command("borrar", "", None)),
        ("/start@otrobot", Ignored("a command for another bot")),
        ("/ 3", TextMessage("/ 3", None, True)),
        ("9/10 de nota", TextMessage("9/10 de nota", None, True)),
    ],
)
def test_commands(text: str, expected: object) -> None:
    assert said(text=text) == expected


def test_forwarded_texts() -> None:
    assert said(text="hola", forward_origin={"type": "hidden_user"}) == TextMessage("hola", None, True)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"photo": [], "caption": "¿y esto?"}, Media("photo", "¿y esto?", None, None, True)),
        ({"photo": [], "media_group_id": "8"}, Media("photo", "", "8", None, True)),
        ({"voice": {}}, Media("voice", "", None, None, True)),
        ({"animation": {}, "document": {}}, Media("animation", "", None, None, True)),
        ({"venue": {}, "location": {}}, Media("venue", "", None, None, True)),
        ({"new_chat_members": []}, Ignored("a message without content")),
    ],
)
def test_other_content(content: dict[str, Any], expected: object) -> None:
    assert said(**content) == expected


def test_an_edit_says_when_the_message_was_sent_and_when_it_was_changed() -> None:
    later = NOW + timedelta(minutes=1)
    found = event("edited_message", message(text="¿hay becas?", edit_date=int(later.timestamp())))
    assert (found.at, found.what) == (later, Edited("¿hay becas?", True, NOW))


def test_an_edit_to_a_command_is_that_command() -> None:
    assert event("edited_message", message(text="/temas", edit_date=0)).what == Command("temas", "", None, True)
    assert event("edited_message", message(text="/temas@otrobot", edit_date=0)).what == Ignored(
        "a command for another bot"
    )


@pytest.mark.parametrize(
    ("query", "expected"), [({"id": "44"}, "44"), ({"id": 44}, "44"), ({"from": ANA}, ""), ("44", ""), (None, "")]
)
def test_a_press_has_an_id_or_none(query: object, expected: str) -> None:
    assert pressed({"update_id": 1, "callback_query": query}) == expected
    assert pressed({"update_id": 1}) == ""


def test_presses_and_answers_to_polls_have_the_inboxs_time_and_a_queue_of_their_own() -> None:
    press = {"id": "44", "from": ANA, "message": message(GROUP, text="x"), "data": "fb:+:1"}
    found = event("callback_query", press)
    assert (found.chat_id, found.user_id, found.message_id) == ("-100", "7", "5")
    assert (found.at, found.what) == (NOW + timedelta(seconds=3), Press("44", "fb:+:1"))
    answer = {"poll_id": "55", "user": ANA, "option_ids": [2]}
    found = event("poll_answer", answer)
    assert (found.chat_id, found.private, found.what) == ("7", True, PollAnswer("55", (2,)))
    assert queue_of({"update_id": 1, "callback_query": press}) == "-100#press"
    assert queue_of({"update_id": 1, "poll_answer": answer}) == "7#press"
    assert queue_of({"update_id": 1, "message": message(GROUP, text="x")}) == "-100"
    assert queue_of({"update_id": 1}) == ""


@pytest.mark.parametrize(("status", "inside"), [("kicked", False), ("left", False), ("member", True)])
def test_whether_the_bot_is_in_the_chat(status: str, inside: bool) -> None:
    change = {"chat": PRIVATE, "from": ANA, "date": int(NOW.timestamp())}
    change |= {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": status}}
    what = event("my_chat_member", change).what
    assert what == Membership(status, "member")
    assert isinstance(what, Membership)
    assert what.inside == inside


def test_a_group_that_becomes_a_supergroup_says_under_which_id() -> None:
    assert said(GROUP, migrate_to_chat_id=-1009) == Migrated("-1009")
    assert isinstance(said(GROUP, migrate_from_chat_id=-4), Ignored)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*message(), "text", "photo"]), inner),
    max_leaves=20,
)


@given(
    kind=st.sampled_from(["message", "edited_message", "callback_query", "poll_answer", "my_chat_member"]), body=_JSON
)
def test_whatever_comes_is_an_event(kind: str, body: object) -> None:
    update: dict[str, Any] = {"update_id": 1, kind: body}
    assert read(json.dumps(update), NOW, bot_username="cenfobot", bot_id=99).update_id == 1
    assert isinstance(queue_of(update), str)


@pytest.mark.parametrize("stored", ["", "{", "[]", "3", "null", '"x"'])
def test_what_is_no_update_is_ignored(stored: str) -> None:
    assert read(stored, NOW, bot_username="cenfobot", bot_id=99).what == Ignored("no update that we know")
