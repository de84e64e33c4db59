"""Rows are what the bot would ask, byte for byte, with the completion that it should give."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from transformers import PreTrainedTokenizerBase

from bot.answering.prompt import DONT_KNOW, render_text
from bot.errors import DataError
from bot.retrieval.synonyms import Synonyms
from storage.pairs_csv import CsvPair
from storage.text import folded
from training.dataset.corpus import Corpus, CorpusPair
from training.dataset.rows import Kind, Row, build_rows, count_by_kind, encode_rows, held_out_rows
from training.recipe import Dataset

PLAN = Dataset(
    closed_book=0.2, grounded=0.5, dont_know=0.3, system_text=True, held_out=0.1, rows_per_pair=10, new_pair_rows=0,
    passages=3, as_served=0.5, shuffled=0.5, new_wording=0.7, noise=0.5,
)  # fmt: skip
PLAIN = replace(PLAN, passages=1, as_served=0.0, shuffled=0.0, new_wording=0.0, noise=0.0)
CLOSED_BOOK = replace(PLAIN, closed_book=1.0, grounded=0.0, dont_know=0.0)
GROUNDED = replace(PLAIN, closed_book=0.0, grounded=1.0, dont_know=0.0)
UNKNOWN = replace(PLAIN, closed_book=0.0, grounded=0.0, dont_know=1.0)
HEAD = "<s>[INST] <<SYS>>\nEres el asistente.\n<</SYS>>\n\n"


def corpus_of(pairs: Sequence[CsvPair], held_out: Sequence[str] = (), new: Sequence[int] = ()) -> Corpus:
    """The pairs, with these wordings held out, those of these numbers new."""
    return Corpus(
        "", tuple(CorpusPair(pair, frozenset(held_out), new=number in new) for number, pair in enumerate(pairs))
    )


def made(pairs: Sequence[CsvPair] | Corpus, plan: Dataset, seed: int = 1) -> list[Row]:
    corpus = pairs if isinstance(pairs, Corpus) else corpus_of(pairs)
    return build_rows(corpus, system="Eres el asistente.", synonyms=Synonyms({}), plan=plan, seed=seed)


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


def test_without_a_system_text_the_prompt_is_the_seeds(pairs: Sequence[CsvPair]) -> None:
    rows = made(two(pairs), replace(CLOSED_BOOK, system_text=False))
    assert {f"{render_text(row.prompt)} {row.completion} </s>" for row in rows} == {
        "<s>[INST] ¿Cuánto cuesta el curso de Caja? [/INST] El curso de Caja cuesta S/ 280. </s>",
        "<s>[INST] ¿Dónde queda la escuela? [/INST] La escuela queda en la calle Sol 12. </s>",
    }


def test_without_a_number_of_rows_each_trained_wording_has_one(pairs: Sequence[CsvPair]) -> None:
    rows = made(corpus_of(pairs, ["precio de caja"]), replace(CLOSED_BOOK, rows_per_pair=None))
    assert sorted(row.prompt.user for row in rows) == sorted(
        text for pair in pairs for text in (pair.question, *pair.wordings) if text != "precio de caja"
    )


def test_a_held_out_wording_is_neither_asked_nor_shown(pairs: Sequence[CsvPair]) -> None:
    held_out = ["precio de caja", "dirección de la escuela"]
    users = [row.prompt.user for row in made(corpus_of(pairs, held_out), replace(PLAN, rows_per_pair=60))]
    assert not any(text in user for text in held_out for user in users)
    assert any("cuánto sale caja" in user for user in users)


def test_noise_does_not_make_a_held_out_wording() -> None:
    pairs = [CsvPair("¿Qué es TCEA?", "El costo.", ("q es tcea",)), CsvPair("¿Qué es TREA?", "El rendimiento.")]
    rows = made(corpus_of(pairs, ["q es tcea"]), replace(GROUNDED, noise=1.0, rows_per_pair=200))
    asked = {folded(asked_and_shown(row)[0]) for row in rows}
    assert "q es trea" in asked
    assert "q es tcea" not in asked


def test_a_new_pair_has_more_rows_nearly_all_closed_book(pairs: Sequence[CsvPair]) -> None:
    plan = replace(PLAN, closed_book=0.0, grounded=0.7, rows_per_pair=100, new_pair_rows=16)
    rows = made(corpus_of(pairs, ["precio de caja"], new=[0, 3]), plan)
    assert len(rows) == 4 * 100 + 2 * 16
    assert Counter(row.pair for row in rows if row.kind is Kind.CLOSED_BOOK) == {pairs[0]: 14, pairs[3]: 14}


def test_where_many_pairs_are_new_their_rows_are_a_quarter_of_the_others(pairs: Sequence[CsvPair]) -> None:
    plan = replace(PLAN, rows_per_pair=100, new_pair_rows=1000)
    assert len(made(corpus_of(pairs, new=[0, 3]), plan)) == 400 + 2 * 50


def test_a_new_pairs_canonical_question_is_asked_most_without_passages(pairs: Sequence[CsvPair]) -> None:
    plan = replace(PLAN, closed_book=0.0, grounded=0.7, rows_per_pair=100, new_pair_rows=16, noise=0.0)
    asked = Counter(row.prompt.user for row in made(corpus_of(pairs, new=[0]), plan) if row.kind is Kind.CLOSED_BOOK)
    assert asked.keys() == {"¿Cuánto cuesta el curso de Caja?", "precio de caja", "cuánto sale caja"}
    assert asked.most_common(1) == [("¿Cuánto cuesta el curso de Caja?", 7)]
    typed = made(corpus_of(pairs, new=[0]), replace(plan, noise=1.0))
    assert asked.keys() < {row.prompt.user for row in typed if row.kind is Kind.CLOSED_BOOK}


def test_where_a_plan_has_no_grounded_rows_neither_has_a_new_pair(pairs: Sequence[CsvPair]) -> None:
    rows = made(corpus_of(pairs, new=[0]), replace(CLOSED_BOOK, new_pair_rows=4))
    assert count_by_kind(rows) == {"closed_book": 44}


def test_held_out_rows_ask_held_out_wordings_under_passages_of_trained_ones(pairs: Sequence[CsvPair]) -> None:
    corpus = corpus_of(pairs, ["precio de caja", "dirección de la escuela"])

    def held_out(plan: Dataset, limit: int = 200) -> list[Row]:
        return held_out_rows(corpus, system="", synonyms=Synonyms({}), plan=plan, seed=1, limit=limit)

    rows = held_out(PLAN)
    assert {asked_and_shown(row)[0] for row in rows} == {"precio de caja", "dirección de la escuela"}
    assert all(row.completion == row.pair.answer for row in rows)
    assert all(f"R: {row.pair.answer}" in row.prompt.user for row in rows)
    assert not any(f"P: {text}\n" in row.prompt.user for row in rows for text in corpus.pairs[0].held_out)
    assert held_out(PLAN) == rows
    assert len(held_out(PLAN, limit=1)) == 1
    assert {row.prompt.user for row in held_out(CLOSED_BOOK)} == {"precio de caja", "dirección de la escuela"}


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
