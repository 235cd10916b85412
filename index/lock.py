"""One at a time, across all processes that use a data folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import filelock

Notice = Callable[[str], None]

_EVERY = 0.2  # seconds between two tries


@asynccontextmanager
async def alone(file: Path, others: str, on_wait: Notice | None = None) -> AsyncIterator[None]:
    """Hold the lock of this file; it is free as soon as its holder ends, however that ends.

    ``on_wait`` is told once that somebody else has it, and ``others`` is what those do, as in "indexing".
    """
    lock = filelock.FileLock(file, mode=0o600)
    told = False
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except filelock.Timeout:
            if on_wait and not told:
                on_wait(f"waiting for another newsbot that is {others} in the same data folder")
            told = True
            await asyncio.sleep(_EVERY)
    try:
        yield
    finally:
        lock.release()
