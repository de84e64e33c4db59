"""The questions that one message holds, each so that it stands alone.

Grammar only, Spanish and English, no knowledge of any school: a message is cut where a new question begins ("… y dónde
…", "… ? …", "… y si dan …"), what does not ask is left out ("soy de Sicuani"), and a part that names nothing gets what
its neighbour is about ("cuánto cuesta cajero y cuánto dura"). The cuts are candidates: whoever looks the parts up finds
out whether each has an answer of its own.

Not covered: a list of bare names ("cuánto cuesta cajero y tesorería"), which looks like one name with "y" in it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from bot.answering.small_talk import shipped
from bot.retrieval.words import STOP_WORDS
from storage.text import folded

_LINK = r"(?:y|e|pero|ademas|tambien|asi como|and|also|but)"
_PREPOSITION = r"(?:a|al|de|del|desde|en|por|para|con|hasta|sobre|of|for|in|about|at)"
_ARTICLE = r"(?:el|la|los|las|un|una|su|sus|mi|the|your)"
_PRONOUN = r"(?:que|cual(?:es)?|cuant[oa]s?|donde|cuando|como|quien(?:es)?|what|how|when|where|who|which|why)"
_INTERROGATIVE = rf"(?:{_PREPOSITION}\s+)?{_PRONOUN}\b"
_ABOUT_IT = r"(?:es|son|tiene|incluye|dura|cuesta|vale|empieza|inicia|sirve)\b"
"""Verbs whose subject may be left out: they ask about what was named before."""
_VERB = (
    rf"(?:{_ABOUT_IT}|(?:no\s+)?se\s+\w+|me\s+(?:puede[ns]?|dan|conviene)\b|(?!(?:tambien|bien)\b)\w+(?<!m)[ae]n\b|"
    r"(?:hay|puedo|puede|podria|tengo que|debo|is|are|do|does|can|could|will)\b)"
)
"""How a question without an interrogative begins; most often a plural: "dan", "tienen", "aceptan"."""
_WISH = (
    r"(?:(?:quiero|quisiera|queria|necesito|deseo|me gustaria|i want to|i would like to|i'd like to)\s+"
    r"(?:saber|consultar|preguntar|conocer|averiguar|pedir|informacion|informes|know|ask|el|la|los|las)\b|"
    r"(?:mi|una) (?:pregunta|duda|consulta)\b)"
)
_BEGINNING = rf"(?:{_INTERROGATIVE}|{_WISH}|si\s|{_VERB})"
_BREAK = re.compile(rf"(?:\s*[,;:]\s*(?:{_LINK}\b\s*)*|\s+{_LINK}\s+(?:{_LINK}\s+)*)(?={_BEGINNING})")
_SENTENCE_END = re.compile(r"(?<=[?!])\s*|(?<=\w{3})[.;…]+\s+|\s*(?=¿)|\s+\d[).]\s+")
_TOPIC = rf"(?:\w+,?\s+){{1,4}}(?=(?:a que|de que|en que|que (?:dias?|horas?|meses|fechas?)|(?!que\b){_PRONOUN})\b)"
"""What a question is about, put before it: "cajero bancario a qué hora es"."""
_ASKS = re.compile(
    rf"[¿\s]*(?:{_LINK}\s+)*(?:{_INTERROGATIVE}|{_WISH}|(?:y\s+)?si\s+|{_VERB}|{_TOPIC})|.*(?:\bsaber\b|\?$)"
)
_CLAUSE_END = re.compile(r"[,;:.…?¿!¡()]+(?:\s|$)|\s(?:pero|porque|es que|but|because)\s", re.I)
_CONDITION = re.compile(
    rf"[¿\s]*(?:si|cuando|como|aunque|al|if|when|as)\s[^,;:]*[,;:]\s*(?!{_INTERROGATIVE}|{_LINK}\b)"
)
"""Belongs to the question behind its comma: "si pago al contado, hay descuento"."""
_LEADING = re.compile(rf"^[\s,;:]*(?:{_LINK}\b\s*)+")
_NAMES_NOTHING = re.compile(rf"(?:{_INTERROGATIVE}|{_ABOUT_IT}|{_ARTICLE}\s)")
_COMPLETE = re.compile(
    rf"(?:{_PREPOSITION}\s+)?(?:donde|quien(?:es)?|where|who)\b|(?:que|what)\s+(?:es|son|significa|is|are)\b"
)
"""Never about what was named before: places and people are the school's, and "qué es …" names its subject."""
_NAMED = re.compile(rf"{_PREPOSITION}\b|(?!{_ABOUT_IT}){_VERB}")
"""Begins what names a subject: "de cajero"; or a verb that has the school for it: "atienden"."""
_LISTS = tuple(
    re.compile(rf"^(?P<before>{before})(?P<one>{one})\s+(?:y|and)\s+(?P<other>{other})(?P<tail>{tail})$")
    for before, one, other, tail in (
        (r".*?\b", rf"{_ARTICLE}\s+\w+", rf"{_ARTICLE}\s+\w+", r"\b.*"),  # "… el horario y el costo …"
        (r".*?\b", rf"{_ARTICLE}\s+\w+", r"\w+", rf"\s+{_PREPOSITION}\s.*"),  # "… el horario y costo de …"
        (
            r"",
            rf"(?:{_ARTICLE}\s+)?\w+",
            rf"(?:{_ARTICLE}\s+)?\w+",
            rf"\s+{_PREPOSITION}\s.*",
        ),  # "horario y costo de …"
        (rf"[¿\s]*{_VERB}\s+", r"\w+", r"\w+", r"\W*"),  # "hay wifi y cafetería"
    )
)
"""Two things asked for at once, and what they share."""
_BETWEEN = re.compile(r"\b(?:entre|diferencias?|between|differences?)\b")
_RATE = re.compile(
    r"\b(?:al?|por|cada|per|a la)\s+(?:mes|semana|dia|hora|ciclo|año|ano|month|week|day|hour|year)\b", re.I
)
"""Names no subject: "al mes"."""
_POINTS_BACK = re.compile(r"\b(?:es[aeo]s?|est[eo]s?|lo|it|that|this)\b")
_WORDS_OF_A_BARE_QUESTION = 2
_WORDS_OF_A_SUBJECT = 2
_TAIL = re.compile(rf"\b(?:{_PREPOSITION}|{_ARTICLE})\s.*")
_STOP = STOP_WORDS | ENGLISH_STOP_WORDS | {"hasta", "desde", "sobre", "entre", "segun"}


@dataclass(frozen=True)
class Part:
    """A piece of a message."""

    text: str
    asks: bool
    """Whether its grammar is a question's."""


def parts_in(text: str) -> list[Part]:
    """All pieces of ``text`` as they were typed, in their order."""
    return [Part(clause, _ASKS.match(_plain(clause)) is not None) for clause in _pieces(text)]


def questions_in(text: str) -> tuple[str, ...]:
    """The questions in ``text``, each standing alone, in their order; ``(text,)`` where it is not cut.

    Expects text as :func:`bot.answering.understanding.normalised` gives it; raw text is merely cut less often.
    """
    clauses = _pieces(text)
    asking = [_ASKS.match(_plain(clause)) is not None for clause in clauses]
    if not any(asking) or _LEADING.sub("", text) in clauses:
        return tuple(_listed(text))
    parts = []
    for place, clause in enumerate(clauses):
        if asking[place]:
            parts.extend(_listed(_completed(clause, clauses[:place], clauses[place + 1 :])))
    if len(parts) == 1 and (_POINTS_BACK.search(_plain(parts[0])) or len(content_words(parts[0])) < 2):
        return (text,)  # "me faltó plata, cómo se llama eso": what does not ask says what is meant
    return tuple(dict.fromkeys(parts))


def main_clauses(text: str) -> list[str]:
    """The pieces of ``text`` that hold most of its content words, cut at its marks; none where it is one clause."""
    pieces = [piece.strip() for piece in _CLAUSE_END.split(text)]
    most = len(content_words(text)) / 2
    return [piece for piece in pieces if len(content_words(piece)) >= max(most, 2)] if len(pieces) > 1 else []


def _pieces(text: str) -> list[str]:
    return [clause for sentence in _split(_SENTENCE_END, text) for clause in _clauses(sentence)]


def _clauses(sentence: str) -> list[str]:
    """The pieces that a new question may begin each of, small talk left out."""
    pieces = [_LEADING.sub("", piece) or piece for piece in _split(_BREAK, sentence)]
    return [piece for piece in pieces if not shipped().kind(piece)]


def _completed(clause: str, before: Sequence[str], after: Sequence[str]) -> str:
    """``clause`` with the subject of the nearest neighbour that has one, where it names nothing itself.

    What comes after counts for the barest of questions only: "qué días y a qué hora son las clases de cajero".
    """
    plain = _plain(clause).strip("¿?¡! ")
    own = subject_of(clause)
    which = re.match(rf"{_ARTICLE}\s", _plain(own))  # "el curso" still asks: which?
    is_named = (own and not which) or len(content_words(own)) > 1 or _NAMED.match(_plain(own))
    if is_named or len(content_words(plain)) > 2 or not _NAMES_NOTHING.match(plain) or _COMPLETE.match(plain):
        return clause
    is_bare = len(plain.split()) <= _WORDS_OF_A_BARE_QUESTION
    neighbours = [*reversed(before), *(after if is_bare and not own else ())]
    about = next(filter(None, map(subject_of, neighbours)), "")
    mark = "?" if clause.endswith("?") else ""
    return f"{clause.rstrip('? ')} {about}{mark}" if about else clause


def subject_of(clause: str) -> str:
    """What a clause is about: what follows its first content word, from the first preposition or article on."""
    clause = _RATE.sub(" ", clause)
    topic = re.match(_TOPIC, _plain(clause))
    if topic and content_words(topic.group()):
        return clause[: topic.end()].strip(", ")
    words = clause.strip("¿?¡!., ").split()
    first = next((place for place, word in enumerate(words) if folded(word) not in _STOP), len(words))
    rest = " ".join(words[first + 1 :])
    tail = _TAIL.search(_plain(rest))
    if tail:
        rest = rest[tail.start() :]
    elif re.match(r"(?:que|cuant[oa]s)\s", _plain(clause.lstrip("¿ "))):
        rest = rest.partition(" ")[2]  # "qué cursos lleva …": noun, then verb
    return rest if content_words(rest) else ""


def _listed(clause: str) -> list[str]:
    """Two questions where ``clause`` asks for two things: "el horario y el costo de cajero"."""
    plain = _plain(clause)
    found = None if _BETWEEN.search(plain) else next(filter(None, (shape.match(plain) for shape in _LISTS)), None)
    if found is None:
        return [clause]
    before, one, other, tail = (clause[slice(*found.span(name))] for name in ("before", "one", "other", "tail"))
    return [f"{before}{one}{tail}".strip(), f"{before}{other}{tail}".strip()]


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """The pieces of ``text`` between the places where its plain form matches; a condition keeps its question."""
    plain, pieces, start = _plain(text), [], 0
    for match in pattern.finditer(plain):
        condition = _CONDITION.match(plain, start)
        if condition is None or condition.end() < match.start() or condition.end() > match.end():
            pieces.append(text[start : match.start()].strip())
            start = match.end()
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if re.search(r"\w", piece)]


def content_words(text: str) -> list[str]:
    """The folded words that a question is about, without those that any question is made with."""
    return [word for word in folded(text).split() if word not in _STOP]


def holds_a_question(text: str) -> bool:
    """True where ``text`` asks by itself: "cuánto …", "vos sabés cuánto …", "dan …"; "el de cajero" does not."""
    plain = _plain(text)
    return re.match(_BEGINNING, plain) is not None or re.search(rf"\b{_PRONOUN}\b", plain) is not None


def names_what_it_asks(text: str) -> bool:
    """True where ``text`` is a question that needs no neighbour: "hay piscina"; "cuánto dura" does."""
    plain = _plain(text)
    asks = plain.endswith("?") or re.match(rf"[¿\s]*(?!es que\b){_BEGINNING}", plain) is not None
    return asks and len(content_words(text)) >= _WORDS_OF_A_SUBJECT


def _plain(text: str) -> str:
    """``text`` in small letters and without accents, letter for letter, so that places in it are places in ``text``."""
    return "".join(unicodedata.normalize("NFD", character)[0].lower()[0] for character in text)
