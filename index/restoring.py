"""The indexes of a backup, made before it takes the place of a store that answers."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from corpus.store import Store
from index.indexes import Indexes, put_in_place
from index.worker import Worker

_PREFIX = "restored."


async def make_indexes(database: Path, data: Path) -> None:
    """Have the data folder hold the indexes of a database that is about to be put there."""
    store, worker = await Store.open(database), Worker()
    try:
        with tempfile.TemporaryDirectory(dir=data, prefix=_PREFIX) as folder:
            indexes = Indexes(store, worker, Path(folder))
            await indexes.catch_up()
            await indexes.save()
            await asyncio.to_thread(put_in_place, Path(folder), data)
    finally:
        await worker.close()
        await store.close()


def remove_left_over(data: Path) -> None:
    """Remove what a process that was killed while it restored has left."""
    for left in data.glob(f"{_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
