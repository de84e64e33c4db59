"""A recipe is read strictly, and every shipped one is readable."""

from pathlib import Path

import pytest

from bot.errors import DataError
from training.recipe import RECIPES, load_recipe

SHIPPED = sorted(file.stem for file in RECIPES.glob("*.yaml"))


def changed(tmp_path: Path, old: str, new: str) -> str:
    """The path of a copy of the smoke recipe in which ``new`` stands for ``old``."""
    text = (RECIPES / "smoke.yaml").read_text(encoding="utf-8")
    assert old in text
    copy = tmp_path / "mine.yaml"
    copy.write_text(text.replace(old, new), encoding="utf-8")
    return str(copy)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_parses_and_is_named_as_its_file(name: str) -> None:
    assert load_recipe(name).name == name


@pytest.mark.parametrize("name", SHIPPED)
def test_every_key_of_a_shipped_recipe_has_a_comment(name: str) -> None:
    lines = (RECIPES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if line.split(":")[1:] not in ([], [""]) and "#" not in line and not before.strip().startswith("#")
    ]
    assert not bare


def test_a_recipe_of_ones_own_is_read_from_its_path(tmp_path: Path) -> None:
    assert load_recipe(changed(tmp_path, "  r: 8 ", "  r: 16 ")).lora.r == 16


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  r: 8 ", "  rank: 8 ", r"lora\.r: Field required; lora\.rank: Unexpected"),
        ("  r: 8 ", "  r: eight ", r"lora\.r: Input should be a valid integer, found 'eight'"),
        ("learning_rate: 0.001", "learning_rate: 2e-4", r"training\.learning_rate: .*valid number, found '2e-4'"),
        ("quantisation: nf4", "quantisation: fp4", r"quantisation: Input should be 'nf4', found 'fp4'"),
        ("dont_know: 0.3", "dont_know: 0.4", r"closed_book \+ grounded \+ dont_know must be 1, not 1\.1"),
        ("epochs: null", "epochs: 2", "exactly one of epochs and max_steps"),
        ("lora:", "lora: [", r"mine\.yaml is not valid YAML"),
    ],
)
def test_a_value_that_breaks_its_rule_is_named_with_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_recipe(changed(tmp_path, old, new))


def test_an_unknown_recipe_names_the_shipped_ones() -> None:
    with pytest.raises(DataError, match=f"'huge'.*{', '.join(SHIPPED)}"):
        load_recipe("huge")
