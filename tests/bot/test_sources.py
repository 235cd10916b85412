"""What a member sees of ``/sources``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import MagicMock

import pytest
import simcord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import sources_card
from bot.client import NewsBot
from bot.commands.sources import Turn
from corpus.polling import Health, State
from corpus.store import Listed, SourceCount, Subscription
from index.answer import Coverage
from tests.bot.conftest import Server, controls, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.bot.test_reply import check_limits, payload, texts

MANY = [SourceCount(f"Paper {number:02}", 1000 - number, date(2026, 3, 14)) for number in range(20)]


def feed(
    title: str, health: Health = Health.ACTIVE, reason: str = "", read: datetime | None = None
) -> Listed:
    due = datetime(2026, 3, 20, tzinfo=UTC)
    state = State("https://example.com/feed", due, health, reason=reason, last_success=read)
    return Listed(Subscription(state, title), {})


@pytest.fixture(autouse=True)
def _feeds(newsroom: MagicMock) -> None:
    newsroom.feeds.return_value = []


async def opened(server: Server) -> Any:
    result = await server.reader.slash(server.channel, "sources")
    assert result.ephemeral
    return result.response


def buttons(message: Any) -> list[str]:
    return [button["custom_id"] for button in controls(message)]


async def test_outlets_are_told_with_the_number_and_the_newest_of_their_articles(server: Server) -> None:
    message = await opened(server)

    text = shown(text_of(message))
    assert "27 articles, January 3, 2026 to March 14, 2026" in text
    assert "The Saltmere Post\n20 articles · newest March 14, 2026" in text
    assert text.endswith("Northreach Herald\n7 articles")
    assert "feed" not in text
    assert buttons(message) == []


async def test_many_outlets_are_turned_over_page_by_page_even_after_a_restart(
    simcord_env: simcord.Env, newsroom: MagicMock
) -> None:
    server = Server.of(simcord_env)
    newsroom.sources.return_value = MANY
    message = await opened(server)
    assert "Paper 07" in text_of(message)
    assert "Paper 08" not in text_of(message)
    assert "20 outlets · 1 to 8" in text_of(message)
    assert buttons(message) == ["sources:1"]

    bot = make_bot(newsroom)
    await simcord_env.restart_bot(bot)
    await server.reader.click(message, label="More")
    assert buttons(message) == ["sources:0", "sources:2"]
    await server.reader.click(message, label="More")
    assert "20 outlets · 17 to 20" in text_of(message)
    assert "Paper 19\n1,000" not in text_of(message)
    newsroom.sources.return_value = MANY[:3]
    await server.reader.click(message, label="Back")
    assert "Paper 02" in text_of(message)
    assert buttons(message) == []
    await bot.close()


async def test_feeds_are_counted_and_those_in_trouble_are_named(server: Server, newsroom: MagicMock) -> None:
    newsroom.feeds.return_value = [
        feed("Fjord Weekly"),
        feed("Harbour *Radio*", reason="HTTP 500"),
        feed("", Health.PAUSED, "HTTP 404"),
        feed("The Old Post", Health.ENDED, "HTTP 410"),
    ]
    text = shown(text_of(await opened(server)))
    assert "4 feeds bring news by themselves" in text
    assert "failing now: Harbour *Radio*" in text
    assert "not read any more: a feed without a title, The Old Post" in text
    assert "HTTP" not in text

    newsroom.feeds.return_value = [feed("Fjord Weekly")]
    assert "1 feed brings news by itself\n🟢 all well" in shown(text_of(await opened(server)))


async def test_it_is_told_when_a_feed_was_last_read(server: Server, newsroom: MagicMock) -> None:
    moments = [datetime(2026, 3, day, tzinfo=UTC) for day in (14, 12)]
    newsroom.feeds.return_value = [feed("One", read=moment) for moment in moments] + [feed("New")]
    assert f"last read <t:{int(moments[0].timestamp())}:R>" in text_of(await opened(server))


async def test_a_server_is_told_only_of_the_sources_that_it_sees(server: Server, newsroom: MagicMock) -> None:
    bot = server.env.bot
    assert isinstance(bot, NewsBot)
    newsroom.feeds.return_value = [feed("Northreach Herald"), feed("The Saltmere Post", reason="HTTP 500")]
    await bot.house.change(server.reader.guild.id, sources=("northreach herald",))

    text = text_of(await opened(server))

    assert "Northreach Herald" in text
    assert "Saltmere" not in text
    assert "1 feed brings" in text
    newsroom.coverage.assert_awaited_once_with(("northreach herald",))


async def test_without_articles_it_says_so(server: Server, newsroom: MagicMock) -> None:
    newsroom.sources.return_value = []
    newsroom.coverage.return_value = Coverage(0, None, None)
    assert "0 articles" in text_of(await opened(server))


names = texts.filter(bool)
outlets = st.lists(st.builds(SourceCount, names, st.integers(0, 10**9), st.none() | st.dates()), max_size=30)
feeds = st.lists(st.builds(feed, texts, st.sampled_from(Health), texts), max_size=30)


@given(outlets, feeds, st.integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_the_card_keeps_the_limits(some: list[SourceCount], listed: list[Listed], page: int) -> None:
    check_limits(sources_card.sources(Coverage(1, None, None), some, listed, page, Turn))


def test_the_card_is_what_discord_takes(schema: Callable[[Any], None]) -> None:
    listed = [feed("One"), feed("Two", reason="HTTP 500")]
    schema(payload(sources_card.sources(Coverage(1, None, None), MANY, listed, 1, Turn)))
