"""Checks that a LoRA adapter belongs to a base, then attaches it.

The check compares every tensor's name and shape with what PEFT would build on the base, without
touching a model in service. An adapter that passes is attached as in a fresh process.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, PeftType, get_peft_model_state_dict
from safetensors import SafetensorError, safe_open
from transformers import LlamaForCausalLM, PreTrainedConfig, PreTrainedModel

from bot.errors import AdapterError

_REMEDY = "Train it again with 'cenfobot-train finetune', or roll back to another version."
_FREE = {
    "peft_type", "peft_version", "task_type", "auto_mapping", "base_model_name_or_path", "revision", "inference_mode",
    "r", "lora_alpha", "lora_dropout", "use_rslora", "rank_pattern", "alpha_pattern", "init_lora_weights",
    "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern",
}  # fmt: skip
"""The options of PEFT's LoRA that leave the base alone. Others (``modules_to_save``, PiSSA, KaSA …) change it, and
would go on doing so under the adapters that come after."""


def check_adapter(folder: Path, base: str, config: PreTrainedConfig) -> None:
    """Raises AdapterError unless ``folder`` holds a complete LoRA adapter, in safetensors, for this very base.

    ``base`` is a folder or a hub name; its last part is compared with the one in ``adapter_config.json``.
    """
    lora = _read_lora_config(folder)
    _check_leaves_the_base(folder, lora)
    trained_on = lora.base_model_name_or_path or ""
    if Path(trained_on).name != Path(base).resolve().name:
        raise AdapterError(f"The adapter {folder} was trained on {trained_on!r}, not on {base!r}. {_REMEDY}")
    found, wanted = _shapes_in_file(folder), _shapes_on(config, lora)
    wrong = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    if wrong:
        raise AdapterError(
            f"The adapter {folder} does not fit the base {base}: {len(wrong)} tensors differ, first {wrong[0]}, of "
            f"shape {found.get(wrong[0])} where {wanted.get(wrong[0])} is needed. {_REMEDY}"
        )


def attach_adapter(model: PreTrainedModel | PeftModel, folder: Path | None) -> PreTrainedModel | PeftModel:
    """``model`` with this adapter alone, frozen; None: the bare base. What was attached before is taken off.

    The base inside is the same object before and after. ``folder`` must have passed :func:`check_adapter`.

    Raises:
        AdapterError: PEFT refuses it all the same; ``model`` may be half changed, and is of no use any more.
    """
    base = model.unload() if isinstance(model, PeftModel) else model
    if folder is None:
        return base
    try:
        with _without_peft_warning():
            return PeftModel.from_pretrained(base, str(folder), torch_device=str(base.device)).eval()
    except Exception as error:  # whatever PEFT makes of a file that changed after the check
        raise AdapterError(f"The adapter {folder} cannot be attached: {error!r}. {_REMEDY}") from error


def _check_leaves_the_base(folder: Path, lora: LoraConfig) -> None:
    plain = LoraConfig()
    odd = {
        field.name: getattr(lora, field.name)
        for field in fields(LoraConfig)
        if field.name not in _FREE and getattr(lora, field.name) != getattr(plain, field.name)
    }
    if lora.init_lora_weights not in (True, False, "gaussian"):
        odd["init_lora_weights"] = lora.init_lora_weights
    if odd:
        raise AdapterError(
            f"The adapter {folder} is no plain LoRA, which is all that is served: it has {odd}. {_REMEDY}"
        )


def _read_lora_config(folder: Path) -> LoraConfig:
    if not (folder / "adapter_config.json").is_file():
        raise AdapterError(f"{folder} is no adapter: it has no adapter_config.json. {_REMEDY}")
    try:
        raw = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        if raw["peft_type"] != PeftType.LORA:
            raise AdapterError(
                f"The adapter {folder} is of type {raw['peft_type']!r}; only 'LORA' is served. {_REMEDY}"
            )
        lora: LoraConfig = LoraConfig.from_pretrained(str(folder))
        return lora
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise AdapterError(f"{folder / 'adapter_config.json'} is damaged: {error!r}. {_REMEDY}") from error


def _shapes_in_file(folder: Path) -> dict[str, list[int]]:
    file = folder / "adapter_model.safetensors"
    if not file.is_file():
        pickled = " (pickled weights, adapter_model.bin, are never read)" * (folder / "adapter_model.bin").exists()
        raise AdapterError(f"The adapter {folder} has no adapter_model.safetensors{pickled}. {_REMEDY}")
    try:
        with safe_open(file, framework="pt") as tensors:
            return {name: tensors.get_slice(name).get_shape() for name in tensors.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise AdapterError(f"{file} is damaged: {error}. {_REMEDY}") from error


def _shapes_on(config: PreTrainedConfig, lora: LoraConfig) -> dict[str, list[int]]:
    """The shapes that the adapter's tensors must have, from a base without storage."""
    with torch.device("meta"):
        skeleton = LlamaForCausalLM(config)  # type: ignore[arg-type]  # check_adapter's callers hold a Llama's
    try:
        with _without_peft_warning():
            adapted = PeftModel(skeleton, lora, low_cpu_mem_usage=True)
    except (TypeError, ValueError) as error:
        raise AdapterError(f"The adapter's configuration does not fit the base: {error}. {_REMEDY}") from error
    tensors = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    return {name: list(tensor.shape) for name, tensor in tensors.items()}


@contextmanager
def _without_peft_warning() -> Iterator[None]:
    """peft 0.21 asks transformers 5.23 for an attribute under its old name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield
