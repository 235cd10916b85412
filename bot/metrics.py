"""How the bot does, in numbers for Prometheus; and whether it lives and is ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from corpus.errors import NewsbotError
from corpus.polling import Health

if TYPE_CHECKING:
    from bot.client import NewsBot
    from index.answer import Answer

_TICK = 0.25  # seconds between two looks at the loop
_FRESH = 60.0  # seconds for which the sizes of the index are not counted again
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DELAYS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_OUTCOMES = ("answered", "nothing_found", "refused", "failed")


class Fault(StrEnum):
    """Why somebody did not get what they wanted."""

    REFUSED = "refused"  # for a reason that they were told
    FORBIDDEN = "forbidden"  # to them, or there
    ELSEWHERE = "elsewhere"  # a question in a channel where none is answered,
    ROLE = "role"  # of somebody without a role that may ask,
    COOLDOWN = "cooldown"  # or before the next may be asked
    LOST = "lost"  # Discord has forgotten the interaction
    UNSENT = "unsent"  # Discord could not be told the answer
    DEFECT = "defect"  # the log has more


class Metrics:
    """Counts what happens, and serves it. No label says who asked, where or what."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._questions = Counter(
            "newsbot_questions", "Questions, by what became of them", ["outcome"], registry=registry
        )
        for outcome in _OUTCOMES:
            self._questions.labels(outcome)
        self._errors = Counter(
            "newsbot_errors", "Refusals and errors, by their kind", ["kind"], registry=registry
        )
        for fault in Fault:
            self._errors.labels(fault.value)
        self._seconds = Histogram(
            "newsbot_answer_seconds", "From question to answer", registry=registry, buckets=_SECONDS
        )
        self._stages = Histogram(
            "newsbot_stage_seconds", "Steps of an answer", ["stage"], registry=registry, buckets=_SECONDS
        )
        self._delay = Histogram(
            "newsbot_loop_delay_seconds", "How late the event loop is", registry=registry, buckets=_DELAYS
        )
        self._sizes = {
            name: Gauge(f"newsbot_{name}", text, registry=registry)
            for name, text in {
                "articles": "Articles",
                "passages": "Passages",
                "passages_pending": "Passages that are not encoded yet",
                "index_generation": "Generation of the index",
                "data_bytes": "Bytes in the data folder",
            }.items()
        }
        self._feeds = Gauge("newsbot_feeds", "Feeds, by their health", ["health"], registry=registry)
        self._failing = Gauge("newsbot_feeds_failing", "Feeds whose last reading failed", registry=registry)
        Gauge("newsbot_info", "The program", ["version"], registry=registry).labels(version("newsbot")).set(1)
        self._counted = -_FRESH

    @contextmanager
    def question(self) -> Iterator[Callable[[Answer], None]]:
        """Counts a question; what is yielded is to be called with its answer."""
        outcome, began = "failed", time.perf_counter()

        def answered(answer: Answer) -> None:
            nonlocal outcome
            outcome = "answered" if answer.answered else "nothing_found"

        try:
            yield answered
        except NewsbotError:
            outcome = "refused"
            raise
        finally:
            self._questions.labels(outcome).inc()
            self._seconds.observe(time.perf_counter() - began)

    def error(self, fault: Fault) -> None:
        """Counts somebody who did not get what they wanted."""
        self._errors.labels(fault.value).inc()

    def stage(self, name: str, seconds: float) -> None:
        """Takes down how long a step of an answer took."""
        self._stages.labels(name).observe(seconds)

    @asynccontextmanager
    async def served(self, bot: NewsBot, host: str, port: int) -> AsyncIterator[int]:
        """Serves ``/metrics``, ``/health`` and ``/ready`` until the block ends; yields the port.

        Raises NewsbotError where it cannot listen there.
        """

        async def show(_: web.Request) -> web.Response:
            await self._count(bot)
            return web.Response(
                body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
            )

        async def alive(_: web.Request) -> web.Response:
            return web.Response(text="alive\n")

        async def ready(_: web.Request) -> web.Response:
            lacks = bot.lacks()
            return web.Response(text=f"{lacks or 'ready'}\n", status=503 if lacks else 200)

        app = web.Application()
        app.add_routes([web.get("/metrics", show), web.get("/health", alive), web.get("/ready", ready)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        watching = asyncio.create_task(self._watch_the_loop(), name="loop delay")
        try:
            await _listen(runner, host, port)
            yield runner.addresses[0][1]
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await runner.cleanup()

    async def _watch_the_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _TICK
            await asyncio.sleep(_TICK)
            self._delay.observe(max(0.0, loop.time() - due))

    async def _count(self, bot: NewsBot) -> None:
        if not bot.is_open or time.monotonic() - self._counted < _FRESH:
            return
        self._counted = time.monotonic()
        stats, feeds = await bot.newsroom.stats(), await bot.newsroom.feeds()
        self._sizes["articles"].set(stats.coverage.articles)
        self._sizes["passages"].set(stats.passages)
        self._sizes["passages_pending"].set(stats.pending)
        self._sizes["index_generation"].set(stats.generation)
        self._sizes["data_bytes"].set(stats.size)
        states = [listed.feed.state for listed in feeds]
        for health in Health:
            self._feeds.labels(health.value).set(sum(state.health is health for state in states))
        self._failing.set(sum(bool(state.reason) for state in states))


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise NewsbotError(
            f"metrics cannot be served at {host}:{port} ({error.strerror}):"
            " choose another NEWSBOT_METRICS_PORT"
        ) from error
