"""An adapter from outside: what ``finetune`` writes comes in as a candidate, and nothing else does."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from bot.errors import AdapterError
from bot.generation.manifest import read_manifest
from bot.retrieval.synonyms import Synonyms
from bot.settings import Settings
from storage import registry
from storage.database import Database
from training import importing
from training.dataset.corpus import Corpus
from training.finetuning.finetune import finetune
from training.importing import CONFIG, MANIFEST, WEIGHTS, import_adapter
from training.recipe import load_recipe

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture(scope="module")
def trained(base: Path, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "adapter"
    finetune(
        load_recipe("smoke"), base=str(base), corpus=corpus, system="", synonyms=Synonyms({}), out=out, device="cpu"
    )
    return out


@dataclass(frozen=True)
class Home:
    """A home, and what is done to it."""

    settings: Settings
    database: Database

    def take(self, source: Path) -> str:
        return import_adapter(source, settings=self.settings, database=self.database)

    def versions(self) -> list[str]:
        with self.database.reading() as session:
            return [record.version for record in registry.versions(session, "random-llama")]


@pytest.fixture
def home(base: Path, tmp_path: Path) -> Iterator[Home]:
    settings = Settings(home=tmp_path / "home", database_url="", base_model=str(base))
    database = Database(settings.database)
    database.migrate()
    yield Home(settings, database)
    database.close()


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(trained, tmp_path / "copy")


def zipped(folder: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", compression) as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    return path


def change(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize("packed", [zipped, lambda folder: folder], ids=["zip", "folder"])
def test_an_adapter_comes_in_as_a_candidate(home: Home, folder: Path, packed: Callable[[Path], Path]) -> None:
    version = home.take(packed(folder))

    assert home.versions() == [version] == ["v0001"]
    with home.database.reading() as session:
        assert registry.alias(session, "random-llama", registry.CHAMPION) is None
        (record,) = registry.versions(session, "random-llama")
        assert registry.trained_pairs(session, "random-llama", version) == {}
    assert {file.name for file in Path(record.path).iterdir()} == {CONFIG, WEIGHTS, MANIFEST}
    assert (Path(record.path) / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()


def test_its_claims_about_measures_and_the_databases_pairs_are_dropped(home: Home, folder: Path) -> None:
    assert read_manifest(folder).pair_ids
    change(folder / MANIFEST, metrics={"served.right": 1.0})
    home.take(folder)

    with home.database.reading() as session:
        (record,) = registry.versions(session, "random-llama")
    manifest = read_manifest(Path(record.path))
    assert (manifest.pair_ids, manifest.new_pair_ids, manifest.metrics) == ([], [], {})
    assert record.manifest["metrics"] == {}


def test_the_same_adapter_again_keeps_its_version(home: Home, folder: Path) -> None:
    assert home.take(folder) == home.take(zipped(folder))
    assert home.versions() == ["v0001"]


def test_another_adapter_under_the_same_name_is_refused(home: Home, folder: Path) -> None:
    home.take(folder)
    weights = load_file(folder / WEIGHTS)
    save_file({name: tensor + 1 for name, tensor in weights.items()}, folder / WEIGHTS)

    with pytest.raises(AdapterError, match="Another adapter named smoke-"):
        home.take(folder)
    assert home.versions() == ["v0001"]


def _pickle(folder: Path) -> None:
    (folder / "adapter_model.bin").write_bytes(b"cos\nsystem\n")


def _missing(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def _torn(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-8])


def _huge_header(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((1 << 62).to_bytes(8, "little") + b"{}")


def _tensors(folder: Path, to: Callable[[torch.Tensor], torch.Tensor]) -> None:
    first, *others = load_file(folder / WEIGHTS).items()
    save_file(dict([(first[0], to(first[1])), *others]), folder / WEIGHTS)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_pickle, "must hold exactly .*, not .*'adapter_model.bin'"),
        (_missing, "must hold exactly"),
        (_torn, "damaged"),
        (_huge_header, "damaged"),
        (lambda f: _tensors(f, to=lambda t: t[:, :1].contiguous()), "does not fit the base"),
        (lambda f: _tensors(f, to=lambda t: t * torch.nan), "finite"),
        (lambda f: _tensors(f, to=lambda t: t.to(torch.int8)), "floating-point"),
        (lambda f: (f / CONFIG).write_text("[1]"), "none of ours"),
        (lambda f: (f / CONFIG).write_text("{" * 100_000), "none of ours"),
        (lambda f: change(f / CONFIG, megatron_core="antigravity"), "differs in megatron_core"),
        (lambda f: change(f / CONFIG, target_modules=".*(a+)+b"), "differs in target_modules"),
        (lambda f: change(f / CONFIG, r=16), "differs in r"),
        (lambda f: change(f / CONFIG, another=1), "differs in another"),
        (lambda f: (f / MANIFEST).write_text("{"), "none of ours"),
        (lambda f: change(f / MANIFEST, another=1), "fields that no manifest has"),
        (lambda f: change(f / MANIFEST, pairs="4"), "none of ours"),
        (lambda f: change(f / MANIFEST, losses=[]), "loss curve"),
        (lambda f: change(f / MANIFEST, wall_seconds=float("inf")), "none of ours"),
        (lambda f: change(f / MANIFEST, created_at="\0"), "NUL"),
        (lambda f: change(f / MANIFEST, created_at="\ud800"), "none of ours"),
        (lambda f: change(f / MANIFEST, version="../../smoke"), "version must be"),
        (lambda f: change(f / MANIFEST, recipe={}), "none of ours"),
        (lambda f: change(f / MANIFEST, base_fingerprint="0" * 64), "was trained on 'random-llama' \\(000000000000\\)"),
        (lambda f: change(f / MANIFEST, base="../elsewhere"), "differs in base_model_name_or_path"),
    ],
)
@pytest.mark.parametrize("packed", [zipped, lambda folder: folder], ids=["zip", "folder"])
def test_anything_else_is_refused_with_its_reason(
    home: Home, folder: Path, spoil: Callable[[Path], object], message: str, packed: Callable[[Path], Path]
) -> None:
    spoil(folder)

    with pytest.raises(AdapterError, match=message):
        home.take(packed(folder))

    assert home.versions() == []
    assert not [file for file in home.settings.home.rglob("*") if "import" in file.name or file.name == WEIGHTS]


@pytest.mark.parametrize("name", ["../manifest.json", "/manifest.json", "adapter/manifest.json", "adapter_model.bin"])
def test_a_zip_file_with_another_name_in_it_is_refused(home: Home, folder: Path, name: str) -> None:
    path = zipped(folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(AdapterError, match="must hold exactly"):
        home.take(path)


def test_a_link_in_a_folder_is_refused(home: Home, folder: Path) -> None:
    (folder / CONFIG).rename(folder.parent / "elsewhere")
    (folder / CONFIG).symlink_to(folder.parent / "elsewhere")
    with pytest.raises(AdapterError, match="not a link"):
        home.take(folder)


def test_a_link_in_a_zip_file_is_refused(home: Home, folder: Path) -> None:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name in (CONFIG, WEIGHTS):
            archive.write(folder / name, name)
        link = zipfile.ZipInfo(MANIFEST)
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(AdapterError, match="not a link"):
        home.take(path)


def test_a_zip_bomb_is_not_unpacked(home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(importing.LIMITS, WEIGHTS, 1 << 22)
    (folder / WEIGHTS).write_bytes(bytes(1 << 23))
    path = zipped(folder)
    assert path.stat().st_size < 1 << 17
    with pytest.raises(AdapterError, match="more than the 4,194,304 bytes"):
        home.take(path)


def test_an_unusual_compression_is_refused(home: Home, folder: Path) -> None:
    with pytest.raises(AdapterError, match="plain way"):
        home.take(zipped(folder, zipfile.ZIP_LZMA))


def test_a_damaged_zip_file_is_refused(home: Home, folder: Path) -> None:
    path = zipped(folder)
    content = bytearray(path.read_bytes())
    content[2000:2100] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(AdapterError, match="cannot be read"):
        home.take(path)
    path.write_text("hola")
    with pytest.raises(AdapterError, match="neither a folder nor a zip file"):
        home.take(path)
