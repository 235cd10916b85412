"""What members see who reply to an answer, with the real newsroom over the sample articles."""

from __future__ import annotations

from datetime import date

import discord
import pytest

from bot.settings import SAMPLES
from index.newsroom import Newsroom
from tests.bot.conftest import Server, buttons_of, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.bot.test_mention import say
from tests.conftest import OpenNewsroom

FIRST = "When did the Hask ferry strike the pier?"
FOLLOW_UP = "Who was her captain?"
SENTENCE = "The ferry’s captain, Joost Hallander, 58"
URL = "https://courier.example.com/2026/09/03/ferry-strikes-pier"
BEFORE = "in the articles quoted before"


@pytest.fixture
async def newsroom(open_newsroom: OpenNewsroom, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setattr("bot.commands.mention.today", lambda: date(2026, 11, 24))
    newsroom = await open_newsroom(articles=[SAMPLES])
    await newsroom.reindex()
    return newsroom


@pytest.fixture
async def first(server: Server) -> discord.Message:
    (answer,) = await say(server, f"@bot {FIRST}")
    assert URL in text_of(answer)
    assert SENTENCE not in text_of(answer)
    return answer


async def reply(server: Server, to: discord.Message, text: str) -> discord.Message:
    (answer,) = await say(server, text, reply_to=to)
    return answer


async def test_a_follow_up_is_answered_from_the_same_articles_and_says_so(
    server: Server, first: discord.Message
) -> None:
    answer = await reply(server, first, FOLLOW_UP)
    assert SENTENCE in shown(text_of(answer), "strong")
    assert shown(text_of(answer), "heading") == FOLLOW_UP
    assert BEFORE in text_of(answer)
    assert "searched for" not in text_of(answer)


async def test_it_goes_on_after_a_restart(
    server: Server, first: discord.Message, open_newsroom: OpenNewsroom
) -> None:
    second = await reply(server, first, FOLLOW_UP)
    await server.env.bot.close()
    await server.env.restart_bot(make_bot(await open_newsroom(articles=[SAMPLES])))

    await server.editor.click(second, custom_id=next(one for one in buttons_of(second) if ":up:" in one))
    third = await reply(server, second, "And the hens?")

    assert shown(text_of(second), "heading") == FOLLOW_UP
    assert BEFORE in text_of(second)
    assert "60 young hens" in shown(text_of(third), "quote")


async def test_what_those_do_not_tell_is_searched_for_in_all_and_the_card_says_for_what(
    server: Server, first: discord.Message
) -> None:
    answer = await reply(server, first, "왜?")
    assert "searched for “Hask ferry strike pier: 왜?”" in shown(text_of(answer))
    assert BEFORE not in text_of(answer)


async def test_a_new_question_in_a_reply_is_not_answered_from_the_old_articles(
    server: Server, first: discord.Message
) -> None:
    answer = await reply(server, first, "Who coaches Obervint?")
    assert "Dagny Ruiz-Holm" in shown(text_of(answer), "strong")
    assert URL not in text_of(answer)
    assert "searched for" not in text_of(answer)
    assert BEFORE not in text_of(answer)


async def test_an_article_that_was_removed_meanwhile_is_not_used(
    server: Server, first: discord.Message
) -> None:
    await server.editor.slash(server.channel, "remove", url=URL)
    answer = await reply(server, first, FOLLOW_UP)
    assert SENTENCE not in text_of(answer)
    assert URL not in text_of(answer)


async def test_an_outlet_that_the_server_no_longer_sees_is_not_used(
    server: Server, first: discord.Message
) -> None:
    await server.env.bot.house.change(server.reader.guild.id, sources=("Radio Orvenmark",))
    answer = await reply(server, first, FOLLOW_UP)
    assert "Radio Orvenmark" in text_of(answer)
    assert "Courier" not in text_of(answer)
    assert BEFORE not in text_of(answer)
