"""The indexes of a backup, made before it takes the place of a store that answers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from corpus.errors import NewsbotError
from corpus.said import NOTHING
from corpus.store import Store, backup
from index.indexes import Indexes, put_in_place
from index.newswire import locked
from index.worker import Worker


async def make_indexes(database: Path, data: Path) -> None:
    """Have the data folder hold the indexes of a database that is about to be put there.

    They are made in the folder of the database, which must be on the same disk.
    """
    store, worker = await Store.open(database), Worker()
    try:
        indexes = Indexes(store, worker, database.parent)
        await indexes.catch_up()
        await indexes.save()
        await asyncio.to_thread(put_in_place, database.parent, data)
    finally:
        await worker.close()
        await store.close()


async def remove_left_over(data: Path) -> None:
    """Remove what a process that was killed while it restored has left, unless another restores now."""
    if await asyncio.to_thread(backup.left_by_restore, data):
        with suppress(NewsbotError):  # another restores or indexes, or nothing can be written
            async with locked(data / "indexing.lock", None, NOTHING, patient=False):
                await asyncio.to_thread(backup.remove_left_by_restore, data)
