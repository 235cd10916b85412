"""Which engine searches words: tantivy against SQLite's FTS5, over the same passages in one run.

    python benchmarks/lexical.py DATA [QUESTIONS.jsonl]

DATA is a data folder. Its passages are indexed anew in a temporary folder, by FTS5 (porter) and by tantivy
(the project's lexicon; its index of articles is built too, but not counted as size). Each question is asked
for the 150 best passages by BM25 over title and text: in FTS5 by all of its words joined by OR, and by those
that are not stop words; in tantivy by what the project searches for. Printed are the median and the 99th
percentile in milliseconds of the second of two turns, and the size on disk.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.batch import Asked, read
from corpus.store import ArticleText, Store
from index.lexicon import Lexicon
from index.ranking import read_query
from index.words import STOP_WORDS, Reader, split

_LIMIT = 150


async def main(data: Path, questions: Path) -> None:
    """Index, search, and print the table."""
    with questions.open("rb") as file:
        asked = [one.question for one in read(questions.name, file, 3) if isinstance(one, Asked)]
    articles = await _articles(data)
    print(f"{sum(len(one.passages) for one in articles):,} passages, {len(asked)} questions")
    texts = [question.text for question in asked]
    print(f"{'':<24} median    p99  MB on disk  seconds to build")
    with tempfile.TemporaryDirectory() as name:
        _fts5(Path(name), articles, texts)
        _tantivy(Path(name), articles, texts)


def _fts5(folder: Path, articles: Sequence[ArticleText], texts: Sequence[str]) -> None:
    began = time.perf_counter()
    database = sqlite3.connect(folder / "fts5.db")
    database.execute("CREATE VIRTUAL TABLE passages USING fts5 (title, text, content='', tokenize='porter')")
    database.executemany(
        "INSERT INTO passages (rowid, title, text) VALUES (?, ?, ?)",
        ((number, one.title, text) for one in articles for number, text in one.passages),
    )
    database.execute("INSERT INTO passages (passages) VALUES ('optimize')")
    database.commit()
    built = time.perf_counter() - began

    def search(words: Sequence[str]) -> None:
        any_of = " OR ".join(f'"{word}"' for word in words)
        database.execute(
            "SELECT rowid, rank FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?", (any_of, _LIMIT)
        ).fetchall()

    every = [split(text) for text in texts]
    carrying = [[word for word in words if word.lower() not in STOP_WORDS] or words for words in every]
    size = (folder / "fts5.db").stat().st_size
    _report("FTS5, all words", search, every, size, built)
    _report("FTS5, no stop words", search, carrying, size, built)
    database.close()


def _tantivy(folder: Path, articles: Sequence[ArticleText], texts: Sequence[str]) -> None:
    began = time.perf_counter()
    reader = Reader()
    lexicon = Lexicon(folder / "lexicon", 1, reader)
    lexicon.update([], [articles], 1)
    lexicon.reload()
    built = time.perf_counter() - began
    queries = [read_query(text, 1, reader, lexicon.statistics) for text in texts]
    size = sum(file.stat().st_size for file in (folder / "lexicon" / "passages").iterdir())

    def search(terms: Sequence[str]) -> None:
        lexicon.passages(terms, _LIMIT)

    _report("tantivy, no stop words", search, [query.terms for query in queries], size, built)


def _report(
    name: str,
    search: Callable[[Sequence[str]], None],
    queries: Sequence[Sequence[str]],
    size: int,
    built: float,
) -> None:
    for _ in range(2):
        times = []
        for query in queries:
            began = time.perf_counter()
            search(query)
            times.append(1000 * (time.perf_counter() - began))
    median, high = np.quantile(times, (0.5, 0.99))
    print(f"{name:<24} {median:6.1f} {high:6.1f}  {size / 1e6:10.0f}  {built:16.0f}")


async def _articles(data: Path) -> list[ArticleText]:
    store = await Store.open(data / "newsbot.db")
    articles: list[ArticleText] = []
    while batch := await store.articles_since(0, articles[-1].id if articles else 0):
        articles += batch
    await store.close()
    return articles


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    shared = Path(os.environ.get("NEWSBOT_SHARED", "../shared"))
    development = shared / "news_qa/dev/questions.jsonl"
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else development))
