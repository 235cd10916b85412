"""The one thread that computes, and what keeps torch and FAISS from fighting.

torch and FAISS each bring an OpenMP runtime. Two at work in one process at the same time slow each other
down, and on some platforms end it. So everything that either computes runs in this one thread. Threads of
OpenMP that wait for each other must not spin meanwhile: beside other programs that costs most of the speed
(23 instead of 85 passages a second were encoded so), and alone it gains nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import PriorityQueue
from typing import Any, ParamSpec, TypeVar

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch or FAISS is loaded

_LULL = 0.05  # seconds without anything urgent after which what is not may run:
_COURTESY = 2.0  # who asks, asks again; but after this it may run anyway

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """One thread that runs functions for the event loop. The urgent go first, and the others step aside."""

    def __init__(self) -> None:
        self._jobs: PriorityQueue[tuple[int, int, Future[Any] | None, Callable[[], Any]]] = PriorityQueue()
        self._order = itertools.count()
        self._closed = False
        self._urgent = 0
        self._last_urgent = -_LULL
        # A daemon, since a model that is being loaded must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="newsbot-worker", daemon=True)
        self._thread.start()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function after all that was asked for before, when nobody waits for an answer.

        Where people ask all the time it still gets its turn, every two seconds.
        """
        until = time.monotonic() + _COURTESY
        while self._busy() and time.monotonic() < until:  # noqa: ASYNC110 - a lull is no event
            await asyncio.sleep(_LULL)
        return await self._submit(1, lambda: function(*args, **kwargs))

    async def run_urgent(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function as soon as the one at work has ended: somebody waits for an answer."""
        self._urgent += 1
        try:
            return await self._submit(0, lambda: function(*args, **kwargs))
        finally:
            self._urgent -= 1
            self._last_urgent = time.monotonic()

    async def close(self) -> None:
        """Drop what waits, and give what is at work two seconds to end."""
        self._closed = True
        self._jobs.put((-1, next(self._order), None, lambda: None))
        await asyncio.to_thread(self._thread.join, 2.0)

    def _busy(self) -> bool:
        return self._urgent > 0 or time.monotonic() - self._last_urgent < _LULL

    async def _submit(self, priority: int, job: Callable[[], T]) -> T:
        if self._closed:
            raise RuntimeError("the worker is closed")
        future: Future[T] = Future()
        self._jobs.put((priority, next(self._order), future, job))
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        while True:
            _, _, future, job = self._jobs.get()
            if future is None:
                break
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)
        while not self._jobs.empty():
            _, _, future, _ = self._jobs.get()
            if future is not None:
                future.cancel()
