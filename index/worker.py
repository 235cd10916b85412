"""The one thread that computes, and what keeps torch and FAISS from fighting.

torch and FAISS each bring an OpenMP runtime. Two at work in one process at the same time slow each other
down, and on some platforms end it. So everything that either computes runs in this one thread. onnxruntime
has no OpenMP, and so a thread of its own, of another worker (``index/encoder.py``). Threads of OpenMP that
wait for each other must not spin meanwhile: beside other programs that costs most of the speed (23 instead of
85 passages a second were encoded so), and alone it gains nothing.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

_GRACE = 0.02  # seconds for which the next step of whoever had an urgent job is waited for
_PATIENCE = 0.25  # seconds for which urgent jobs may keep the others from being begun,
_SHARE = 19  # and from going on, times as long as the last of them took: they have a twentieth of the time

P = ParamSpec("P")
T = TypeVar("T")

_numbers = itertools.count()
_turn: ContextVar[int] = ContextVar("_turn")


def take_turn() -> None:
    """From here on, have all urgent jobs of this task done before those of whoever takes a turn later."""
    _turn.set(next(_numbers))


@contextmanager
def in_turn() -> Iterator[None]:
    """Have all urgent jobs of the block done before those of any that is entered later.

    Who asked first is answered first, however many steps it takes. A turn that was taken before stays.
    """
    token = _turn.set(_turn.get(next(_numbers)))
    try:
        yield
    finally:
        _turn.reset(token)


@dataclass(frozen=True, slots=True)
class _Job:
    do: Callable[[], Any]
    done: Future[Any] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)
    number: int = field(default_factory=lambda: next(_numbers))
    turn: int = field(default_factory=lambda: _turn.get(next(_numbers)))

    def __lt__(self, other: _Job) -> bool:
        return (self.turn, self.number) < (other.turn, other.number)


class Worker:
    """One thread that runs functions for the event loop. Urgent ones overtake those that wait."""

    def __init__(self, name: str = "newsbot-worker") -> None:
        self._all = [self]  # those that work for the same people
        self._at_urgent = False
        self._changed = threading.Condition()
        self._urgent: list[_Job] = []  # a heap
        self._others: deque[_Job] = deque()
        self._urgent_ended = self._other_ended = self._other_took = 0.0
        self._closed = False
        # A daemon, since a model that is being loaded must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def beside(self, name: str) -> Worker:
        """Another thread for the same people: while one of them waits, neither does much that is not urgent.

        For what the one is idle, the other may need the core.
        """
        other = Worker(name)
        self._all.append(other)
        other._all = self._all
        return other

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function after all that was asked for before, and after urgent ones, within reason."""
        return await self._submit(self._others.append, lambda: function(*args, **kwargs))

    async def run_urgent(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function as soon as the one at work has ended: somebody waits for an answer.

        Of several that of the earliest turn (``in_turn``) comes first.
        """
        return await self._submit(self._push, lambda: function(*args, **kwargs))

    def is_asked(self) -> bool:
        """Whether somebody waits for an answer: what takes long may look, and leave the rest for later."""
        return any(one._urgent or one._at_urgent for one in self._all)

    async def close(self) -> None:
        """Drop what waits, and give what is at work two seconds to end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join, 2.0)

    def _push(self, job: _Job) -> None:
        heapq.heappush(self._urgent, job)

    async def _submit(self, put: Callable[[_Job], None], do: Callable[[], T]) -> T:
        job = _Job(do)
        with self._changed:
            if self._closed:
                raise RuntimeError("the worker is closed")
            put(job)
            self._changed.notify()
        future: Future[T] = job.done
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        while found := self._next():
            job, is_urgent = found
            if not job.done.set_running_or_notify_cancel():
                self._at_urgent = False
                continue
            began = time.monotonic()
            try:
                result, error = job.do(), None
            except BaseException as raised:
                result, error = None, raised
            # Before whoever waits hears of it, and has the next step ready.
            self._at_urgent = False
            if is_urgent:
                self._urgent_ended = time.monotonic()
            else:
                self._other_ended = time.monotonic()
                self._other_took = self._other_ended - began
            if error is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(error)
        for job in (*self._urgent, *self._others):
            job.done.cancel()

    def _next(self) -> tuple[_Job, bool] | None:
        """The job to be done next, and whether it is urgent; ``None`` when the worker is closed."""
        with self._changed:
            while not self._closed:
                rest = self._rest(self._others[0]) if self._others else None
                if rest is not None and rest <= 0:
                    return self._others.popleft(), False
                if self._urgent:
                    self._at_urgent = True
                    return heapq.heappop(self._urgent), True
                self._changed.wait(rest)
            return None

    def _rest(self, job: _Job) -> float:
        """For how many seconds urgent jobs still go before another one."""
        now = time.monotonic()
        due = self._other_ended + _SHARE * self._other_took
        if job.since > self._other_ended + _PATIENCE:  # nothing was under way
            due = max(due, job.since + _PATIENCE)
        # A question is a chain of jobs, between any two of which a batch of passages would come.
        idle = _GRACE if self.is_asked() else max(one._urgent_ended for one in self._all) + _GRACE - now
        return min(due - now, idle)
