"""The benchmark of fine-tuning works on the small shape, and writes the large one as Llama 2 has it."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from benchmarks.finetune import SHAPES, main, random_base
from bot.generation.loading import load_model


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_the_production_recipe_is_measured_on_the_small_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--recipe", "production", "--shape", "small", "--steps", "2", "--folder", str(tmp_path)])
    told = json.loads(capsys.readouterr().out)
    assert (told["recipe"], told["shape"], told["steps"], told["rows_per_step"]) == ("production", "small", 2, 16)
    assert told["seconds_per_step"] > 0
    assert told["tokens_per_second"] > 0
    assert told["peak_memory_gib"] > 0
    assert told["versions"]["torch"] == torch.__version__
    assert [folder.name for folder in tmp_path.iterdir()] == ["random-small"]


def test_a_random_base_is_loaded_like_a_real_one(tmp_path: Path) -> None:
    random_base(tmp_path, "small")
    model = load_model(str(tmp_path), device="cpu")
    assert model(torch.tensor([[1, 5, 9]])).logits.isfinite().all()
    with safe_open(tmp_path / "model-0.safetensors", framework="pt") as tensors:
        assert tensors.get_tensor("model.layers.0.mlp.up_proj.weight").dtype == torch.float16


def test_the_large_shape_has_the_number_of_weights_of_llama_2_7b() -> None:
    vocabulary, hidden, intermediate, layers, _ = SHAPES["7b"]
    block = 4 * hidden**2 + 3 * hidden * intermediate + 2 * hidden
    assert 2 * vocabulary * hidden + layers * block + hidden == 6_738_415_616
