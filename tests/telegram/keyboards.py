"""What the Bot API takes as reply_markup."""

from typing import Any
from urllib.parse import urlsplit

from telegram.constants import InlineKeyboardButtonLimit, KeyboardButtonStyle, ReplyLimit

from tests.telegram.values import Json, Violation

MAX_BUTTONS = 100
_OPTIONS = {
    "keyboard": {"resize_keyboard", "one_time_keyboard", "selective", "is_persistent", "input_field_placeholder"},
    "remove_keyboard": {"selective"},
    "force_reply": {"selective", "input_field_placeholder"},
    "inline_keyboard": set[str](),
}
_BUTTON = {"text", "callback_data", "url", "style", "request_contact", "request_location"}


def check_markup(markup: Json, inline_only: bool = False) -> None:
    """Returns if Telegram would take the keyboard.

    Raises:
        Violation: it would not.
    """
    kinds = [kind for kind in _OPTIONS if kind in markup]
    if len(kinds) != 1:
        raise Violation(f"can't parse reply markup: one of {sorted(_OPTIONS)} is needed, not {markup!r}")
    if inline_only and kinds != ["inline_keyboard"]:
        raise Violation(f"inline keyboard expected, got {kinds[0]}")
    if unknown := markup.keys() - {kinds[0]} - _OPTIONS[kinds[0]]:
        raise Violation(f"can't parse reply markup: {kinds[0]} has no field {sorted(unknown)}")
    placeholder = markup.get("input_field_placeholder", "-")
    if not 1 <= len(placeholder) <= ReplyLimit.MAX_INPUT_FIELD_PLACEHOLDER:
        raise Violation(f"input_field_placeholder must be 1-64 characters, not {placeholder!r}")
    if "keyboard" in kinds[0]:
        _check_rows(markup[kinds[0]], kinds[0])
    elif markup[kinds[0]] is not True:
        raise Violation(f"{kinds[0]} must be true, not {markup[kinds[0]]!r}")


def _check_rows(rows: Any, kind: str) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Violation(f"field {kind!r} must be a list of lists of buttons, not {rows!r}")
    buttons = [button for row in rows for button in row]
    if len(buttons) > MAX_BUTTONS:
        raise Violation(f"reply markup is too long: {len(buttons)} buttons, at most {MAX_BUTTONS}")
    for button in buttons:
        _check_button({"text": button} if isinstance(button, str) else button, kind)


def _check_button(button: Json, kind: str) -> None:
    if unknown := button.keys() - _BUTTON:
        raise Violation(f"can't parse keyboard button: unknown to the emulator: {sorted(unknown)}")
    if not str(button.get("text") or "").strip():
        raise Violation(f"can't parse keyboard button: its text is empty: {button!r}")
    if button.get("style", "primary") not in set(KeyboardButtonStyle):
        raise Violation(f"can't parse keyboard button: unknown style {button['style']!r}")
    acts: list[str] = [name for name in ("callback_data", "url") if name in button]
    if kind == "keyboard" and acts:
        raise Violation(f"can't parse keyboard button: {acts[0]} belongs to an inline keyboard")
    if kind == "inline_keyboard":
        _check_act(button, acts)


def _check_act(button: Json, acts: list[str]) -> None:
    if len(acts) != 1:
        raise Violation(f"can't parse inline keyboard button: it needs callback_data or url: {button!r}")
    value = button[acts[0]]
    if acts[0] == "callback_data":
        size = len(value.encode()) if isinstance(value, str) else 0
        if not 1 <= size <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
            raise Violation(f"BUTTON_DATA_INVALID: callback_data must be 1-64 bytes, not {size}: {value!r}")
    elif urlsplit(value).scheme not in ("http", "https", "tg") or not urlsplit(value).netloc:
        raise Violation(f"inline keyboard button URL {value!r} is invalid")
