"""The search for a better recipe: it goes on where it stopped, and what it writes is a recipe."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from training.recipe import Recipe, load_recipe
from training.tune import SCORE, search


class Judge:
    """Likes a learning rate of 0.002 and few "don't know" rows; notes what it was asked."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.asked: list[Recipe] = []
        self._fail_at = fail_at

    def __call__(self, recipe: Recipe, folder: Path) -> Mapping[str, float]:
        self.asked.append(recipe)
        if len(self.asked) == self._fail_at:
            raise KeyboardInterrupt
        folder.mkdir()
        score = 1 - 100 * abs(recipe.training.learning_rate - 0.002) - recipe.dataset.dont_know
        return dict.fromkeys(SCORE, score)


def test_the_recipe_itself_is_the_first_trial(tmp_path: Path) -> None:
    tiny, judge = load_recipe("tiny"), Judge()
    found = search(tiny, tmp_path, trials=1, judge=judge)
    (asked,) = judge.asked
    assert asked.lora == tiny.lora
    assert asked.training.learning_rate == pytest.approx(tiny.training.learning_rate)
    assert asked.dataset.dont_know == pytest.approx(tiny.dataset.dont_know)
    assert found.score == pytest.approx(1 - 0.1 - tiny.dataset.dont_know)


def test_the_best_trial_is_written_as_a_recipe_with_its_plots(tmp_path: Path) -> None:
    judge = Judge()
    found = search(load_recipe("tiny"), tmp_path, trials=4, judge=judge)
    best = load_recipe(str(tmp_path / "best.yaml"))
    assert best in judge.asked
    assert found.trials == 4
    assert {file.name for file in tmp_path.glob("*.png")} == {"history.png", "importance.png", "values.png"}


def test_a_study_goes_on_where_it_stopped_and_repeats_nothing_but_what_was_killed(tmp_path: Path) -> None:
    killed = Judge(fail_at=3)
    with pytest.raises(KeyboardInterrupt):
        search(load_recipe("tiny"), tmp_path, trials=4, judge=killed)
    later = Judge()
    assert search(load_recipe("tiny"), tmp_path, trials=4, judge=later).trials == 4
    assert len(later.asked) == 2
    assert later.asked[0] == killed.asked[2]
    tried = [recipe.training.learning_rate for recipe in (*killed.asked, later.asked[1])]
    assert len(set(tried)) == 4
