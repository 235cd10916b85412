"""Settings, from the environment and from ``.env`` in the folder where newsbot is started."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from corpus.errors import NewsbotError

SAMPLES = Path(__file__).parents[1] / "corpus" / "samples"

_ID = re.compile(r"\d{17,20}", re.ASCII)  # Discord never gave shorter ones


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _folders(value: Any) -> Any:
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def _hosts(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _ids(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    ids = [part.strip() for part in value.split(",")]
    # Nothing is skipped: if all were, every server would be a keeper.
    if not all(_ID.fullmatch(one) for one in ids):
        raise PydanticCustomError(
            "ids", "Input should be ids of servers, of 17 to 20 digits, with commas between"
        )
    return ids


# A shell opens up ~ on the command line, but nobody does in .env.
_Folder = Annotated[Path, AfterValidator(Path.expanduser)]


class Settings(BaseSettings):
    """What can be set; ``.env.example`` describes each. The environment goes before the file."""

    model_config = SettingsConfigDict(
        env_prefix="NEWSBOT_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",  # .env may serve other programs too
        frozen=True,
        hide_input_in_errors=True,
    )

    discord_token: SecretStr | None = Field(default=None, validation_alias="DISCORD_TOKEN")
    data: _Folder = Path("data")
    articles: Annotated[tuple[_Folder, ...], NoDecode, BeforeValidator(_folders)] = ()
    model: str | None = None
    reranker: str | None = None
    threshold: float | None = Field(default=None, ge=0, le=1)
    contact: str = ""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts)] = ()
    keepers: Annotated[frozenset[int], NoDecode, BeforeValidator(_ids)] = frozenset()
    log_format: Annotated[Literal["text", "json"], BeforeValidator(_lower)] = "text"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "INFO"

    @property
    def article_folders(self) -> tuple[Path, ...]:
        """The folders that a re-index looks through."""
        return self.articles or (self.data / "articles",)

    @property
    def demo(self) -> Settings:
        """The same, for the sample articles in a data folder of their own."""
        return self.model_copy(update={"data": self.data / "demo", "articles": (SAMPLES,)})


def load(data: Path | None = None) -> Settings:
    """Reads the settings; ``data`` goes before the data folder that is set.

    Raises NewsbotError, in one line that shows no value, where a setting cannot be used.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(f"{_name(problem['loc'][0])}: {problem['msg']}" for problem in error.errors())
        raise NewsbotError(f"{problems}: set it right in the environment or in .env") from None
    except (OSError, UnicodeError) as error:
        raise NewsbotError(f".env cannot be read ({error}): save it as UTF-8 text") from None
    if data is None:
        return settings
    if data.absolute() == settings.demo.data.absolute():
        return settings.demo
    return settings.model_copy(update={"data": data})


def _name(field: int | str) -> str:
    name = str(field).upper()
    return name if name == "DISCORD_TOKEN" else f"NEWSBOT_{name}"
