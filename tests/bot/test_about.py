"""What the bot says of itself."""

from __future__ import annotations

from importlib.metadata import version
from unittest.mock import MagicMock

import simcord

from bot.settings import SAMPLES
from index.answer import Coverage
from index.newsroom import Stats
from tests.bot.conftest import Server, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.conftest import OpenNewsroom


async def test_about_tells_what_is_covered_and_by_what(server: Server) -> None:
    result = await server.reader.slash(server.channel, "about")

    text = shown(text_of(result.response))
    assert result.ephemeral
    assert "27 articles, January 3, 2026 to March 14, 2026" in text
    assert "The Saltmere Post (20), Northreach Herald (7)" in text
    assert "model a-model" in text
    assert f"newsbot {version('newsbot')}" in text


async def test_about_leads_to_the_command_that_asks(server: Server) -> None:
    result = await server.reader.slash(server.channel, "about")

    (ask,) = [command for command in server.env.backend.commands[None].values() if command["name"] == "ask"]
    assert f"</ask:{ask['id']}>" in text_of(result.response)


async def test_about_works_before_there_is_anything(server: Server, newsroom: MagicMock) -> None:
    newsroom.stats.return_value = Stats(Coverage(0, None, None), 0, 0, "", None, 0, (), 0)

    result = await server.reader.slash(server.channel, "about")

    text = text_of(result.response)
    assert "0 articles" in text
    assert "model" not in text


async def test_about_tells_what_the_real_newsroom_holds(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom(articles=[SAMPLES])
    await newsroom.reindex()
    bot = make_bot(newsroom)

    async with simcord.run(bot) as env:
        server = Server.of(env)
        result = await server.reader.slash(server.channel, "about")
        await bot.close()

    text = shown(text_of(result.response))
    assert "The Sável Courier (" in text
    assert "model hashing" in text
    assert "not encoded" not in text
