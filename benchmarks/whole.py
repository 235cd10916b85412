"""How a whole question, and taking in one article, grow with the number of passages.

    python -m benchmarks.whole DATA FOLDER SIZE...

DATA is a data folder with an index, into which the development set was indexed; the questions are those of
the development set, in NEWSBOT_SHARED/news_qa/dev (NEWSBOT_SHARED is ../shared by default). In FOLDER a data
folder is made, or grown if it is there from an earlier run, to each SIZE in passages. Its articles are real
ones, each with half of its sentences exchanged for sentences of another; days and outlets are real ones too.
The vector of a new passage is a real one, moved as in large.py. Printed are medians in milliseconds and
the 99th percentiles: each stage of a question, without a filter, of one outlet, of the fortnight
before the question's day; then what an article that comes takes until it is found, by step, and what the
store needs to be counted. Stages are CPU time, which other programs on the machine lengthen less. The lexical
index and the vectors are those of newsbot, so that the first run at a size takes minutes. Writes whole.svg
beside this file.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt

from benchmarks.large import Panel, draw, memory, moved
from benchmarks.search import timed
from bot.batch import Asked, read
from corpus.article import Article, Paragraph
from corpus.store import Store
from index import indexes as searches
from index import retriever
from index.answer import Question
from index.newsroom import Newsroom

STAGES = (
    *("encode", "coverage", "filter", "dense", "words: articles"),
    *("words: passages", "figures", "fetch", "measure", "rank", "all"),
)
PANELS: tuple[Panel, ...] = (
    ("search by words, ms of CPU", "words: passages", 0.0, 60.0, 50.0),
    ("all but the encoder, ms of CPU", "all", 0.0, 60.0, 50.0),
    ("memory of the process, MB", "memory", 0.0, 4500.0, 4096.0),
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_PUT = 200  # articles that are stored at once


async def main(data: Path, folder: Path, sizes: Sequence[int], questions: Path) -> None:
    """Grow, ask, and print, at every size."""
    with questions.open("rb") as file:
        asked = [one.question for one in read(questions.name, file, 3) if isinstance(one, Asked)]
    real = await _Real.of(data)
    rows = []
    for size in sizes:
        await _grow(folder, real, size)
        began = time.perf_counter()
        async with await Newsroom.open(folder) as newsroom:
            await newsroom.warm_up()
            opened = time.perf_counter() - began
            await newsroom._indexes.save()
            rows.append(await _report(newsroom, asked, opened))
            await _change(newsroom, real)
    Path(__file__).with_suffix(".svg").write_text(draw(rows, PANELS))


@dataclass(frozen=True)
class _Real:
    """Real articles, and the vectors of their paragraphs in order, float32."""

    articles: list[Article]
    vectors: npt.NDArray[np.float32]

    @classmethod
    async def of(cls, data: Path) -> _Real:
        store = await Store.open(data / "newsbot.db")
        articles: list[Article] = []
        sources = {one.id: one.source for one in await store.article_facts()}
        after = 0
        while batch := await store.articles_since(0, after):
            after = batch[-1].id
            headlines = await store.headlines([one.id for one in batch])
            for one in batch:
                texts = tuple(Paragraph(text) for _, text in one.passages)
                published = headlines[one.id][3]
                articles.append(Article("", one.title, texts, source=sources[one.id], published=published))
        model = await store.active_model()
        assert model is not None
        vectors = []
        async for rows in store.vectors_since(model.id, -1, await store.generation()):
            vectors += [np.frombuffer(vector, "<f2") for _, _, vector in rows]
        await store.close()
        return cls(articles, np.stack(vectors).astype(np.float32))

    def made(self, first: int) -> Iterator[Article]:
        """Articles without end, all different, those from a number on."""
        sentences: dict[int, list[list[str]]] = {}

        def of(place: int) -> list[list[str]]:
            if place not in sentences:
                texts = self.articles[place].paragraphs
                sentences[place] = [_SENTENCE.split(one.text) for one in texts]
            return sentences[place]

        for number in range(first, sys.maxsize):
            chance = random.Random(number)
            base, other = (chance.randrange(len(self.articles)) for _ in range(2))
            article, theirs = self.articles[base], of(other)
            paragraphs = tuple(
                Paragraph(" ".join(_mixed(lines, theirs[place % len(theirs)] if theirs else lines)))
                for place, lines in enumerate(of(base))
            )
            title = " ".join(_mixed(article.title.split(), self.articles[other].title.split()))
            url = f"https://news.example.com/{number}"
            yield replace(article, url=url, title=title, paragraphs=paragraphs)


def _mixed(ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    return [theirs[place % len(theirs)] if theirs and place % 2 else one for place, one in enumerate(ours)]


async def _grow(folder: Path, real: _Real, size: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    store = await Store.open(folder / "newsbot.db")
    source = await Store.open(Path(sys.argv[1]) / "newsbot.db")
    active = await source.active_model()
    await source.close()
    assert active is not None
    model = await store.register_model(active)
    counts = await store.counts()
    passages, run = counts.passages, await store.new_run()
    articles = real.made(counts.articles)
    random = np.random.default_rng(passages)
    while passages < size:
        batch = list(islice(articles, _PUT))
        await store.put([(article, "made") for article in batch], run)
        read_at = await store.generation()
        ids = await store.pending(model.id)
        vectors = moved(real.vectors, len(ids), random).astype("<f2")
        await store.add_vectors(
            model.id, [(one, vector.tobytes()) for one, vector in zip(ids, vectors, strict=True)], read_at
        )
        await store.note_encoded(model.id, read_at)
        passages += sum(len(article.paragraphs) for article in batch)
    await store.close()


async def _report(newsroom: Newsroom, asked: Sequence[Question], opened: float) -> dict[str, float]:
    stats = await newsroom.stats()
    print(f"\n{stats.passages:,} passages, {stats.coverage.articles:,} articles, {memory():.0f} MB,")
    print(f"opened in {opened:.1f} s; the load was {os.getloadavg()[0]:.1f}")
    times: defaultdict[str, float] = defaultdict(float)
    _instrument(newsroom, times)
    sources = sorted(await newsroom.sources(), key=lambda one: one.articles)
    some = sources[len(sources) // 2].name
    turns: dict[str, Callable[[Question], Question]] = {
        "all": lambda one: one,
        "one outlet": lambda one: replace(one, sources=(some,)),
        "the largest": lambda one: replace(one, sources=(sources[-1].name,)),
        "a fortnight": lambda one: replace(one, since=one.asked - timedelta(14), until=one.asked),
    }
    table: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for turn in turns.values():
        rows = []
        for question in asked:
            times.clear()
            began = process_time()
            await newsroom.ask(turn(question))
            times["all"] = process_time() - began - times["encode"]
            rows.append([1000 * times[stage] for stage in STAGES])
        for stage, column in zip(STAGES, np.array(rows).T, strict=True):
            table[stage].append((float(np.median(column)), float(np.quantile(column, 0.99))))
    print(f"{'':<20}" + "".join(f"{name:>16}" for name in turns))
    for stage, cells in table.items():
        print(f"{stage:<20}" + "".join(f"{median:8.1f}{high:8.1f}" for median, high in cells))
    medians = {stage: cells[0][0] for stage, cells in table.items()}
    return {"passages": float(stats.passages), "memory": memory(), **medians}


async def _change(newsroom: Newsroom, real: _Real) -> None:
    """What one article more takes until it is found."""
    store, indexes = newsroom._store, newsroom._indexes
    times: defaultdict[str, float] = defaultdict(float)
    for name in ("_catch_up_words", "_catch_up_catalogue", "_add_changes", "catch_up"):
        timed(indexes, name, name.strip("_").replace("_", " "), times, process_time)
    timed(newsroom, "stats", "stats", times, process_time)
    rows = []
    for article in islice(real.made((await store.counts()).articles), 9):
        times.clear()
        await store.put([(article, "made")], await store.new_run())
        read_at, model = await store.generation(), await store.active_model()
        assert model is not None
        ids = await store.pending(model.id)
        blobs = [vector.tobytes() for vector in real.vectors[: len(ids)].astype("<f2")]
        await store.add_vectors(model.id, list(zip(ids, blobs, strict=True)), read_at)
        await store.note_encoded(model.id, read_at)
        await indexes.catch_up()
        await newsroom.stats()
        rows.append(dict(times))
    for name in rows[0]:
        print(f"one article: {name:<20} {1000 * float(np.median([row[name] for row in rows])):8.1f}")


def _instrument(newsroom: Newsroom, times: defaultdict[str, float]) -> None:
    indexes = newsroom._indexes
    for owner, name, stage in (
        (newsroom._encoder, "question", "encode"),
        (indexes, "coverage", "coverage"),
        (searches, "_near", "dense"),
        (indexes._live.catalogue, "allowed_articles", "filter"),
        (indexes.lexicon, "articles", "words: articles"),
        (indexes.lexicon, "passages", "words: passages"),
        (indexes, "_figures", "figures"),
        (newsroom._store, "passages", "fetch"),
        (indexes, "measure", "measure"),
        (retriever.Scorer, "rank", "rank"),
    ):
        timed(owner, name, stage, times, process_time)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    shared = Path(os.environ.get("NEWSBOT_SHARED", "../shared"))
    development = shared / "news_qa/dev/questions.jsonl"
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), [*map(int, sys.argv[3:])], development))
