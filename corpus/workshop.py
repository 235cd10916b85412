"""Another process for work that takes long or may never end, such as reading what strangers send."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import FrameType, TracebackType
from typing import ParamSpec, Self, TypeVar

from corpus.errors import NewsbotError

MAX_SECONDS = 30.0

P = ParamSpec("P")
T = TypeVar("T")


class Workshop:
    """One process that does one piece of work at a time; a context manager.

    It starts with the first piece. Functions and what they take and give must be importable and picklable.
    """

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._pool: ProcessPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``work`` returns or raises. Raises NewsbotError where it takes too long or kills its process.

        The time counts from when the work's turn has come.
        """
        async with self._turn:
            try:
                pool = await self._started()
                # The process stops itself; only work that does not let go of the interpreter is killed.
                async with asyncio.timeout(2 * self._seconds):
                    return await asyncio.wrap_future(pool.submit(_limited, self._seconds, work, args, kwargs))
            except TimeoutError:
                self._stop()
                raise NewsbotError(
                    "it takes longer than {seconds:g} seconds to read", seconds=self._seconds
                ) from None
            except BrokenProcessPool:
                self._stop()
                raise NewsbotError("it could not be read: reading it takes too much memory") from None
            except asyncio.CancelledError:
                self._stop()
                raise

    async def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Not a fork: this process has threads, and libraries that do not survive one.
            spawning = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawning, initializer=_begin)
            await asyncio.wrap_future(self._pool.submit(_ready))
        return self._pool

    def _stop(self) -> None:
        if self._pool is None:
            return
        for process in list(self._pool._processes.values()):
            process.kill()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None


class _TooLong(BaseException):
    """So that no handler for exceptions in the work takes it for one of its own."""


def _begin() -> None:
    threading.Thread(target=_end_with_newsbot, daemon=True).start()
    # Interrupting newsbot is for newsbot, which then stops this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _ready() -> None:
    """Imports before any work, whose time is limited."""
    import feedparser  # noqa: F401
    import trafilatura  # noqa: F401


def _end_with_newsbot() -> None:
    # One that is killed stops nothing, and the pool's own pipe, of which this process has both ends, is
    # never closed then.
    newsbot = multiprocessing.parent_process()
    if newsbot is not None:
        newsbot.join()
        os._exit(1)


def _limited(
    seconds: float, work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]
) -> T:
    """Runs the work under an alarm, where the system has one."""
    if not hasattr(signal, "setitimer"):
        return work(*args, **kwargs)
    signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work(*args, **kwargs)
    except _TooLong:
        raise TimeoutError from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _alarm(number: int, frame: FrameType | None) -> None:
    raise _TooLong
