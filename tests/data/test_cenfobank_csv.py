"""The shipped sample data is well formed and agrees with itself.

Programme names are not written here: they come from the answer to
"¿Qué puedo estudiar en CENFOBANK?", so staff may change them and keep these tests.
"""

import csv
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
LIST_QUESTION = "¿Qué puedo estudiar en CENFOBANK?"
COURSES_QUESTION = "¿Qué cursos dictan en CENFOBANK?"
FIRST_EDUCATION_QUESTION = "¿Qué es el sistema financiero?"

HOURS = re.compile(r"\d{1,2}:\d{2} [ap]\. m\.")
TIMETABLE = re.compile(
    r"(?:los|de) ((?:lunes|martes|miércoles|jueves|viernes|sábados|domingos)[^.:]*?"
    r" de \d{1,2}:\d{2} [ap]\. m\. a \d{1,2}:\d{2} [ap]\. m\.)"
)
MONTHLY_FEE = re.compile(
    r"mensualidad(?:es)?(?: de [A-ZÁÉÍÓÚ][\w ]*?)?"
    r" (?:es|de) S/ (\d+(?:,\d{3})*)"
)
ENROLMENT_FEE = re.compile(r"matrícula[^.:]{0,20}? (?:es|de) S/ (\d+(?:,\d{3})*)")
DURATION = re.compile(r"(\d+) (?:meses|mensualidades)")
MODALITY = re.compile(r"\b(presencial|virtual|semipresencial)\b")
TOTAL = re.compile(
    r"cuesta S/ (\d+(?:,\d{3})*) en total: (\d+) mensualidades de S/ (\d+(?:,\d{3})*)"
    r" y la matrícula de S/ (\d+(?:,\d{3})*)"
)
AMOUNT = re.compile(r"S/ \d{1,3}(?:,\d{3})*(?:\.\d{2})?(?!\d|,\d)")
PHONE = re.compile(r"\b\d{3} \d{3} \d{3}\b")
ADDRESS = re.compile(r"(?:Jirón|Jr\.|Calle|Avenida|Av\.) [^.]*?\d+(?:, [^.]+)?")


def folded(text: str) -> str:
    """Return the text in lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFD", text.lower())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def amount(text: str) -> int:
    """Return the soles in a figure such as 1,780."""
    return int(text.replace(",", ""))


def read_rows(name: str) -> list[list[str]]:
    """Return all rows of a CSV file in data/, its header first."""
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle, delimiter=";", strict=True))


def read_pairs() -> list[tuple[str, str]]:
    """Return question and answer of every row."""
    return [(question, answer) for question, answer in read_rows("cenfobank.csv")[1:]]


def read_profile() -> dict[str, Any]:
    """Return the tables of profile.toml."""
    return tomllib.loads((DATA / "profile.toml").read_text(encoding="utf-8"))


PAIRS = read_pairs()
ANSWERS = list(dict.fromkeys(answer for _, answer in PAIRS))


def programme_names() -> list[str]:
    """Return the programmes that the list answer names."""
    listing = dict(PAIRS)[LIST_QUESTION].removesuffix(".")
    listing = listing.removeprefix("En CENFOBANK puedes estudiar ")
    head, last = listing.rsplit(" y ", 1)
    return [*head.split(", "), last]


PROGRAMMES = programme_names()


def answers_about(programme: str) -> list[str]:
    """Return the answers that name this programme and no other."""
    return [a for a in ANSWERS if [n for n in PROGRAMMES if n in a] == [programme]]


def found(pattern: re.Pattern[str], answers: Iterable[str]) -> set[str]:
    """Return everything the pattern finds in the answers."""
    return {match for answer in answers for match in pattern.findall(answer)}


def test_the_file_has_the_seed_header_and_two_columns() -> None:
    rows = read_rows("cenfobank.csv")
    assert rows[0] == ["question", "answer"]
    assert all(len(row) == 2 for row in rows)


def test_the_files_are_utf8_without_mark_or_carriage_return() -> None:
    for name in (
        "cenfobank.csv",
        "profile.toml",
        "synonyms.csv",
    ):
        raw = (DATA / name).read_bytes()
        assert not raw.startswith(b"\xef\xbb\xbf"), name
        assert b"\r" not in raw, name
        raw.decode("utf-8")


def test_there_are_at_least_146_distinct_answers_in_300_rows() -> None:
    assert len(ANSWERS) >= 146
    assert len(PAIRS) >= 300


def test_no_wording_occurs_twice_even_without_accents_and_case() -> None:
    wordings = [folded(question) for question, _ in PAIRS]
    assert len(set(wordings)) == len(wordings)


def test_every_answer_has_at_least_two_wordings_in_consecutive_rows() -> None:
    blocks: list[tuple[str, int]] = []
    for _, answer in PAIRS:
        if blocks and blocks[-1][0] == answer:
            blocks[-1] = (answer, blocks[-1][1] + 1)
        else:
            blocks.append((answer, 1))
    assert len(blocks) == len(ANSWERS)
    assert min(size for _, size in blocks) >= 2


def test_every_answer_is_short_plain_text() -> None:
    for answer in ANSWERS:
        assert 0 < len(answer) <= 280, answer
        assert answer == answer.strip(), answer
        assert not re.search(r'[\n\r;"*#`]', answer), answer


def test_every_canonical_question_is_well_written() -> None:
    previous = ""
    for question, answer in PAIRS:
        if answer != previous:
            assert "¿" in question, question
            assert question.endswith("?"), question
        previous = answer


def test_there_are_at_least_forty_banking_education_answers() -> None:
    questions = [question for question, _ in PAIRS]
    first = questions.index(FIRST_EDUCATION_QUESTION)
    education = {answer for _, answer in PAIRS[first:]}
    assert len(education) >= 40
    assert not any("CENFOBANK" in answer for answer in education)


def test_the_list_of_programmes_answers_both_ways_of_asking() -> None:
    assert len(PROGRAMMES) >= 9
    assert len(set(PROGRAMMES)) == len(PROGRAMMES)
    assert dict(PAIRS)[LIST_QUESTION] == dict(PAIRS)[COURSES_QUESTION]


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_each_programme_has_one_fee_duration_timetable_and_modality(
    programme: str,
) -> None:
    about = answers_about(programme)
    assert len(found(MONTHLY_FEE, about)) == 1
    assert len(found(DURATION, about)) == 1
    assert len(found(TIMETABLE, about)) == 1
    assert len(found(MODALITY, about)) == 1


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_each_programme_has_its_own_pair_for_every_topic(programme: str) -> None:
    answers = dict(PAIRS)
    topics = [
        f"¿Qué aprendo en el programa de {programme}?",
        f"¿Qué cursos tiene el programa de {programme}?",
        f"¿Cuál es el horario de {programme}?",
        f"¿En qué modalidad se dicta {programme}?",
        f"¿Cuánto dura el programa de {programme}?",
        f"¿Cuánto cuesta la mensualidad de {programme}?",
        f"¿Cuánto cuesta en total el programa de {programme}?",
    ]
    found_answers = [answers[topic] for topic in topics]
    assert len(set(found_answers)) == len(topics)
    assert all(programme in answer for answer in found_answers)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_total_is_the_monthly_fees_plus_the_enrolment(programme: str) -> None:
    (total, months, fee, enrolment) = next(
        match.groups() for answer in answers_about(programme) if (match := TOTAL.search(answer))
    )
    assert amount(total) == int(months) * amount(fee) + amount(enrolment)


def test_the_fee_range_is_the_lowest_and_the_highest_fee() -> None:
    fees = sorted(amount(fee) for name in PROGRAMMES for fee in found(MONTHLY_FEE, answers_about(name)))
    overview = dict(PAIRS)["¿Cuáles son las mensualidades de CENFOBANK?"]
    assert f"de S/ {fees[0]} a S/ {fees[-1]}" in overview


@pytest.mark.parametrize("modality", ["virtual", "presencial", "semipresencial"])
def test_the_list_of_a_modality_names_exactly_its_programmes(modality: str) -> None:
    plural = modality + "es"
    listed = dict(PAIRS)[f"¿Qué programas son {plural}?"]
    for programme in PROGRAMMES:
        is_so = found(MODALITY, answers_about(programme)) == {modality}
        assert (programme in listed) == is_so, programme


def test_the_list_of_saturday_programmes_names_exactly_those() -> None:
    listed = dict(PAIRS)["¿Qué programas se dictan los sábados?"]
    for programme in PROGRAMMES:
        (timetable,) = found(TIMETABLE, answers_about(programme))
        assert (programme in listed) == ("sábados" in timetable), programme


def test_phone_address_and_enrolment_fee_are_the_same_everywhere() -> None:
    assert len(found(PHONE, ANSWERS)) == 1
    assert len(found(ADDRESS, ANSWERS)) == 1
    assert len(found(ENROLMENT_FEE, ANSWERS)) == 1


def test_every_hour_is_written_in_one_format() -> None:
    for answer in ANSWERS:
        clocks = re.findall(r"\d{1,2}:\d{2}", answer)
        assert len(clocks) == len(HOURS.findall(answer)), answer


def test_every_amount_of_money_is_written_in_one_format() -> None:
    for answer in ANSWERS:
        signs = answer.count("S/")
        well_written = AMOUNT.findall(answer)
        assert signs == len(well_written), answer
        assert "soles" not in answer, answer


def test_every_suggested_question_can_be_answered() -> None:
    questions = read_profile()["suggested"]["questions"]
    assert len(questions) == len(set(questions)) == 6
    assert set(questions) <= set(dict(PAIRS))
