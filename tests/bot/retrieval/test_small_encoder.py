"""The shipped sentence encoder, and the vectors that are kept of approved texts."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ModelError
from bot.retrieval.encoder import Encoder, SentenceTransformerEncoder
from bot.retrieval.segment import Floats
from bot.retrieval.small_encoder import SmallEncoder
from bot.retrieval.vectors import RememberingEncoder
from bot.settings import SMALL_ENCODER


class CountingEncoder:
    """Encodes a text as its length and its first letter."""

    name = "counting"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.encoded += texts
        return np.array([[len(text), ord(text[0])] for text in texts], np.float32)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return SmallEncoder(SMALL_ENCODER)


def test_texts_that_mean_the_same_lie_nearer_than_others_in_spanish_and_english(encoder: Encoder) -> None:
    price, same, english, other = encoder.encode(
        ["¿Cuánto cuesta la matrícula?", "a cómo está matricularse", "How much is the enrolment fee?", "¿Dónde queda?"]
    )
    assert min(price @ same, price @ english) > price @ other + 0.2


def test_vectors_have_length_one_and_do_not_depend_on_the_batch(encoder: Encoder) -> None:
    texts = ["", "😀", "日本語", "hola", "una pregunta bastante más larga que las demás, con comas y todo"] * 20
    together = encoder.encode(texts)
    assert together.shape == (100, 512)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(100), abs=1e-4)
    assert encoder.encode([texts[4]])[0] == pytest.approx(together[4], abs=1e-4)


def test_a_missing_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"encoder in {tmp_path} cannot be read"):
        SmallEncoder(tmp_path)


def test_another_encoder_says_which_library_it_needs() -> None:
    with pytest.raises(ModelError, match=r"pip install 'cenfobot\[embeddings\]'"):
        SentenceTransformerEncoder("intfloat/multilingual-e5-small")


def test_a_text_is_encoded_once_for_all_processes(tmp_path: Path) -> None:
    texts = [f"texto {number}" for number in range(60)]
    first = RememberingEncoder(CountingEncoder(), tmp_path / "cache").remembered(texts)
    again = CountingEncoder()
    assert np.array_equal(RememberingEncoder(again, tmp_path / "cache").remembered(texts), first)
    assert again.encoded == []


def test_a_damaged_file_of_vectors_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    texts = [f"texto {number}" for number in range(60)]
    RememberingEncoder(CountingEncoder(), tmp_path).remembered(texts)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with caplog.at_level(logging.WARNING):
        assert len(RememberingEncoder(CountingEncoder(), tmp_path).remembered(texts)) == 60
    assert "damaged and made anew" in caplog.text
    unspoilt = CountingEncoder()
    RememberingEncoder(unspoilt, tmp_path).remembered(texts)
    assert unspoilt.encoded == []


def test_students_questions_are_not_kept(tmp_path: Path) -> None:
    encoder = RememberingEncoder(CountingEncoder(), tmp_path / "cache")
    encoder.encode([f"mi dni es {number}" for number in range(60)])
    assert not (tmp_path / "cache").exists()


def test_no_text_gives_no_vector(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 512)
