"""An article that is removed is gone from what members see, at once."""

from __future__ import annotations

import simcord

from bot.settings import SAMPLES
from tests.bot.conftest import Server, controls, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.conftest import OpenNewsroom

QUESTION = "How many people were hurt when the ferry struck the pier?"
SENTENCE = "injuring at least 14 people"
URL = "https://courier.example.com/2026/09/03/ferry-strikes-pier"


async def test_nothing_is_quoted_or_told_of_it_any_more(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom(articles=[SAMPLES])
    await newsroom.reindex()
    bot = make_bot(newsroom)
    async with simcord.run(bot) as env:
        server = Server.of(env)
        asked = {"question": QUESTION}
        before = await server.reader.slash(server.channel, "ask", **asked)
        assert SENTENCE in text_of(before.response)
        ids = [button["custom_id"] for button in controls(before.response)]
        context = next(one for one in ids if one.startswith("answer:context:"))
        good = next(one for one in ids if one.startswith("answer:up:"))
        assert "The Sável Courier**\n-# 8 articles" in text_of(
            (await server.reader.slash(server.channel, "sources")).response
        )

        await server.editor.slash(server.channel, "remove", url=URL)

        around = await server.reader.click(before.response, custom_id=context)
        assert "This article was changed or removed" in text_of(around.response)
        await server.reader.click(before.response, custom_id=good)  # the answer is shown anew
        assert SENTENCE not in text_of(before.response)
        after = await server.reader.slash(server.channel, "ask", **asked)
        why = await server.editor.slash(server.channel, "why", url=URL, **asked)
        sources = await server.reader.slash(server.channel, "sources")
        assert SENTENCE not in text_of(after.response)
        assert URL not in text_of(after.response)
        assert "Not in the corpus" in shown(text_of(why.response))
        assert "The Sável Courier**\n-# 7 articles" in text_of(sources.response)
        await bot.close()
