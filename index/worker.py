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

_GRACE = 0.02  # seconds in which the next step of whoever had an urgent job is waited for

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """One thread that runs functions for the event loop. Urgent ones overtake those that wait."""

    def __init__(self) -> None:
        self._jobs: PriorityQueue[tuple[int, int, Future[Any] | None, Callable[[], Any]]] = PriorityQueue()
        self._order = itertools.count()
        self._closed = False
        # A daemon, since a model that is being loaded must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="newsbot-worker", daemon=True)
        self._thread.start()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function after all that was asked for before."""
        return await self._submit(1, lambda: function(*args, **kwargs))

    async def run_urgent(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function as soon as the one at work has ended: somebody waits for an answer."""
        return await self._submit(0, lambda: function(*args, **kwargs))

    async def close(self) -> None:
        """Drop what waits, and give what is at work two seconds to end."""
        self._closed = True
        self._jobs.put((-1, next(self._order), None, lambda: None))
        await asyncio.to_thread(self._thread.join, 2.0)

    async def _submit(self, priority: int, job: Callable[[], T]) -> T:
        if self._closed:
            raise RuntimeError("the worker is closed")
        future: Future[T] = Future()
        self._jobs.put((priority, next(self._order), future, job))
        return await asyncio.wrap_future(future)

    def _wait_for_urgent(self) -> None:
        until = time.monotonic() + _GRACE
        while time.monotonic() < until and self._jobs.queue[0][0] > 0:
            time.sleep(0.001)

    def _run(self) -> None:
        urgent = False
        while True:
            priority, order, future, job = self._jobs.get()
            if urgent and priority > 0:
                # A question is a chain of jobs: without this, a batch of passages comes between any two.
                self._jobs.put((priority, order, future, job))
                urgent = False
                self._wait_for_urgent()
                continue
            if future is None:
                break
            urgent = priority == 0
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
