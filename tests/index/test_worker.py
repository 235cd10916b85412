"""One thread, in which whoever waits for an answer goes first."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from index.worker import Worker, in_turn, take_turn


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

    def monotonic(self) -> float:
        return self.now


async def test_what_takes_long_comes_the_more_rarely_while_people_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, order, waiting = Clock(), list[str](), threading.Event()
    monkeypatch.setattr("index.worker.time", clock)
    worker = Worker()

    def work(name: str, seconds: float) -> None:
        clock.now += seconds
        order.append(name)

    await worker.run(work, "batch", 0.25)
    gate = asyncio.create_task(worker.run_urgent(waiting.wait, 30))
    await asyncio.sleep(0)
    jobs = [asyncio.create_task(worker.run(work, "batch", 0.25))]
    jobs += [asyncio.create_task(worker.run_urgent(work, "question", 1)) for _ in range(10)]
    await asyncio.sleep(0)
    waiting.set()
    await asyncio.gather(gate, *jobs)
    await worker.close()

    assert order == ["batch", *["question"] * 5, "batch", *["question"] * 5]


async def test_many_short_jobs_wait_for_people_no_longer_than_one_long_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, order, waiting = Clock(), list[str](), threading.Event()
    monkeypatch.setattr("index.worker.time", clock)
    worker = Worker()

    def work(name: str, seconds: float) -> None:
        clock.now += seconds
        order.append(name)

    gate = asyncio.create_task(worker.run_urgent(waiting.wait, 30))
    await asyncio.sleep(0)
    jobs = [asyncio.create_task(worker.run(work, "file", 0.005)) for _ in range(3)]
    jobs += [asyncio.create_task(worker.run_urgent(work, "question", 0.03)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting.set()
    await asyncio.gather(gate, *jobs)
    await worker.close()

    assert "".join(name[0] for name in order) == "qqqqqqqqq" + "f" + "qqqq" + "f" + "qqqq" + "f" + "qqq"


async def test_while_somebody_waits_neither_of_two_threads_does_what_is_not_urgent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, order, let_go = Clock(), list[str](), threading.Event()
    monkeypatch.setattr("index.worker.time", clock)
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
