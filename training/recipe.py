"""One training run is one recipe: a YAML file in which every value of the run stands.

Nothing has a default and nothing overrides it, so a recipe, a CSV and a base give the same adapter
again. The shipped recipes are in ``training/recipes``.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from bot.errors import DataError
from training.measures import DEV, MEASURES, TEST

RECIPES = Path(__file__).parent / "recipes"

_STRICT = ConfigDict(extra="forbid", strict=True)
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class Lora:
    """The adapter; biases are never trained."""

    __pydantic_config__ = _STRICT

    r: Count
    """Rank of each update."""
    alpha: Count
    """Scale: an update weighs ``alpha / r``."""
    dropout: Share
    """Share of the adapter's inputs dropped while training."""
    target_modules: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of the linear layers that get an update; never ``lm_head``."""


@dataclass(frozen=True)
class Dataset:
    """How rows are made from the approved pairs. The three kinds' shares add up to 1."""

    __pydantic_config__ = _STRICT

    closed_book: Share
    """Share of rows with the bare question, the seed's kind."""
    grounded: Share
    """Share of rows whose passages hold the right pair."""
    dont_know: Share
    """Share of rows whose passages lack it; the completion is the "I don't know yet" text."""
    system_text: bool
    """Whether prompts begin with the profile's text for the model; the seed had none."""
    held_out: Annotated[float, Field(ge=0, le=0.5)]
    """Share of the wordings that are never trained on; no answer loses its only one."""
    rows_per_pair: Count | None
    """Rows made from each approved pair, all kinds together; null: one for each wording, as the seed did."""
    new_pair_rows: Annotated[int, Field(ge=0)]
    """Rows more, nearly all closed-book, for each pair that the adapter in service was not trained on."""
    passages: Count
    """Passages in a prompt at most; should be the bot's setting."""
    as_served: Share
    """Share of prompts that drop the passages which the bot would drop, far from the best; the others are harder."""
    shuffled: Share
    """Share of prompts whose passages are in random order, not best first."""
    new_wording: Share
    """Share of prompts asked in a wording that is hidden from the retriever, as a student's own words are."""
    noise: Share
    """Share of prompts whose question is typed as in a chat: no accents, abbreviations, slips."""

    def __post_init__(self) -> None:
        total = self.closed_book + self.grounded + self.dont_know
        if abs(total - 1) > 1e-6:
            raise ValueError(f"closed_book + grounded + dont_know must be 1, not {total:g}")


@dataclass(frozen=True)
class Training:
    """The optimisation. Exactly one of ``epochs`` and ``max_steps`` is set, the other is null."""

    __pydantic_config__ = _STRICT

    epochs: Positive | None
    """Passes over the rows."""
    max_steps: Count | None
    """Number of optimizer steps."""
    batch_size: Count
    """Rows per forward pass on one device."""
    gradient_accumulation: Count
    """Forward passes per optimizer step."""
    gradient_checkpointing: bool
    """Recompute activations: less memory, about a fifth slower."""
    learning_rate: Positive
    """At its highest, after the warm-up."""
    schedule: Literal["constant", "constant_with_warmup", "linear", "cosine"]
    """How the learning rate goes on after the warm-up; plain ``constant`` has no warm-up."""
    warmup_ratio: Share
    """Share of the steps over which the learning rate rises from 0."""
    weight_decay: Annotated[float, Field(ge=0)]
    """Decoupled, as in AdamW, per step and unit of learning rate."""
    max_grad_norm: Positive
    """The gradient is scaled down to this Euclidean norm."""
    optimizer: Literal["paged_adamw_32bit", "adamw_torch"]
    """On a CPU, which has no paged optimizer, ``paged_adamw_32bit`` runs as ``adamw_torch``: the same arithmetic."""
    max_length: Count
    """Tokens of a row, prompt and completion; a longer row is an error, never cut."""
    seed: int
    """Of the rows, the adapter's first weights, the order and the dropout."""
    logging_steps: Count
    """Optimizer steps between two entries of the loss curve."""
    checkpoint_steps: Count
    """Optimizer steps between two checkpoints, to go on from after a kill, and two evaluations of the held-out loss."""
    patience: Count | None
    """Stop after this many checkpoints without a lower held-out loss, and take the best one; null: never stop early."""

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.max_steps is None):
            raise ValueError("set exactly one of epochs and max_steps, and the other to null")


@dataclass(frozen=True)
class Gate:
    """A condition of promotion. Shares and losses are compared as they are, in their own unit."""

    __pydantic_config__ = _STRICT

    measure: str
    """A name of :data:`training.measures.MEASURES`, such as ``served.right``."""
    at_least: float | None
    """The candidate's value must not be lower; null: no such bound."""
    at_most: float | None
    """The candidate's value must not be higher; null: no such bound."""
    worse_by: Annotated[float, Field(ge=0)] | None
    """How much worse than the adapter in service it may be; null: not compared."""

    def __post_init__(self) -> None:
        if self.measure.startswith((DEV, TEST)):
            raise ValueError(f"{self.measure} is no gate: those parts are tuned or reported on, never gated on")
        if self.measure not in MEASURES:
            raise ValueError(f"there is no measure {self.measure!r}; there are {', '.join(MEASURES)}")
        if MEASURES[self.measure].is_speed:
            raise ValueError(f"{self.measure} is no gate: a machine's speed says nothing about an adapter")


@dataclass(frozen=True)
class Recipe:
    """Everything that fixes a run besides the CSV, the profile and the synonyms."""

    __pydantic_config__ = _STRICT

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """Begins the version of each adapter made with it."""
    base: str | None
    """Folder or hub name of the base model; null takes the bot's setting."""
    quantisation: Literal["nf4"]
    """How the frozen base is held: 4-bit NormalFloat, not nested."""
    lora: Lora
    dataset: Dataset
    training: Training
    gates: tuple[Gate, ...]
    """A candidate is promoted when all of them hold, and never where there are none."""

    def __post_init__(self) -> None:
        if self.training.patience is not None and not self.dataset.held_out:
            raise ValueError("training.patience needs held-out wordings: set dataset.held_out above 0")


def load_recipe(name_or_path: str) -> Recipe:
    """The shipped recipe of that name, or the one in that file.

    Raises:
        DataError: there is none, or a value breaks its rule; names the file, every key, its rule and its value.
    """
    shipped = RECIPES / f"{name_or_path}.yaml"
    path = shipped if shipped.is_file() else Path(name_or_path)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        names = ", ".join(sorted(file.stem for file in RECIPES.glob("*.yaml")))
        raise DataError(f"There is no recipe {name_or_path!r}. Give a YAML file, or one of: {names}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid YAML in UTF-8: {error}. Mend that line.") from error
    try:
        # By way of JSON, since pydantic's strict mode takes only ready-made dataclasses from Python values.
        return TypeAdapter(Recipe).validate_json(json.dumps(raw, default=str), strict=True)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
            + ("" if fault["type"] == "missing" else f", found {fault['input']!r}")
            for fault in error.errors()
        )
        raise DataError(f"{path} cannot be used: {faults}. training/recipes/tiny.yaml shows every key.") from error
