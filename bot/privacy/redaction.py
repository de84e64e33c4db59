"""Takes personal data and secrets out of what students write, before it is logged, queued or proposed as a wording.

Only students' text goes through here: the school's own phone and address in approved answers stay.
``docs/privacy.md`` says what is not caught.
"""

import re
from collections.abc import Iterator

from bot.privacy.personal_numbers import personal_numbers
from bot.privacy.plain_letters import plain_letters, replaced
from bot.privacy.secret_words import secrets

_MASKS = {
    "DNI": "[DNI]",
    "RUC": "[RUC]",
    "CCI": "[CCI]",
    "CARD": "[TARJETA]",
    "ACCOUNT": "[CUENTA]",
    "PHONE": "[TELÉFONO]",
    "EMAIL": "[CORREO]",
    "SECRET": "[CLAVE]",
}
_MASK = re.compile("|".join(re.escape(mask) for mask in _MASKS.values()))
_OPAQUE = "\ufffc"
"""Stands for each character of a mask; no rule reads across it."""
_EMAIL = re.compile(
    r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}"
    r"|[\w.%+-]{1,64}(?: ?(?: \.|(?<= )punto(?= )) ?[\w%+-]{1,64}){0,3}"
    r" ?(?:@|[([](?:at|arroba)[)\]]|(?<= )arroba(?= )) ?[\w-]{1,63}"
    r"(?: ?(?:\.|[([](?:dot|punto)[)\]]|(?<= )punto(?= )) ?[\w-]{1,63}){0,3}"
    r" ?(?:\.|[([](?:dot|punto)[)\]]|(?<= )punto(?= )) ?(?:com|pe|org|net|edu|gob|es|info|io)(?!\w)"
)


def redacted(text: str) -> str:
    """``text`` with personal data and secrets masked, as "[DNI]". Masking twice changes nothing more. Never raises."""
    masked = _masked(text)
    while masked != text:  # ends: each round leaves fewer characters outside of masks
        text, masked = masked, _masked(masked)
    return text


def holds_secret(text: str) -> bool:
    """Whether ``text`` seems to hold what nobody should write in a chat: a password, a code or a card's number."""
    return any(kind in ("SECRET", "CARD") for _, _, kind in _found(text))


def says_something(redacted_text: str) -> bool:
    """Whether there is a word beside the masks."""
    return re.search(r"[^\W\d_]", _MASK.sub("", redacted_text)) is not None


def _masked(text: str) -> str:
    return replaced(text, ((start, end, _MASKS[kind]) for start, end, kind in _found(text)))


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of all that is to be masked."""
    letters = plain_letters(_MASK.sub(lambda mask: _OPAQUE * len(mask.group()), text))
    plain = letters.plain
    spans = [(*span, "SECRET") for span in secrets(plain)]
    spans += [(*found.span(), "EMAIL") for found in _EMAIL.finditer(plain)]
    if any(character.isdigit() for character in plain):
        cased = "".join(text[start] for start in letters.starts[:-1])
        spans += [(number.start, number.end, number.kind) for number in personal_numbers(plain, cased)]
    for start, end, kind in spans:
        yield (*letters.original((start, end)), kind)
