"""What those who look after a server see of ``/why``, and what ``newsbot why`` prints."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from unittest.mock import MagicMock

import discord
import pytest
import simcord
from rich.console import Console

from bot.dates import today
from bot.explanation import show_why, why_to_json
from corpus.errors import NewsbotError
from corpus.said import Said
from index.answer import Question
from index.why import Place, Share, Standing, Step, Verdict, Why
from tests.bot.conftest import Server, text_of
from tests.bot.discord_markdown import shown

URL = "https://example.com/ferries"
TEXT = "The first ferry left Saltmere at 6:40 a.m. with 312 passengers on board, more than ever before."
FOUND = Why(
    Question("When did the ferries sail?", date(2026, 3, 20)),
    URL,
    Verdict.GROUPED,
    (Step("corpus", True, "“Ferries”: 2 passages."), Step("shown", False, "It says the same as quote 1.")),
    0.81,
    0.2,
    (
        Standing(TEXT, Place(1204, 0.31), None, Place(4, 7.25), 1, True),
        *(Standing(f"Paragraph {number}.", None, None, None) for number in range(6)),
    ),
    (Share("title", 0.5, 2.5, -1.25), Share("week", 0.0, 0.0, 0.0)),
)
UNKNOWN = Why(
    FOUND.question,
    URL,
    Verdict.UNKNOWN,
    (Step("corpus", False, "Nothing is known of this address."),),
    0,
    0.2,
)


@pytest.fixture
def why(newsroom: MagicMock) -> MagicMock:
    newsroom.why.return_value = FOUND
    asked: MagicMock = newsroom.why
    return asked


async def test_the_steps_and_the_verdict_are_shown_to_the_asker_alone(server: Server, why: MagicMock) -> None:
    result = await server.editor.slash(
        server.channel, "why", url=f" {URL} ", question="When did the ferries sail?"
    )

    assert result.ephemeral
    text = shown(text_of(result.response))
    assert "When did the ferries sail?" in text
    assert "Grouped under another" in text
    assert "✓ “Ferries”: 2 passages." in text
    assert "✗ It says the same as quote 1." in text
    assert "by meaning 1,204 (0.31) · by words – · ranked 4 (7.25)" in text
    assert "title +2.5 (-1.2)" in text
    why.assert_awaited_once_with(Question("When did the ferries sail?", today()), URL)


async def test_an_article_that_is_not_there_is_said_to_be_unknown(server: Server, why: MagicMock) -> None:
    why.return_value = UNKNOWN

    result = await server.editor.slash(server.channel, "why", url=URL, question="Who?")

    text = shown(text_of(result.response))
    assert "Not in the corpus" in text
    assert "passage" not in text


async def test_the_longest_explanation_fits_into_a_message(server: Server, why: MagicMock) -> None:
    long = "*_[x](" * 400
    steps = tuple(Step("corpus", True, long) for _ in range(6))
    place = Place(123_456, 123.45)
    why.return_value = Why(
        Question(long[:2000], date(2026, 3, 20)),
        f"https://example.com/{long}"[:2000],
        Verdict.LOWER,
        steps,
        0.5,
        0.2,
        (Standing(long, place, place, place),),
        tuple(Share(f"feature_number_{n}", 0.5, -10.25, 10.25) for n in range(18)),
    )

    result = await server.editor.slash(server.channel, "why", url=URL, question="Who?")

    assert result.response is not None
    assert len(text_of(result.response)) <= 4000


async def test_an_error_is_told(server: Server, why: MagicMock) -> None:
    why.side_effect = NewsbotError("the question is empty: ask something")

    result = await server.editor.slash(server.channel, "why", url=URL, question=" ")

    (message,) = result.followups
    assert shown(message.content) == "The question is empty: ask something."
    assert len(server.env.errors) == 1


async def test_readers_neither_see_the_command_nor_may_use_it(server: Server, why: MagicMock) -> None:
    assert "why" not in server.reader.available_commands(server.channel)
    with pytest.raises(simcord.SetupError):
        await server.reader.slash(server.channel, "why", url=URL, question="Who?")
    (command,) = [one for one in server.env.backend.commands[None].values() if one["name"] == "why"]
    server.reader.guild.set_command_permissions(int(command["id"]), {server.reader: True})

    result = await server.reader.slash(server.channel, "why", url=URL, question="Who?")

    assert result.response is not None
    assert result.response.content == "Only members with the permission Manage Server can do this."
    why.assert_not_awaited()
    assert isinstance(server.env.errors[0], discord.app_commands.MissingPermissions)


# In a terminal


def printed(found: Why) -> list[str]:
    file = io.StringIO()
    show_why(Console(file=file, width=80), found)
    return [" ".join(line.split()) for line in file.getvalue().splitlines()]


def test_a_terminal_shows_the_verdict_the_steps_the_places_and_the_score() -> None:
    lines = printed(FOUND)
    assert lines[0] == "Grouped under another"
    assert "yes corpus “Ferries”: 2 passages." in lines
    assert "no shown It says the same as quote 1." in lines
    (passage,) = [line for line in lines if line.startswith("The first ferry")]
    assert passage.endswith("1,204 (0.31) – 4 (7.25) as in 1")
    assert "and 2 more passages" in lines
    assert "title 0.50 +2.50 -1.25" in lines


def test_a_terminal_writes_days_out_and_json_has_them_as_numbers() -> None:
    period = Said(
        "Searched {first} – {last}; the article is of {day}.", first="…", last="…", day=date(2026, 5, 3)
    )
    found = replace(UNKNOWN, steps=(Step("period", False, period),))
    assert printed(found)[-1] == "no period Searched … – …; the article is of 3 May 2026."
    assert json.loads(json.dumps(why_to_json(found)))["steps"][0]["text"].endswith("is of 2026-05-03.")


def test_a_terminal_shows_of_an_unknown_article_no_more_than_that() -> None:
    assert printed(UNKNOWN) == ["Not in the corpus", "", "no corpus Nothing is known of this address."]


def test_an_article_cannot_write_to_the_terminal() -> None:
    evil = Why(
        FOUND.question, URL, Verdict.LOWER, (Step("corpus", True, "a\x1b[2Jb [bold]c"),), 0.5, 0.2,
        (Standing("x\x1b]0;title\x07 [red]y", None, None, None),),
    )  # fmt: skip
    lines = printed(evil)
    assert not any("\x1b" in line or "\x07" in line for line in lines)
    assert any("[bold]c" in line for line in lines)
    assert any("[red]y" in line for line in lines)


def test_json_holds_all_of_it() -> None:
    found = json.loads(json.dumps(why_to_json(FOUND)))
    assert (found["question"], found["url"], found["verdict"]) == (
        "When did the ferries sail?",
        URL,
        "grouped under another",
    )
    assert found["steps"][1] == {"name": "shown", "passed": False, "text": "It says the same as quote 1."}
    assert found["passages"][0]["dense"] == {"rank": 1204, "score": 0.31}
    assert found["passages"][0]["lexical"] is None
    assert found["shares"][0] == {"feature": "title", "value": 0.5, "points": 2.5, "best": -1.25}
