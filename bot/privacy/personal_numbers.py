"""Finds the numbers that belong to a person in plain text: DNI, RUC, CCI, cards, accounts and phones.

A number is known by its check digit, by how it is grouped, or by a word beside it ("mi dni es", "es mi celular").
Prices, dates, hours, years and codes of courses stay. Not found: numbers in words, letters for digits ("O" for 0),
fewer than eight digits without a word beside them, and a number that goes on in the next line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from stdnum import luhn
from stdnum.pe import ruc

_RUN = re.compile(r"[+(]{0,2}[0-9]+(?:(?: ?[-./()_*·]{1,2} ?| {1,3}|,)[0-9]+)*")
"""Digits with single marks between them; where one number ends and the next begins is decided by the groups."""
_SHORTEST, _LONGEST = 6, 22
"""Digits of what is looked for; a longer one is only found where nothing stands between its digits."""
_CUE = re.compile(
    r"(?<![a-z])(?:"
    r"(?P<DNI>d\W{0,2}n\W{0,2}i|documentos?|doc|cedula|carnet?(?: de extranjeria)?|pasaporte|passport"
    r"|id (?:card|number))"
    r"|(?P<RUC>r\.?u\.?c)"
    r"|(?P<CCI>c\.?c\.?i|interbancari[oa])"
    r"|(?P<CARD>tarjetas?|visa|master ?card|amex|card)"
    r"|(?P<ACCOUNT>cuentas?|cta|cte|ahorros|account|acct)"
    r"|(?P<PHONE>telefono|telf?|tlf|tf|fono|phone|cel|cell|celu|celular|movil|mobile|whats?app?|wh?ats|wsp|wpp|wasap|wassap"
    r"|(?:mi|my) (?:numero|nro|num|number)|llam(?:ar|a|e|en|o|ame|enme|arme)|contact\w+|call|text|yape\w*|plin)"
    r")(?![a-z])"
)
_BEFORE = 45
"""Characters between a cue and the number that it announces, at most."""
_AFTER = re.compile(
    r"[\s,.:(-]{0,3}(?:(?:es|is|son|era|seria) )?(?:(?:mi|su|el|tu|my|the|your|nuestro|numero|nro|number|de|of) ){0,3}"
)
_BREAK = re.compile(r"[?!;\n￼0-9]")
_MONEY_BEFORE = re.compile(r"(?:s/\.?|\$|€|£|soles|dolares|usd|pen) ?$")
_MONEY_AFTER = re.compile(
    r" ?(?:nuevos )?(?:soles|sol\b|dolares|euros|usd|pen\b|lucas|mil\b|millon|%|habitantes|personas)"
)
_CODE_BEFORE = re.compile(
    r"(?:cursos?|programas?|modulos?|seccion|grupo|aula|resolucion|ley|decreto|circular|norma|expediente"
    r"|course|class|law)"
    r"[ :-]*(?:(?:n|nro|num|numero|no)[ .°º:-]*)?$"
)
_CODE_GLUED = re.compile(r"(?<![A-Z])(?!N(?:O|RO|UM)?[-_/.]?$)[A-Z]{1,6}[-_/.]?$")
_PHONE_SHAPES = {
    (3, 3, 3), (3, 6), (6, 3), (3, 2, 2, 2), (1, 2, 2, 2, 2), (1, 8), (1, 4, 4), (4, 5), (5, 4), (2, 7), (7, 2),
    (3, 2, 4), (3, 4, 2), (2, 3, 4), (2, 3, 2, 2), (1,) * 9,
}  # fmt: skip
"""How nine digits of a phone are grouped."""
_CARD_SHAPES = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 3), (4, 4, 4, 1), (4, 12), (8, 8)}


@dataclass(frozen=True)
class Number:
    """A number that belongs to somebody."""

    start: int
    end: int
    kind: str
    """DNI, RUC, CCI, CARD, ACCOUNT or PHONE."""


@dataclass(frozen=True)
class _Candidate:
    digits: str
    sizes: tuple[int, ...]
    """Digits in each group."""
    written: str
    """With its marks, and a plus sign or a bracket before it."""
    cue: str
    """The kind that the words beside it announce, or ''."""
    money: bool
    code: bool


def personal_numbers(plain: str, original: str) -> Iterator[Number]:
    """The personal numbers in ``plain``, in order.

    ``original`` holds the same characters before they were made lower-case, to know a code ("CB20250301").
    """
    for run in _RUN.finditer(plain):
        groups = [(run.start() + g.start(), run.start() + g.end()) for g in re.finditer("[0-9]+", run.group())]
        first = 0
        while first < len(groups):
            start = run.start() if first == 0 else groups[first][0]
            last, kind = _longest(plain, original, start, groups, first)
            if kind:
                alone = "(" in plain[start : groups[first][0]] and ")" not in plain[start : groups[last][1]]
                yield Number(groups[first][0] if alone else start, groups[last][1], kind)
            first = last + 1


def _longest(plain: str, original: str, start: int, groups: list[tuple[int, int]], first: int) -> tuple[int, str]:
    """The last group of the longest number that begins with group ``first``, and its kind ('': none begins here)."""
    sizes: list[int] = []
    for begin, end in groups[first : first + _LONGEST]:
        if sizes and sum(sizes) + end - begin > _LONGEST:
            break
        sizes.append(end - begin)
    while sum(sizes) >= _SHORTEST:
        last = first + len(sizes) - 1
        if kind := _kind(_candidate(plain, original, start, groups[last][1])):
            return last, kind
        sizes.pop()
    return first, ""


def _candidate(plain: str, original: str, start: int, end: int) -> _Candidate:
    written = plain[start:end]
    groups = re.findall("[0-9]+", written)
    before = plain[max(0, start - _BEFORE) : start]
    return _Candidate(
        "".join(groups),
        tuple(len(group) for group in groups),
        written,
        _cue(before, plain[end : end + _BEFORE]),
        bool(_MONEY_BEFORE.search(before) or _MONEY_AFTER.match(plain, end)),
        bool(_CODE_BEFORE.search(before) or _CODE_GLUED.search(original[max(0, start - 8) : start])),
    )


def _cue(before: str, after: str) -> str:
    """The kind of the nearest word that announces a number: the last one before it, else one that follows."""
    clause = before[max((found.end() for found in _BREAK.finditer(before)), default=0) :]
    kinds = [found.lastgroup or "" for found in _CUE.finditer(clause)]
    if kinds:
        return kinds[-1]
    link = _AFTER.match(after)
    following = _CUE.match(after, link.end()) if link else None
    return (following.lastgroup or "") if following else ""


def _kind(number: _Candidate) -> str:
    """What a number is, or ''."""
    digits, total = number.digits, len(number.digits)
    if _is_card(number):
        return "CARD"
    if len(number.sizes) == 1:
        if total >= 9:
            return _kind_of_a_long_one(number)
        if total == 8 and (number.cue == "DNI" or not (number.money or number.code)):
            return number.cue if number.cue in ("PHONE", "ACCOUNT") else "DNI"
        if number.money or number.code:
            return ""
        return {"DNI": "DNI" if total == 7 else "", "PHONE": "PHONE"}.get(number.cue, "")
    if _is_cci(number):
        return "CCI"
    if ruc.is_valid(digits) and (number.cue == "RUC" or max(number.sizes) >= 6):
        return "RUC"
    if number.money or _is_date(number):
        return ""
    if _is_announced(number):
        return number.cue
    if _is_phone(number):
        return "PHONE"
    if number.sizes == (8, 1) and "-" in number.written:
        return "DNI"  # with its check digit
    if total >= 10 and max(number.sizes) >= 7 and re.fullmatch(r"[0-9]+(-[0-9]+)+", number.written):
        return "ACCOUNT"
    return ""


def _kind_of_a_long_one(number: _Candidate) -> str:
    """Nine digits or more without a mark between them are never a price or a date: what is not known is an account."""
    digits, total = number.digits, len(number.digits)
    if total == 20 and number.cue != "ACCOUNT":
        return "CCI"
    if ruc.is_valid(digits) and number.cue not in ("ACCOUNT", "PHONE"):
        return "RUC"
    if number.cue == "DNI" and total <= 12:
        return "DNI"
    if number.cue != "ACCOUNT" and _is_phone(number):
        return "PHONE"
    return number.cue if number.cue in ("RUC", "CCI", "CARD", "PHONE") else "ACCOUNT"


def _is_card(number: _Candidate) -> bool:
    total = len(number.digits)
    if not 13 <= total <= 19 or not (number.digits[0] in "3456" or "2221" <= number.digits[:4] <= "2720"):
        return False
    grouped = len(number.sizes) == 1 or number.sizes in _CARD_SHAPES or set(number.sizes[:-1]) <= {1}
    if number.cue == "CARD":
        return not number.money
    return grouped and luhn.is_valid(number.digits)


def _is_cci(number: _Candidate) -> bool:
    """Twenty digits that begin with a bank's three: 0xx, or 8xx for the savings banks."""
    return len(number.digits) == 20 and (number.cue == "CCI" or number.digits[0] in "08" or max(number.sizes) >= 10)


def _is_announced(number: _Candidate) -> bool:
    """Whether the word beside it and its length agree."""
    total = len(number.digits)
    if number.cue == "PHONE":
        hours = re.fullmatch(r"[0-9]{1,2}[.:][0-9]{2} ?- ?[0-9]{1,2}[.:][0-9]{2}", number.written)
        return 7 <= total <= 15 and not hours
    return {
        "DNI": total in (8, 9),
        "RUC": total == 11,
        "CCI": 18 <= total <= 20,
        "CARD": 13 <= total <= 19,
        "ACCOUNT": total >= 9,
    }.get(number.cue, False)


def _is_phone(number: _Candidate) -> bool:
    """Whether it is written as one: from abroad, a mobile's nine digits, or 0 and a region's code."""
    if number.code:
        return False
    if "+" in number.written[:2]:
        return _exists(number.written)
    digits = number.digits.lstrip("0")
    if digits.startswith("519") and len(digits) == 11:
        return True
    mobile = digits.startswith("9") and len(number.digits) == 9
    landline = number.digits.startswith("0") and len(number.digits) in (8, 9)
    if len(number.sizes) == 1:
        return mobile or (landline and _exists(number.digits))
    shaped = number.sizes in _PHONE_SHAPES
    return (mobile and shaped) or (
        landline and (shaped or "(" in number.written) and not _ends_in_a_year(number) and _exists(number.digits)
    )


def _exists(written: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(written, "PE"))
    except phonenumbers.NumberParseException:
        return False


def _is_date(number: _Candidate) -> bool:
    """A day, years, or the number of a law or a resolution ("01103-2025")."""
    groups = [int(group) for group in re.findall("[0-9]+", number.written)]
    if len(groups) == 3 and sorted(number.sizes) in ([2, 2, 4], [1, 2, 4], [1, 1, 4], [2, 2, 2]):
        days = groups[1:] if number.sizes[0] == 4 else groups[:2]
        year = groups[0] if number.sizes[0] == 4 else groups[2]
        return all(0 < day <= 31 for day in days) and min(days) <= 12 and (year < 100 or 1900 <= year < 2100)
    if all(size == 4 and 1900 <= year < 2100 for size, year in zip(number.sizes, groups, strict=True)):
        return True
    return _ends_in_a_year(number)


def _ends_in_a_year(number: _Candidate) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,6} ?[-/] ?(19|20)[0-9]{2}", number.written))
