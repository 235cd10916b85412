"""Kill newsbot at random moments, and see whether the next start finds everything as it was told.

    python -m benchmarks.durability [KILLS [SEED]]

A world of invented articles changes all the time: files get new articles, other versions, and lose some; a
feed on loopback brings more. Again and again a process is started that takes in the files ("index"), or so
many changes of them that the file of vectors is written anew without what is gone ("compact"), polls the feed
("poll"), encodes all with another model ("model"), polls as a version that makes vectors in another form than
those that there are, and so makes them anew ("form"), makes a backup and puts it back ("backup"), or opens a
database of the first version ("migrate"), and is killed with SIGKILL at a random moment of it. Then a new
process opens the data folder, and

- every article that was reported as added or changed before the kill is there, with that text;
- no article is there twice, nor one that nobody brought;
- FAISS, tantivy and SQLite hold the same passages, and SQLite finds nothing wrong with itself;
- the vectors that are searched are all of one model and one form, and while others are made none is missing;
- every quote of an answer stands in the text of its article, also while the form is changed;
- one run of the same work makes all as it should be, with nothing left to encode, and nothing is left over.

The model is the tests' tiny one: what is tested is what is written and when, not what the vectors mean. Of
what is removed so little is remembered that an index that a kill has left behind is often made anew.
Printed is a line for each kind of work; the exit status is 1 where anything was wrong.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from corpus.article import Article
from corpus.feeds import FeedLink
from corpus.store import articles as articles_module
from index import encoder as encoder_module
from index import newsroom as newsroom_module
from index.answer import Question
from index.encoder import PREPARATION
from index.newsroom import Newsroom
from index.runs import Run
from tests.conftest import HashingEmbedder

Texts = dict[str, str]  # by address

KINDS = ("index", "compact", "poll", "model", "form", "backup", "migrate")
_TITLES = {"title. text": 2.0, PREPARATION: 0.5}  # by form of a vector, the share of its article's title
_REMEMBERED = 100  # removed vectors: an "index" removes some 60, a "compact" 300
_FILES = 6
_ARTICLES = 12  # of a file, at first
_SHARES = {"index": 12, "compact": 2}  # of the articles of a file so many change, and as many go
_NEW = 8  # articles of the feed at each poll
_OLD = 2000  # articles of the database that is migrated
_SCHEMA = Path(__file__).parents[1] / "tests" / "corpus" / "schemas" / "v1.sql"
_WORDS = [
    start + end
    for start in ("ba", "do", "fe", "gi", "ku", "lam", "mo", "nor", "pel", "quin", "ros", "sul", "tav")
    for end in ("rin", "sel", "to", "ven")
]


@dataclass
class World:
    """What there is to be known: texts by address, of files and of the feed."""

    chance: Random
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    feed: dict[str, str] = field(default_factory=dict)
    model: str = "one"
    form: str = "title. text"
    moment: datetime = datetime(2026, 11, 24, tzinfo=UTC)
    made: int = 0

    def text(self) -> str:
        """Paragraphs that are like no others."""
        paragraph = [" ".join(self.chance.choices(_WORDS, k=40)).capitalize() + "." for _ in range(4)]
        return "\n\n".join(paragraph)

    def address(self, outlet: str) -> str:
        self.made += 1
        return f"https://{outlet}.example.com/{self.made}"

    def move_on(self, kind: str) -> None:
        """Change what this kind of work will find."""
        self.moment += timedelta(days=1)
        if kind == "poll":
            for url in self.chance.sample(sorted(self.feed), min(2, len(self.feed))):
                self.feed[url] = self.text()
            self.feed.update({self.address("radio"): self.text() for _ in range(_NEW)})
        elif kind == "model":
            self.model = {"one": "other", "other": "one"}[self.model]
        elif kind == "form":
            (self.form,) = _TITLES.keys() - {self.form}
        elif kind in _SHARES:
            for name in [f"{number}.jsonl" for number in range(_FILES)]:
                articles = self.files.setdefault(name, {})
                share = len(articles) // _SHARES[kind]
                for url in self.chance.sample(sorted(articles), share):
                    articles[url] = self.text()
                for url in self.chance.sample(sorted(articles), share):
                    del articles[url]
                while len(articles) < _ARTICLES:
                    articles[self.address("courier")] = self.text()

    def write(self, folder: Path) -> None:
        for name, articles in self.files.items():
            lines = [json.dumps({"url": url, "title": url, "text": text}) for url, text in articles.items()]
            (folder / name).write_text("\n".join(lines), encoding="utf-8")

    @property
    def articles(self) -> dict[str, str]:
        """All texts by address, as they are once all work is done."""
        return {url: text for file in (*self.files.values(), self.feed) for url, text in file.items()}


@dataclass(frozen=True)
class Job:
    """What a process is told to do."""

    kind: str
    folder: Path
    model: str
    form: str
    moment: datetime
    feed: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def set_up(self) -> None:
        """Have this process be of a version that makes vectors in the form, and remembers little."""
        newsroom_module.PREPARATION = self.form  # type: ignore[misc]
        encoder_module._TITLE = _TITLES[self.form]
        articles_module._REMOVALS = _REMEMBERED

    async def open(self) -> Newsroom:
        return await Newsroom.open(
            self.data,
            model=self.model,
            articles=[self.folder / "articles"],
            threshold=0.0,
            allowed_hosts=["localhost"],
            load=self._load,
            clock=lambda: self.moment,
        )

    def _load(self, name: str) -> HashingEmbedder:
        embedder = HashingEmbedder(name, salt=name)
        embedder.model = replace(embedder.model, preparation=self.form)
        return embedder

    async def work(self) -> None:
        """The work that is killed, and that is done to its end afterwards."""
        if self.kind == "migrate":
            await (await self.open()).close()
            return
        async with await self.open() as newsroom:
            if self.kind == "poll":
                await newsroom.import_feeds([FeedLink(self.feed, "")], take=None)
                await newsroom.poll(early=True)
            elif self.kind == "form":
                await newsroom.poll(early=True)
            elif self.kind == "backup":
                await newsroom.backup(self.folder / "copy.db", overwrite=True)
                await Newsroom.restore(self.data, self.folder / "copy.db")
            else:
                await newsroom.index([self.folder / "articles"])


def _do(job: Job, pipe: Connection) -> None:
    """In a process of its own: say what is reported, as it is reported."""
    note = Run.note

    def tell(run: Run, outcomes: Sequence[tuple[str, Any]]) -> None:
        pipe.send([(url, str(outcome)) for url, outcome in outcomes])
        note(run, outcomes)

    job.set_up()
    Run.note = tell  # type: ignore[method-assign]
    newsroom_module._COMMIT_SECONDS = 0.02  # many commits, and so many moments between two
    newsroom_module._CHUNK = 5
    pipe.send("ready")
    asyncio.run(job.work())
    pipe.send("done")


def _look(
    job: Job, told: dict[str, str], before: dict[str, str], after: dict[str, str], pipe: Connection
) -> None:
    """In a process of its own: what is wrong after a kill, at once and when the work is done.

    And how often an index was made anew since too little was remembered of what went.
    """
    job.set_up()
    behind = _Behind()
    logging.getLogger("index").addHandler(behind)
    logging.getLogger("index").setLevel(logging.INFO)
    pipe.send((asyncio.run(_problems(job, told, before, after)), behind.count))


class _Behind(logging.Handler):
    """Counts the indexes that were too far behind."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "too far behind" in record.getMessage()


async def _problems(
    job: Job, told: dict[str, str], before: dict[str, str], after: dict[str, str]
) -> list[str]:
    problems: list[str] = []
    async with await job.open() as newsroom:
        problems += [f"{name} is left over" for name in _left_over(job.data, "restored.")]
        stored = await _stored(newsroom)
        for url, outcome in told.items():
            if outcome != "unchanged" and stored.get(url) != after[url]:
                problems.append(f"{url} was reported as {outcome}, but is not there so")
        for url, text in stored.items():
            if text not in (before.get(url), after.get(url)):
                problems.append(f"{url} says what it never said")
        for url in before.keys() & after.keys() - stored.keys():
            problems.append(f"{url} is lost")
        problems += await newsroom.check()
        if job.kind != "migrate":
            problems += await _mixed(newsroom)
        if job.kind not in {"model", "migrate"}:
            problems += await _misquoted(newsroom, stored)
        if job.kind in {"model", "form"} and (pending := (await newsroom.stats()).pending):
            problems.append(f"{pending} passages have no vector that is searched")
    await job.work()
    async with await job.open() as newsroom:
        stored = await _stored(newsroom)
        if stored != after:
            problems.append(f"{len(stored)} articles in the end instead of {len(after)}, or others")
        stats = await newsroom.stats()
        if stats.pending:
            problems.append(f"{stats.pending} passages are left to encode")
        problems += await newsroom.check()
        if job.kind != "migrate":
            problems += await _misquoted(newsroom, after) + await _mixed(newsroom)
        problems += [f"{name} is left over" for name in _left_over(job.data, "restored.", ".part", ".gone")]
    if job.kind == "backup":
        restored = job.folder / "restored"
        await Newsroom.restore(restored, job.folder / "copy.db")
        async with await Newsroom.open(restored) as newsroom:
            if await _stored(newsroom) != after:
                problems.append("the backup does not hold all")
        shutil.rmtree(restored)
    return problems


async def _stored(newsroom: Newsroom) -> dict[str, str]:
    _, ids = await newsroom._store.text_ids()
    articles = [await newsroom._store.article(identity) for identity in ids]
    found = {one.url: _text(one) for one in articles if one}
    if len(found) != len(ids):
        raise ValueError("an article is there twice")
    return found


def _text(article: Article) -> str:
    return "\n\n".join(paragraph.text for paragraph in article.paragraphs)


async def _mixed(newsroom: Newsroom) -> list[str]:
    """Whether all vectors that are searched are what their model makes of their texts in its form."""
    model, vectors = newsroom._indexes.model, newsroom._indexes._live.vectors
    if model is None or vectors is None or not len(vectors):
        return []
    rows = await newsroom._store.titled_texts(vectors.ids.tolist())
    texts = sorted({text for _, title, text in rows} | {title for _, title, text in rows if title})
    made = dict(zip(texts, HashingEmbedder(salt=model.name).encode_passages(texts), strict=True))
    nothing, share = np.zeros(model.dimension), _TITLES[model.preparation]
    wanted = np.stack([made[text] + share * made.get(title, nothing) for _, title, text in rows])
    have = vectors.reconstruct(np.array([identity for identity, _, _ in rows]))
    cosines = (wanted * have).sum(axis=1) / np.linalg.norm(wanted, axis=1)
    wrong = int(np.count_nonzero(cosines < 0.999))
    return [f"{wrong} of {len(rows)} vectors are not of {model.name}, {model.preparation}"] if wrong else []


async def _misquoted(newsroom: Newsroom, articles: dict[str, str]) -> list[str]:
    problems = []
    for url in sorted(articles)[:: max(1, len(articles) // 3)]:
        asked = " ".join(articles[url].split()[3:9])
        answer = await newsroom.ask(Question(f"What of {asked}?", date(2026, 11, 24), limit=10))
        problems += [
            f"a quote is not in {one.url}"
            for one in answer.quotes
            if one.text not in articles.get(one.url, "")
        ]
        if not answer.quotes:
            problems.append("nothing is found")
    return problems


def _left_over(data: Path, *marks: str) -> list[str]:
    return [path.name for path in data.iterdir() if any(mark in path.name for mark in marks)]


class Trial:
    """The processes, and what was wrong."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Random(seed)
        self.folder = folder
        self.world = World(Random(seed + 1))
        self.seconds = dict.fromkeys(KINDS, 2.0)
        self.kills = dict.fromkeys(KINDS, 0)
        self.problems: list[str] = []
        self.behind = 0
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["tests.conftest", "faiss"])
        self._server = _serve(self.world)
        (folder / "articles").mkdir()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def run(self, kills: int) -> None:
        self._once("index", to_kill=False)
        while (number := sum(self.kills.values())) < kills:
            self._once(KINDS[number % len(KINDS)], to_kill=True)
            if self.problems:
                break

    def _once(self, kind: str, *, to_kill: bool) -> None:
        folder = self.folder
        before = self.world.articles
        self.world.move_on(kind)
        after = self.world.articles
        if kind == "migrate":
            folder = self.folder / "old"
            shutil.rmtree(folder, ignore_errors=True)
            before = after = _old_database(folder / "data")
        else:
            self.world.write(folder / "articles")
        port = self._server.server_address[1]
        model = "hashing" if kind == "migrate" else self.world.model
        feed = f"http://localhost:{port}/feed"
        job = Job(kind, folder, model, self.world.form, self.world.moment, feed)
        told, killed = self._start_and_kill(job) if to_kill else ({}, False)
        self.kills[kind] += killed
        ours, theirs = self._processes.Pipe()
        looking = self._processes.Process(target=_look, args=(job, told, before, after, theirs))
        looking.start()
        theirs.close()
        try:
            found, behind = ours.recv() if ours.poll(60) else (["the next start takes more than a minute"], 0)
        except EOFError:
            found, behind = ["the next start fails"], 0
        looking.kill()
        looking.join()
        self.behind += behind
        self.problems += [f"after kill {sum(self.kills.values())}, of {kind}: {one}" for one in found]

    def _start_and_kill(self, job: Job) -> tuple[dict[str, str], bool]:
        """What was reported before the kill, and whether it came before the end."""
        ours, theirs = self._processes.Pipe()
        process = self._processes.Process(target=_do, args=(job, theirs))
        process.start()
        theirs.close()
        ours.recv()
        began = time.monotonic()
        process.join(self.chance.uniform(0, self.seconds[job.kind]))
        told: dict[str, str] = {}
        process.kill()  # unless it has ended
        process.join()
        ended = False
        try:
            while True:
                message = ours.recv()
                ended |= message == "done"
                told.update(() if message == "done" else message)
        except EOFError:
            pass
        # The next moment is chosen from as long as the work takes, as far as that is known.
        elapsed = time.monotonic() - began
        self.seconds[job.kind] = 0.9 * elapsed if ended else max(self.seconds[job.kind], 1.1 * elapsed)
        return told, not ended


def _serve(world: World) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            items = "".join(
                f"<item><title>{url}</title><link>{url}</link><guid>{url}</guid>"
                f"<description>{''.join(f'&lt;p&gt;{one}&lt;/p&gt;' for one in text.split(chr(10) * 2))}"
                "</description></item>"
                for url, text in world.feed.items()
            )
            body = f"<rss version='2.0'><channel><title>Radio</title>{items}</channel></rss>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _old_database(data: Path) -> dict[str, str]:
    """A database of the first version with many articles; their texts."""
    data.mkdir(parents=True)
    with closing(sqlite3.connect(data / "newsbot.db")) as database:
        database.executescript(_SCHEMA.read_text(encoding="utf-8"))
        database.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO articles SELECT 1000 + i, 'https://old.example.com/' || i, 'Old ' || i, source,"
            " authors, published, day, section, language, content_hash, generation"
            " FROM n, articles WHERE id = 1",
            (_OLD,),
        )
        database.execute(
            "INSERT INTO paragraphs (article, position, kind, text)"
            " SELECT id, -1, 'title', title FROM articles WHERE id > 1000"
        )
        database.execute("INSERT INTO origins SELECT id, 'old', 0 FROM articles")
        database.commit()
        texts: dict[str, list[str]] = {}
        for url, text in database.execute(
            "SELECT url, text FROM articles LEFT JOIN paragraphs ON article = articles.id AND position >= 0"
            " ORDER BY articles.id, position"
        ):
            texts.setdefault(url, []).extend([text] if text else [])
    return {url: "\n\n".join(parts) for url, parts in texts.items()}


def main(kills: int, seed: int, say: Callable[[str], None] = print) -> list[str]:
    """Kill so many times; returns what was wrong."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        trial = Trial(Path(name), seed)
        try:
            trial.run(kills)
        finally:
            trial.close()
        for kind, number in trial.kills.items():
            say(f"{kind:<10}{number:>4} kills within {trial.seconds[kind]:.2f} s")
    say(f"{trial.behind} times an index was too far behind to be caught up, and made anew")
    say(f"{sum(trial.kills.values())} kills in {time.monotonic() - began:.0f} s, seed {seed}")
    for problem in trial.problems:
        say(problem)
    return trial.problems


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(bool(main(*(numbers + [200, 1][len(numbers) :]))))
