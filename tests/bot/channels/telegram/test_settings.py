"""Telegram is switched on by its token alone; a wrong one is named and never shown."""

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load_settings

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("without .env"))


def test_the_names_have_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().telegram_bot_token.get_secret_value() == ""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:8081/")
    monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", "https://chat.school.edu.pe/")
    settings = load_settings()
    assert settings.telegram_bot_token.get_secret_value() == TOKEN
    assert settings.telegram_api_url == "http://127.0.0.1:8081"
    assert settings.telegram_webhook_url == "https://chat.school.edu.pe"
    assert TOKEN not in repr(settings)
    assert Settings(telegram_bot_token=TOKEN) == settings.model_copy(  # type: ignore[arg-type]  # pydantic converts
        update={"telegram_api_url": "http://127.0.0.1:8081", "telegram_webhook_url": "https://chat.school.edu.pe"}
    )


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("TELEGRAM_BOT_TOKEN", "your-token-here", "must be digits, a colon and 35 characters"),
        ("TELEGRAM_BOT_TOKEN", "123456789:secretsecret", "must be digits, a colon and 35 characters"),
        ("TELEGRAM_BOT_TOKEN", f"123456789:{'A' * 35}", "is a placeholder"),
        ("TELEGRAM_WEBHOOK_SECRET", "tooshort-secret", "must be 16 to 256 letters"),
        ("TELEGRAM_WEBHOOK_SECRET", "secreto con espacios", "must be 16 to 256 letters"),
    ],
)
def test_a_secret_that_cannot_be_one_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}: .*{rule}") as refused:
        load_settings()
    assert value not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_WEBHOOK_URL", "http://chat.school.edu.pe"),
        ("CENFOBOT_PORT", "-1"),
    ],
)
def test_another_value_that_breaks_its_rule_is_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}='{value}'"):
        load_settings()
