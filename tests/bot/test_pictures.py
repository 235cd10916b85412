"""What a reader sees of the bot in a browser, wide and narrow: every scene of ``pictures.py``."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator

from index.newsroom import Newsroom
from tests.bot.browser import CHROMIUM, cut_off, open_browser
from tests.bot.pictures import SCENES, WIDTHS, open_samples, show

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]

CARD = ".component-container"

Seen = Callable[[str], AbstractAsyncContextManager[Locator]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def newsroom(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Newsroom]:
    async with open_samples(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest.fixture
def seen(newsroom: Newsroom, browser: Browser) -> Seen:
    """Shows the message of a scene, of which nothing may be cut off in a wide or in a narrow window."""

    @asynccontextmanager
    async def shown(name: str) -> AsyncIterator[Locator]:
        async with show(newsroom, browser, SCENES[name], max(WIDTHS)) as message:
            for width in WIDTHS:
                assert await cut_off(message, width) == []
            yield message

    return shown


async def test_an_answer_is_quoted_with_its_sentences_in_bold(seen: Seen) -> None:
    async with seen("answer") as message:
        assert await texts(message.get_by_role("heading")) == ["Where was the stolen astrolabe found?"]
        title = message.get_by_role("link", name="Wolmar’s astrolabe is found in a hive").first
        assert "#:~:text=On%20Monday%20morning" in str(await title.get_attribute("href"))
        assert "The Orven Standard · November 10, 2026" in await message.inner_text()
        quotations = await message.locator("blockquote").all()
        assert len(quotations) == 3
        for quotation in quotations:
            (sentence,) = await texts(quotation.locator("strong"))
            assert sentence in await quotation.inner_text()
            assert sentence.endswith(".")
        assert "opened her ninth hive" in (await texts(message.locator("blockquote strong")))[0]
        assert await buttons(message) == ["Context", "More", "👍", "👎"]
        assert await link_of(message, "The Orven Standard")
        assert not await is_private(message)


async def test_a_story_of_several_outlets_is_told_once_and_names_the_others(seen: Seen) -> None:
    async with seen("story") as message:
        lines = (await message.inner_text()).splitlines()
        (others,) = [line for line in lines if line.startswith("Also in ")]
        assert set(others.removeprefix("Also in ").split(", ")) == {"The Orven Standard", "Radio Orvenmark"}
        assert await link_of(message, "Radio Orvenmark")
        assert await message.get_by_role("link", name="Storm Berengar to reach coast").count() == 1
        bold = (await texts(message.locator("blockquote strong")))[0]
        assert "between 2 and 4 a.m. on Wednesday" in bold
        assert any(line.startswith("Newest evidence: November 23, 2026") for line in lines)


async def test_where_nothing_is_found_it_says_so_and_names_what_is_near(seen: Seen) -> None:
    async with seen("nothing") as message:
        text = await message.inner_text()
        assert "I found nothing on that." in text
        assert "Nearest headlines" in text
        assert "Searched: 32 articles, August 9, 2026 to November 24, 2026." in text
        assert await message.get_by_role("link").count() == 3
        assert await message.locator("blockquote").count() == 0
        assert await buttons(message) == ["👍", "👎"]


async def test_the_context_of_a_quote_is_shown_to_whoever_wants_it(seen: Seen) -> None:
    async with seen("context") as message:
        assert await is_private(message)
        quotations = await texts(message.locator("blockquote"))
        assert any("“I thought that it was a very ornate trap for mice,”" in text for text in quotations)
        assert "opened her ninth hive" in (await texts(message.locator("blockquote strong")))[0]
        assert await link_of(message, "Open the article")


async def test_sources_are_listed_with_their_newest_and_how_the_feeds_do(seen: Seen) -> None:
    async with seen("sources") as message:
        assert await is_private(message)
        text = await message.inner_text()
        assert "32 articles, August 9, 2026 to November 24, 2026" in text
        assert "Radio Orvenmark\n7 articles · newest November 23, 2026" in text
        assert await texts(message.locator(f"{CARD} strong")) == [
            *("The Orven Standard", "The Sável Courier", "Radio Orvenmark", "The Upper Dremme Lantern"),
            "4 feeds bring news by themselves",
        ]
        assert "failing now: The Upper Dremme Lantern\n" in text
        assert "not read any more: The Hask Islander" in text
        assert re.search(r"last read (now|\d+ seconds? ago)", text)


async def test_settings_each_stand_beside_what_changes_them(seen: Seen) -> None:
    async with seen("settings") as message:
        assert await is_private(message)
        assert await texts(message.locator(f"{CARD} strong")) == [
            *("Where questions are answered", "Who may ask", "Sources", "Who sees an answer"),
            *("Length of an answer", "Wait between two questions", "Mentions", "Where changes are logged"),
        ]
        assert await message.get_by_role("button", name="Change…").count() == 2
        for button in ("Choose…", "Make private", "Turn off"):
            assert await message.get_by_role("button", name=button).count() == 1


async def test_an_error_tells_its_asker_alone_what_to_do(seen: Seen) -> None:
    async with seen("error") as message:
        assert await is_private(message)
        text = await message.inner_text()
        assert "“the day after the flood” cannot be read as a date." in text
        assert "Write it like 2026-03-31" in text


async def texts(found: Locator) -> list[str]:
    return [text.strip() for text in await found.all_inner_texts()]


async def buttons(message: Locator) -> list[str]:
    """The buttons of the card; beside it the preview has some of its own."""
    return await texts(message.locator(f"{CARD} button"))


async def link_of(message: Locator, name: str) -> str | None:
    return await message.get_by_role("link", name=name).first.get_attribute("href")


async def is_private(message: Locator) -> bool:
    return await message.get_by_text("Only you can see this").count() == 1
