"""The same bot in a simulated Discord, in the browser, on this machine only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import discord

from bot.client import NewsBot, until_signal
from bot.opening import on_duty, open_newsroom
from corpus.errors import NewsbotError
from index.newsroom import Newsroom

if TYPE_CHECKING:
    from simcord.preview import Preview

    from bot.settings import Settings

_PATIENCE = 600.0  # seconds that the page waits for the bot: a first re-index takes its time


def serve(settings: Settings, *, port: int = 0, announce: Callable[[str], None] = print) -> None:
    """Serves the preview until it is told to stop: by Ctrl-C, by SIGTERM or in the browser.

    Where there are no articles it shows the samples. ``port`` 0 takes a free one. Raises NewsbotError.
    """
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(_serve(settings, port, announce))


@asynccontextmanager
async def open_preview(newsroom: Newsroom, *, port: int = 0) -> AsyncIterator[Preview]:
    """The preview of a bot that answers from ``newsroom``. Raises NewsbotError.

    Its server has a channel, and two members: a reader, and an editor who may manage the server.
    """
    simcord = _simcord()
    await newsroom.warm_up()  # its start takes no account of a model that is still being loaded

    async def opened() -> AbstractAsyncContextManager[Newsroom]:
        return nullcontext(newsroom)

    bot = NewsBot(opened)
    env = simcord.Env(bot, settle_timeout=_PATIENCE)
    env.backend.bot_user.name = "newsbot"
    # Its clock stands still at the start of a year, which would be the day on each message.
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))
    await env.start()
    try:
        guild = env.create_guild("Readers")
        editors = guild.create_role("Editors", permissions=discord.Permissions(manage_guild=True))
        members = [
            guild.add_member(env.create_user("reader")),
            guild.add_member(env.create_user("editor"), roles=[editors]),
        ]
        channel = guild.create_text_channel("news")
        try:
            async with env.preview(channel, viewers=members, layout="channel", port=port) as preview:
                try:
                    yield preview
                finally:
                    await bot.close()  # what is at work would keep the page, and so its server, waiting
        except simcord.SetupError as error:
            raise NewsbotError(f"The preview cannot be shown: {error}.") from error
    finally:
        await env.shutdown()
        await bot.close()


async def _serve(settings: Settings, port: int, announce: Callable[[str], None]) -> None:
    _simcord()
    with until_signal():
        async with on_duty(await _open_with_articles(settings, announce)) as newsroom:
            announce("Loading the model …")
            async with open_preview(newsroom, port=port) as preview:
                announce(f"Open {preview.url}\nType / to see the commands. Ctrl-C ends.")
                await preview.wait_closed()


async def _open_with_articles(settings: Settings, announce: Callable[[str], None]) -> Newsroom:
    newsroom = await open_newsroom(settings)
    if (await newsroom.coverage()).articles:
        return newsroom
    await newsroom.close()
    announce("There are no articles yet. These are the samples, of newspapers that never were.")
    newsroom = await open_newsroom(settings.demo)
    try:
        await newsroom.reindex()
    except BaseException:
        await newsroom.close()
        raise
    return newsroom


def _simcord() -> ModuleType:
    try:
        return import_module("simcord")
    except ImportError:
        raise NewsbotError(
            "The preview needs more: make preview, or pip install 'newsbot[preview]'."
        ) from None
