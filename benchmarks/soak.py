"""A year in an hour: what the bot's newsroom holds of memory, files and threads as time goes by.

    python -m benchmarks.soak [--questions 100000] [--reindexes 500] [--data DATA] [--json ROWS.jsonl]
    python -m benchmarks.soak --draw ROWS.jsonl

One process does what the bot does, with the real model, FAISS, tantivy and SQLite, on invented articles: ten
questions at a time are asked, some of one outlet or one week; answers are kept, voted on, paged through and
forgotten after their thirty days by a clock that goes through a year. Meanwhile files get new articles, other
versions and lose some, a feed on loopback brings more, half of it to be fetched from pages, and what it
brought before is removed: there are always as many articles. DATA is a data folder, of which a copy is begun
with; else it begins empty.

After the warm-up, a tenth of all, and then every 5 % there is a line: resident memory of this process (and
the part of it that is no file), that of its children, open descriptors, threads, and the data folder in MB,
with the database, its log and the number of files. The last lines are the change since the warm-up, and what
does not agree in the end. With ``--draw`` soak.svg beside this file is drawn of the rows of a run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from corpus.feeds import FeedLink
from corpus.store.answerlog import Place
from index.answer import Question
from index.newsroom import Newsroom

AT_ONCE = 10
FILES, ARTICLES = 40, 15  # and in each file so many articles
FRESH = 2  # articles that come, change and go at a time, in each of two files; and entries of the feed
ENTRIES = 30  # that the feed shows
BEGIN = datetime(2025, 11, 24, tzinfo=UTC)
YEAR = timedelta(days=365)
WARM_UP, STEP = 0.1, 0.05
PLACE = Place(asker=1, guild=2, channel=3, private=False)
OUTLETS = ("The Courier", "The Lantern", "Radio North", "The Standard", "")
PANELS = {  # title: column, highest value
    "memory, MB": "rss",
    "of which no file, MB": "anonymous",
    "descriptors": "descriptors",
    "threads": "threads",
    "data folder, MB": "folder",
}


class World:
    """What there is to be known: articles in files, and in a feed, that change as the days go by."""

    def __init__(self, folder: Path, chance: random.Random, articles: int) -> None:
        self.chance = chance
        self.of_a_file = articles
        self.moment = BEGIN
        self.made = 0
        self.folder = folder
        self.articles, self.site = folder / "articles", folder / "site"
        self.articles.mkdir()
        self.site.mkdir()
        self.files: dict[str, dict[str, dict[str, str]]] = {f"{n}.jsonl": {} for n in range(FILES)}
        self.feed: list[dict[str, str]] = []
        self.passed: list[str] = []  # addresses of the feed's articles, the oldest first
        for name in self.files:
            self.change(name)
            self.write(name)

    def article(self, url: str) -> dict[str, str]:
        """Some paragraphs about people and places that never were."""
        chance = self.chance
        title = f"{self.name()} {chance.choice(DEEDS)} {chance.choice(THINGS)} of {self.name()}"
        texts = [" ".join(self.sentence() for _ in range(3)) for _ in range(chance.randint(3, 6))]
        day = self.moment.date() - timedelta(days=chance.randrange(20))
        outlet = chance.choice(OUTLETS)
        return {
            "url": url,
            "title": title,
            "text": "\n\n".join(texts),
            "published": str(day),
            "source": outlet,
        }

    def name(self) -> str:
        """One of some thousand names."""
        return "".join(self.chance.choices(SYLLABLES, k=self.chance.choice((2, 2, 3)))).title()

    def sentence(self) -> str:
        chance = self.chance
        return (
            f"{self.name()} of the {chance.choice(BODIES)} {chance.choice(DEEDS)} the {chance.choice(THINGS)}"
            f" in {self.name()} {chance.choice(WHEN)}, which cost {chance.randrange(2, 900)} crowns."
        )

    def question(self) -> Question:
        """About what there is, about what there never was, and with limits now and then."""
        chance = self.chance
        article = chance.choice(list(self.files[chance.choice(list(self.files))].values()))
        words = chance.choice(article["text"].split(". ")).split()
        start = chance.randrange(max(1, len(words) - 8))
        texts = (
            f"Who {chance.choice(DEEDS)} the {chance.choice(THINGS)} in {self.name()}?",
            f"What of {' '.join(words[start : start + 7])}?",
            f"When was it that {' '.join(words[:5])}, and what did it cost?",
        )
        outlets = (chance.choice(OUTLETS[:-1]),) if chance.random() < 0.1 else ()
        today = self.moment.date()
        since = today - timedelta(days=7) if chance.random() < 0.1 else None
        return Question(chance.choice(texts), today, since=since, sources=outlets)

    def address(self, outlet: str) -> str:
        self.made += 1
        return f"https://{outlet}.example.com/{self.made}"

    def change(self, name: str) -> None:
        """Some articles of a file go, some say something else, others come."""
        articles = self.files[name]
        for url in self.chance.sample(sorted(articles), min(FRESH, len(articles))):
            del articles[url]
        for url in self.chance.sample(sorted(articles), min(FRESH, len(articles))):
            articles[url] = articles[url] | {"text": articles[url]["text"] + "\n\n" + self.sentence()}
        while len(articles) < self.of_a_file:
            url = self.address("courier")
            articles[url] = self.article(url)

    def write(self, name: str) -> None:
        lines = [json.dumps(article) for article in self.files[name].values()]
        (self.articles / name).write_text("\n".join(lines), encoding="utf-8")

    def move_on(self, port: int) -> list[str]:
        """Change two files and the feed; returns the addresses of articles to be removed."""
        for name in self.chance.sample(list(self.files), 2):
            self.change(name)
            self.write(name)
        for number in range(FRESH):
            self.made += 1
            one = self.article(f"http://localhost:{port}/{self.made}.html")
            one["whole"] = "yes" if number % 2 else ""
            self.feed.insert(0, one)
            self.passed.append(one["url"])
            told = "".join(f"<p>{text}</p>" for text in one["text"].split("\n\n"))
            (self.site / f"{self.made}.html").write_text(
                f"<html><head><title>{one['title']}</title></head><body><article><h1>{one['title']}</h1>{told}"
                "</article></body></html>"
            )
        for old in self.feed[ENTRIES:]:
            (self.site / old["url"].rpartition("/")[2]).unlink()
        del self.feed[ENTRIES:]
        items = []
        for one in self.feed:
            texts = one["text"].split("\n\n")[: None if one["whole"] else 1]
            told = "".join(f"&lt;p&gt;{text}&lt;/p&gt;" for text in texts)
            items.append(
                f"<item><title>{one['title']}</title><link>{one['url']}</link><guid>{one['url']}</guid>"
                f"<description>{told}</description></item>"
            )
        feed = self.site / "feed.xml"
        feed.write_text(f"<rss version='2.0'><channel><title>North</title>{''.join(items)}</channel></rss>")
        os.utime(feed, (BEGIN.timestamp() + self.made,) * 2)  # as the server's dates know only seconds
        gone, self.passed = self.passed[:-ENTRIES], self.passed[-ENTRIES:]
        return gone


async def main(options: argparse.Namespace) -> None:
    """Let the year go by, and print a line for each part of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.data:
            shutil.copytree(options.data, folder / "data")

        def look(row: dict[str, float]) -> None:
            if options.json:
                with options.json.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            print(_line(row), flush=True)

        print(_HEAD)
        rows, problems = await soak(folder, options.questions, options.reindexes, look, seed=options.seed)
        print(f"{time.process_time():.0f} s of CPU")
        _print_change(rows)
        print("\n".join(problems) or "FAISS, tantivy and SQLite agree")


async def soak(
    folder: Path,
    questions: int,
    reindexes: int,
    look: Callable[[dict[str, float]], None] = lambda row: None,
    *,
    seed: int = 6,
    articles: int = ARTICLES,
    **options: Any,
) -> tuple[list[dict[str, float]], list[str]]:
    """Let a year go by in ``folder``; what was seen at each step, and what was wrong in the end.

    ``look`` is told of each row as it is seen; there are so many ``articles`` in each file, and ``options``
    are for the newsroom.
    """
    world = World(folder, random.Random(seed), articles)
    data = folder / "data"
    with _site(world.site) as port:
        async with await Newsroom.open(
            data,
            articles=[world.articles],
            allowed_hosts=["localhost"],
            clock=lambda: world.moment,
            **options,
        ) as newsroom:
            await newsroom.warm_up()
            await newsroom.reindex()
            await newsroom.import_feeds([FeedLink(f"http://localhost:{port}/feed.xml", "")], take=None)
            year = _Year(newsroom, world, port, questions, reindexes)
            rows = []
            async for done in year.go_by():
                rows.append(year.so_far(done) | _memory() | _files(data))
                look(rows[-1])
            return rows, await newsroom.check()


class _Year:
    """The questions and the runs."""

    def __init__(self, newsroom: Newsroom, world: World, port: int, questions: int, reindexes: int) -> None:
        self.newsroom = newsroom
        self.world = world
        self.port = port
        self.questions, self.reindexes = questions, reindexes
        self.asked = self.answered = self.runs = self.failures = 0

    async def go_by(self) -> AsyncIterator[float]:
        """All of it; stops at the end of the warm-up and of each step, and says which share is done."""
        due = WARM_UP
        for number in range(self.reindexes):
            until = self.questions * (number + 1) // self.reindexes
            await asyncio.gather(self._ask(until), self._take_in())
            done = (number + 1) / self.reindexes
            if done >= due - 1e-9:
                yield done
                due += STEP

    def so_far(self, done: float) -> dict[str, float]:
        return {
            "done": done,
            "questions": self.asked,
            "runs": self.runs,
            "answered": self.answered,
            "failures": self.failures,
            "seconds": time.process_time(),
            "tasks": len(asyncio.all_tasks()),
        }

    async def _ask(self, until: int) -> None:
        async def member() -> None:
            while self.asked < until:
                self.asked += 1
                self.world.moment += YEAR / self.questions
                await self._one(self.asked)

        await asyncio.gather(*(member() for _ in range(AT_ONCE)))

    async def _one(self, number: int) -> None:
        answer = await self.newsroom.ask(self.world.question())
        self.answered += answer.answered
        page = await self.newsroom.answers.keep(answer, PLACE, size=1)
        if number % 20 == 0:
            await self.newsroom.answers.vote(page.id, member=number % 7, good=number % 3 > 0)
        if number % 10 == 0 and page.pages > 1:
            await self.newsroom.answers.page(page.id, 1)
        if number % 100 == 0:
            await self.newsroom.answers.sweep()
            await self.newsroom.examples(self.world.moment.date())

    async def _take_in(self) -> None:
        gone = self.world.move_on(self.port)
        diff = await self.newsroom.reindex()
        self.failures += len(diff.failed)
        if gone:
            await self.newsroom.remove(gone)
        self.runs += 1


_HEAD = (
    "    %  questions  runs  CPU s   MB RSS  no file  children  fds  threads  folder MB     db  log  files"
    "  answered  failures"
)


def _line(row: dict[str, float]) -> str:
    return (
        f"{100 * row['done']:5.0f} {row['questions']:10,} {row['runs']:5} {row['seconds']:6.0f}"
        f" {row['rss']:8.1f} {row['anonymous']:8.1f} {row['children']:9.1f} {row['descriptors']:4}"
        f" {row['threads']:8} {row['folder']:10.1f} {row['database']:6.1f} {row['log']:4.1f}"
        f" {row['files']:6} {row['answered']:9,} {row['failures']:9}"
    )


def _print_change(rows: Sequence[dict[str, float]]) -> None:
    first, last = rows[0], rows[-1]
    told = [
        f"{name} {first[key]:g} → {last[key]:g} ({100 * (last[key] / first[key] - 1):+.1f} %)"
        for name, key in PANELS.items()
    ]
    print("since the warm-up:", "; ".join(told))


# -- looking at the process and the folder


def _memory() -> dict[str, float]:
    """MB and counts, from the system's own books."""
    status = _status(os.getpid())
    children = Path("/proc/self/task").glob("*/children")
    numbers = [int(child) for file in children for child in file.read_text().split()]
    return {
        "rss": round(status["VmRSS"] / 1024, 1),
        "anonymous": round(status["RssAnon"] / 1024, 1),
        "children": round(sum(_status(number).get("VmRSS", 0) for number in numbers) / 1024, 1),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": status["Threads"],
    }


def _status(process: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = [line.split()[:2] for line in lines if line.startswith(("VmRSS", "RssAnon", "Threads"))]
    return {name.rstrip(":"): int(value) for name, value in pairs}


def _files(data: Path) -> dict[str, float]:
    files = [file for file in data.rglob("*") if file.is_file()]
    sizes = {file.name: file.stat().st_size / 1e6 for file in files}
    return {
        "folder": round(sum(file.stat().st_size for file in files) / 1e6, 1),
        "database": round(sizes["newsbot.db"], 1),
        "log": round(sizes.get("newsbot.db-wal", 0.0), 1),
        "files": len(files),
    }


@contextmanager
def _site(folder: Path) -> Iterator[int]:
    """A web server on loopback, in a process of its own, that gives the files of a folder."""
    code = (
        "import functools, http.server, sys\n"
        "handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])\n"
        "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)\n"
        "print(server.server_address[1], flush=True); server.serve_forever()"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


# -- drawing


def draw(rows: Sequence[dict[str, float]]) -> str:
    """A panel for each column, from the warm-up to the end; the dashed line is where it began."""
    size = f'width="{200 * len(PANELS) + 20}" height="200" font-family="sans-serif" font-size="11"'
    panels = "".join(_panel(20 + 200 * n, rows, *panel) for n, panel in enumerate(PANELS.items()))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect {size} fill="white"/>{panels}</svg>\n'


def _panel(left: int, rows: Sequence[dict[str, float]], title: str, key: str) -> str:
    top = 1.25 * max(row[key] for row in rows)

    def height(value: float) -> float:
        return round(170 - 130 * value / top, 1)

    points = " ".join(f"{round(left + 160 * row['done'], 1)},{height(row[key])}" for row in rows)
    first, last = height(rows[0][key]), rows[-1][key]
    return (
        f'<text x="{left}" y="25" font-weight="bold">{title}</text>'
        f'<path d="M{left} 40V170H{left + 160}" fill="none" stroke="gray"/>'
        f'<path d="M{left} {first}h160" stroke="crimson" stroke-dasharray="4"/>'
        f'<polyline points="{points}" fill="none" stroke="steelblue" stroke-width="2"/>'
        f'<text x="{left + 160}" y="{height(last) - 8}" text-anchor="end">{rows[0][key]:g} → {last:g}</text>'
        f'<text x="{left}" y="186" font-size="9">0</text>'
        f'<text x="{left + 160}" y="186" text-anchor="end" font-size="9">{rows[-1]["questions"]:,.0f}</text>'
    )


SYLLABLES = [start + end for start in "bdfgklmnprstvz" for end in ("a", "en", "i", "or", "u")]
BODIES = (
    *("harbour office", "school board", "water works", "forest service", "railway", "city library"),
    *("market guild", "health service", "road office", "power company", "fire brigade", "county court"),
)
DEEDS = (
    *("opened", "closed", "sold", "repaired", "measured", "praised", "painted", "moved", "lent", "counted"),
    *("inherited", "lost", "found", "banned", "insured", "flooded", "rebuilt", "taxed", "bought", "burnt"),
)
THINGS = (
    *("bridge", "archive", "ferry", "orchard", "tunnel", "chapel", "pump", "garden", "tower", "theatre"),
    *("lighthouse", "quarry", "bakery", "canal", "stadium", "mill", "tram", "well", "museum", "dam"),
)
WHEN = (
    *("on Monday", "last week", "in spring", "at noon", "before dawn", "after the vote", "in October"),
    *("on the last day of the fair", "while it rained", "for the third time", "without a word"),
)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--reindexes", type=int, default=500)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--json", type=Path, help="the rows are appended to this file, too")
    parser.add_argument("--draw", type=Path, help="only draw the rows of this file")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = _options()
    if chosen.draw:
        seen = [json.loads(line) for line in chosen.draw.read_text().splitlines()]
        Path(__file__).with_suffix(".svg").write_text(draw(seen))
    else:
        asyncio.run(main(chosen))
