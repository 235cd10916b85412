"""How long an answer takes, stage by stage.

    python benchmarks/search.py DATA [QUESTIONS.jsonl]

DATA is a data folder; the questions are by default those of the development set, in
NEWSBOT_SHARED/news_qa/dev (NEWSBOT_SHARED is ../shared by default). They are asked one after the other for
three quotes, first as anybody asks in Discord, then as of their days, which hides what is newer. The process
is as warm as a bot a few minutes after its start: model and indexes are loaded and the words of passages are
read, but in the first turn no question has been asked before. Printed are the median and the 99th percentile
in milliseconds, of time and of CPU time, which other programs on the machine lengthen less. A stage is timed
where ``ask`` calls it, so that nothing is timed that does not happen; what is in no stage goes from thread to
thread, and groups what is alike.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.batch import Asked, read
from index import indexes as searches
from index import retriever
from index.newsroom import Newsroom

Clocks = npt.NDArray[np.float64]  # seconds of time, seconds of CPU time
Times = defaultdict[str, Clocks]


async def main(data: Path, questions: Path) -> None:
    """Ask, and print the table."""
    with questions.open("rb") as file:
        asked = [one.question for one in read(questions.name, file, 3) if isinstance(one, Asked)]
    async with await Newsroom.open(data) as newsroom:
        await newsroom.warm_up()
        began = _now()
        await newsroom._indexes.read_ahead()
        seconds, cpu = _now() - began
        print(f"words of all passages read in {seconds:.1f} s ({cpu:.1f} of CPU)")
        stats = await newsroom.stats()
        print(f"{stats.passages:,} passages, {len(asked)} questions, {os.cpu_count()} cores")
        await newsroom.ask(asked[-1])
        times: Times = defaultdict(lambda: np.zeros(2))
        _instrument(newsroom, times)
        for turn, as_of in (("as anybody asks", False), ("as of their days", True)):
            rows = []
            for question in asked:
                times.clear()
                began = _now()
                await newsroom.ask(replace(question, as_of=as_of))
                times["all"] = _now() - began
                times["without the encoder"] = times["all"] - times["encode"]
                rows.append(dict(times))
            print(f"\n{turn:<22} median    p99    CPU    p99")
            for stage in (*STAGES, "without the encoder", "all"):
                values = 1000 * np.array([row.get(stage, np.zeros(2)) for row in rows])
                (wall, cpu), (most, most_cpu) = np.median(values, axis=0), np.quantile(values, 0.99, axis=0)
                print(f"{stage:<22} {wall:6.1f} {most:6.1f} {cpu:6.1f} {most_cpu:6.1f}")


STAGES = ("encode", "dense", "lexical", "search, other", "fetch", "measure", "rank", "sentences, quotes")


def _now() -> Clocks:
    return np.array([time.perf_counter(), time.process_time()])


def _instrument(newsroom: Newsroom, times: Times) -> None:
    indexes = newsroom._indexes
    timed(newsroom._encoder, "question", "encode", times)
    timed(searches, "_near", "dense", times)
    timed(indexes.lexicon, "articles", "lexical", times)
    timed(indexes.lexicon, "passages", "lexical", times)
    timed(newsroom._store, "passages", "fetch", times)
    timed(indexes, "measure", "measure", times)
    timed(retriever.Scorer, "rank", "rank", times)
    timed(newsroom._retriever, "_quotes", "sentences, quotes", times)
    search = indexes.search

    def rest(*arguments: Any) -> Any:
        before, began = times["dense"] + times["lexical"], _now()
        found = search(*arguments)
        times["search, other"] += _now() - began - (times["dense"] + times["lexical"] - before)
        return found

    indexes.search = rest  # type: ignore[method-assign]


def timed(
    owner: Any, name: str, stage: str, times: defaultdict[str, Any], clock: Callable[[], Any] = _now
) -> None:
    """Have the time that a function of ``owner`` takes, by ``clock``, added to its stage."""
    function: Callable[..., Any] = getattr(owner, name)

    async def waited(*arguments: Any, **named: Any) -> Any:
        began = clock()
        result: Awaitable[Any] = function(*arguments, **named)
        try:
            return await result
        finally:
            times[stage] += clock() - began

    def called(*arguments: Any, **named: Any) -> Any:
        began = clock()
        try:
            return function(*arguments, **named)
        finally:
            times[stage] += clock() - began

    setattr(owner, name, waited if asyncio.iscoroutinefunction(function) else called)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    shared = Path(os.environ.get("NEWSBOT_SHARED", "../shared"))
    development = shared / "news_qa/dev/questions.jsonl"
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else development))
