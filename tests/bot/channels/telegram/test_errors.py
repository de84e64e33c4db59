"""What Telegram's words mean for what was to be sent."""

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram.backoff import backoff
from bot.channels.telegram.calls import lighter
from bot.channels.telegram.errors import Fault, Meaning, understood


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (RetryAfter(timedelta(seconds=240)), Fault(Meaning.WAIT, "flood", 240)),
        (NetworkError("Bad Gateway"), Fault(Meaning.AGAIN, "NetworkError")),
        (TimedOut(), Fault(Meaning.AGAIN, "TimedOut")),
        (TelegramError("Invalid server response"), Fault(Meaning.AGAIN, "TelegramError")),
        (Conflict("x"), Fault(Meaning.AGAIN, "Conflict")),
        (InvalidToken("The token `1:a` was rejected"), Fault(Meaning.TOKEN, "the token is refused")),
        (Forbidden("Forbidden: bot was blocked by the user"), Fault(Meaning.UNREACHABLE, "blocked")),
        (Forbidden("Forbidden: user is deactivated"), Fault(Meaning.UNREACHABLE, "deactivated")),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), Fault(Meaning.UNREACHABLE, "kicked")),
        (Forbidden("Forbidden: something new"), Fault(Meaning.UNREACHABLE, "Forbidden: something new")),
        (BadRequest("Chat not found"), Fault(Meaning.UNREACHABLE, "chat not found")),
        (BadRequest("PEER_ID_INVALID"), Fault(Meaning.UNREACHABLE, "chat not found")),
        (
            BadRequest("Not enough rights to send text messages to the chat"),
            Fault(Meaning.UNREACHABLE, "not allowed to write"),
        ),
        (ChatMigrated(-100), Fault(Meaning.MOVED, "is a supergroup now", moved_to="-100")),
        (BadRequest("Message is not modified: specified new"), Fault(Meaning.UNCHANGED, "not modified")),
        (BadRequest("Message is too long"), Fault(Meaning.HOPELESS, "Message is too long")),
        (BadRequest("Can't parse entities: x"), Fault(Meaning.REFUSED, "Can't parse entities: x")),
        (BadRequest("BUTTON_DATA_INVALID"), Fault(Meaning.REFUSED, "BUTTON_DATA_INVALID")),
    ],
)
def test_an_error_is_understood(error: TelegramError, fault: Fault) -> None:
    assert understood(error) == fault


def test_what_cannot_be_written_as_a_request_is_not_tried_again() -> None:
    error = NetworkError("Unknown error in HTTP implementation")
    error.__cause__ = UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
    assert understood(error) == Fault(Meaning.HOPELESS, "UnicodeEncodeError")


def test_a_refused_message_loses_formatting_then_the_reply_then_buttons_and_is_given_up_when_bare() -> None:
    payload: dict[str, object] | None = {"text": "x", "entities": [], "reply_parameters": {}, "reply_markup": {}}
    left = []
    while payload is not None:
        left.append(" ".join(payload))
        payload = lighter("sendMessage", payload, "BUTTON_DATA_INVALID")
    assert left == [
        "text entities reply_parameters reply_markup",
        "text reply_parameters reply_markup",
        "text reply_markup",
        "text",
    ]


def test_an_edit_keeps_its_buttons() -> None:
    assert lighter("editMessageText", {"text": "x", "reply_markup": {}}, "BUTTON_DATA_INVALID") is None


def test_pauses_double_up_to_a_minute_and_are_never_the_same_for_all() -> None:
    for failures, longest in [(1, 1), (2, 2), (3, 4), (7, 60), (5000, 60)]:
        pauses = {backoff(failures) for _ in range(50)}
        assert len(pauses) > 1
        assert longest / 2 <= min(pauses) <= max(pauses) <= longest
