"""Searches better values for a recipe: each trial fine-tunes and is judged by the evaluation's ``dev`` part (Optuna).

The study goes on where it stopped; a trial that was killed is run again with the same values, from its last checkpoint.
The parts ``gate`` and ``test`` are not looked at, so that they stay fair judges.
"""

import json
import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib
import optuna
import yaml
from matplotlib import pyplot
from optuna.exceptions import ExperimentalWarning
from optuna.trial import BaseTrial, FixedTrial, FrozenTrial, TrialState
from optuna.visualization.matplotlib import plot_optimization_history, plot_param_importances, plot_slice

from bot.errors import ModelError
from training.recipe import Recipe

SCORE = ("dev.served.right", "dev.raw.right", "dev.raw.dont_know")
"""The score is these measures' mean, in [0, 1]; higher is better."""
_DONE = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Found:
    """The best trial so far."""

    score: float
    folder: Path
    """Holds ``best.yaml``, ``trials.json`` and the plots."""
    trials: int


def search(recipe: Recipe, folder: Path, *, trials: int, judge: Callable[[Recipe, Path], Mapping[str, float]]) -> Found:
    """Runs trials until ``trials`` are complete in all, and writes the best recipe and the plots to ``folder``.

    ``judge`` trains a recipe in a folder of the trial's own and returns its measures by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    matplotlib.use("Agg")  # no window, wherever this runs
    study = optuna.create_study(
        storage=f"sqlite:///{folder / 'study.db'}",
        study_name="recipe",
        direction="maximize",
        load_if_exists=True,
    )
    _take_up_interrupted(study)
    done = len(study.get_trials(deepcopy=False, states=_DONE))
    study.sampler = optuna.samplers.TPESampler(seed=recipe.training.seed + done)  # else it would repeat itself

    def objective(trial: BaseTrial) -> float:
        candidate = suggested(trial, recipe)
        work = folder / _name(trial.params)
        try:
            measures = judge(candidate, work)
        except ModelError as error:  # it diverged, or does not fit into memory: values to stay away from
            raise optuna.TrialPruned(str(error)) from error
        shutil.rmtree(work, ignore_errors=True)  # the recipe is what is looked for; it gives the adapter again
        trial.set_user_attr("measures", dict(measures))
        score = sum(measures[name] for name in SCORE) / len(SCORE)
        print(f"trial {trial.number}: {score:.3f} with {trial.params}", flush=True)
        return score

    if not done:
        study.enqueue_trial(_present(recipe), skip_if_exists=True)  # the recipe as it is, to be measured against
    study.optimize(objective, n_trials=max(trials - done, 0))
    return _written(study, recipe, folder)


def suggested(trial: BaseTrial, recipe: Recipe) -> Recipe:
    """``recipe`` with the trial's rank, alpha, learning rate, length and shares of row kinds; its own are possible."""
    own = _present(recipe)
    rank = trial.suggest_categorical("r", sorted({8, 16, 32, 64, 128, recipe.lora.r}))
    ratio = trial.suggest_categorical("alpha_over_r", sorted({0.25, 0.5, 1.0, 2.0, own["alpha_over_r"]}))
    rate = own["learning_rate"]
    rate = trial.suggest_float("learning_rate", min(1e-4, rate), max(3e-3, rate), log=True)
    length = trial.suggest_float("length", 0.5, 1.5)
    closed = trial.suggest_float("closed_book", 0.0, max(0.4, own["closed_book"]))
    unknown = (1 - closed) * trial.suggest_float("dont_know_of_rest", 0.0, max(0.4, own["dont_know_of_rest"]))
    plan = recipe.training
    return replace(
        recipe,
        lora=replace(recipe.lora, r=rank, alpha=max(round(rank * ratio), 1)),
        dataset=replace(recipe.dataset, closed_book=closed, dont_know=unknown, grounded=1 - closed - unknown),
        training=replace(
            plan,
            learning_rate=rate,
            epochs=plan.epochs and plan.epochs * length,
            max_steps=plan.max_steps and max(round(plan.max_steps * length), 1),
        ),
    )


def _present(recipe: Recipe) -> dict[str, float]:
    """The recipe's own values in the terms of the search."""
    plan = recipe.dataset
    return {
        "r": recipe.lora.r,
        "alpha_over_r": recipe.lora.alpha / recipe.lora.r,
        "learning_rate": recipe.training.learning_rate,
        "length": 1.0,
        "closed_book": plan.closed_book,
        "dont_know_of_rest": plan.dont_know / (1 - plan.closed_book) if plan.closed_book < 1 else 0.0,
    }


def _take_up_interrupted(study: optuna.Study) -> None:
    """Queues again what was killed (nobody else holds the lock, yet it is marked as running) or broken off."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    kept = study.get_trials(deepcopy=False, states=(*_DONE, TrialState.WAITING))
    for trial in study.get_trials(deepcopy=False, states=(TrialState.FAIL,)):
        if trial.params and all(trial.params != other.params for other in kept):
            study.enqueue_trial(trial.params)


def _name(params: Mapping[str, object]) -> str:
    return "-".join(f"{value:.4g}" if isinstance(value, float) else str(value) for _, value in sorted(params.items()))


def _written(study: optuna.Study, recipe: Recipe, folder: Path) -> Found:
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete:
        raise ModelError(
            f"No trial of {recipe.name} came to an end: each diverged or ran out of memory. Lower its learning_rate or "
            "batch_size, and search again."
        )
    best = suggested(FixedTrial(study.best_params), recipe)
    plain = json.loads(json.dumps(asdict(best)))  # lists where the recipe has tuples, as YAML wants them
    (folder / "best.yaml").write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")
    rows = [_row(trial) for trial in sorted(complete, key=lambda trial: -(trial.value or 0))]
    (folder / "trials.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    _plot(study, folder)
    return Found(study.best_value, folder, len(complete))


def _row(trial: FrozenTrial) -> dict[str, object]:
    return {"number": trial.number, "score": trial.value, "values": trial.params} | trial.user_attrs


def _plot(study: optuna.Study, folder: Path) -> None:
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < 2:
        return  # a single point is no plot
    plots: dict[str, Any] = {
        "history": plot_optimization_history,
        "values": plot_slice,
        "importance": plot_param_importances,
    }
    for name, plot in plots.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # Optuna calls its matplotlib plots experimental
            axes: Any = plot(study)
        figure = (axes if hasattr(axes, "figure") else axes.flat[0]).figure
        figure.savefig(folder / f"{name}.png", dpi=120, bbox_inches="tight")
        pyplot.close(figure)
