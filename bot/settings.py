"""Every setting, typed and documented under its field; the environment is read nowhere else.

Values come from the environment or from a ``.env`` file in the working directory; the names are the
fields' in capitals behind ``CENFOBOT_``, but for Telegram's, which begin with ``TELEGRAM_``. ``.env.example`` lists
them all (a test compares).
"""

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

PROJECT = Path(__file__).resolve().parents[1]
DATA = PROJECT / "data"
"""What ships with the project: the sample CSV, profile, synonyms and models. Never written at run time."""
SMALL_ENCODER = DATA / "models" / "use-multilingual"
"""The sentence encoder that ships, and what was learned about it."""
MODERATOR = DATA / "models" / "moderator"
"""The moderator's classifier that ships; its examples, words and rules are in ``data/moderation``."""


class Settings(BaseSettings):
    """The settings of one bot. Every field has a default that works on a laptop."""

    model_config = SettingsConfigDict(
        env_prefix="CENFOBOT_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    home: Path = Path("var")
    """Directory of everything that is written at run time: database, CSV in service, adapters, backups."""
    database_url: str = ""
    """SQLAlchemy URL. Empty: SQLite in the home. ``postgresql+psycopg://user:password@host/name`` for a server."""
    base_model: str = str(DATA / "models" / "tiny-llama")
    """A Llama-architecture base: a folder, or a hub name such as ``NousResearch/Llama-2-7b-chat-hf``."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs; ``auto`` takes a CUDA card where there is one."""
    kv_cache_mb: int = Field(default=0, ge=0)
    """MiB for the keys and values of answers in flight. 0: 256 on a CPU, 2048 on a card (a retrain fits beside it)."""
    max_in_flight: int = Field(default=16, ge=1, le=256)
    """Answers generated at the same time; the others wait."""
    max_waiting: int = Field(default=64, ge=1)
    """Questions that may wait for the model before the bot says that it is busy."""
    max_new_tokens: int = Field(default=300, ge=16, le=2048)
    """An answer is cut at this many tokens (the seed's 300)."""
    passages: int = Field(default=3, ge=1, le=8)
    """Approved pairs that a prompt holds at most."""
    answer_from: float = Field(default=0.5, gt=0, lt=1)
    """Probability from which a question counts as approved; higher: fewer wrong answers, more unanswered questions."""
    embeddings: str = ""
    """A sentence-transformers model for retrieval, as ``intfloat/multilingual-e5-small``; empty: the shipped one."""
    question_limit: int = Field(default=1000, ge=50, le=20_000)
    """Characters of a question; a longer one is answered with a request to shorten it."""
    host: str = "127.0.0.1"
    """Address that the web chat listens on."""
    port: int = Field(default=8000, ge=0, le=65_535)
    """Port of the web chat; 0 takes a free one and prints it."""
    public_hosts: str = ""
    """Host names, separated by commas, that the web chat is reached by besides localhost: ``chat.school.edu.pe``."""
    messages_per_minute: int = Field(default=20, ge=1)
    """Messages that one web student may send in a minute."""
    retention_days: int = Field(default=365, ge=0)
    """Days for which conversations are kept; older ones are deleted at the start and once a day. 0 keeps them all."""
    timezone: str = "America/Lima"
    """Time zone, by its IANA name, in which a schedule's hours are meant."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """How much is logged to standard error. A student's text appears at DEBUG only."""

    telegram_bot_token: SecretStr = Field(default=SecretStr(""), validation_alias="TELEGRAM_BOT_TOKEN")
    """The token that @BotFather gave the bot, as ``123456789:AA…``; it alone switches Telegram on. Keep it secret."""
    telegram_api_url: str = Field(default="https://api.telegram.org", validation_alias="TELEGRAM_API_URL")
    """The Bot API server; another one than Telegram's if you host one yourself."""
    telegram_webhook_url: str = Field(default="", validation_alias="TELEGRAM_WEBHOOK_URL")
    """Where Telegram reaches the web server, as ``https://chat.school.edu.pe``; empty: the bot asks for updates."""
    telegram_webhook_secret: SecretStr = Field(default=SecretStr(""), validation_alias="TELEGRAM_WEBHOOK_SECRET")
    """What Telegram shows with each update: 16 to 256 letters, digits, - and _. Empty: derived from the token."""

    @field_validator("telegram_bot_token", mode="after")
    @classmethod
    def _real_token(cls, token: SecretStr) -> SecretStr:
        given = token.get_secret_value()
        if given and not re.fullmatch(r"[1-9]\d{4,}:[A-Za-z0-9_-]{30,}", given):
            raise ValueError("must be digits, a colon and 35 characters, as @BotFather gives it")
        if given and len(set(given.partition(":")[2])) < 10:
            raise ValueError("is a placeholder; put in the one that @BotFather gave your bot")
        return token

    @field_validator("telegram_webhook_secret", mode="after")
    @classmethod
    def _real_secret(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"([A-Za-z0-9_-]{16,256})?", secret.get_secret_value()):
            raise ValueError("must be 16 to 256 letters, digits, - and _")
        return secret

    @field_validator("telegram_api_url", mode="after")
    @classmethod
    def _http(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError("must be an http or https URL such as https://api.telegram.org")
        return url.rstrip("/")

    @field_validator("telegram_webhook_url", mode="after")
    @classmethod
    def _https(cls, url: str) -> str:
        here = urlsplit(url).scheme == "http" and urlsplit(url).hostname in ("localhost", "127.0.0.1")
        if url and not here and not (urlsplit(url).scheme == "https" and urlsplit(url).hostname):
            raise ValueError("must be an https URL such as https://chat.school.edu.pe")
        return url.rstrip("/")

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @field_validator("timezone", mode="after")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("must be an IANA time zone such as America/Lima")
        return name

    @property
    def on_telegram(self) -> bool:
        """Whether the bot answers on Telegram."""
        return bool(self.telegram_bot_token.get_secret_value())

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.home / 'cenfobot.db'}"

    @property
    def pairs_csv(self) -> Path:
        """The CSV in service."""
        return self.home / "pairs.csv"

    @property
    def profile_file(self) -> Path:
        """The profile in service."""
        return self.home / "profile.toml"

    @property
    def synonyms_file(self) -> Path:
        """The synonyms in service."""
        return self.home / "synonyms.csv"

    @property
    def abbreviations_file(self) -> Path:
        """The abbreviations in service."""
        return self.home / "abbreviations.csv"

    @property
    def cache(self) -> Path:
        """What retrieval keeps to start quickly; may be deleted at any time."""
        return self.home / "cache"

    @property
    def adapters(self) -> Path:
        """Where adapter versions live, one folder each."""
        return self.home / "adapters"

    @property
    def csv_versions(self) -> Path:
        """The last versions of the CSV."""
        return self.home / "csv-versions"

    @property
    def runs(self) -> Path:
        """Retrainings in the making, one folder each."""
        return self.home / "runs"

    @property
    def reports(self) -> Path:
        """What each adapter version was measured at."""
        return self.home / "reports"


def load_settings(**overrides: object) -> Settings:
    """The settings from the environment, with what a command line overrides.

    Raises:
        SettingsError: a value breaks its rule; names the variable, the rule and the value.
    """
    try:
        given = {name: value for name, value in overrides.items() if value is not None}
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks each value against its field
    except ValidationError as error:
        faults = "; ".join(f"{_shown(fault['loc'], fault['input'])}: {fault['msg']}" for fault in error.errors())
        # Not "from error": its text would show a secret.
        raise SettingsError(f"Settings that cannot be used: {faults}. See .env.example for each one's rule.") from None


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return str(Settings.model_fields[field].validation_alias or f"CENFOBOT_{field.upper()}")


def _shown(place: tuple[int | str, ...], value: object) -> str:
    """The variable and its value, unless that is a secret."""
    named = {variable(field): field for field in Settings.model_fields}
    field = named.get(str(place[0]), str(place[0]))
    if field not in Settings.model_fields:
        return f"{field}={value!r}"
    secret = Settings.model_fields[field].annotation is SecretStr
    return variable(field) + ("" if secret else f"={value!r}")
