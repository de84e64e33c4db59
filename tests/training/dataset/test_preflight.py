"""The pre-flight names what would spoil a training, and nothing else."""

from collections.abc import Sequence

import pytest
from transformers import PreTrainedTokenizerBase

from bot.answering.prompt import Prompt, encode_example
from bot.retrieval.synonyms import Synonyms
from storage.pairs_csv import CsvPair
from training.dataset.corpus import Corpus, CorpusPair
from training.dataset.preflight import Finding, Tokenizer, preflight
from training.dataset.rows import Kind, Row, build_rows
from training.recipe import load_recipe


class AddsBos:
    """A tokenizer that puts a BOS before every text, asked or not, as some do by their post-processor."""

    def __init__(self, real: PreTrainedTokenizerBase) -> None:
        self._real = real
        self.bos_token_id: int = real.bos_token_id
        self.eos_token_id: int = real.eos_token_id
        self.all_special_ids = list(real.all_special_ids)

    def encode(self, text: str, *, add_special_tokens: bool, split_special_tokens: bool) -> list[int]:
        return [self.bos_token_id, *self._real.encode(text, add_special_tokens=False, split_special_tokens=True)]


def found(
    pairs: Sequence[CsvPair],
    tokenizer: Tokenizer,
    *,
    rows: Sequence[Row] = (),
    held_out: Sequence[str] = (),
    evaluation: Sequence[str] = (),
    max_length: int = 1000,
    max_new_tokens: int = 1000,
) -> list[Finding]:
    corpus = Corpus("", tuple(CorpusPair(pair, frozenset(held_out)) for pair in pairs))
    return preflight(
        corpus, rows, tokenizer, max_length=max_length, max_new_tokens=max_new_tokens, evaluation=evaluation
    )


def the_one(findings: Sequence[Finding], severity: str) -> str:
    (finding,) = findings
    assert finding.severity == severity
    return finding.text


def length_of(row: Row, tokenizer: PreTrainedTokenizerBase) -> int:
    return sum(map(len, encode_example(row.prompt, row.completion, tokenizer)))


def test_good_pairs_and_their_rows_pass(pairs: Sequence[CsvPair], tokenizer: PreTrainedTokenizerBase) -> None:
    corpus = Corpus("", tuple(CorpusPair(pair, frozenset(pair.wordings[1:])) for pair in pairs))
    plan = load_recipe("smoke").dataset
    rows = build_rows(corpus, system="Eres el asistente.", synonyms=Synonyms({}), plan=plan, seed=1)
    limits = {"max_length": 2000, "max_new_tokens": 200}
    assert preflight(corpus, rows, tokenizer, evaluation=["¿aceptan yape?"], **limits) == []


def test_one_question_with_two_answers_is_an_error(tokenizer: PreTrainedTokenizerBase) -> None:
    text = the_one(found([CsvPair("¿Hay becas?", "Sí."), CsvPair("hay becas", "No.")], tokenizer), "error")
    assert "'¿Hay becas?' and 'hay becas' are the same question with two answers, 'Sí.' and 'No.'" in text


def test_near_identical_questions_with_two_answers_are_named_once(tokenizer: PreTrainedTokenizerBase) -> None:
    pairs = [
        CsvPair("¿Cuánto cuesta el curso de Caja?", "S/ 280.", ("caja curso precio",)),
        CsvPair("¿Cuánto cuesta el curso de la Caja?", "S/ 300.", ("precio curso caja",)),
    ]
    assert "are nearly the same question with two answers, 'S/ 280.'" in the_one(found(pairs, tokenizer), "warning")


def test_near_identical_answers_are_named_unless_a_figure_differs(tokenizer: PreTrainedTokenizerBase) -> None:
    answers = ["El curso dura 3 meses.", "El curso dura 4 meses.", "El curso dura 3 meses"]
    pairs = [
        CsvPair(f"¿Pregunta {word}?", answer) for word, answer in zip(("uno", "dos", "tres"), answers, strict=True)
    ]
    text = the_one(found(pairs, tokenizer), "warning")
    assert text.startswith("'¿Pregunta uno?' and '¿Pregunta tres?' have nearly the same answer")


def test_a_long_answer_is_named_once_at_its_longest_row(tokenizer: PreTrainedTokenizerBase) -> None:
    pair = CsvPair("¿Qué es?", "El curso de Caja cuesta S/ 280.")
    rows = [Row(Kind.GROUNDED, pair, Prompt("", "¿Qué es? " * times), pair.answer) for times in (2, 5, 3)]
    longest = max(length_of(row, tokenizer) for row in rows)
    text = the_one(found([pair], tokenizer, rows=rows, max_length=longest - 1), "error")
    assert f"'¿Qué es?' makes a grounded row of {longest} tokens; the recipe's max_length is {longest - 1}" in text


def test_an_answer_that_the_bot_would_cut_is_an_error(tokenizer: PreTrainedTokenizerBase) -> None:
    text = the_one(found([CsvPair("¿Qué es?", "El curso de Caja.")], tokenizer, max_new_tokens=2), "error")
    assert "tokens; the bot ends one at 2, so its end would be lost" in text


def test_a_second_bos_is_an_error(tokenizer: PreTrainedTokenizerBase) -> None:
    text = the_one(found([CsvPair("¿Qué es?", "El costo.")], AddsBos(tokenizer)), "error")
    assert "row with more than one BOS" in text


@pytest.mark.parametrize("held_out", ["de Caja el precio", "el precio de Caja"])
def test_a_held_out_wording_near_a_trained_one_is_an_error(tokenizer: PreTrainedTokenizerBase, held_out: str) -> None:
    pair = CsvPair("El precio de Caja", "S/ 280.", (held_out, "¿a cómo está?"))
    text = the_one(found([pair], tokenizer, held_out=[held_out]), "error")
    assert f"The held-out wording {held_out!r} is nearly the trained one 'El precio de Caja'" in text


def test_an_evaluation_text_near_a_trained_wording_is_a_warning(tokenizer: PreTrainedTokenizerBase) -> None:
    pair = CsvPair("El precio de Caja", "S/ 280.", ("¿A cómo está?",))
    evaluation = ["de caja el precio", "a como esta", "¿aceptan yape?"]
    text = the_one(found([pair], tokenizer, held_out=["¿A cómo está?"], evaluation=evaluation), "warning")
    assert "The evaluation text 'de caja el precio' is nearly the trained wording 'El precio de Caja'" in text


def test_errors_come_first(tokenizer: PreTrainedTokenizerBase) -> None:
    pair = CsvPair("El precio de Caja", "S/ 280.", ("de Caja el precio",))
    findings = found([pair], tokenizer, held_out=pair.wordings, evaluation=[pair.question])
    assert [finding.severity for finding in findings] == ["error", "warning"]
