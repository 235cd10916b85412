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
    root, discord = logging.getLogger(), logging.getLogger("discord")
    before = root.handlers[:], root.level, discord.level
    yield
    root.handlers[:], root.level, discord.level = before


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


def test_what_people_write_is_not_logged_at_any_level(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG", "text", [])
    logging.getLogger("discord.gateway").debug("WebSocket Event: a question")
    logging.getLogger("newsbot").debug("our own")
    shown = capsys.readouterr().err
    assert "a question" not in shown
    assert "our own" in shown


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
