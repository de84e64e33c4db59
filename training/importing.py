"""Takes in an adapter that was trained elsewhere, such as in ``training/colab.ipynb``.

The file comes from outside, so nothing in it is trusted: three named files and no others, sizes bounded while they are
read, nothing unpickled, every tensor's name, shape and type compared with the base's. What passes is a new version
that no alias points at. What the file claims about measures and about the database's pairs is not taken over.
"""

import filecmp
import json
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import IO

import torch
from peft import LoraConfig
from pydantic import TypeAdapter, ValidationError
from safetensors import safe_open

from bot.adapters import add_version
from bot.errors import AdapterError
from bot.generation.loading import read_config
from bot.generation.lora import check_adapter
from bot.generation.manifest import Manifest, base_fingerprint, short_base_name
from bot.settings import Settings
from storage import folds, registry
from storage.database import Database
from storage.pair_history import pairs_at
from training.recipe import Lora

CONFIG, WEIGHTS, MANIFEST = "adapter_config.json", "adapter_model.safetensors", "manifest.json"
LIMITS = {CONFIG: 1 << 20, WEIGHTS: 2 << 30, MANIFEST: 16 << 20}
"""Bytes that each file may have. A rank of 64 on every layer of Llama-2-7B takes 640 MB."""

_REMEDY = "Make the file with training/colab.ipynb, or zip the three files of 'cenfobot-train finetune' themselves."

_Opened = Callable[[], IO[bytes]]


def import_adapter(source: Path, *, settings: Settings, database: Database) -> str:
    """Registers the adapter in ``source``, a zip file or a folder, for the base in service; its version.

    The same adapter again keeps the version it got.

    Raises:
        AdapterError: it is not exactly what ``cenfobot-train finetune`` writes, or was trained on another base.
        ModelError: the base in service cannot be read.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".import-") as scratch:
        folder = Path(scratch, "adapter")
        folder.mkdir()
        with _files(source) as files:
            for name, opened in files.items():
                _copy(name, opened, folder / name)
        manifest = _checked_manifest(folder / MANIFEST)
        _replace_config(folder, manifest)
        _check_base(manifest, folder, settings.base_model)
        _check_numbers(folder / WEIGHTS)
        manifest = replace(manifest, pair_ids=[], new_pair_ids=[], metrics={})
        pairs = _pairs_in(manifest.csv_sha256, database)
        version = add_version(settings, database, folder=folder, manifest=manifest, pairs=pairs)
        _check_same(folder, version, manifest, database)
    return version


def _pairs_in(digest: str, database: Database) -> list[tuple[int, int]]:
    """The (id, knowledge version) of the pairs of a CSV that this home has folded; none of a CSV it does not know."""
    with database.reading() as session:
        fold = folds.find(session, digest)
        return [(pair.id, fold.knowledge_version) for pair in pairs_at(session, fold.last_change_id)] if fold else []


@contextmanager
def _files(source: Path) -> Iterator[Mapping[str, _Opened]]:
    """The three files by name, ready to be opened."""
    if source.is_dir():
        _check_names(source, sorted(path.name for path in source.iterdir()))
        paths = {name: source / name for name in LIMITS}
        for path in paths.values():
            _check_kind(path, path.lstat().st_mode)
        yield {name: partial[IO[bytes]](path.open, "rb") for name, path in paths.items()}
        return
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile as error:
        raise AdapterError(f"{source} is neither a folder nor a zip file: {error}. {_REMEDY}") from error
    with archive:
        _check_names(source, sorted(archive.namelist()))
        for member in archive.infolist():
            _check_kind(source / member.filename, member.external_attr >> 16)
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:  # others take any memory
                raise AdapterError(f"{source} must be compressed in the plain way of zip files. {_REMEDY}")
        yield {name: partial(archive.open, name) for name in LIMITS}


def _check_names(source: Path, names: list[str]) -> None:
    if names != sorted(LIMITS):
        shown = ", ".join(map(repr, names[:10])) + ", …" * (len(names) > 10)
        raise AdapterError(f"{source} must hold exactly {', '.join(sorted(LIMITS))}, not {shown}. {_REMEDY}")


def _check_kind(path: Path, mode: int) -> None:
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:  # 0: a zip file that says nothing about it
        raise AdapterError(f"{path} must be a plain file, not a link or a folder. {_REMEDY}")


def _copy(name: str, opened: _Opened, target: Path) -> None:
    """Copies a file, counting what really comes out: a zip file may say anything about its sizes."""
    left = LIMITS[name]
    try:
        with opened() as file, target.open("xb") as copy:
            while block := file.read(1 << 20):
                left -= len(block)
                if left < 0:
                    raise AdapterError(f"{name} has more than the {LIMITS[name]:,} bytes that it may have. {_REMEDY}")
                copy.write(block)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise AdapterError(f"{name} cannot be read: {error}. {_REMEDY}") from error


def _checked_manifest(path: Path) -> Manifest:
    """The manifest, every field of its type, and fit for any database: no NaN, no NUL, no broken characters."""
    try:
        raw = path.read_text(encoding="utf-8")
        manifest = TypeAdapter(Manifest).validate_json(raw, strict=True)
        json.dumps(asdict(manifest), ensure_ascii=False, allow_nan=False).encode()
        if "\\u0000" in raw or set(json.loads(raw)) != set(asdict(manifest)):
            raise ValueError("it has a NUL character, or fields that no manifest has")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", manifest.version) or not manifest.losses:
            raise ValueError("its version must be a recipe's name and a time, and its loss curve must not be empty")
    except (ValidationError, ValueError, RecursionError) as error:
        raise AdapterError(f"{MANIFEST} is none of ours: {error}. {_REMEDY}") from error
    return manifest


def _replace_config(folder: Path, manifest: Manifest) -> None:
    """Writes the configuration anew from the recipe, which the file's must equal.

    PEFT's options can name modules to import and patterns to match; of a file from outside, none is ever read.
    """
    try:
        found = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        lora = TypeAdapter(Lora).validate_json(json.dumps(manifest.recipe["lora"]), strict=True)
        modules = sorted(found["target_modules"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise AdapterError(f"{CONFIG}, or the recipe in {MANIFEST}, is none of ours: {error!r}. {_REMEDY}") from error
    LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.target_modules),
        bias="none",
        task_type="CAUSAL_LM",
        base_model_name_or_path=manifest.base,
        inference_mode=True,
    ).save_pretrained(str(folder))
    wanted = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    found |= {"target_modules": modules, "peft_version": wanted["peft_version"]}
    wanted["target_modules"].sort()
    names = found.keys() | wanted.keys()
    if strange := sorted(name for name in names if found.get(name, ...) != wanted.get(name, ...)):
        raise AdapterError(
            f"{CONFIG} must be what the recipe in {MANIFEST} makes; it differs in {', '.join(strange[:10])}. "
            f"Train it with the library versions of constraints.txt. {_REMEDY}"
        )


def _check_base(manifest: Manifest, folder: Path, base: str) -> None:
    fingerprint = base_fingerprint(base)
    if (manifest.base, manifest.base_fingerprint) != (short_base_name(base), fingerprint):
        raise AdapterError(
            f"The adapter was trained on {manifest.base!r} ({manifest.base_fingerprint[:12]}), and in service is "
            f"{short_base_name(base)!r} ({fingerprint[:12]}). Set CENFOBOT_BASE_MODEL, or train it on that base."
        )
    check_adapter(folder, base, read_config(base))


def _check_numbers(path: Path) -> None:
    with safe_open(path, framework="pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118 - no mapping
            tensor = tensors.get_tensor(name)
            if tensor.dtype not in {torch.float32, torch.float16, torch.bfloat16} or not tensor.isfinite().all():
                raise AdapterError(f"{path.name}: {name} must hold finite floating-point numbers. {_REMEDY}")


def _check_same(folder: Path, version: str, manifest: Manifest, database: Database) -> None:
    """A version that was registered before must be this very adapter."""
    with database.reading() as session:
        records = {record.version: record for record in registry.versions(session, manifest.base)}
    if not filecmp.cmp(folder / WEIGHTS, Path(records[version].path) / WEIGHTS, shallow=False):
        raise AdapterError(
            f"Another adapter named {manifest.version} is registered as {version}; a name is used once. {_REMEDY}"
        )
