"""A recipe is read strictly, and every shipped one is readable."""

from pathlib import Path

import pytest

from bot.errors import DataError
from training.recipe import RECIPES, load_recipe

GATE = "{{measure: {}, at_least: 0.5, at_most: null, worse_by: null}}"
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
        if line.split(":")[1:] not in ([], [""])
        and "#" not in line
        and not before.strip().startswith("#")
        and not line.startswith("  - ")  # a gate; all have one comment, above the first
    ]
    assert not bare
    assert lines[lines.index("gates:") - 1].startswith("#") if "gates:" in lines else "#" in lines[-1]


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
        ("gates: []", f"gates: [{GATE.format('served.rihgt')}]", r"gates\.0: .*there is no measure 'served.rihgt'"),
        ("gates: []", f"gates: [{GATE.format('test.served.right')}]", r"test\.served\.right is no gate"),
        ("gates: []", f"gates: [{GATE.format('dev.raw.right')}]", r"dev\.raw\.right is no gate"),
        ("patience: null", "patience: 0", r"training\.patience: .*greater than or equal to 1, found 0"),
        ("held_out: 0.1", "held_out: 0.9", r"dataset\.held_out: .*less than or equal to 0\.5, found 0\.9"),
        ("lora:", "lora: [", r"mine\.yaml is not valid YAML"),
    ],
)
def test_a_value_that_breaks_its_rule_is_named_with_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_recipe(changed(tmp_path, old, new))


def test_early_stopping_needs_held_out_wordings(tmp_path: Path) -> None:
    patient = Path(changed(tmp_path, "patience: null", "patience: 2")).read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(patient.replace("held_out: 0.1", "held_out: 0.0"), encoding="utf-8")
    with pytest.raises(DataError, match=r"patience needs held-out wordings: set dataset\.held_out above 0"):
        load_recipe(str(tmp_path / "mine.yaml"))


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("{measure: served.wright, at_least: 0.5, at_most: null, worse_by: null}", "no measure 'served.wright'"),
        (
            "{measure: test.served.right, at_least: 0.5, at_most: null, worse_by: null}",
            r"test\.served\.right is no gate",
        ),
        (
            "{measure: served.decision_ms_p50, at_least: null, at_most: 10.0, worse_by: null}",
            r"served\.decision_ms_p50 is no gate: a machine's speed",
        ),
        ("{measure: served.right, at_least: 0.5}", r"gates\.0\.at_most: Field required"),
    ],
)
def test_a_gate_stands_on_a_measure_that_may_be_gated_on(tmp_path: Path, gate: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_recipe(changed(tmp_path, "gates: []", f"gates: [{gate}]"))


def test_an_unknown_recipe_names_the_shipped_ones() -> None:
    with pytest.raises(DataError, match=f"'huge'.*{', '.join(SHIPPED)}"):
        load_recipe("huge")
