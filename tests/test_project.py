"""The project as a whole: what is promised of every file, and that what is declared is there."""

import ast
import importlib
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.cli import parser
from tests.env_example import env_example

ROOT = Path(__file__).parents[1]
MADE_BY_TOOLS = {".git", ".venv", "var", "build", "dist", ".env", ".hypothesis"}
MODULES = sorted(
    file for folder in ("bot", "storage", "training", "tests", "benchmarks") for file in (ROOT / folder).rglob("*.py")
)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
OPTIONAL = {"bot/retrieval/encoder.py": ("sentence_transformers",)}
"""Libraries that a module tells its user to install."""
PACKAGES = set(PYPROJECT["tool"]["importlinter"]["root_packages"])


def files() -> list[Path]:
    """Every file of the checkout that people wrote, relative to it."""
    tops = (top for top in ROOT.iterdir() if top.name not in MADE_BY_TOOLS and not top.name.endswith("_cache"))
    found = (file for top in tops for file in (top, *top.rglob("*")) if file.is_file())
    return [file.relative_to(ROOT) for file in found if "__pycache__" not in file.parts]


def named(modules: list[Path]) -> list[str]:
    return [str(file.relative_to(ROOT)) for file in modules]


@pytest.mark.parametrize("module", MODULES, ids=named(MODULES))
def test_a_module_says_what_it_is_for_within_300_lines_of_python_3_11(module: Path) -> None:
    source = module.read_text(encoding="utf-8")

    assert ast.get_docstring(ast.parse(source, feature_version=(3, 11))) or not source, (
        "a module opens with its purpose"
    )
    assert len(source.splitlines()) <= 300, "split it at the first 'and' in its docstring"


def test_no_file_names_a_place_that_only_one_developer_has() -> None:
    private = re.compile(r"/wor[k]/|\.\./share[d]")  # the brackets keep this line from matching itself
    lines = {
        f"{file}:{number}: {line.strip()[:100]}"
        for file in files()
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if private.search(line)
    }
    assert not lines


def test_the_licence_is_the_one_that_the_package_declares() -> None:
    assert (ROOT / "LICENSE").read_text().startswith(f"{PROJECT['license']} License")


def test_the_file_map_of_the_readme_names_everything_at_the_top() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    top = {file.parts[0] for file in files()} - {"README.md", ".gitignore", ".dockerignore"}

    assert {
        name for name in top if not re.search(rf"^[\s│├└─*|`-]*{re.escape(name)}(?![\w.])", readme, re.MULTILINE)
    } == set()


def test_the_example_of_the_environment_lists_every_setting_with_its_default() -> None:
    assert (ROOT / ".env.example").read_text() == env_example()


@pytest.mark.parametrize("command", PROJECT["scripts"])
def test_a_command_leads_to_a_function(command: str) -> None:
    module, function = PROJECT["scripts"][command].split(":")

    assert callable(getattr(importlib.import_module(module), function))


def test_make_run_calls_a_command_that_exists() -> None:
    command, *arguments = re.findall(r"^run:.*\n\t\$\(BIN\)/(.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[
        0
    ].split()

    assert command in PROJECT["scripts"]
    assert parser().parse_args(arguments).command == "serve"


def test_every_library_that_is_imported_is_declared() -> None:
    declared = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    developers = {canonicalize_name(Requirement(text).name) for text in PROJECT["optional-dependencies"]["dev"]}
    distributions = packages_distributions()
    undeclared = set()
    for module in MODULES:
        builds_the_base = module == ROOT / "training/small_base/tiny_llama.py"
        product = module.relative_to(ROOT).parts[0] in PACKAGES and not builds_the_base
        for library in imported(module) - PACKAGES - {"benchmarks", "tests"} - sys.stdlib_module_names:
            owners = {canonicalize_name(name) for name in distributions.get(library, [library])}
            optional = library in OPTIONAL.get(module.relative_to(ROOT).as_posix(), ())
            if not optional and not owners & (declared if product else declared | developers):
                undeclared.add(f"{module.relative_to(ROOT)} imports {library}")
    assert not undeclared


def imported(module: Path) -> set[str]:
    """The top-level names that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_every_dependency_is_pinned_within_its_range() -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    versions = {canonicalize_name(name): version for name, version in pins.items()}

    for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]:
        requirement = Requirement(text)
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, text
    assert not [pin for pin in pins.values() if "+" in pin], "a local build such as +cpu cannot be installed elsewhere"
