"""Finds and loads a Llama base in 4 bits with its tokenizer: one way to train, to evaluate and to serve.

The weights come as nf4 without nested quantisation, in evaluation mode. Only safetensors are read, and
no code that a model brings along is run. A base that cannot be used is a :class:`bot.errors.ModelError`
that says what was looked for, where, and what to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from bitsandbytes.nn.modules import Linear4bit
from peft import PeftModel
from safetensors import SafetensorError
from transformers import (
    AutoTokenizer,
    BitsAndBytesConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from bot.errors import ModelError
from bot.generation.lora import attach_adapter, check_adapter

Device = Literal["cpu", "cuda"]

_REMEDY = "Set CENFOBOT_BASE_MODEL to a folder or a hub name of a Llama model with safetensors weights."


def resolve_device(device: str) -> Device:
    """``cpu`` or ``cuda`` for a setting, which may also be ``auto``: a card where there is one.

    Raises:
        ModelError: ``cuda`` is asked for, and there is no card that torch can use.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            f"The device is set to 'cuda', but torch {torch.__version__} finds no card. "
            "Install a CUDA build of torch and the card's driver, or set CENFOBOT_DEVICE=cpu."
        )
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def compute_dtype(device: str) -> torch.dtype:
    """The type that ``device`` computes in: bfloat16 from Ampere on, float16 before (T4), float32 on a CPU.

    Some CPUs are faster in bfloat16; but there the same question then has other tokens alone than among others.
    """
    if resolve_device(device) == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability() >= (8, 0) else torch.float16
    return torch.float32


def load_tokenizer(base: str) -> PreTrainedTokenizerBase:
    """The base's tokenizer. Padding is ``<unk>`` and never EOS, or a model would not learn to end its answers.

    Raises:
        ModelError: there is none, or it lacks one of Llama 2's three special tokens.
    """
    read_config(base)
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"The base {base} has no tokenizer that can be read: {_line(error)}. {_REMEDY}") from error
    if None in (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id):
        raise ModelError(f"The tokenizer of {base} lacks <s>, </s> or <unk>, which Llama 2's has. {_REMEDY}")
    tokenizer.pad_token = tokenizer.unk_token
    return tokenizer


def load_model(base: str, *, device: str, adapter: Path | None = None) -> PreTrainedModel | PeftModel:
    """The base in 4 bits on ``device`` (``cpu``, ``cuda`` or ``auto``), with the adapter in that folder, if any.

    Raises:
        ModelError: the base is missing, is no Llama model, has no safetensors, or does not fit into memory.
        AdapterError: the adapter is damaged or belongs to another base.
    """
    device, config = resolve_device(device), read_config(base)
    if device == "cpu":
        _check_widths(base, config)
    if adapter:
        check_adapter(adapter, base, config)
    model = _load_base(base, device)
    return attach_adapter(model, adapter)


def _load_base(base: str, device: Device) -> PreTrainedModel:
    dtype = compute_dtype(device)
    quantization = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype, bnb_4bit_use_double_quant=False
    )
    try:
        with _no_progress_bar(Path(base).is_dir()):
            loaded: Any = LlamaForCausalLM.from_pretrained(
                base, quantization_config=quantization, device_map=device, dtype=dtype, attn_implementation="sdpa",
                use_safetensors=True, trust_remote_code=False, output_loading_info=True,
            )  # fmt: skip
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error):
            raise ModelError(
                f"The base {base} does not fit into the memory of {device}: {_line(error)}. A model of 7 billion "
                "parameters needs about 5 GB. Free memory, or set CENFOBOT_BASE_MODEL to a smaller one."
            ) from error
        raise ModelError(f"The weights of {base} do not fit its config.json: {_line(error)}. {_REMEDY}") from error
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"The weights of {base} cannot be read: {_line(error)}. {_REMEDY}") from error
    model, report = loaded
    if missing := sorted(report["missing_keys"]):
        raise ModelError(f"The weights of {base} are incomplete: {len(missing)} missing, e.g. {missing[0]}. {_REMEDY}")
    _check_shapes(base, model)
    _keep_plain(model)
    return model.eval()  # type: ignore[no-any-return]  # transformers leaves eval untyped


def _check_shapes(base: str, model: PreTrainedModel) -> None:
    """transformers checks the shapes of plain layers only: 4-bit weights fit anywhere."""
    for name, module in model.named_modules():
        if isinstance(module, Linear4bit):
            weight: Any = module.weight
            wanted, found = (module.out_features, module.in_features), tuple(weight.quant_state.shape)
            if found != wanted:
                raise ModelError(f"The weights of {base} do not fit its config.json: {name} is {found}, not {wanted}.")


def _keep_plain(model: PreTrainedModel) -> None:
    """Keeps every 4-bit layer as it was loaded.

    On a CPU with AVX512-BF16, bitsandbytes repacks a layer at its first forward pass in evaluation mode, for speed
    (``Linear4bit.forward``). A repacked layer passes no gradient on, and gives a question other tokens alone than
    among others.
    """
    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False


def read_config(base: str) -> PreTrainedConfig:
    """The base's configuration.

    Raises:
        ModelError: there is no such base, or it is no Llama model with safetensors.
    """
    folder = Path(base)
    if folder.is_dir():
        _check_files(folder)
    elif folder.is_absolute() or base.count("/") != 1:
        raise ModelError(f"There is no folder {folder.absolute()} to load the base from. {_REMEDY}")
    try:
        raw, _ = LlamaConfig.get_config_dict(base)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The base {base!r} is no folder here, and the hub has no such model or cannot be reached: {_line(error)}. "
            f"Check the name and the connection; a gated model needs HF_TOKEN. {_REMEDY}"
        ) from error
    if raw.get("model_type") != "llama":
        raise ModelError(f"The base {base} is of type {raw.get('model_type')!r}; only 'llama' is supported. {_REMEDY}")
    return LlamaConfig.from_dict(raw)


def _check_files(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ModelError(f"The folder {folder.absolute()} holds no model: it has no config.json. {_REMEDY}")
    if not any(folder.glob("*.safetensors")):
        pickled = [path.name for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".pth"}]
        found = f"only {sorted(pickled)}, and pickled weights are never read" if pickled else "no weights"
        raise ModelError(f"The folder {folder.absolute()} has {found}; *.safetensors is needed. {_REMEDY}")


def _check_widths(base: str, config: PreTrainedConfig) -> None:
    """bitsandbytes' kernels for the CPU want inputs divisible by 64 and outputs by 32."""
    heads = config.num_attention_heads * config.head_dim
    widths = {"hidden_size": config.hidden_size, "intermediate_size": config.intermediate_size, "attention": heads}
    wrong = {name: width for name, width in widths.items() if width % 64}
    if (config.num_key_value_heads * config.head_dim) % 32:
        wrong["keys and values"] = config.num_key_value_heads * config.head_dim
    if wrong:
        raise ModelError(
            f"The base {base} cannot run in 4 bits on a CPU: its widths must be divisible by 64 (keys and values: 32), "
            f"and are {wrong}. Use a card (CENFOBOT_DEVICE=cuda) or another base."
        )


@contextmanager
def _no_progress_bar(wanted: bool) -> Iterator[None]:
    """Reading a folder is quick and needs no bar; a download keeps its own."""
    shown = logging.is_progress_bar_enabled()
    if wanted:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        if wanted and shown:
            logging.enable_progress_bar()


def _line(error: BaseException) -> str:
    """The first line of an error's text, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
