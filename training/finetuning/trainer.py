"""TRL's trainer for an adapter that survives a kill: what a run does next hangs on its last checkpoint alone.

On a CPU the adapter of a run that was killed and went on equals that of an uninterrupted one, bit by bit: weights
(float32), optimizer, schedule, random numbers and the order of the rows go on as if nothing had happened. On a card
the same goes on, but it is not promised to the last bit: there two uninterrupted runs may differ, too.
"""

import resource
import sys
from dataclasses import dataclass
from typing import Any

import datasets
import huggingface_hub.constants
import torch
from peft import PeftModel
from transformers import (
    EarlyStoppingCallback,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_pt_utils import LengthGroupedSampler
from trl import SFTConfig, SFTTrainer

from bot.generation.loading import Device, compute_dtype
from training.finetuning.checkpoints import Checkpoint, Checkpoints
from training.recipe import Training


@dataclass(frozen=True)
class Cost:
    """What a training took in this process; its text is fit for a terminal."""

    steps: int
    """Optimizer steps."""
    seconds: float
    """With evaluations and checkpoints."""
    tokens: int
    """Trained on, prompts included, padding not."""
    peak_bytes: int
    """Most memory held at a time: by torch on a card, by the process without one."""

    def __str__(self) -> str:
        pace = f"{self.seconds / self.steps:.2f} s a step, {self.tokens / self.seconds:.0f} tokens/s"
        memory = f"at most {self.peak_bytes / 2**30:.1f} GiB of memory"
        return f"{self.steps} steps in {self.seconds:.0f} s ({pace}), {memory}"


class AdapterTrainer(SFTTrainer):
    """TRL's trainer; as :func:`build_trainer` makes it."""

    def __init__(
        self, model: PeftModel, *, held_out_tokens: float, checkpoints: Checkpoints, args: SFTConfig, **options: Any
    ) -> None:
        """``held_out_tokens``: learned tokens of a held-out row, on average."""
        self._adapted = model
        self._held_out_tokens = held_out_tokens
        self._checkpoints = checkpoints
        super().__init__(model, args, **options)

    def run(self, last: Checkpoint | None) -> Cost | None:
        """Trains to the end, from checkpoint ``last`` on; None: it was at the end, and its adapter has been loaded."""
        if last and last.is_last:
            self.state = last.state
            best = self.state.best_global_step
            self._adapted.load_adapter(str(self._checkpoints.at(best) if best else last.folder), "default")
            return None
        output = self.train(resume_from_checkpoint=str(last.folder) if last else None)
        on_card = self.args.device.type == "cuda"
        return Cost(
            steps=output.global_step - (last.state.global_step if last else 0),
            seconds=output.metrics["train_runtime"],
            tokens=int(next(entry["num_tokens"] for entry in self.state.log_history[::-1] if "num_tokens" in entry)),
            peak_bytes=torch.cuda.max_memory_reserved()
            if on_card
            else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """In an evaluation every completion token weighs the same, whichever batch it is in."""
        if not self._adapted.training:
            num_items_in_batch = self._held_out_tokens * len(inputs["labels"])
        return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]  # as TRL left it

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """The adapter alone; else peft asks the hub whether the base's vocabulary has grown."""
        self._adapted.save_pretrained(output_dir or ".", save_embedding_layers=False)

    def create_model_card(self, *args: Any, **options: Any) -> None:
        """None: the manifest says more."""

    def _get_train_sampler(self, train_dataset: datasets.Dataset | None = None) -> "_Order":
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return _Order(size, train_dataset, self.args.seed)


class _Order(LengthGroupedSampler):
    """Rows of like length together, in an order that hangs on seed and epoch alone.

    The library's own order hangs on all random numbers drawn before, which a run that goes on has not drawn.
    """

    def __init__(self, batch_size: int, rows: datasets.Dataset | None, seed: int) -> None:
        super().__init__(batch_size, rows, generator=torch.Generator())
        self._seed = seed

    def set_epoch(self, epoch: int) -> None:
        """Called before each epoch."""
        self.generator.manual_seed(self._seed + epoch)


def build_trainer(
    model: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: datasets.Dataset,
    held_out: datasets.Dataset | None,
    plan: Training,
    device: Device,
    checkpoints: Checkpoints,
) -> AdapterTrainer:
    """The trainer over encoded rows: a bar on a terminal, else a line per entry of the loss curves.

    Without ``held_out`` rows nothing is evaluated, and it never stops early.
    """
    datasets.disable_progress_bars()  # for a second's work
    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True  # TRL reports each run to its makers otherwise
    callbacks: list[TrainerCallback] = [_Keeper(checkpoints)]
    if not sys.stderr.isatty():
        callbacks.append(_PlainLines())
    if held_out and plan.patience:
        callbacks.append(EarlyStoppingCallback(plan.patience))
    trainer = AdapterTrainer(
        model,
        args=_arguments(plan, device, checkpoints, evaluate=bool(held_out)),
        train_dataset=rows,
        eval_dataset=held_out or None,
        processing_class=tokenizer,
        callbacks=callbacks,
        held_out_tokens=sum(map(sum, held_out["completion_mask"])) / len(held_out) if held_out else 0.0,
        checkpoints=checkpoints,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.args._n_gpu = min(
        trainer.args.n_gpu, 1
    )  # a second card would multiply the batch; accelerate launch uses it
    # TRL casts the adapter of a quantised base to bfloat16, whose gradients float16's scaler cannot read (T4).
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float32)
    return trainer


def _arguments(plan: Training, device: Device, checkpoints: Checkpoints, *, evaluate: bool) -> SFTConfig:
    """TRL's arguments. The rows are encoded and measured already, so TRL must not cut them (``max_length=None``)."""
    on_card = device == "cuda"
    dtype = compute_dtype(device)
    stops_early = evaluate and plan.patience is not None
    return SFTConfig(
        output_dir=str(checkpoints.folder),
        num_train_epochs=plan.epochs or 1.0,
        max_steps=plan.max_steps or -1,
        per_device_train_batch_size=plan.batch_size,
        per_device_eval_batch_size=plan.batch_size,
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
        completion_only_loss=True,
        loss_type="nll",
        packing=False,  # needs FlashAttention, which a T4 lacks; elsewhere answers would see their neighbours
        max_length=None,
        train_sampling_strategy="group_by_length",  # for the held-out rows; the others have _Order
        bf16=on_card and dtype is torch.bfloat16,
        fp16=on_card and dtype is torch.float16,
        use_cpu=not on_card,
        dataloader_pin_memory=on_card,
        disable_tqdm=not sys.stderr.isatty(),
        save_strategy="steps",
        save_steps=plan.checkpoint_steps,
        eval_strategy="steps" if evaluate else "no",
        eval_steps=plan.checkpoint_steps,
        load_best_model_at_end=stops_early,
        metric_for_best_model="eval_loss" if stops_early else None,
        greater_is_better=False if stops_early else None,
        restore_callback_states_from_checkpoint=True,  # how long early stopping has been waiting
        report_to="none",
    )


class _Keeper(TrainerCallback):
    """Seals checkpoints, with the loss curve up to them."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        if control.should_save:
            control.should_log = True  # what has not been logged is not in the checkpoint

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        self._checkpoints.seal(state.global_step, best=state.best_global_step)


class _PlainLines(TrainerCallback):
    """One line per entry of the loss curves, where there is no terminal for a progress bar."""

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        entry = state.log_history[-1]
        for key, name in (("loss", "loss"), ("eval_loss", "held-out loss")):
            if key in entry:
                print(f"step {state.global_step}/{state.max_steps}: {name} {float(entry[key]):.4f}", flush=True)
