"""The image and the compose files, held against the compose specification and against the code that they start."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from bot.cli import parser
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE, GPU = (yaml.safe_load((ROOT / name).read_text()) for name in ("docker-compose.yml", "docker-compose.gpu.yml"))
BOT = COMPOSE["services"]["bot"]
DOCKERFILE = [
    (words[0], words[1].strip())
    for line in re.sub(r"^\s*#.*\n|\\\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).splitlines()
    if len(words := line.split(maxsplit=1)) == 2
]
"""(instruction, arguments), in order, without comments; continued lines joined."""


def arguments_of(instruction: str) -> list[str]:
    return [arguments for name, arguments in DOCKERFILE if name == instruction]


def image_environment() -> dict[str, str]:
    return dict(word.split("=", 1) for arguments in arguments_of("ENV") for word in shlex.split(arguments))


def check_schema(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.gpu.yml"])
def test_a_compose_file_obeys_the_compose_specification(name: str) -> None:
    checked = check_schema(ROOT / name)

    assert checked.returncode == 0, checked.stdout


def test_the_specification_refuses_a_misspelt_key(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text((ROOT / "docker-compose.yml").read_text().replace("restart:", "restrat:"))

    assert "restrat" in check_schema(tmp_path / "compose.yml").stdout


def test_the_gpu_file_overrides_a_service_of_the_base_file() -> None:
    assert set(GPU["services"]) <= set(COMPOSE["services"])


def test_the_build_arguments_are_the_images() -> None:
    assert set(BOT["build"]["args"]) <= {argument.split("=")[0] for argument in arguments_of("ARG")}


def test_what_is_copied_exists_and_reaches_the_build() -> None:
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for arguments in arguments_of("COPY"):
        for source in arguments.split()[:-1]:
            assert (ROOT / source).exists(), source
            verdicts = [rule for rule in ignore if fnmatch(source, rule.removeprefix("!"))]
            assert not verdicts or verdicts[-1].startswith("!"), f".dockerignore keeps {source} out of the image"


def test_the_image_runs_as_an_unprivileged_user() -> None:
    user = arguments_of("USER")[-1]

    assert int(user) > 0
    assert any(f"useradd --system --uid {user} " in arguments for arguments in arguments_of("RUN"))


def test_the_image_starts_a_command_that_exists_on_a_python_that_is_supported() -> None:
    command, *arguments = json.loads(arguments_of("CMD")[0])

    assert command in PROJECT["scripts"]
    assert parser().parse_args(arguments).command == "serve"
    assert PROJECT["requires-python"] == ">=3.11"
    assert arguments_of("FROM") == ["python:3.11-slim"]


def test_every_variable_is_a_setting_that_accepts_its_value() -> None:
    for environment in (image_environment(), BOT["environment"]):
        values = {
            name.removeprefix("CENFOBOT_").lower(): value for name, value in environment.items() if "CENFOBOT" in name
        }

        assert values
        assert set(values) <= set(Settings.model_fields)
        Settings.model_validate(values)


def test_the_health_check_asks_the_port_in_use_for_a_page_that_the_bot_has() -> None:
    port, path = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", arguments_of("HEALTHCHECK")[0])[0]

    assert [port] == arguments_of("EXPOSE")
    assert {port} == {image_environment()["CENFOBOT_PORT"], BOT["environment"]["CENFOBOT_PORT"]}
    assert [f"127.0.0.1:{port}:{port}"] == BOT["ports"]
    assert any(f'"{path}"' in module.read_text() for module in (ROOT / "bot" / "channels").glob("*.py"))


def test_what_the_container_writes_lies_on_its_volumes() -> None:
    image = image_environment()
    mounted = {target: volume for volume, target in (entry.split(":") for entry in BOT["volumes"])}

    assert set(mounted) == {image["CENFOBOT_HOME"], image["HF_HOME"]} == set(json.loads(arguments_of("VOLUME")[0]))
    assert set(mounted.values()) == set(COMPOSE["volumes"])
    assert BOT["environment"]["CENFOBOT_HOME"] == image["CENFOBOT_HOME"]
    assert BOT["read_only"] is True
