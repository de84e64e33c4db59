"""From masked spelling to plain words."""

import pytest

from bot.moderation.lexicon import Lexicon
from bot.moderation.unmasking import Spelling, unmasked


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("IDIOTAAAA!!!", "idiota"),
        ("1d10ta", "idiota"),
        ("i.d.i.o.t.a", "idiota"),
        ("im\u0441\u0435", "imce"),  # Cyrillic с and е
        ("la clase es 7pm, 2do piso", "la clase es 7pm 2do piso"),
        ("q haces", "que haces"),
        ("niño", "nino"),
        ("", ""),
    ],
)
def test_a_word_is_read_whatever_was_done_to_hide_it(text: str, plain: str) -> None:
    assert unmasked(text) == plain


def test_what_sounds_like_a_known_word_is_mended_and_stars_are_filled_in() -> None:
    spelling = Spelling(["imbecil", "quiero", "mierda"])

    assert [spelling.mended(word) for word in ("imvesil", "kiero", "m*erda", "curso")] == [
        "imbecil",
        "quiero",
        "mierda",
        "curso",
    ]


def test_an_entry_with_a_star_stands_for_all_words_that_begin_so() -> None:
    lexicon = Lexicon([("crime", "falsific*"), ("insult", "hijo de perra")])

    assert lexicon.concepts(lexicon.words("falsificando")) == [["crime"]]
    assert lexicon.concepts(lexicon.words("hijo de perra")) == [["insult"], [], []]


def test_pairs_of_concepts_are_features_in_the_order_they_come_in() -> None:
    lexicon = Lexicon([("howto", "como"), ("crime", "robo")])

    assert "howto>crime" in lexicon.features(lexicon.words("como robo"))
    assert "crime>howto" not in lexicon.features(lexicon.words("como robo"))
