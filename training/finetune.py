"""QLoRA: a 4-bit base, an adapter on its linear layers, the loss on the completions only.

Read :func:`finetune` top to bottom: seed, data, model, adapter, trainer, save. An adapter appears in
its folder whole or not at all, and a folder that exists is never written to.
"""

import platform
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import datasets
import huggingface_hub.constants
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import (
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from trl import SFTConfig, SFTTrainer

from bot.errors import ModelError
from bot.generation.loading import Device, compute_dtype, keep_trainable, load_model, load_tokenizer, resolve_device
from bot.generation.manifest import Manifest, base_fingerprint, read_manifest, short_base_name, write_manifest
from bot.retrieval.synonyms import Synonyms
from storage.pairs_csv import csv_sha256, group_rows, read_csv
from training.dataset import build_rows, count_by_kind, encode_rows
from training.recipe import Lora, Recipe, Training

LIBRARIES = ("torch", "transformers", "peft", "trl", "bitsandbytes", "datasets")


def finetune(
    recipe: Recipe, *, base: str, csv: Path, system: str, synonyms: Synonyms, out: Path, device: str
) -> Manifest:
    """Trains an adapter for ``base`` on the pairs in ``csv`` and writes it, with its manifest, to ``out``.

    ``system`` is the profile's text for the model; ``device`` is ``cpu``, ``cuda`` or ``auto``.

    Raises:
        DataError: the recipe and the pairs do not go together.
        StorageError: the CSV breaks its format.
        ModelError: ``out`` exists, the base cannot be loaded, or the training taught nothing.
    """
    if out.exists():
        raise ModelError(f"{out} exists, and an adapter is never overwritten. Give --out a new folder.")
    started = time.monotonic()
    device = resolve_device(device)

    # Seed
    plan = recipe.training
    set_seed(plan.seed)

    # Data
    digest = csv_sha256(csv)
    pairs = group_rows(read_csv(csv))
    rows = build_rows(pairs, system=system, synonyms=synonyms, plan=recipe.dataset, seed=plan.seed)
    tokenizer = load_tokenizer(base)
    dataset = encode_rows(rows, tokenizer, max_length=plan.max_length)

    # Model
    model = load_model(base, device=device)
    keep_trainable(model)

    # Adapter
    adapted = get_peft_model(model, _lora(recipe.lora))

    # Trainer
    with tempfile.TemporaryDirectory() as scratch:
        trainer = build_trainer(adapted, tokenizer, dataset, plan, device, scratch)
        trainer.train()
    check_learned(adapted)

    # Save
    entries = [entry for entry in trainer.state.log_history if "loss" in entry]
    created = datetime.now(UTC)
    manifest = Manifest(
        version=f"{recipe.name}-{created:%Y%m%d-%H%M%S}",
        base=short_base_name(base),
        base_fingerprint=base_fingerprint(base),
        csv_sha256=digest,
        pairs=len(pairs),
        rows=count_by_kind(rows),
        recipe=asdict(recipe),
        seed=plan.seed,
        libraries={"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        losses=[(int(entry["step"]), float(entry["loss"])) for entry in entries],
        created_at=created.isoformat(timespec="seconds"),
        wall_seconds=round(time.monotonic() - started, 1),
    )
    save_adapter(adapted, manifest, out)
    return read_manifest(out)


def build_trainer(
    model: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    dataset: datasets.Dataset,
    plan: Training,
    device: Device,
    scratch: str,
) -> SFTTrainer:
    """TRL's trainer over encoded rows: a bar on a terminal, else a line per entry of the loss curve.

    It writes nothing but an empty folder, ``scratch``.
    """
    on_terminal = sys.stderr.isatty()
    datasets.disable_progress_bars()  # for a second's work
    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True  # TRL reports each run to its makers otherwise
    trainer = SFTTrainer(
        model,
        args=_arguments(plan, device, scratch),
        train_dataset=dataset,
        processing_class=tokenizer,
        callbacks=[] if on_terminal else [_PlainLines()],
    )
    trainer.remove_callback(PrinterCallback)
    # TRL casts the adapter of a quantised base to bfloat16, whose gradients float16's scaler cannot read (T4).
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float32)
    return trainer


def _lora(plan: Lora) -> LoraConfig:
    return LoraConfig(
        r=plan.r,
        lora_alpha=plan.alpha,
        lora_dropout=plan.dropout,
        target_modules=list(plan.target_modules),
        bias="none",
        task_type="CAUSAL_LM",
    )


def _arguments(plan: Training, device: Device, scratch: str) -> SFTConfig:
    """TRL's arguments. The rows are encoded and measured already, so TRL must not cut them (``max_length=None``)."""
    on_card = device == "cuda"
    dtype = compute_dtype(device)
    return SFTConfig(
        output_dir=scratch,
        num_train_epochs=plan.epochs or 1.0,
        max_steps=plan.max_steps or -1,
        per_device_train_batch_size=plan.batch_size,
        gradient_accumulation_steps=plan.gradient_accumulation,
        activation_checkpointing=plan.gradient_checkpointing,
        learning_rate=plan.learning_rate,
        lr_scheduler_type=plan.schedule,
        warmup_steps=plan.warmup_ratio,  # below 1, a share of the steps
        weight_decay=plan.weight_decay,
        max_grad_norm=plan.max_grad_norm,
        optim=plan.optimizer if on_card else "adamw_torch",
        seed=plan.seed,
        logging_steps=plan.logging_steps,
        logging_first_step=True,  # so that even the shortest run has a loss
        completion_only_loss=True,
        loss_type="nll",
        packing=False,  # needs FlashAttention, which a T4 lacks; elsewhere answers would see their neighbours
        max_length=None,
        train_sampling_strategy="group_by_length",
        bf16=on_card and dtype is torch.bfloat16,
        fp16=on_card and dtype is torch.float16,
        use_cpu=not on_card,
        dataloader_pin_memory=on_card,
        disable_tqdm=not sys.stderr.isatty(),
        save_strategy="no",
        report_to="none",
    )


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


class _PlainLines(TrainerCallback):
    """One line per entry of the loss curve, where there is no terminal for a progress bar."""

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        entry = state.log_history[-1]
        if "loss" in entry:
            print(f"step {state.global_step}/{state.max_steps}: loss {float(entry['loss']):.4f}", flush=True)
