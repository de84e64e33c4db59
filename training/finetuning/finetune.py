"""QLoRA: a 4-bit base, an adapter on its linear layers, the loss on the completions only.

Read :func:`finetune` top to bottom: seed, data, model, adapter, trainer, save. An adapter appears in
its folder whole or not at all, and a folder that exists is never written to. A run that was killed
goes on from its last whole checkpoint.
"""

import gc
import hashlib
import json
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import datasets
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import TrainerState, set_seed

from bot.errors import ModelError
from bot.generation.loading import Device, compute_dtype, load_model, load_tokenizer, resolve_device
from bot.generation.manifest import (
    Manifest,
    base_fingerprint,
    base_revision,
    read_manifest,
    short_base_name,
    write_manifest,
)
from bot.retrieval.synonyms import Synonyms
from training.dataset.corpus import Corpus, CorpusPair
from training.dataset.rows import Row, build_rows, count_by_kind, encode_rows, held_out_rows
from training.finetuning.checkpoints import Checkpoints
from training.finetuning.trainer import Cost, build_trainer
from training.recipe import Lora, Recipe

LIBRARIES = ("torch", "transformers", "peft", "trl", "bitsandbytes", "datasets")
HELD_OUT_SHARE = 0.1
"""Rows of an evaluation, as a share of those trained on since the one before: it costs a thirtieth of the time."""
HELD_OUT_LIMIT = 200


def finetune(
    recipe: Recipe,
    *,
    base: str,
    corpus: Corpus,
    system: str,
    synonyms: Synonyms,
    out: Path,
    device: str,
    work: Path | None = None,
    tell: Callable[[Cost], None] = print,
) -> Manifest:
    """Trains an adapter for ``base`` on ``corpus`` and writes it, with its manifest, to ``out``.

    ``system`` is the profile's text for the model; ``device`` is ``cpu``, ``cuda`` or ``auto``. Checkpoints go to
    ``work``, which the caller deletes in the end; a run that finds its own there goes on from the last. What the
    training took is told to ``tell``.

    Raises:
        DataError: the recipe and the pairs do not go together.
        ModelError: ``out`` exists, the base cannot be loaded, the memory is too small, or nothing was learned.
    """
    if out.exists():
        raise ModelError(f"{out} exists, and an adapter is never overwritten. Give --out a new folder.")
    device, plan = resolve_device(device), recipe.training
    with tempfile.TemporaryDirectory() as scratch:
        checkpoints = Checkpoints(work or Path(scratch))

        # Seed
        set_seed(plan.seed)

        # Data
        tokenizer = load_tokenizer(base)
        rows = build_rows(corpus, system=system, synonyms=synonyms, plan=recipe.dataset, seed=plan.seed)
        asked = held_out_rows(
            corpus, system=system, synonyms=synonyms, plan=recipe.dataset, seed=plan.seed, limit=_held_out_limit(recipe)
        )
        dataset = encode_rows(rows, tokenizer, max_length=plan.max_length)
        held_out = encode_rows(asked, tokenizer, max_length=plan.max_length)
        if plan.patience and not held_out:
            print("No wording is held out, since no answer has several: the training does not stop early.", flush=True)

        with _advice_on_memory(recipe, device):
            # Model
            model = load_model(base, device=device)

            # Adapter
            adapted = get_peft_model(model, _lora(recipe.lora))

            # Trainer
            fingerprint = base_fingerprint(base)
            last = checkpoints.begin(_inputs(recipe, fingerprint, device, dataset, held_out))
            if last:
                print(f"Going on from the checkpoint of step {last.state.global_step}.", flush=True)
            trainer = build_trainer(adapted, tokenizer, dataset, held_out, plan, device, checkpoints)
            if cost := trainer.run(last):
                tell(cost)
        check_learned(adapted)

        # Save
        manifest = _manifest(recipe, base, fingerprint, corpus, rows, trainer.state, checkpoints.seconds)
        save_adapter(adapted, manifest, out)
        del trainer, adapted, model
        gc.collect()  # the base lies in cycles, and the next to load one needs its memory
        if device == "cuda":
            torch.cuda.empty_cache()
    return read_manifest(out)


def _held_out_limit(recipe: Recipe) -> int:
    plan = recipe.training
    between = plan.checkpoint_steps * plan.batch_size * plan.gradient_accumulation
    return min(max(round(HELD_OUT_SHARE * between), plan.batch_size), HELD_OUT_LIMIT)


def _lora(plan: Lora) -> LoraConfig:
    return LoraConfig(
        r=plan.r,
        lora_alpha=plan.alpha,
        lora_dropout=plan.dropout,
        target_modules=list(plan.target_modules),
        bias="none",
        task_type="CAUSAL_LM",
    )


def _inputs(
    recipe: Recipe, fingerprint: str, device: Device, rows: datasets.Dataset, held_out: datasets.Dataset
) -> dict[str, object]:
    """All that decides the adapter: the rows stand for CSV, profile, synonyms, tokenizer and how rows are made."""
    encoded = json.dumps([rows.to_dict(), held_out.to_dict()])
    return {
        "recipe": asdict(recipe),
        "base_fingerprint": fingerprint,
        "rows_sha256": hashlib.sha256(encoded.encode()).hexdigest(),
        "device": device,
        "compute_dtype": str(compute_dtype(device)),
        "libraries": _libraries(),
    }


def _libraries() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def _manifest(
    recipe: Recipe,
    base: str,
    fingerprint: str,
    corpus: Corpus,
    rows: Sequence[Row],
    state: TrainerState,
    seconds: float,
) -> Manifest:
    created = datetime.now(UTC)
    return Manifest(
        version=f"{recipe.name}-{created:%Y%m%d-%H%M%S}",
        base=short_base_name(base),
        base_fingerprint=fingerprint,
        base_revision=base_revision(base),
        csv_sha256=corpus.csv_sha256,
        pairs=len(corpus.pairs),
        pair_ids=_ids(corpus.pairs),
        new_pair_ids=_ids(pair for pair in corpus.pairs if pair.new),
        rows=count_by_kind(rows),
        recipe=asdict(recipe),
        seed=recipe.training.seed,
        libraries=_libraries(),
        losses=_curve(state, "loss"),
        held_out_losses=_curve(state, "eval_loss"),
        metrics={},
        created_at=created.isoformat(timespec="seconds"),
        wall_seconds=round(seconds, 1),
    )


def _ids(pairs: Iterable[CorpusPair]) -> list[int]:
    return sorted({pair_id for pair in pairs for pair_id, _ in pair.ids})


def _curve(state: TrainerState, name: str) -> list[tuple[int, float]]:
    return [(int(entry["step"]), float(entry[name])) for entry in state.log_history if name in entry]


@contextmanager
def _advice_on_memory(recipe: Recipe, device: Device) -> Iterator[None]:
    """Turns running out of memory into a ModelError that says what to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        plan = recipe.training
        advice = [
            "set training.gradient_checkpointing to true" if not plan.gradient_checkpointing else "",
            f"lower training.batch_size ({plan.batch_size}), and raise gradient_accumulation "
            f"({plan.gradient_accumulation}) as much: the same adapter, slower" if plan.batch_size > 1 else "",
            f"lower dataset.passages ({recipe.dataset.passages}) and training.max_length ({plan.max_length})",
            f"lower lora.r ({recipe.lora.r})",
            f"drop some of the {len(recipe.lora.target_modules)} lora.target_modules",
        ]  # fmt: skip
        steps = "; ".join(f"{number}. {step}" for number, step in enumerate(filter(None, advice), 1))
        raise ModelError(
            f"The memory of {device} is too small for the recipe {recipe.name}: {str(error).strip().splitlines()[0]} "
            f"In the recipe, in this order, until it fits: {steps}. Or stop what else uses that memory "
            "(--pause-bot: the running bot)."
        ) from error


def check_learned(model: PeftModel) -> None:
    """Raises ModelError unless the adapter has left its first weights, and for finite ones.

    Each update is the product of two matrices, of which B begins at zero.
    """
    updates = [parameter for name, parameter in model.named_parameters() if "lora_B" in name]
    if not all(bool(update.isfinite().all()) for update in updates):
        raise ModelError("The training diverged: some LoRA weights are not finite. Lower the recipe's learning_rate.")
    if not any(bool(update.any()) for update in updates):
        raise ModelError(
            "The training moved no LoRA weight, though it ran. Check the recipe's learning_rate and target_modules."
        )


def save_adapter(model: PeftModel, manifest: Manifest, out: Path) -> None:
    """Writes the adapter and its manifest beside ``out`` and renames the finished folder into place."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        folder = Path(scratch, "adapter")
        model.peft_config["default"].base_model_name_or_path = manifest.base  # peft put this machine's path there
        model.save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink()  # peft's empty model card; the manifest says more
        write_manifest(manifest, folder)
        folder.rename(out)
