"""How moments and texts are stored, the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text, TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, timezone-aware on both sides and UTC in the table (SQLite forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"A moment must be timezone-aware, received {value!r}; use datetime.now(UTC).")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


class SafeText(TypeDecorator[str]):
    """Text without what a database cannot hold: NUL and halves of surrogate pairs become U+FFFD.

    JSON from a phone can carry both, and one such message must not block the inbox for ever.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _storable(value)


class SafeJson(TypeDecorator[dict[str, Any]]):
    """An object as JSON, its texts made storable as in :class:`SafeText`."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> Any:
        return _storable_within(value)


def _storable(text: str) -> str:
    return text.replace("\0", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _storable_within(value: Any) -> Any:
    match value:
        case str():
            return _storable(value)
        case dict():
            return {key: _storable_within(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_storable_within(inner) for inner in value]
        case _:
            return value
