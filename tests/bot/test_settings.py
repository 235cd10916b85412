from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot import cli
from bot.settings import SAMPLES, Settings, load
from corpus.errors import NewsbotError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a .env, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith("NEWSBOT_") or name == "DISCORD_TOKEN":
            monkeypatch.delenv(name)
    return tmp_path


def test_nothing_needs_to_be_set() -> None:
    settings = load()
    assert settings.data == Path("data")
    assert settings.article_folders == (Path("data/articles"),)
    assert settings.discord_token is None
    assert settings.threshold is None


def test_the_environment_goes_before_the_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".env").write_text("NEWSBOT_DATA=from-file\nNEWSBOT_THRESHOLD=0.25\nOTHER=1\n")
    monkeypatch.setenv("NEWSBOT_DATA", "from-environment")
    settings = load()
    assert settings.data == Path("from-environment")
    assert settings.threshold == 0.25


def test_the_option_goes_before_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_DATA", "from-environment")
    settings = load(Path("from-option"))
    assert settings.article_folders == (Path("from-option/articles"),)


def test_several_article_folders_are_written_like_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_ARTICLES", os.pathsep.join(["news", "~/old", ""]))
    assert load().article_folders == (Path("news"), Path.home() / "old")


def test_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_ALLOWED_HOSTS", "localhost, feeds.example.com")
    assert load().allowed_hosts == ("localhost", "feeds.example.com")


def test_keepers_are_ids_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_KEEPERS", "123456789012345678, 23456789012345678")
    assert load().keepers == {123456789012345678, 23456789012345678}


@pytest.mark.parametrize(
    "value",
    [
        "readers",
        "123456789012345678,readers",
        "123456789012345678;234567890123456789",
        "1234",
        "-1",
        ",",
        " ",
    ],
)
def test_what_is_no_id_makes_nobody_a_keeper_and_is_told_in_one_line(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSBOT_KEEPERS", value)
    assert cli.main(["run"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "newsbot: NEWSBOT_KEEPERS: Input should be ids of servers, of 17 to 20 digits, with commas between: "
        "set it right in the environment or in .env"
    ]


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = Settings.model_fields
    for name in fields:
        monkeypatch.setenv("DISCORD_TOKEN" if name == "discord_token" else f"NEWSBOT_{name.upper()}", "")
    assert load().model_dump() == {name: field.default for name, field in fields.items()}


def test_the_demo_has_its_own_data_and_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_ARTICLES", "news")
    demo = load().demo
    assert (demo.data, demo.article_folders) == (Path("data/demo"), (SAMPLES,))
    assert load(Path("./data/demo")).article_folders == (SAMPLES,), "also when its folder is named"
    assert load(Path("elsewhere/demo")).article_folders == (Path("news"),)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NEWSBOT_THRESHOLD", "high", "NEWSBOT_THRESHOLD: Input should be a valid number"),
        ("NEWSBOT_THRESHOLD", "1.5", "NEWSBOT_THRESHOLD: Input should be less than or equal to 1"),
        ("NEWSBOT_THRESHOLD", "nan", "NEWSBOT_THRESHOLD: Input should be"),
        ("NEWSBOT_LOG_LEVEL", "loud", "NEWSBOT_LOG_LEVEL: Input should be 'DEBUG', 'INFO'"),
    ],
)
def test_a_bad_value_is_told_in_one_line(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(NewsbotError) as error:
        load()
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_text_is_told_in_one_line(elsewhere: Path) -> None:
    (elsewhere / ".env").write_bytes(b"NEWSBOT_DATA=\xff\xfe\n")
    with pytest.raises(NewsbotError, match=r"\.env cannot be read .+: save it as UTF-8"):
        load()


def test_the_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "s3cret")
    settings = load()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{settings} {settings!r} {settings.model_dump()}"

    monkeypatch.setenv("NEWSBOT_THRESHOLD", "high")
    with pytest.raises(NewsbotError) as error:
        load()
    assert "s3cret" not in str(error.value)


def test_log_levels_may_be_written_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_LOG_LEVEL", "debug")
    assert load().log_level == "DEBUG"
