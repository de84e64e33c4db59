"""Which reading of a message is looked up: as typed, written out, completed, or in parts."""

from bot.answering.abbreviations import ABBREVIATIONS, Abbreviations
from bot.answering.lookup import LookUp
from bot.answering.understanding import EarlierTurn
from bot.messages import Passage
from bot.retrieval.base import Finding
from storage.text import folded

PRICE = Passage(1, "¿Cuánto cuesta Barismo?", "Barismo cuesta S/ 300.", 0.9)
PLACE = Passage(2, "¿Dónde queda Casa Miel?", "Casa Miel queda en Jirón Puno 120.", 0.9)
BREAD = Passage(3, "¿Cuánto cuesta Panadería?", "Panadería cuesta S/ 250.", 0.9)


class Book:
    """Answers what holds a key's words with the key's passage and probability, the first key first."""

    def __init__(self, **entries: tuple[Passage, float]) -> None:
        self.asked: list[str] = []
        self._entries = {tuple(key.split("_")): entry for key, entry in entries.items()}

    def holds(self, question: str) -> bool:
        return any(folded(passage.question) == folded(question) for passage, _ in self._entries.values())

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        return list(self.find(question, limit).passages)

    def find(self, question: str, limit: int) -> Finding:
        self.asked.append(question)
        words = folded(question).split()
        for key, (passage, answered) in self._entries.items():
            if all(word in words for word in key):
                return Finding((passage,), answered, answered)
        return Finding((), 0.0, 0.0)


def look_up(book: Book, message: str, *turns: EarlierTurn) -> list[str]:
    lookup = LookUp(book, Abbreviations.read(ABBREVIATIONS), "Casa Miel", passages=3, answer_from=0.4)
    return [asked.answer for asked in lookup.questions(message, turns)]


BOTH = Book(donde_cuesta=(PRICE, 0.5), cuesta=(PRICE, 0.9), donde=(PLACE, 0.9))
PRICE_TURN = EarlierTurn("cuanto cuesta barismo", PRICE.question, PRICE.answer)


def test_an_approved_wording_is_looked_up_as_it_is() -> None:
    book = Book(cuesta=(PRICE, 1.0))

    assert look_up(book, "¿Cuánto cuesta Barismo?") == [PRICE.answer]
    assert book.asked == ["¿Cuánto cuesta Barismo?"]


def test_short_forms_are_written_out_and_a_greeting_is_left_out() -> None:
    book = Book(que=(PRICE, 0.9))

    look_up(book, "hola, q talleres hay xfa")

    assert book.asked[0] == "que talleres hay por favor"


def test_two_questions_that_have_answers_of_their_own_are_both_answered() -> None:
    assert look_up(BOTH, "¿Cuánto cuesta Barismo? ¿Y dónde queda?") == [PRICE.answer, PLACE.answer]


def test_a_message_that_is_surely_one_question_stays_whole() -> None:
    book = Book(donde_cuesta=(BREAD, 0.95), cuesta=(PRICE, 0.9), donde=(PLACE, 0.9))

    assert look_up(book, "¿Cuánto cuesta Barismo? ¿Y dónde queda?") == [BREAD.answer]


def test_a_part_without_an_answer_leaves_the_message_whole() -> None:
    book = Book(cuesta=(PRICE, 0.9), donde=(PLACE, 0.1))

    assert look_up(book, "¿Cuánto cuesta Barismo? ¿Y dónde queda?") == [PRICE.answer]


def test_what_is_told_around_a_question_does_not_hide_it() -> None:
    book = Book(sicuani=(PLACE, 0.1), cuesta=(PRICE, 0.9))

    assert look_up(book, "Soy de Sicuani y terminé el colegio. ¿Cuánto cuesta Barismo?") == [PRICE.answer]


def test_a_follow_up_is_completed_with_what_was_said() -> None:
    book = Book(cuesta_barismo=(PRICE, 0.9), cuesta=(BREAD, 0.5))

    assert look_up(book, "¿y cuánto cuesta?", EarlierTurn("q es barismo", "¿Qué es Barismo?", "Es café.")) == [
        PRICE.answer
    ]


def test_the_same_question_about_something_else_does_not_find_the_earlier_answer() -> None:
    book = Book(panaderia=(BREAD, 0.5), cuesta=(PRICE, 0.9))

    assert look_up(book, "y el de panadería?", PRICE_TURN) == [BREAD.answer]


def test_a_short_question_that_stands_alone_is_not_completed() -> None:
    book = Book(donde_barismo=(PRICE, 0.3), donde=(PLACE, 0.9))

    assert look_up(book, "dónde quedan", PRICE_TURN) == [PLACE.answer]


def test_a_question_that_nothing_is_found_for_is_one_question_all_the_same() -> None:
    assert look_up(Book(), "¿Cuánto dura? ¿Y dónde queda?") == [""]
