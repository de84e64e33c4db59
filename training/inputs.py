"""What fixes a training run: recipe, base, institution, approved pairs, and the adapter in service."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from bot.errors import DataError
from bot.generation.base import Adapter
from bot.generation.loading import load_tokenizer
from bot.generation.manifest import base_fingerprint, short_base_name
from bot.profile import Profile, load_profile
from bot.retrieval.synonyms import Synonyms
from bot.settings import Settings
from storage import registry
from storage.database import Database
from training.dataset.corpus import Corpus
from training.dataset.corpus_in_service import corpus_in_service
from training.dataset.preflight import preflight
from training.dataset.rows import build_rows, encode_rows
from training.evaluation.sets import EvaluationSets, read_sets
from training.recipe import Recipe


@dataclass(frozen=True)
class Inputs:
    """What a run is made of; the same inputs make the same adapter."""

    recipe: Recipe
    settings: Settings
    """With the recipe's base."""
    profile: Profile
    synonyms: Synonyms
    corpus: Corpus
    champion: Adapter | None
    """The adapter in service; None where the bare base serves."""

    @property
    def base(self) -> str:
        """The base's short name, under which the registry knows it."""
        return short_base_name(self.settings.base_model)

    @property
    def system(self) -> str:
        """The text for the model that the training rows begin with."""
        return self.profile.system if self.recipe.dataset.system_text else ""

    @property
    def key(self) -> str:
        """A name for these inputs, as a folder may have it: other inputs, another name."""
        digest = hashlib.sha256(self._canonical().encode()).hexdigest()
        return f"{self.recipe.name}-{digest[:12]}"

    def _canonical(self) -> str:
        pairs = [(pair.pair.question, sorted(pair.held_out), pair.new) for pair in self.corpus.pairs]
        synonyms = self.settings.synonyms_file.read_text(encoding="utf-8")
        made_of = [asdict(self.recipe), self.corpus.csv_sha256, pairs, self.profile.system, synonyms]
        return json.dumps([*made_of, base_fingerprint(self.settings.base_model)])

    def questions_digest(self) -> str:
        """A name for what an adapter is asked, and how: answers to other questions are not comparable."""
        settings = self.settings
        asked = [asdict(question) for question in self.sets().questions]
        made_of = [asked, settings.passages, settings.max_new_tokens, settings.question_limit]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:12]

    def sets(self) -> EvaluationSets:
        """The evaluation sets that fit the approved pairs, the home's own included."""
        return read_sets(self.corpus, self.settings.home / "evaluation")


def with_base(settings: Settings, recipe: Recipe) -> Settings:
    """The settings with the recipe's base, where it names one."""
    return settings.model_copy(update={"base_model": recipe.base or settings.base_model})


def gather(recipe: Recipe, settings: Settings, database: Database, champion: Adapter | None) -> Inputs:
    """The inputs of a run on the home's CSV; ``settings`` hold the recipe's base."""
    corpus = corpus_in_service(
        database,
        settings.pairs_csv,
        base=short_base_name(settings.base_model),
        held_out=recipe.dataset.held_out,
        now=datetime.now(UTC),
    )
    synonyms = Synonyms.read(settings.synonyms_file)
    return Inputs(recipe, settings, load_profile(settings.profile_file), synonyms, corpus, champion)


def check(inputs: Inputs) -> list[int]:
    """Looks for what would spoil the training, prints it, and returns the rows' lengths in tokens.

    Raises:
        DataError: the pre-flight found an error; names them all.
    """
    plan = inputs.recipe
    rows = build_rows(
        inputs.corpus, system=inputs.system, synonyms=inputs.synonyms, plan=plan.dataset, seed=plan.training.seed
    )
    tokenizer = load_tokenizer(inputs.settings.base_model)
    findings = preflight(
        inputs.corpus,
        rows,
        tokenizer,
        max_length=plan.training.max_length,
        max_new_tokens=inputs.settings.max_new_tokens,
        evaluation=inputs.sets().texts,
    )
    warnings = [finding.text for finding in findings if finding.severity == "warning"]
    for text in warnings[:20]:
        print(f"warning: {text}", flush=True)
    if len(warnings) > 20:
        print(f"warning: and {len(warnings) - 20} more", flush=True)
    if errors := [finding.text for finding in findings if finding.severity == "error"]:
        listed = "\n  ".join(errors)
        raise DataError(f"The pre-flight found {len(errors)} error(s); nothing was trained:\n  {listed}")
    return [len(ids) for ids in encode_rows(rows, tokenizer, max_length=plan.training.max_length)["input_ids"]]


def trained_before(inputs: Inputs, database: Database) -> str | None:
    """The newest version that was made and measured on the same pairs, recipe and base, promoted or not; or None."""
    fingerprint = base_fingerprint(inputs.settings.base_model)
    wanted = [inputs.corpus.csv_sha256, fingerprint, json.loads(json.dumps(asdict(inputs.recipe)))]
    with database.reading() as session:
        for record in reversed(registry.versions(session, inputs.base)):
            if (
                record.manifest.get("metrics")
                and [record.manifest.get(name) for name in ("csv_sha256", "base_fingerprint", "recipe")] == wanted
            ):
                return record.version
    return None
