"""What staff write, made fit to be approved: a question on one line, an answer that fits a chat message."""

from bot.errors import ReviewError
from storage.text import folded

LONGEST_ANSWER = 2000
"""Characters of an approved answer: what a chat message and the CSV's checker allow."""


def checked_question(text: str) -> str:
    """``text`` on one line.

    Raises:
        ReviewError: it holds no word.
    """
    line = " ".join(text.split())
    if not folded(line):
        raise ReviewError(f"La pregunta {text!r} no tiene palabras. Escribe la pregunta completa.")
    return line


def checked_answer(text: str) -> str:
    """``text`` fit to be approved.

    Raises:
        ReviewError: it is empty or longer than :data:`LONGEST_ANSWER` characters.
    """
    answer = text.strip()
    if not answer:
        raise ReviewError("No hay respuesta que aprobar: no quedó borrador. Escríbela con --answer «texto».")
    if len(answer) > LONGEST_ANSWER:
        raise ReviewError(f"La respuesta tiene {len(answer)} caracteres; el máximo es {LONGEST_ANSWER}. Acórtala.")
    return answer
