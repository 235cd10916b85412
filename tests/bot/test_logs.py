"""The log says what happened and to which interaction, and gives no secret away."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import Form, handle, set_up_logging
from tests.bot.conftest import Server

TOKEN = "MTIz.secret.token"  # noqa: S105
ADDRESS = "https://discord.com/api/v10/interactions/42/aW50ZXJhY3Rpb246MQ.x-y_z/callback"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in (None, "bot", "corpus", "index")]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_token_is_logged_whoever_logs_it(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", form, [TOKEN])
    try:
        raise ValueError(f"{TOKEN} {ADDRESS}")
    except ValueError:
        logging.getLogger("somebody").exception("sent %s to %s", TOKEN, ADDRESS)

    shown = capsys.readouterr().err
    assert "sent [token] to https://discord.com/api/v10/interactions/42/[token]/callback" in shown
    assert "ValueError: [token] https" in shown
    assert TOKEN not in shown
    assert "aW50" not in shown


def test_a_line_carries_the_number_of_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "text", [])
    log = logging.getLogger("somebody")
    log.info("before")
    handle(4711)
    log.info("within")
    before, within = capsys.readouterr().err.splitlines()
    assert before.endswith("somebody: before")
    assert within.endswith("somebody: within [4711]")


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "json", [])
    handle(4711)
    logging.getLogger("somebody").warning("two\nlines")
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert said.pop("time").endswith("+00:00")
    assert said == {"level": "WARNING", "logger": "somebody", "message": "two\nlines", "handled": "4711"}


@pytest.mark.parametrize("library", ["discord.gateway", "aiosqlite", "asyncio"])
def test_what_people_write_is_not_logged_at_any_level(
    library: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("DEBUG", "text", [])
    logging.getLogger(library).debug("a question")
    logging.getLogger(library).info("no question")
    logging.getLogger("bot.delivery").debug("our own")
    shown = capsys.readouterr().err
    assert "a question" not in shown
    assert "no question" in shown
    assert "our own" in shown


def test_of_torch_only_what_is_wrong_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "text", [])

    # By the root, since torch, once it is loaded, has a handler of its own for what it logs later.
    for level, message in ((logging.INFO, "cache_misses: 0"), (logging.WARNING, "the file is damaged")):
        named = {"name": "torch.serialization", "levelno": level, "levelname": "", "msg": message}
        logging.getLogger().handle(logging.makeLogRecord(named))

    err = capsys.readouterr().err
    assert "cache_misses" not in err
    assert "the file is damaged" in err


def test_a_level_holds_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("ERROR", "text", [])
    for name in ("bot.client", "index.newsroom", "discord.client"):
        logging.getLogger(name).warning("a warning")
        logging.getLogger(name).error("an error")
    shown = capsys.readouterr().err
    assert "a warning" not in shown
    assert shown.count("an error") == 3


async def test_what_is_logged_while_a_command_is_answered_carries_its_interaction(
    server: Server, newsroom: object, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("INFO", "json", [])
    newsroom.ask.side_effect = ZeroDivisionError  # type: ignore[attr-defined]
    result = await server.reader.slash(server.channel, "ask", question="Who won?")
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (failure,) = [line for line in logged if line["level"] == "ERROR"]
    assert f"under {failure['handled']}" in str(result.followups)
    assert "Who won?" not in str(logged)
    assert len(server.env.errors) == 1
