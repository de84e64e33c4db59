"""A base is loaded in 4 bits, and one that cannot be used is refused in words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.nn.modules import Linear4bit
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from bot.errors import ModelError
from bot.generation.loading import compute_dtype, load_model, load_tokenizer, resolve_device


@pytest.fixture
def copy(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "copy"))


def configure(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_every_linear_layer_is_nf4_without_nested_quantisation_and_frozen_for_inference(base: Path) -> None:
    model: Any = load_model(str(base), device="cpu")
    layers: list[Any] = [module for module in model.modules() if isinstance(module, Linear4bit)]
    assert len(layers) == 4 * 7
    assert {layer.weight.quant_state.quant_type for layer in layers} == {"nf4"}
    assert not any(layer.weight.quant_state.nested for layer in layers)
    assert {layer.compute_dtype for layer in layers} == {compute_dtype("cpu")}
    assert not model.training


def test_loading_writes_nothing_to_the_terminal(base: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_model(str(base), device="cpu")
    assert capfd.readouterr() == ("", "")


def test_padding_is_unk_and_never_the_end_of_an_answer(base: Path) -> None:
    tokenizer: Any = load_tokenizer(str(base))
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("<unk>", 0)
    assert tokenizer.pad_token_id != tokenizer.eos_token_id


def test_a_folder_that_does_not_exist_is_named_in_full(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"no folder {tmp_path}/none .*CENFOBOT_BASE_MODEL"):
        load_model(str(tmp_path / "none"), device="cpu")


@pytest.mark.parametrize("load", [load_tokenizer, lambda base: load_model(base, device="cpu")])
def test_a_hub_name_without_a_network_is_refused(load: Callable[[str], object]) -> None:
    with pytest.raises(ModelError, match="'nobody/no-such-model' is no folder here, and the hub"):
        load("nobody/no-such-model")


def test_a_folder_without_a_configuration_is_no_model(copy: Path) -> None:
    (copy / "config.json").unlink()
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_model(str(copy), device="cpu")


def test_another_architecture_is_refused_by_its_name(copy: Path) -> None:
    configure(copy, model_type="mistral")
    with pytest.raises(ModelError, match="type 'mistral'; only 'llama'"):
        load_model(str(copy), device="cpu")


def test_pickled_weights_are_never_read(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only \['pytorch_model.bin'\], and pickled weights are never read"):
        load_model(str(copy), device="cpu")


def test_damaged_weights_are_refused(copy: Path) -> None:
    with (copy / "model.safetensors").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(str(copy), device="cpu")


def test_missing_weights_are_not_made_up(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    del tensors["model.layers.2.mlp.up_proj.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"1 missing, e\.g\. model\.layers\.2\.mlp\.up_proj\.weight"):
        load_model(str(copy), device="cpu")


@pytest.mark.parametrize("change", [{"intermediate_size": 1024}, {"vocab_size": 4096}])
def test_weights_of_another_shape_are_refused(copy: Path, change: dict[str, object]) -> None:
    configure(copy, **change)
    with pytest.raises(ModelError, match=r"do not fit its config\.json"):
        load_model(str(copy), device="cpu")


def test_widths_that_the_cpu_kernels_cannot_take_are_refused_with_the_rule(copy: Path) -> None:
    configure(copy, intermediate_size=500)
    with pytest.raises(ModelError, match=r"divisible by 64 .* and are \{'intermediate_size': 500\}"):
        load_model(str(copy), device="cpu")


def test_a_base_without_a_tokenizer_is_refused(copy: Path) -> None:
    for file in copy.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ModelError, match="no tokenizer"):
        load_tokenizer(str(copy))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_a_card_that_is_not_there_is_refused_with_the_remedy() -> None:
    assert resolve_device("auto") == "cpu"
    with pytest.raises(ModelError, match="CENFOBOT_DEVICE=cpu"):
        resolve_device("cuda")


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_gradients_still_flow_after_an_evaluation(base: Path) -> None:
    model: Any = load_model(str(base), device="cpu")
    assert not any(m.support_avx512bf16_for_cpu for m in model.modules() if isinstance(m, Linear4bit))
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj"]))
    ids = torch.tensor([[1, 300, 400, 500]])
    with torch.no_grad():
        adapted.eval()(input_ids=ids)
    adapted.train()(input_ids=ids, labels=ids).loss.backward()
    first = adapted.get_parameter("base_model.model.model.layers.0.self_attn.q_proj.lora_B.default.weight")
    assert first.grad is not None
    assert first.grad.abs().sum() > 0
