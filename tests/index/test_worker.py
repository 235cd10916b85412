"""One thread, in which whoever waits for an answer goes first."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from index.worker import Worker, in_turn, take_turn

Job = tuple[str, float]


async def test_everything_runs_in_one_thread_that_is_not_the_event_loops() -> None:
    worker = Worker()
    names = {await worker.run(threading.get_ident) for _ in range(3)}
    names.add(await worker.run_urgent(threading.get_ident))
    await worker.close()
    assert len(names) == 1
    assert threading.get_ident() not in names


async def test_urgent_work_overtakes_what_waits() -> None:
    worker = Worker()
    gate = threading.Event()
    order: list[str] = []
    first = await _occupy(worker, gate)
    jobs = [asyncio.create_task(worker.run(order.append, name)) for name in ("batch 1", "batch 2")]
    jobs.append(asyncio.create_task(worker.run_urgent(order.append, "question")))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *jobs)
    await worker.close()
    assert order == ["question", "batch 1", "batch 2"]


async def test_the_steps_of_a_question_follow_each_other() -> None:
    worker = Worker()
    gate = threading.Event()
    order: list[str] = []
    first = await _occupy(worker, gate)
    batch = asyncio.create_task(worker.run(order.append, "batch"))

    async def question() -> None:
        for step in ("encode", "search", "measure"):
            await worker.run_urgent(order.append, step)

    asked = asyncio.create_task(question())
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, batch, asked)
    await worker.close()
    assert order == ["encode", "search", "measure", "batch"]


@pytest.mark.parametrize("taken_before", [False, True])
async def test_who_came_first_is_done_first_with_all_steps(taken_before: bool) -> None:
    worker = Worker()
    gate = threading.Event()
    order: list[str] = []
    occupied = await _occupy(worker, gate)

    async def question(name: str, late: asyncio.Event | None = None) -> None:
        if taken_before:
            take_turn()
            if late:
                await late.wait()
        with in_turn():
            if late:
                await late.wait()
            for step in ("encode", "search"):
                await worker.run_urgent(order.append, f"{step} {name}")

    held_up = asyncio.Event()
    asked = [asyncio.create_task(question("1", held_up))]
    asked += [asyncio.create_task(question(name)) for name in ("2", "3")]
    await asyncio.sleep(0)
    held_up.set()
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(occupied, *asked)
    await worker.close()

    assert [step for step in order if "encode" in step] == ["encode 1", "encode 2", "encode 3"]
    assert [step for step in order if "search" in step] == ["search 1", "search 2", "search 3"]


@pytest.mark.parametrize("beside", [False, True])
async def test_who_asks_all_the_time_cannot_keep_the_rest_from_being_done(beside: bool) -> None:
    worker = Worker()
    other = worker.beside("other") if beside else worker
    batches = [asyncio.create_task(other.run(lambda: None)) for _ in range(3)]
    while not all(batch.done() for batch in batches):  # without an end to patience, for ever
        await asyncio.gather(*(worker.run_urgent(lambda: None) for _ in range(3)))
    await worker.close()
    await other.close()


async def _occupy(worker: Worker, gate: threading.Event) -> asyncio.Task[bool]:
    """Keep the worker busy until the gate opens; returns once it is."""
    busy = threading.Event()

    def wait() -> bool:
        busy.set()
        return gate.wait()

    task = asyncio.create_task(worker.run_urgent(wait))
    await asyncio.to_thread(busy.wait)
    return task


async def test_an_error_reaches_who_asked_and_the_thread_goes_on() -> None:
    worker = Worker()
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0)
    assert await worker.run(lambda: "still here") == "still here"
    await worker.close()


async def test_closing_drops_what_waits_and_takes_nothing_more() -> None:
    worker = Worker()
    gate = threading.Event()
    running = await _occupy(worker, gate)
    waiting = asyncio.create_task(worker.run(lambda: "never"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(worker.close())
    await asyncio.sleep(0)
    gate.set()
    await closing
    assert await running
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(RuntimeError, match="closed"):
        await worker.run(lambda: None)


class Clock:
    """Instead of time, what the jobs say that they took."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.done: list[str] = []

    def work(self, name: str, seconds: float) -> None:
        self.now += seconds
        self.done.append(name)

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("index.worker.time", clock)
    return clock


async def _work(worker: Worker, clock: Clock, others: Sequence[Job], urgent: Sequence[Job]) -> None:
    """Have jobs done that are all there at once, as names and the seconds that they take."""
    gate = threading.Event()
    occupied = await _occupy(worker, gate)
    jobs = [asyncio.create_task(worker.run(clock.work, *one)) for one in others]
    jobs += [asyncio.create_task(worker.run_urgent(clock.work, *one)) for one in urgent]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(occupied, *jobs)


async def test_what_takes_long_comes_the_more_rarely_while_people_ask(clock: Clock) -> None:
    worker = Worker()
    await worker.run(clock.work, "batch", 0.25)
    await _work(worker, clock, [("batch", 0.25)], [("question", 1)] * 10)
    await worker.close()

    assert clock.done == ["batch", *["question"] * 5, "batch", *["question"] * 5]


async def test_many_short_jobs_wait_for_people_no_longer_than_one_long_one(clock: Clock) -> None:
    worker = Worker()
    await _work(worker, clock, [("file", 0.005)] * 3, [("question", 0.03)] * 20)
    await worker.close()

    assert "".join(name[0] for name in clock.done) == "qqqqqqqqq" + "f" + "qqqq" + "f" + "qqqq" + "f" + "qqq"


async def test_while_somebody_waits_neither_of_two_threads_does_what_is_not_urgent(clock: Clock) -> None:
    order, let_go = list[str](), threading.Event()
    worker = Worker()
    other = worker.beside("other")

    question = asyncio.create_task(worker.run_urgent(let_go.wait))
    await asyncio.sleep(0)
    batch = asyncio.create_task(other.run(order.append, "batch"))
    await asyncio.sleep(0.1)  # in which the other, which has nothing else to do, would do it
    assert order == []
    assert other.is_asked()

    let_go.set()
    await question
    clock.now += 0.1
    await batch
    await worker.close()
    await other.close()
