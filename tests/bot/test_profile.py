"""A profile's texts: staff edit all of them, and one of an earlier release may lack the newer ones."""

import re
from pathlib import Path

import pytest

from bot.profile import Texts, load_profile
from bot.settings import DATA

SHIPPED = (DATA / "profile.toml").read_text(encoding="utf-8")


def profile(tmp_path: Path, text: str) -> Texts:
    file = tmp_path / "profile.toml"
    file.write_text(text, encoding="utf-8")
    return load_profile(file).texts


@pytest.mark.parametrize("key", ["secret_warning", "acknowledged"])
def test_a_newer_text_is_taken_from_the_profile_or_has_a_default(tmp_path: Path, key: str) -> None:
    line = re.compile(rf"^{key} = .*$", re.MULTILINE)

    edited = profile(tmp_path, line.sub(f'{key} = "Texto de la casa."', SHIPPED))
    earlier = profile(tmp_path, line.sub("", SHIPPED))

    assert getattr(edited, key) == "Texto de la casa."
    assert getattr(earlier, key) == getattr(Texts, key)
