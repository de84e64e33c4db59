"""Which reading of a message is looked up: as typed, written out, completed, or in parts."""

from collections.abc import Sequence
from typing import Self

from bot.answering.abbreviations import ABBREVIATIONS, Abbreviations
from bot.answering.lookup import LookUp
from bot.answering.understanding import EarlierTurn
from bot.messages import Passage
from bot.retrieval.base import Finding
from storage.text import folded

PRICE = Passage(1, "¿Cuánto cuesta Barismo?", "Barismo cuesta S/ 300.", 0.9, "¿Cuánto cuesta Barismo?")
PLACE = Passage(2, "¿Dónde queda Casa Miel?", "Casa Miel queda en Jirón Puno 120.", 0.9, "¿Dónde queda Casa Miel?")
BREAD = Passage(3, "¿Cuánto cuesta Panadería?", "Panadería cuesta S/ 250.", 0.9, "¿Cuánto cuesta Panadería?")


class Book:
    """Answers what holds a key's words with the key's passage and probability, the first key first."""

    def __init__(self, **entries: tuple[Passage, float]) -> None:
        self.asked: list[str] = []
        self._entries = {tuple(key.split("_")): entry for key, entry in entries.items()}

    def current(self) -> Self:
        return self

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

    def find_all(self, questions: Sequence[str], limit: int) -> list[Finding]:
        return [self.find(question, limit) for question in questions]


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


def test_a_part_that_names_nothing_is_about_what_the_part_before_it_was_about() -> None:
    hours = Passage(
        4, "¿Cuál es el horario de Barismo?", "Barismo es los lunes.", 0.9, "¿Cuál es el horario de Barismo?"
    )
    book = Book(dias_cuesta=(hours, 0.7), dias=(hours, 0.9), cuesta_barismo=(PRICE, 0.9), cuesta=(BREAD, 0.5))

    assert look_up(book, "barismo que dias es y cuanto cuesta?") == [hours.answer, PRICE.answer]


def test_what_is_told_before_a_question_says_what_it_is_about() -> None:
    book = Book(hornear_conviene=(BREAD, 0.9), conviene=(PRICE, 0.2), donde=(PLACE, 0.9))

    assert look_up(book, "quiero hornear, que curso me conviene? y donde quedan?") == [BREAD.answer, PLACE.answer]


def test_a_question_among_other_words_is_as_sure_as_its_main_clause() -> None:
    book = Book(examen_cuesta=(PRICE, 0.3), cuesta=(PRICE, 0.9))

    assert look_up(book, "en el examen viene eso: cuanto cuesta barismo de verdad") == [PRICE.answer]


def test_a_follow_up_does_not_get_the_answer_that_was_just_given() -> None:
    book = Book(cuesta_barismo=(PRICE, 0.9), panaderia=(BREAD, 0.5))

    assert look_up(book, "y panaderia?", PRICE_TURN) == [BREAD.answer]


def test_where_nothing_was_answered_the_last_question_says_what_a_follow_up_is_about() -> None:
    book = Book(hora_talleres=(PLACE, 0.9))

    assert look_up(book, "a que hora es eso", EarlierTurn("que talleres estan dando")) == [PLACE.answer]


def test_the_institutions_name_goes_without_saying() -> None:
    place = Passage(2, "donde quedan en Casa Miel", PLACE.answer, 1.0)
    book = Book(casa=(place, 1.0))

    look_up(book, "¿Dónde quedan?")

    assert book.asked == ["¿Dónde quedan en Casa Miel"]


def test_a_question_that_names_the_institution_is_ours_whatever_it_asks() -> None:
    lookup = LookUp(Book(), Abbreviations.read(ABBREVIATIONS), "Casa Miel", passages=3, answer_from=0.4)

    assert [lookup.questions(text, ())[0].finding.ours for text in ("hay piscina en casa miel?", "hay piscina")] == [
        1,
        0,
    ]
