"""An adapter is served only on the base that it was trained on, and only if it is whole."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from bot.errors import AdapterError
from bot.generation.base import Adapter
from bot.generation.loading import load_model
from bot.generation.lora import attach_adapter
from tests.bot.generation.conftest import MakeAdapter


@pytest.fixture
def copy(adapter: Adapter, tmp_path: Path) -> Path:
    return Path(shutil.copytree(adapter.path, tmp_path / "copy"))


def configure(folder: Path, **changes: object) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refused(base: Path, folder: Path, reason: str) -> None:
    with pytest.raises(AdapterError, match=reason):
        load_model(str(base), device="cpu", adapter=folder)


def test_an_adapter_changes_the_logits_and_none_of_its_weights_is_trainable(base: Path, adapter: Adapter) -> None:
    ids = torch.tensor([[1, 300, 400]])
    bare: Any = load_model(str(base), device="cpu")
    adapted: Any = load_model(str(base), device="cpu", adapter=adapter.path)
    with torch.no_grad():
        assert not torch.equal(bare(input_ids=ids).logits, adapted(input_ids=ids).logits)
    assert not any(parameter.requires_grad for parameter in adapted.parameters())
    assert not adapted.training


def test_taking_an_adapter_off_gives_the_bare_base_back(base: Path, adapter: Adapter) -> None:
    ids = torch.tensor([[1, 300, 400]])
    model: Any = load_model(str(base), device="cpu")
    with torch.no_grad():
        before = model(input_ids=ids).logits
        adapted = attach_adapter(model, adapter.path)
        bare: Any = attach_adapter(adapted, None)
        assert bare is model
        assert torch.equal(bare(input_ids=ids).logits, before)


def test_a_folder_without_a_configuration_is_no_adapter(base: Path, copy: Path) -> None:
    (copy / "adapter_config.json").unlink()
    refused(base, copy, r"no adapter_config\.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"peft_type": "LORA", "r": '])
def test_a_damaged_configuration_is_refused(base: Path, copy: Path, text: str) -> None:
    (copy / "adapter_config.json").write_text(text)
    refused(base, copy, "damaged")


def test_another_kind_of_adapter_is_refused_by_its_name(base: Path, copy: Path) -> None:
    configure(copy, peft_type="VERA")
    refused(base, copy, "type 'VERA'; only 'LORA'")


def test_an_adapter_of_another_base_is_refused_by_name(base: Path, copy: Path) -> None:
    configure(copy, base_model_name_or_path="/somewhere/else/Llama-2-7b-chat-hf")
    refused(base, copy, "trained on '/somewhere/else/Llama-2-7b-chat-hf'")


def test_an_adapter_of_a_base_in_another_folder_of_the_same_name_is_taken(base: Path, copy: Path) -> None:
    configure(copy, base_model_name_or_path=f"/another/machine/{base.name}")
    load_model(str(base), device="cpu", adapter=copy)


def test_pickled_weights_are_never_read(base: Path, copy: Path) -> None:
    (copy / "adapter_model.safetensors").rename(copy / "adapter_model.bin")
    refused(base, copy, r"pickled weights, adapter_model\.bin, are never read")


def test_weights_cut_short_are_refused(base: Path, copy: Path) -> None:
    with (copy / "adapter_model.safetensors").open("r+b") as file:
        file.truncate(5000)
    refused(base, copy, "damaged")


def test_a_missing_tensor_is_named(base: Path, copy: Path) -> None:
    file = copy / "adapter_model.safetensors"
    tensors = load_file(file)
    del tensors["base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight"]
    save_file(tensors, file)
    refused(base, copy, r"1 tensors differ, first .*layers\.1\.self_attn\.v_proj\.lora_B\.weight, of shape None")


def test_another_shape_is_named(base: Path, make_adapter: MakeAdapter) -> None:
    wide = make_adapter("wide", r=16)
    configure(wide.path, r=8)
    refused(base, wide.path, r"of shape \[16, 256\] where \[8, 256\] is needed")


def test_layers_that_the_base_does_not_have_are_refused(base: Path, copy: Path) -> None:
    configure(copy, target_modules=["query_key_value"])
    refused(base, copy, "does not fit the base")


@pytest.mark.parametrize(
    "option",
    [
        {"modules_to_save": ["lm_head"]},
        {"bias": "all"},
        {"init_lora_weights": "pissa"},
        {"init_lora_weights": "olora"},
        {"layer_replication": [[0, 4], [2, 4]]},
        {"use_dora": True},
    ],
)
def test_options_that_could_change_the_base_for_later_adapters_are_refused_by_name(
    base: Path, copy: Path, option: dict[str, object]
) -> None:
    configure(copy, **option)
    refused(base, copy, f"no plain LoRA.*{next(iter(option))}")


def test_weights_that_are_damaged_after_the_check_are_refused(base: Path, copy: Path) -> None:
    model: Any = load_model(str(base), device="cpu")
    (copy / "adapter_model.safetensors").write_bytes(b"damaged")
    with pytest.raises(AdapterError, match="cannot be attached"):
        attach_adapter(model, copy)
