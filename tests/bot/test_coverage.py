"""What members see who look up a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from simcord.results import InteractionResult

from index.newsroom import Newsroom
from tests.bot.conftest import Server, text_of
from tests.bot.discord_markdown import shown
from tests.conftest import OpenNewsroom, write_articles

ARTICLES: list[dict[str, Any]] = [
    {
        "url": "https://courier.example.com/ferry",
        "title": "Ferry strikes pier in Saltmere",
        "text": "The ferry struck the pier at noon.\n\nFourteen people were hurt.",
    },
    {
        "url": "https://lantern.example.com/pier",
        "title": "Saltmere pier closed after ferry struck it",
        "text": "The pier of Saltmere was closed after the ferry struck it.",
        "source": "The Lantern",
    },
    {"url": "https://courier.example.com/cup", "title": "Cup final", "text": "Northreach won the cup."},
]


@pytest.fixture
async def newsroom(tmp_path: Path, open_newsroom: OpenNewsroom) -> Newsroom:
    newsroom = await open_newsroom(threshold=0.0)
    await newsroom.index([write_articles(tmp_path / "wire.jsonl", *ARTICLES)])
    return newsroom


async def find(server: Server, text: str) -> InteractionResult:
    message = await server.editor.send(server.channel, text)
    return await server.reader.context_menu(server.channel, "Find coverage", message)


async def test_the_words_of_a_message_are_looked_up_privately(server: Server) -> None:
    result = await find(
        server, f"{server.reader.mention} have you heard? The ferry struck the pier of Saltmere!"
    )

    assert result.ephemeral
    text = text_of(result.response)
    assert "The pier of Saltmere was closed after the ferry struck it." in shown(text, "quote")
    assert "have you heard?" in shown(text, "subtext")
    assert "<@" not in text


@pytest.mark.parametrize(
    "link",
    [
        "https://courier.example.com/ferry",
        "look: <http://www.courier.example.com/ferry/?utm_source=x>!",
        "https://unknown.example.com/a and (https://courier.example.com/ferry)",
    ],
)
async def test_a_link_shows_its_article_and_related_ones(server: Server, link: str) -> None:
    result = await find(server, link)

    text = text_of(result.response)
    assert shown(text, "link:https://courier.example.com/ferry") == "Ferry strikes pier in Saltmere"
    assert "The ferry struck the pier at noon." in shown(text, "quote")
    assert "Saltmere pier closed after ferry struck it" in shown(text)


async def test_without_an_answer_the_nearest_headlines_are_shown(server: Server, newsroom: Newsroom) -> None:
    newsroom._retriever._threshold = 1.1
    result = await find(server, "The ferry struck the pier")
    text = shown(text_of(result.response))
    assert "I found nothing on that." in text
    assert "Nearest headlines" in text
    assert "Ferry strikes pier in Saltmere" in text


async def test_a_server_finds_only_what_it_sees(server: Server) -> None:
    await server.env.bot.house.change(server.reader.guild.id, sources=("The Lantern",))
    result = await find(server, "https://courier.example.com/ferry ferry pier")
    assert "Ferry strikes pier" not in text_of(result.response)
    assert "Saltmere pier closed" in text_of(result.response)


@pytest.mark.parametrize("text", ["<@1> https://unknown.example.com/", "?!"])
async def test_a_message_that_says_nothing_finds_nothing(server: Server, text: str) -> None:
    result = await find(server, text)
    (message,) = result.followups
    assert "no words to look for" in message.content
    assert len(server.env.errors) == 1


async def test_a_picture_says_nothing_that_could_be_found(server: Server) -> None:
    picture = await server.editor.send(server.channel, "", attachments=[("ferry.png", b"")])
    result = await server.reader.context_menu(server.channel, "Find coverage", picture)
    (message,) = result.followups
    assert message.ephemeral
    assert "no words to look for" in message.content
    assert len(server.env.errors) == 1


async def test_what_holds_for_questions_holds_here(server: Server) -> None:
    await server.env.bot.house.change(server.reader.guild.id, cooldown=60)
    await find(server, "ferry")
    again = await find(server, "ferry")
    assert again.response is not None
    assert "You can ask the next question" in again.response.content
