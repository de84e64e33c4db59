"""Keeps the bot's token out of every log: what looks like one is cut out of each record as it is made.

The token is part of the address of each call, so that libraries log it, and errors quote it. A record factory sees
what every logger writes, for handlers that exist and for those to come; a filter on handlers would miss the latter.
It does not cover what is printed without logging, nor a token that is cut in two.
"""

import logging
import re
import traceback
from typing import Any

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
_HIDDEN = "[token]"
_LOUD = ("httpx", "httpcore", "telegram")
"""They log each call, some of them with its address."""


def without_token(text: str) -> str:
    """The text, with what looks like a token hidden."""
    return _TOKEN.sub(_HIDDEN, text)


def guard_logs() -> None:
    """From now on no record of this process holds a token; may be called again."""
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    made_by = logging.getLogRecordFactory()
    if not isinstance(made_by, _Guarding):
        logging.setLogRecordFactory(_Guarding(made_by))


class _Guarding:
    def __init__(self, made_by: Any) -> None:
        self._made_by = made_by

    def __call__(self, *args: Any, **options: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._made_by(*args, **options)
        try:
            message = record.getMessage()
        except Exception:
            # Any kind: arguments that do not fit the text, or whatever an argument's own __str__ raises; a line for the
            # log must not end what wrote it. Handled as logging does: shown unformatted, here without the token.
            record.msg, record.args = without_token(f"{record.msg!r} {record.args!r}"), ()
            return record
        if (hidden := without_token(message)) != message:
            record.msg, record.args = hidden, ()
        if record.exc_info:
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if (hidden := without_token(told)) != told:
                record.exc_info, record.exc_text = None, hidden
        if record.stack_info:
            record.stack_info = without_token(record.stack_info)
        return record
