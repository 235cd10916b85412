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
async def polling(newsroom: Newsroom) -> AsyncIterator[Newsroom]:
    """The newsroom, which reads its feeds whenever they are due until the block ends, and then is closed."""
    async with newsroom:
        task = asyncio.create_task(newsroom.keep_polling(), name="polling")
        try:
            yield newsroom
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
