"""Notices what other processes store, so that answers are soon from it though nobody has asked meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from corpus.errors import NewsbotError
from index.indexes import Indexes

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # between two looks, each of which is one short query
_SHARE = 2  # and so many times as long as the last look took, which leaves most of the time to others
_LONGEST = 60.0  # between two looks where these fail


async def keep_current(indexes: Indexes, catch_up: Callable[[], Awaitable[None]]) -> None:
    """Catch up whenever the store has changed, until cancelled. Nothing that goes wrong ends it.

    Before the indexes are ready whoever makes them so sees to it.
    """
    watch = _Watch(indexes, catch_up)
    while True:
        await asyncio.sleep(watch.pause)
        if indexes.ready:
            await watch.look()


class _Watch:
    """One look after the other. What changes with each look is told once, when it has come to rest."""

    def __init__(self, indexes: Indexes, catch_up: Callable[[], Awaitable[None]]) -> None:
        self.pause = _LOOK_SECONDS
        self._indexes = indexes
        self._catch_up = catch_up
        self._told: int | None = None
        self._seen: int | None = None
        self._failed = ""

    async def look(self) -> None:
        began = time.monotonic()
        if self._told is None:
            self._told = self._indexes.generation
        try:
            await self._catch_up()
        except NewsbotError as error:
            self._fail(str(error), None)
        except Exception as error:
            # A defect must be seen, but not once a second; and the next news may be taken in again.
            self._fail(f"catching up with the database failed: {error!r}", error)
        else:
            self.pause = max(_LOOK_SECONDS, _SHARE * (time.monotonic() - began))
            self._tell()

    def _tell(self) -> None:
        if self._failed:
            log.info("the database can be followed again")
            self._failed = ""
        generation = self._indexes.generation
        if generation == self._seen != self._told:
            log.info("answers are from generation %d of the database now", generation)
            self._told = generation
        self._seen = generation

    def _fail(self, reason: str, error: Exception | None) -> None:
        self.pause = min(2 * self.pause, _LONGEST)
        if reason != self._failed:
            log.warning("answers stay as they are: %s", reason, exc_info=error)
            self._failed = reason
