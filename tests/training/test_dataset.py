"""Rows are what the bot would ask, byte for byte, with the completion that it should give."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from transformers import PreTrainedTokenizerBase

from bot.answering.prompt import DONT_KNOW, render_text
from bot.errors import DataError
from bot.retrieval.synonyms import Synonyms
from storage.pairs_csv import CsvPair
from training.dataset import Kind, Row, build_rows, count_by_kind, encode_rows
from training.recipe import Dataset

PLAN = Dataset(
    closed_book=0.2, grounded=0.5, dont_know=0.3, rows_per_pair=10, passages=3, as_served=0.5, shuffled=0.5,
    new_wording=0.7, noise=0.5,
)  # fmt: skip
PLAIN = replace(PLAN, passages=1, as_served=0.0, shuffled=0.0, new_wording=0.0, noise=0.0)
CLOSED_BOOK = replace(PLAIN, closed_book=1.0, grounded=0.0, dont_know=0.0)
GROUNDED = replace(PLAIN, closed_book=0.0, grounded=1.0, dont_know=0.0)
UNKNOWN = replace(PLAIN, closed_book=0.0, grounded=0.0, dont_know=1.0)
HEAD = "<s>[INST] <<SYS>>\nEres el asistente.\n<</SYS>>\n\n"


def made(pairs: Sequence[CsvPair], plan: Dataset, seed: int = 1) -> list[Row]:
    return build_rows(pairs, system="Eres el asistente.", synonyms=Synonyms({}), plan=plan, seed=seed)


def two(pairs: Sequence[CsvPair]) -> list[CsvPair]:
    """The first and the third pair, asked in one wording only."""
    return [replace(pair, wordings=()) for pair in (pairs[0], pairs[2])]


def asked_and_shown(row: Row) -> tuple[str, list[str]]:
    """The question of a row, and the questions of its passages."""
    *blocks, asked = row.prompt.user.split("\n\n")
    return asked.removeprefix("Pregunta: "), [block.split("P: ")[1].split("\nR: ")[0] for block in blocks]


def test_a_closed_book_row_is_the_bare_question(pairs: Sequence[CsvPair]) -> None:
    rows = made(two(pairs), CLOSED_BOOK)
    assert {(render_text(row.prompt), row.completion) for row in rows} == {
        (f"{HEAD}¿Cuánto cuesta el curso de Caja? [/INST]", "El curso de Caja cuesta S/ 280."),
        (f"{HEAD}¿Dónde queda la escuela? [/INST]", "La escuela queda en la calle Sol 12."),
    }


def test_a_grounded_row_shows_the_right_pair_and_wants_its_answer(pairs: Sequence[CsvPair]) -> None:
    rows = made(two(pairs), GROUNDED)
    price = "P: ¿Cuánto cuesta el curso de Caja?\nR: El curso de Caja cuesta S/ 280."
    place = "P: ¿Dónde queda la escuela?\nR: La escuela queda en la calle Sol 12."
    assert {(render_text(row.prompt), row.completion) for row in rows} == {
        (
            f"{HEAD}Información:\n{price}\n\nPregunta: ¿Cuánto cuesta el curso de Caja? [/INST]",
            "El curso de Caja cuesta S/ 280.",
        ),
        (
            f"{HEAD}Información:\n{place}\n\nPregunta: ¿Dónde queda la escuela? [/INST]",
            "La escuela queda en la calle Sol 12.",
        ),
    }


def test_a_dont_know_row_lacks_the_right_pair_and_wants_the_fixed_text(pairs: Sequence[CsvPair]) -> None:
    rows = made(two(pairs), UNKNOWN)
    price = "P: ¿Cuánto cuesta el curso de Caja?\nR: El curso de Caja cuesta S/ 280."
    place = "P: ¿Dónde queda la escuela?\nR: La escuela queda en la calle Sol 12."
    assert {(render_text(row.prompt), row.completion) for row in rows} == {
        (f"{HEAD}Información:\n{place}\n\nPregunta: ¿Cuánto cuesta el curso de Caja? [/INST]", DONT_KNOW),
        (f"{HEAD}Información:\n{price}\n\nPregunta: ¿Dónde queda la escuela? [/INST]", DONT_KNOW),
    }


def test_the_kinds_have_the_plans_shares_and_every_pair_its_rows(pairs: Sequence[CsvPair]) -> None:
    rows = made(pairs, PLAN)
    assert count_by_kind(rows) == {"closed_book": 8, "grounded": 20, "dont_know": 12}
    assert all(sum(row.pair == pair for row in rows) == 10 for pair in pairs)


def test_the_right_answer_is_among_the_passages_of_grounded_rows_only(pairs: Sequence[CsvPair]) -> None:
    for row in made(pairs, PLAN):
        assert (f"R: {row.pair.answer}" in row.prompt.user) == (row.kind is Kind.GROUNDED)


def test_a_hidden_wording_is_asked_and_never_shown(pairs: Sequence[CsvPair]) -> None:
    several = [pair for pair in pairs if pair.wordings]
    rows = made(several, replace(GROUNDED, passages=3, new_wording=1.0))
    assert rows
    for row in rows:
        asked, shown = asked_and_shown(row)
        assert asked in (row.pair.question, *row.pair.wordings)
        assert asked not in shown


def test_prompts_hold_from_one_passage_to_the_most_allowed(pairs: Sequence[CsvPair]) -> None:
    numbers = {len(asked_and_shown(row)[1]) for row in made(pairs, PLAN) if row.kind is not Kind.CLOSED_BOOK}
    assert numbers == {1, 2, 3}


def test_the_seed_alone_decides_the_rows(pairs: Sequence[CsvPair]) -> None:
    assert made(pairs, PLAN, seed=1) == made(pairs, PLAN, seed=1)
    assert made(pairs, PLAN, seed=1) != made(pairs, PLAN, seed=2)


def test_a_single_pair_is_refused(pairs: Sequence[CsvPair]) -> None:
    with pytest.raises(DataError, match="at least 2 approved pairs; the CSV has 1"):
        made(pairs[:1], PLAN)


def test_an_encoded_row_has_one_bos_and_ends_with_eos(
    pairs: Sequence[CsvPair], tokenizer: PreTrainedTokenizerBase
) -> None:
    rows = made(pairs, PLAN)
    for row, encoded in zip(rows, encode_rows(rows, tokenizer, max_length=2000), strict=True):
        ids, mask = encoded["input_ids"], encoded["completion_mask"]
        assert ids[0] == tokenizer.bos_token_id
        assert ids.count(tokenizer.bos_token_id) == 1
        assert ids.index(tokenizer.eos_token_id) == len(ids) - 1
        border = mask.index(1)
        assert mask == [0] * border + [1] * (len(ids) - border)
        assert str(tokenizer.decode(ids[border:-1])).strip() == row.completion


def test_a_row_that_is_too_long_names_its_pair_and_is_not_cut(
    pairs: Sequence[CsvPair], tokenizer: PreTrainedTokenizerBase
) -> None:
    with pytest.raises(DataError, match=r"The pair '¿.*' makes a closed_book row of \d+ tokens.* max_length is 20"):
        encode_rows(made(two(pairs), CLOSED_BOOK), tokenizer, max_length=20)
