"""The bot in the simulated Discord, as somebody tries it in a browser."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import MagicMock

import aiohttp
import pytest
from simcord.preview import Preview

from bot import preview
from bot.preview import open_preview
from bot.settings import Settings
from corpus.errors import NewsbotError
from index.indexes import Indexes
from index.newsroom import Newsroom
from tests.bot.browser import CHROMIUM, ask, browse, command, commands, type_command, view_as
from tests.bot.conftest import make_answer, make_quote
from tests.conftest import HashingEmbedder

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

QUESTION = "When did the ferries sail again?"


@pytest.fixture
async def shown(newsroom: MagicMock) -> AsyncIterator[Preview]:
    async with open_preview(newsroom) as running:
        yield running


@needs_chromium
async def test_a_question_in_the_browser_is_answered_by_the_bold_sentence(shown: Preview) -> None:
    async with browse(shown.url, width=1000) as page:
        message = await ask(page, QUESTION)

        quotation = message.locator("blockquote")
        assert await quotation.inner_text() == make_quote().text
        assert await quotation.locator("strong").inner_text() == make_quote().sentence
        link = message.get_by_role("link", name="Ferries sail again")
        assert await link.get_attribute("href") == make_quote().link

        await page.set_viewport_size({"width": 400, "height": 900})
        box = await quotation.bounding_box()
        for _ in range(100):  # until the page is laid out anew; its policy forbids to wait in it
            if box and box["x"] + box["width"] < 400:
                break
            await page.wait_for_timeout(50)
            box = await quotation.bounding_box()
        assert box is not None
        assert 250 < box["width"] < 400 - box["x"]


@needs_chromium
async def test_what_an_article_says_in_markdown_is_shown_as_it_is_written(
    shown: Preview, newsroom: MagicMock
) -> None:
    sentence = "# 1. *No* **stars**, `code` or [links](https://evil.example) &amp; <b>tags</b> by @everyone!"
    quote = make_quote(f"Before: ~~x~~. {sentence} ||After||.", sentence)
    newsroom.ask.return_value = make_answer(quote)

    async with browse(shown.url) as page:
        quotation = (await ask(page, QUESTION)).locator("blockquote")

        assert await quotation.inner_text() == quote.text
        assert await quotation.locator("strong").all_inner_texts() == [sentence]
        assert await quotation.locator("a, em, s, code, .spoiler").count() == 0


@needs_chromium
async def test_only_the_editor_is_offered_the_reindex(shown: Preview) -> None:
    offered = {}
    async with browse(shown.url) as page:
        for member in ("reader", "editor"):
            await view_as(page, member)
            await type_command(page, "/")
            offered[member] = " ".join(await commands(page).all_inner_texts())

    assert "/ask" in offered["reader"]
    assert "/reindex" not in offered["reader"]
    assert "/reindex" in offered["editor"]


async def test_it_opens_while_there_is_much_to_be_read_ahead(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def long(_: Indexes) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(Indexes, "read_ahead", long)
    async with await _open_with_the_tiny_model(settings) as newsroom, open_preview(newsroom) as running:
        assert running.url


@needs_chromium
@pytest.mark.parametrize("width", [1000, 400])
async def test_settings_are_changed_on_their_card_and_all_of_it_is_within_the_window(
    shown: Preview, newsroom: MagicMock, width: int
) -> None:
    async with browse(shown.url, width=width, height=1600) as page:
        message = await command(page, "/settings", member="editor")
        await message.get_by_role("button", name="Make private").click()
        await message.get_by_text("Saved · Only the asker sees it").wait_for()

        buttons = await message.get_by_role("button").all()
        assert buttons
        for button in buttons:
            box = await button.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] < width

    newsroom.save_server.assert_awaited_once()


async def test_the_preview_is_on_loopback_and_its_url_is_its_key(shown: Preview) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#\S{20,}", shown.url)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{shown._origin}/api/pages", json={}) as answer,
    ):
        assert answer.status == 401


async def test_a_port_that_is_taken_is_told_in_one_line(newsroom: MagicMock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NewsbotError, match=f"{port}"):
            async with open_preview(newsroom, port=port):
                pass


def test_without_the_extra_it_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "simcord", None)
    with pytest.raises(NewsbotError, match=r"newsbot\[preview\]"):
        preview.serve(settings)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_shows_the_samples_where_there_is_nothing_else_and_ends_on_a_signal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    announced: list[str] = []
    began = 0.0

    def announce(text: str) -> None:
        nonlocal began
        announced.append(text)
        if "http://127.0.0.1" in text:
            began = time.monotonic()
            os.kill(os.getpid(), number)

    monkeypatch.setattr(preview, "open_newsroom", _open_with_the_tiny_model)
    preview.serve(settings, announce=announce)

    assert time.monotonic() - began < 5
    assert "samples" in announced[0]
    assert re.search(r"Open http://127\.0\.0\.1:\d+/#\S+\n.*Ctrl-C", announced[-1])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None).model_copy(update={"data": tmp_path})  # type: ignore[call-arg]


async def _open_with_the_tiny_model(settings: Settings) -> Newsroom:
    return await Newsroom.open(
        settings.data, model="hashing", articles=settings.article_folders, load=HashingEmbedder
    )
