"""Another school's questions are asked of its own answers, without a model."""

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.profile import load_profile
from bot.retrieval.models import load_models
from bot.retrieval.synonyms import Synonyms
from bot.settings import DATA, Settings
from storage.pairs_csv import write_csv
from training.evaluation.asking import Asked
from training.evaluation.measuring import measured
from training.evaluation.other_schools import jobs

PAIRS = [
    ("¿Cuánto cuesta el curso de piano?", "El curso de piano cuesta S/ 120."),
    ("precio de piano", "El curso de piano cuesta S/ 120."),
    ("¿Dónde queda la academia?", "La academia queda en Lima 45."),
    ("¿Qué instrumentos enseñan?", "Enseñamos piano, violín y guitarra."),
]


@pytest.fixture
def school(tmp_path: Path) -> Path:
    folder = tmp_path / "musica"
    folder.mkdir()
    write_csv(folder / "pairs.csv", PAIRS)
    wordings = "wording;approved_question\ncual es el precio de piano;¿Cuánto cuesta el curso de piano?\n"
    (folder / "wordings.csv").write_text(wordings, encoding="utf-8")
    (folder / "out_of_scope.csv").write_text("question;kind\nquién ganó el mundial de fútbol;far\n", encoding="utf-8")
    return folder


async def asked(folder: Path) -> list[Asked]:
    settings = Settings(home=folder / "home")
    made = jobs(folder, load_models(Synonyms({})), settings, load_profile(DATA / "profile.toml"))
    return [found for job in made if (found := await job())]


async def test_the_right_pair_and_the_refusal_are_measured_by_school(school: Path) -> None:
    answers = await asked(school.parent)
    assert [(a.set, a.category, a.part, a.right) for a in answers] == [
        ("new", "musica", "test", True),
        ("far", "musica", "test", True),
    ]
    found = measured(answers)
    assert found.measures["test.schools.right_pair:musica"] == found.measures["test.schools.right_pair"] == 1
    assert found.counts["test.schools.far_recall:musica"] == 1
    assert not any(name.startswith("test.served") for name in found.measures)


async def test_a_wording_of_no_approved_question_is_named(school: Path) -> None:
    text = "wording;approved_question\nhay arpa?;¿Enseñan arpa?\n"
    (school / "wordings.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="nobody approved '¿Enseñan arpa\\?'"):
        await asked(school.parent)
