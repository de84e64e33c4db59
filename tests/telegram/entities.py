"""Formatted text as Telegram counts it: UTF-16 units, entities, and what is recognised in plain text."""

import re
from collections.abc import Iterable

from telegram.constants import MessageEntityType, MessageLimit

from tests.telegram.markup import parse
from tests.telegram.values import Json, Violation

_TYPES = {str(kind.value) for kind in MessageEntityType}
_NEEDED = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}
_RECOGNISED = {
    "url": r"https?://[^\s<>]+[^\s<>.,;:!?)]",
    "email": r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b",
    "bot_command": r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{5,32})?\b",
    "mention": r"(?<![\w@.])@[A-Za-z][A-Za-z0-9_]{4,31}\b",
    "hashtag": r"(?<![\w#])#\w*[^\W\d]\w*",
}


def units(text: str) -> int:
    """The text's length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def formatted(text: str, parse_mode: str | None, entities: list[Json] | None, limit: int) -> tuple[str, list[Json]]:
    """The text that is shown, without the space around it, and its entities, in order.

    Raises:
        Violation: markup or entities that Telegram would not take, or more than ``limit`` units.
    """
    if parse_mode and entities is not None:
        raise Violation("parse_mode and entities are given both; give one of them")
    plain, given = parse(text, parse_mode) if parse_mode else (text, entities or [])
    _check(plain, given)
    start = units(plain) - units(plain.lstrip())
    shown = plain.strip()
    if (length := units(shown)) > limit:
        what = "message is too long" if limit == MessageLimit.MAX_TEXT_LENGTH else "text is too long"
        raise Violation(f"{what}: {length} UTF-16 units, at most {limit}")
    moved = list(_moved(given, start, length))
    return shown, sorted(moved + recognised(shown, moved), key=lambda entity: (entity["offset"], -entity["length"]))


def recognised(text: str, taken: Iterable[Json] = ()) -> list[Json]:
    """The entities that Telegram finds in plain text by itself, outside of those taken."""
    found = [*taken]
    first = len(found)
    for kind, pattern in _RECOGNISED.items():
        for match in re.finditer(pattern, text):
            entity = {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
            if not any(_overlap(entity, other) for other in found):
                found.append(entity)
    return sorted(found[first:], key=lambda entity: int(entity["offset"]))


def _overlap(one: Json, other: Json) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def _moved(entities: list[Json], start: int, length: int) -> Iterable[Json]:
    """The entities after ``start`` units were cut off before the text and some behind it."""
    for entity in entities:
        first = max(entity["offset"] - start, 0)
        last = min(entity["offset"] + entity["length"] - start, length)
        if first < last:
            yield entity | {"offset": first, "length": last - first}


def _check(text: str, entities: list[Json]) -> None:
    if len(entities) > MessageLimit.MESSAGE_ENTITIES:
        raise Violation(f"too many entities: {len(entities)}, at most {MessageLimit.MESSAGE_ENTITIES.value}")
    borders, position = {0}, 0
    for character in text:
        position += units(character)
        borders.add(position)
    for entity in entities:
        _check_one(entity, borders, position)


def _check_one(entity: Json, borders: set[int], end: int) -> None:
    kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
    if kind not in _TYPES:
        raise Violation(f"can't parse MessageEntity: type {kind!r} is not one of {sorted(_TYPES)}")
    if type(offset) is not int or type(length) is not int or offset < 0 or length < 1:
        raise Violation(f"can't parse MessageEntity: offset and length must be whole numbers, not {entity!r}")
    if offset + length > end:
        raise Violation(f"entity beginning at UTF-16 offset {offset} ends after the end of the text at {end}")
    for border in (offset, offset + length):
        if border not in borders:
            raise Violation(f"entity begins or ends in a middle of a UTF-16 symbol at offset {border}")
    if (needed := _NEEDED.get(kind)) and not entity.get(needed):
        raise Violation(f"can't parse MessageEntity: a {kind} needs the field {needed!r}")
