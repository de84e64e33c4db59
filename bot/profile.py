"""The institution that the bot speaks for: its name, its texts and its help lines (``profile.toml``).

Another school gets its own bot by changing this file and the CSV. All texts are what students read.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from bot.errors import DataError


@dataclass(frozen=True)
class Texts:
    """The fixed replies; none of them is generated. A profile may leave out those that have a default here."""

    greeting: str
    how_are_you: str
    thanks: str
    goodbye: str
    identity: str
    capabilities: str
    unknown: str
    out_of_scope: str
    unsafe: str
    self_harm: str
    empty: str
    too_long: str
    """Holds ``{limit}``, the longest question in characters."""
    unreadable: str
    busy: str
    error: str
    rate_limited: str
    feedback_good: str
    feedback_bad: str
    sample_data_notice: str
    ai_notice: str
    secret_warning: str = (
        "Ojo: no escribas claves ni códigos por aquí. Nadie de la institución te los va a pedir; si ya los enviaste, "
        "cámbialos cuanto antes."
    )
    """Put before the answer to a message that seems to hold a password."""
    insult: str = "Entiendo que estés molesto. Dime con calma qué necesitas y con gusto te ayudo."
    """To an insult; this one and the next six hold for a :class:`bot.moderation.base.Concern` of that category."""
    abused: str = (
        "Lamento mucho lo que está pasando; no es tu culpa y no tienes que pasarlo sin ayuda. Llama gratis a la "
        "Línea 100 (Ministerio de la Mujer), las 24 horas. Si hay peligro ahora, llama al 105 (Policía)."
    )
    """To who suffers violence or abuse, or tells of somebody who does."""
    hate: str = ""
    fraud: str = ""
    violence: str = ""
    sexual: str = ""
    personal_data: str = ""
    """Without a text of its own, ``unsafe`` is the reply to a category."""
    pause: str = "Hagamos una pausa: en {minutes} minutos podemos seguir conversando con respeto."
    """To the third insult in a row, and to what is written during the pause."""
    open_part: str = "De lo demás que preguntas todavía no tengo información aprobada, y prefiero no inventarla."
    """Behind the answer to a message of which a part has none."""
    again: str = "Te lo repito tal como está aprobado. Si algo no queda claro, pregúntame por esa parte."
    """Before an answer that is asked for once more: "no entendí"."""
    acknowledged: str = "¡Perfecto! Si te queda otra duda, aquí estoy."
    """To "ok", "ya" or "jaja" and nothing else."""
    privacy: str = (
        "Guardo lo que conversamos, sin los datos personales que reconozco. En Telegram, /misdatos te lo muestra y "
        "/borrar lo elimina ahora mismo; si me escribes por otro medio, pídelo al personal."
    )
    """To who asks what is kept, or to delete it."""
    callback: str = "Ya tengo la respuesta a tu pregunta «{question}»:\n\n{answer}"
    """To all who asked what staff have now approved; holds ``{answer}``, and may hold ``{question}``."""

    def for_concern(self, category: str) -> str:
        """The reply to an unsafe message of ``category``."""
        return str(getattr(self, category, "")) or self.unsafe


@dataclass(frozen=True)
class HelpLine:
    """A public line for a student in distress."""

    name: str
    number: str
    when: str


@dataclass(frozen=True)
class Profile:
    """One institution."""

    name: str
    full_name: str
    city: str
    topics: str
    sample_data: bool
    """True shows the notice that the data is invented."""
    system: str
    """The system text of every prompt; an adapter is trained with exactly this text."""
    texts: Texts
    suggested_questions: tuple[str, ...]
    help_lines: tuple[HelpLine, ...]


def load_profile(path: Path) -> Profile:
    """Reads a profile.

    Raises:
        DataError: not readable as TOML, or a key is missing, unknown, or not of its type; names all of them.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"There is no profile at {path}. Copy data/profile.toml there and change its texts.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid TOML in UTF-8: {error}. Mend that line.") from error
    reader = _Reader(path, raw)
    profile = Profile(
        name=reader.text("institution", "name"),
        full_name=reader.text("institution", "full_name"),
        city=reader.text("institution", "city"),
        topics=reader.text("institution", "topics"),
        sample_data=reader.flag("institution", "sample_data"),
        system=reader.text("tone", "system"),
        texts=reader.fixed_replies(),
        suggested_questions=reader.texts("suggested", "questions"),
        help_lines=reader.help_lines(),
    )
    if "{limit}" not in profile.texts.too_long:
        reader.faults.append("[texts] too_long must hold {limit}, the place of the number of characters")
    if "{answer}" not in profile.texts.callback:
        reader.faults.append("[texts] callback must hold {answer}, the place of the approved answer")
    for unknown in sorted(set(raw.get("texts", {})) - {field.name for field in fields(Texts)}):
        reader.faults.append(f"[texts] {unknown} is no text of the bot")
    if reader.faults:
        raise DataError(f"{path} cannot be used: {'; '.join(reader.faults)}. data/profile.toml shows every key.")
    return profile


class _Reader:
    """Takes typed values out of a parsed TOML document and collects what is wrong with them."""

    def __init__(self, path: Path, raw: dict[str, object]) -> None:
        self.path = path
        self.raw = raw
        self.faults: list[str] = []

    def _value(self, table: str, key: str) -> object:
        section = self.raw.get(table)
        return section.get(key) if isinstance(section, dict) else None

    def text(self, table: str, key: str) -> str:
        value = self._value(table, key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.faults.append(f"[{table}] {key} must be a text that is not empty, not {value!r}")
        return ""

    def flag(self, table: str, key: str) -> bool:
        value = self._value(table, key)
        if not isinstance(value, bool):
            self.faults.append(f"[{table}] {key} must be true or false, not {value!r}")
        return value is True

    def texts(self, table: str, key: str) -> tuple[str, ...]:
        value = self._value(table, key)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.faults.append(f"[{table}] {key} must be a list of texts, not {value!r}")
        return ()

    def fixed_replies(self) -> Texts:
        given = self.raw.get("texts", {})
        optional = {field.name for field in fields(Texts) if field.default is not MISSING}
        missing = optional - set(given) if isinstance(given, dict) else optional
        wanted = [field.name for field in fields(Texts) if field.name not in missing]
        return Texts(**{name: self.text("texts", name) for name in wanted})

    def help_lines(self) -> tuple[HelpLine, ...]:
        lines = self.raw.get("help_lines", [])
        try:
            return tuple(HelpLine(**line) for line in lines)  # type: ignore[attr-defined]  # a wrong shape raises TypeError
        except TypeError:
            self.faults.append("[[help_lines]] each hold exactly name, number and when")
            return ()
