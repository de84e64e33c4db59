"""The figures in a text as values with their unit: "S/ 1,200.00" is 1200 soles, "7 pm" is 19:00, "seis meses" 6 months.

Spanish and English. Not read: "quincena", "docena", sums of two units ("2 h 30 min"), years of dates. "1.200" is twelve
hundred: a point parts thousands more often than it precedes three decimals.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.faithfulness.closed_words import ENGLISH, MONTHS, SPANISH, WEEKDAYS
from bot.faithfulness.number_words import in_digits, plain

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|(?:https?://|www\.)[^\s,;)]*[^\s,;).?!]", re.IGNORECASE)
"""An e-mail address or a link."""
PHONE_DIGITS = 7
"""A figure of at least so many digits in groups is a telephone or account number."""
_MONTH = f"({'|'.join(MONTHS)})"
_NUMBER = r"(\d{1,3}(?:[ ,.]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
_HALF_DAY = (
    r"(?:([ap])\s?\.?\s?m\b\.?|(?:de|por|en) la (mañana|tarde|noche)\b"
    r"|(?:in the|at) (morning|afternoon|evening|night)\b)"
)
_MORNING = ("a", "mañana", "morning")
_MEASURES = (
    ("mes", re.compile(r"mes(?:es)?|mensual(?:es|idad|idades|mente)?|months?|monthly")),
    ("semana", re.compile(r"semanas?|semanal(?:es|mente)?|weeks?|weekly")),
    ("dia", re.compile(r"dias?|days?|diari[ao]s?|daily")),
    ("hora", re.compile(r"horas?|hrs?|h|hours?")),
    ("minuto", re.compile(r"minutos?|mins?|minutes?")),
    ("año", re.compile(r"años?|anual(?:es|mente)?|years?|yearly")),
)
_BETWEEN = r"(?:\s+(?:\d+°|de|del|of|ultim\w+|siguient\w+|proxim\w+|primer\w+|sol[ao]s?|dos|first|last|full))*"
_NEXT_WORD = re.compile(rf"{_BETWEEN}\s+([a-zñ]+)")
_RANGE = re.compile(r"\s*(?:-|–|a|al|y|o|u|to|and|or|hasta|a las|y las|until)\s*(?:s/\.?\s*|\$\s*)?")


@dataclass(frozen=True)
class Figure:
    """A figure in a text: its value, what it counts, and where it stands."""

    value: str
    """Plain digits ("1200", "0.5"), an hour ("19:00"; "7:00?" where no half of the day is told), a date ("15/5")."""
    unit: str
    """"sol", "dollar", "euro", "%", "clock", "date", "phone", "ordinal", "mes" …; or the word that follows; or ""."""
    start: int
    end: int

    def is_held_by(self, approved: "Figure") -> bool:
        """Whether ``approved`` says as much: the same value, and of the same unit where both tell one."""
        if "phone" in (self.unit, approved.unit):
            digits = self.value.removeprefix("+")
            return len(digits) >= PHONE_DIGITS and approved.value.endswith(digits)
        if self.unit == approved.unit == "clock":
            return self.value in (approved.value, approved.value.rstrip("?")) or (
                self.value.endswith("?") and _on_the_dial(self.value) == _on_the_dial(approved.value)
            )
        return self.value == approved.value and (not self.unit or not approved.unit or self.unit == approved.unit)


def figures_of(text: str) -> tuple[Figure, ...]:
    """The figures in ``text``, which has gone through :func:`in_digits` and :func:`plain`; addresses hold none."""
    left = ADDRESS.sub(lambda match: "\0" * len(match.group()), text)
    found: list[Figure] = []
    for pattern, read in _KINDS:
        for match in pattern.finditer(left):
            value, unit = read(match)
            found.append(Figure(value, unit, *match.span()))
        left = pattern.sub(lambda match: "\0" * len(match.group()), left)
    found.sort(key=lambda figure: figure.start)
    found = [replace(f, unit=_unit_after(text, f.end)) if f.unit == "number" else f for f in found]
    for index in range(len(found) - 2, -1, -1):
        here, after = found[index], found[index + 1]
        if _RANGE.fullmatch(text, here.end, after.start):
            found[index] = _from(here, after)
    return tuple(found)


def figures(text: str) -> set[str]:
    """The values of the figures in ``text``: "1,200.00" and "1200" are the same, "seis" is "6", "7 pm" is "19:00"."""
    return {figure.value.rstrip("?") for figure in figures_of(plain(in_digits(text)))}


def addresses(text: str) -> set[str]:
    """The e-mail addresses and links in ``text``, in lower case."""
    return {address.lower() for address in ADDRESS.findall(text)}


def _from(here: Figure, after: Figure) -> Figure:
    """The beginning of a range, which borrows from its end: "de 7 a 9:30 p. m.", "de 9 a 30 días", "S/ 190 a 320"."""
    if after.unit == "clock" and here.unit in ("", "clock") and re.fullmatch(r"\d{1,2}(:00|:\d\d)?\??", here.value):
        if here.unit == "clock" and not here.value.endswith("?"):
            return here
        hour, minute = int(here.value.split(":")[0]), here.value.rstrip("?").partition(":")[2] or "00"
        end = int(after.value.split(":")[0])
        if after.value.endswith("?") or hour > 12:
            return replace(here, value=f"{hour}:{minute}?", unit="clock")
        same_half = hour % 12 <= end % 12  # "de 10 a 1 p. m." begins in the morning
        afternoon = (end >= 12) == same_half
        return replace(here, value=f"{hour % 12 + 12 * afternoon}:{minute}", unit="clock")
    return replace(here, unit=after.unit) if not here.unit and after.unit not in ("date", "phone", "clock") else here


def _unit_after(text: str, end: int) -> str:
    match = _NEXT_WORD.match(text, end)
    if not match or match[1] in SPANISH or match[1] in ENGLISH or match[1] in WEEKDAYS or match[1] in MONTHS:
        return ""
    return measure(match[1]) or singular(match[1])


@lru_cache(maxsize=4096)
def measure(word: str) -> str:
    """The measure of time that a word tells of: "mes" for "mensualidad" and "months"; "" for any other word."""
    return next((unit for unit, pattern in _MEASURES if pattern.fullmatch(word)), "")


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """``word`` without the ending of its plural and gender, roughly: "alumnas" and "alumno" are "alumn"."""
    return re.sub(r"(?:e?s|[aeo]s?)$", "", word) if len(word) > 3 else word


def _number(digits: str) -> str:
    """ "1,200.50", "1.200,50" and "1 200.5" are "1200.5"; a lone comma or point before three digits parts thousands."""
    digits = digits.replace(" ", "")
    if re.fullmatch(r"[1-9]\d{0,2}(?:[,.]\d{3})+", digits):
        return re.sub(r"[,.]", "", digits)
    whole, _, decimals = re.sub(r"[,.](?=.*[,.])", "", digits).replace(",", ".").partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def _hour(hour: str, minute: str | None, half: str | None) -> str:
    number = int(hour)
    if half:
        number = number % 12 + 12 * (half not in _MORNING) if number <= 12 else number
    return f"{number}:{minute or '00'}" + ("?" if not half and 0 < number <= 12 else "")


def _on_the_dial(value: str) -> tuple[int, str]:
    hour, minute = value.rstrip("?").split(":")
    return int(hour) % 12, minute


def _currency(name: str) -> str:
    return "euro" if name[0] in "e€" else "dollar" if name[0] in "du$" else "sol"


def _slashed(match: re.Match[str]) -> tuple[str, str]:
    day, month = int(match[1]), int(match[2])
    return f"{month}/{day}" if month > 12 >= day else f"{day}/{month}", "date"


_Reading = Callable[[re.Match[str]], tuple[str, str]]
_KINDS: tuple[tuple[re.Pattern[str], _Reading], ...] = (
    (re.compile(r"\b\d{4}-(\d\d)-(\d\d)\b"), lambda m: (f"{int(m[2])}/{int(m[1])}", "date")),
    (re.compile(rf"\b(\d{{1,2}})°?\s+(?:de\s+|of\s+)?{_MONTH}\b"), lambda m: (f"{int(m[1])}/{MONTHS[m[2]]}", "date")),
    (re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?![\d:])°?"), lambda m: (f"{int(m[2])}/{MONTHS[m[1]]}", "date")),
    (re.compile(r"(?<!s/)\b(\d{1,2})/(\d{1,2})(?:/(?:\d{4}|\d\d))?\b"), _slashed),
    (
        re.compile(rf"(?<![\d.,:/])([012]?\d)(?:[:.h]([0-5]\d))?\s*{_HALF_DAY}"),
        lambda m: (_hour(m[1], m[2], m[3] or m[4] or m[5]), "clock"),
    ),
    (
        re.compile(r"\b([012]?\d)[:h]([0-5]\d)\b(?:\s?(?:h|hrs?|horas)\b\.?)?"),
        lambda m: (_hour(m[1], m[2], None), "clock"),
    ),
    (
        re.compile(r"(?:(?<=\blas )|(?<=\bat ))(\d{1,2})\b(?![.,:/]\d|\s*%|\s+\d+°|\s+[a-zñ]{3,})"),
        lambda m: (_hour(m[1], None, None), "clock"),
    ),
    (re.compile(r"\bdia (\d{1,2})\b(?![.,:/]\d)"), lambda m: (str(int(m[1])), "date")),
    (re.compile(r"\b(\d+)°"), lambda m: (m[1], "ordinal")),
    (
        re.compile(rf"((?:\bs/|\bus\$|\$|€|\bpen\b|\busd\b|\beur\b))\.?\s*{_NUMBER}"),
        lambda m: (_number(m[2]), _currency(m[1])),
    ),
    (
        re.compile(rf"\b{_NUMBER}\s*(?:nuevos )?(soles\b|sol\b|pen\b|dolar|dollar|usd\b|us\$|euro|eur\b|€)"),
        lambda m: (_number(m[1]), "sol" if m[2] == "soles" else _currency(m[2])),
    ),
    (re.compile(rf"\b{_NUMBER}\s*(?:%|por ciento\b|per ?cent\b)"), lambda m: (_number(m[1]), "%")),
    (
        re.compile(r"(?:\+|\b)(?!(?:19|20)\d\d[ -](?:19|20)\d\d\b)(?=(?:[ ()-]*\d){7})\d[\d ()-]*\d\b(?![.,]\d)"),
        lambda m: (re.sub(r"[^\d+]", "", m[0]), "phone"),
    ),
    (re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,]\d|\s+[a-zñ]{4,}s\b)"), lambda m: (m[0], "year")),
    (re.compile(_NUMBER), lambda m: (_number(m[1]), "number")),
)
"""What a figure may be, in the order in which it is looked for, and how its value and unit are read."""
