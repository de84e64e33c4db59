"""The manifest of an adapter is read back as it was written, and the fingerprint tells one base from another."""

import json
import shutil
from pathlib import Path

import pytest

from bot.errors import AdapterError, ModelError
from bot.generation.manifest import Manifest, base_fingerprint, read_manifest, short_base_name, write_manifest

MANIFEST = Manifest(
    version="tiny-20260102-030405", base="tiny-llama", base_fingerprint="ab" * 32, base_revision=None,
    csv_sha256="cd" * 32, pairs=4, pair_ids=[1, 2, 3, 4], new_pair_ids=[4], rows={"grounded": 8},
    recipe={"lora": {"r": 8}}, seed=1, libraries={"torch": "2.13.0"}, losses=[(25, 1.89005), (50, 0.8395)],
    held_out_losses=[(50, 0.9)], metrics={"served.right": 0.875}, created_at="2026-01-02T03:04:05+00:00",
    wall_seconds=12.5,
)  # fmt: skip


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "some-llama"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(3_000_000))
    return folder


def test_a_manifest_is_read_back_as_written(tmp_path: Path) -> None:
    write_manifest(MANIFEST, tmp_path)
    assert read_manifest(tmp_path) == MANIFEST
    assert read_manifest(tmp_path).last_loss == 0.8395


def test_a_folder_without_a_manifest_is_no_adapter(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r"has no manifest\.json"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is damaged"), ("[]", "must hold exactly"), ('{"version": "1"}', "must hold exactly")]
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(AdapterError, match=message):
        read_manifest(tmp_path)


def test_a_key_more_or_less_is_refused(tmp_path: Path) -> None:
    write_manifest(MANIFEST, tmp_path)
    raw = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(raw | {"colour": "red"}))
    with pytest.raises(AdapterError, match="colour"):
        read_manifest(tmp_path)


def test_a_copied_base_has_the_same_fingerprint_and_a_changed_one_another(base: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(base, copy)
    assert base_fingerprint(str(copy)) == base_fingerprint(str(base))
    (copy / "model.safetensors").write_bytes(bytes(2_999_999) + b"\1")
    assert base_fingerprint(str(copy)) != base_fingerprint(str(base))


def test_the_fingerprint_ignores_what_is_no_weight(base: Path) -> None:
    before = base_fingerprint(str(base))
    (base / "README.md").write_text("A base.")
    assert base_fingerprint(str(base)) == before


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_that_lacks_a_part_is_no_base(base: Path, missing: str) -> None:
    (base / missing).unlink()
    with pytest.raises(ModelError, match=r"needs config\.json and \*\.safetensors"):
        base_fingerprint(str(base))


def test_a_path_that_does_not_exist_is_no_base() -> None:
    with pytest.raises(ModelError, match="neither a folder nor a model on the hub"):
        base_fingerprint("/nowhere/at/all")


def test_the_short_name_of_a_folder_has_no_path_and_a_hub_name_stays(base: Path) -> None:
    assert short_base_name(str(base)) == short_base_name(f"{base}/") == "some-llama"
    assert short_base_name("NousResearch/Llama-2-7b-chat-hf") == "NousResearch/Llama-2-7b-chat-hf"
