"""The whole loop on a random base: approved, folded, trained, measured, registered, promoted; and killed anywhere."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters import adapter_in_service
from bot.errors import DataError, ModelError
from bot.settings import Settings
from storage import folds, pairs, registry
from storage.registry import AdapterRecord
from tests.served.forked import forked
from tests.training.few_questions import ask_few, asking_few
from tests.training.school import School
from training.pipeline import Options, Outcome, run
from training.recipe import load_recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
]


class Loop(School):
    """A school whose adapters are promoted by a recipe."""

    recipe: Path
    few_questions: Path


@pytest.fixture
def school(
    tmp_path: Path, base: Path, lenient: Path, few_questions: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Loop]:
    """A home on the random base, whose answers are cut short: it never ends one by itself."""
    ask_few(few_questions, monkeypatch)
    school = Loop(tmp_path)
    school.recipe, school.few_questions = lenient, few_questions
    school.settings = Settings(home=school.settings.home, base_model=str(base), device="cpu", max_new_tokens=48)
    yield school
    school.database.close()


def approve(school: Loop, question: str, answer: str) -> int:
    with school.database.writing() as session:
        pair = pairs.add_pair(
            session, question=question, answer=answer, origin="review", by="rosa", now=datetime.now(UTC)
        )
        return pair.id


def retrain(school: Loop, **options: bool) -> Outcome:
    return run(load_recipe(str(school.recipe)), school.settings, school.database, Options("rosa", **options))


def versions(school: Loop) -> list[AdapterRecord]:
    with school.database.reading() as session:
        return registry.versions(session, "random-llama")


def champion(school: Loop) -> str | None:
    with school.database.reading() as session:
        record = registry.alias(session, "random-llama", registry.CHAMPION)
    return record.version if record else None


def test_what_was_approved_is_folded_trained_measured_and_promoted(school: Loop) -> None:
    first = retrain(school)
    assert (first.version, first.promoted, champion(school)) == ("v0001", True, "v0001")
    pair_id = approve(school, "¿Hay cochera?", "Sí, hay cochera para 12 autos.")
    second = retrain(school)
    assert (second.version, champion(school)) == ("v0002", "v0002")
    assert ("¿Hay cochera?", "Sí, hay cochera para 12 autos.") in school.rows()
    _, record = versions(school)
    assert record.manifest["new_pair_ids"] == [pair_id]
    assert "closed_book.known" in record.manifest["metrics"]
    with school.database.reading() as session:
        assert registry.versions_with_pair(session, "random-llama", pair_id) == ["v0002"]
        *_, change = registry.alias_changes(session, "random-llama")
    assert (change.previous, change.version, change.by) == ("v0001", "v0002", "rosa")
    assert Path(second.report).is_file()
    assert not list(school.settings.runs.iterdir())
    third = retrain(school)
    assert third.text.startswith("nothing has changed since v0002, made of the same pairs, recipe and base; it is in")
    assert retrain(school, again=True).version == "v0003"


def test_a_recipe_without_gates_promotes_nothing(school: Loop) -> None:
    outcome = run(load_recipe("smoke"), school.settings, school.database, Options("rosa"))
    assert outcome.text == (
        "v0001 stays a candidate: the recipe has no gates, and nothing is promoted without: kept the bare base"
    )
    assert champion(school) is None


def test_a_base_that_cannot_be_found_is_told_before_anything_is_written(school: Loop) -> None:
    approve(school, "¿Hay cochera?", "Sí, hay cochera para 12 autos.")
    before = school.csv.read_bytes()
    school.settings = school.settings.model_copy(update={"base_model": "no/such/base"})
    with pytest.raises(ModelError, match="no folder"):
        retrain(school)
    assert school.csv.read_bytes() == before
    assert not school.settings.runs.exists()


def test_the_pre_flight_stops_before_anything_is_trained(school: Loop) -> None:
    approve(school, "¿Hay cochera?", "Sí, hay cochera. " + "Tiene muchos espacios y está techada. " * 30)
    with pytest.raises(DataError, match="nothing was trained"):
        retrain(school)
    assert not versions(school)


Steps = tuple[tuple[str, Callable[[Loop], bool]], ...]
STEPS: Steps = (
    ("fold", lambda school: _latest_fold(school) > 1),
    ("fine-tuning", lambda school: any(school.settings.runs.glob("*/checkpoints/*"))),
    ("fine-tuned", lambda school: any(school.settings.runs.glob("*/adapter"))),
    ("measured the candidate", lambda school: any(school.settings.runs.glob("*/candidate-*.json"))),
    ("registered", lambda school: len(versions(school)) > 1),
    ("reported", lambda school: any(school.settings.reports.glob("*/v0002/*"))),
    ("promoted", lambda school: champion(school) == "v0002"),
)


@pytest.mark.parametrize("steps", [STEPS[::2], pytest.param(STEPS, marks=pytest.mark.soak)], ids=["some", "each"])
def test_killed_in_its_steps_the_next_run_goes_on_and_nothing_is_ever_half_done(school: Loop, steps: Steps) -> None:
    retrain(school)
    approve(school, "¿Hay cochera?", "Sí, hay cochera para 12 autos.")
    for name, reached in steps:
        _run_until(school, reached, name)
        assert len(school.rows()) in (26, 27), name
        assert champion(school) in ("v0001", "v0002"), name
        in_service = adapter_in_service(school.settings, school.database)
        assert in_service.adapter, name
        assert in_service.adapter.version == champion(school), name
    assert retrain(school).version == "v0002"
    assert champion(school) == "v0002"
    assert [record.version for record in versions(school)] == ["v0001", "v0002"]
    assert school.rows()[-1] == ("¿Hay cochera?", "Sí, hay cochera para 12 autos.")
    assert (school.settings.reports / "random-llama" / "v0002" / "report.html").is_file()


def _run_until(school: Loop, reached: Callable[[Loop], bool], name: str) -> None:
    """Starts the command and kills it as soon as ``reached``, if it is not done before."""
    given, log = school.settings, school.csv.with_name("run.log")
    variables = {
        "CENFOBOT_HOME": str(given.home),
        "CENFOBOT_BASE_MODEL": given.base_model,
        "CENFOBOT_DEVICE": "cpu",
        "CENFOBOT_MAX_NEW_TOKENS": "48",
    }
    arguments = [str(school.few_questions), "run", "--recipe", str(school.recipe), "--by", "rosa"]
    run = forked(asking_few, arguments, variables, log)
    deadline = time.monotonic() + 240
    while not reached(school) and run.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    run.kill()
    run.join()
    assert reached(school), f"{name} was not reached:\n{log.read_text(encoding='utf-8')}"


def _latest_fold(school: Loop) -> int:
    with school.database.reading() as session:
        record = folds.latest(session)
    return record.id if record else 0
