"""How the commands, the bot and the preview open the newsroom of the settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings
    from index.newsroom import Newsroom


async def open_newsroom(settings: Settings) -> Newsroom:
    """Opens the newsroom of ``settings``. Raises NewsbotError."""
    # Takes a while to import, and not every command needs it.
    from index.encoder import DEFAULT_MODEL
    from index.newsroom import Newsroom

    return await Newsroom.open(
        settings.data,
        model=settings.model or DEFAULT_MODEL,
        articles=settings.article_folders,
        reranker=settings.reranker,
        threshold=settings.threshold,
        contact=settings.contact,
        allowed_hosts=settings.allowed_hosts,
    )


@asynccontextmanager
async def on_duty(newsroom: Newsroom) -> AsyncIterator[Newsroom]:
    """The newsroom, which until the block ends reads its feeds and follows what other processes store.

    Then it is closed.
    """
    async with newsroom:
        tasks = [
            asyncio.create_task(newsroom.keep_polling(), name="polling"),
            asyncio.create_task(newsroom.keep_current(), name="following"),
        ]
        try:
            yield newsroom
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
