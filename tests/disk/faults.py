"""What happens when the disk is full or may only be read: real faults of a real file system, a small tmpfs.

``tests/disk/test_disk.py`` runs this file where it may mount one.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot import cli
from corpus.article import Article
from corpus.errors import NewsbotError
from corpus.feeds import FeedLink
from corpus.reading import read
from corpus.store.answerlog import Place
from index import newswire, rows
from index.answer import Answer
from index.newsroom import Newsroom
from index.vectors import VectorIndex
from tests.conftest import HashingEmbedder, OpenNewsroom, write_articles
from tests.corpus.server import Server, answer
from tests.index.test_newsroom import DAM, FERRY, question, quoted

Run = Callable[..., tuple[int, str, str]]

MANY = [  # 5 MB of few words
    {"url": f"https://example.com/{number}", "text": f"Storm {number} sank {'x' * 9000}."}
    for number in range(600)
]


class Disk:
    """A file system of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / "data"

    def mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", self.path], check=True)  # noqa: S603, S607

    def make_read_only(self) -> None:
        """For whatever is opened from now on."""
        subprocess.run(["mount", "--bind", self.path, self.path], check=True)  # noqa: S603, S607
        subprocess.run(["mount", "-o", "remount,bind,ro", self.path], check=True)  # noqa: S603, S607

    def fill(self) -> None:
        """Leave no room at all."""
        with (self.path / "filler").open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                with suppress(OSError):
                    while True:
                        file.write(b"\0" * size)

    def leave_a_little(self) -> None:
        """Leave room for a part of what is to be written."""
        self.fill()
        filler = self.path / "filler"
        with filler.open("r+b") as file:
            file.truncate(filler.stat().st_size - 65_536)

    def empty(self) -> None:
        (self.path / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    one = Disk(path)
    one.mount("size=4m")
    yield one
    subprocess.run(["umount", "-l", path], check=True)  # noqa: S603, S607


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], disk: Disk) -> Run:
    """Runs a command on the disk, with the tiny model; gives its exit status and what it prints."""
    opened = Newsroom.open

    async def open_tiny(*arguments: Any, **options: Any) -> Newsroom:
        return await opened(*arguments, **{**options, "load": HashingEmbedder})

    monkeypatch.setattr(Newsroom, "open", open_tiny)
    monkeypatch.setenv("NEWSBOT_MODEL", "hashing")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        status = cli.main(["--data", str(disk.data), *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def refused(result: tuple[int, str, str], *words: str) -> None:
    """A command could not do its work, and said so in one line."""
    status, out, err = result
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err


def test_a_disk_that_gets_full_while_indexing_loses_nothing_that_was_told(
    run: Run, disk: Disk, tmp_path: Path
) -> None:
    write_articles(tmp_path / "news" / "a.jsonl", FERRY, DAM)
    assert run("index", tmp_path / "news")[0] == 0
    write_articles(tmp_path / "news" / "b.jsonl", *MANY)
    refused(run("index", tmp_path / "news"), "free space")
    status, out, err = run("ask", "--json", "What did the repair of the dam cost?")
    assert (status, err) == (0, "")
    assert json.loads(out)["quotes"][0]["url"] == DAM["url"]
    disk.mount("remount,size=64m")
    status, out, _ = run("index", "--json", tmp_path / "news")
    assert status == 0
    status, out, _ = run("stats", "--json")
    stats = json.loads(out)
    assert (stats["articles"], stats["pending"]) == (602, 0)


def test_a_disk_that_is_full_is_said_in_one_line_whatever_is_wanted(
    run: Run, disk: Disk, tmp_path: Path
) -> None:
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    assert run("index", path)[0] == 0
    assert run("backup", tmp_path / "copy.db")[0] == 0
    write_articles(path, FERRY, DAM)
    disk.fill()
    for command in (
        ["index", path],
        ["ask", "When did the ferry sail?"],
        ["remove", FERRY["url"]],
        ["backup", disk.path / "copy.db"],
        ["restore", tmp_path / "copy.db"],
    ):
        refused(run(*command), "free space")
    assert not [name for name in names(disk.path) | names(disk.data) if ".part" in name or "copy" in name]
    disk.empty()
    assert run("index", path)[0] == 0
    assert json.loads(run("stats", "--json")[1])["articles"] == 2


def test_a_folder_that_may_only_be_read_is_said_in_one_line_whatever_is_wanted(
    run: Run, disk: Disk, tmp_path: Path
) -> None:
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    assert run("index", path)[0] == 0
    assert run("backup", tmp_path / "copy.db")[0] == 0
    disk.make_read_only()
    for command in (
        ["index", path],
        ["ask", "When did the ferry sail?"],
        ["stats"],
        ["remove", FERRY["url"]],
        ["restore", tmp_path / "copy.db"],
        ["--data", disk.path / "other", "index", path],
    ):
        refused(run(*command), "another")
    refused(run("backup", disk.path / "copy.db"), "rights")


async def test_a_newsroom_answers_though_there_is_no_room_for_the_log_of_answers(
    open_newsroom: OpenNewsroom, disk: Disk, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(disk.data, threshold=0.0)
    await newsroom.index([write_articles(tmp_path / "a.jsonl", FERRY)])
    disk.fill()
    answer = await newsroom.ask(question("When did the ferry sail?"))
    assert answer.quotes[0].url == FERRY["url"]
    place = Place(1, None, None, private=False)
    with pytest.raises(NewsbotError, match="free space"):
        await keep_many(newsroom, answer, place)
    disk.empty()
    page = await newsroom.answers.keep(answer, place, 3)
    assert await newsroom.answers.find(page.id)


async def test_a_feed_is_not_asked_again_and_again_while_there_is_no_room_for_its_news(
    open_newsroom: OpenNewsroom, disk: Disk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newswire, "_BREATH_SECONDS", 0.01)
    newsroom = await open_newsroom(disk.data, threshold=0.0, allowed_hosts=["localhost"])
    items = "".join(
        f"<item><title>{one['url']}</title><guid>{one['url']}</guid><description>{one['text']}</description></item>"
        for one in (FERRY, *MANY[:200])
    )
    feed = f"<rss version='2.0'><channel><title>The Lamp</title>{items}</channel></rss>"
    async with Server() as server:
        server.routes["/feed"] = answer(feed, content_type="text/xml")
        await newsroom.import_feeds([FeedLink(server.url("/feed"), "")], take=None)
        disk.fill()
        polling = asyncio.create_task(newsroom.keep_polling())
        while "free space" not in caplog.text:  # noqa: ASYNC110 - of which nobody tells
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        assert len(server.requests) == 1
        assert caplog.text.count("free space") == 1
        disk.mount("remount,size=64m")
        await newsroom.import_feeds([FeedLink(server.url("/feed"), "")])  # which wakes it
        while (await newsroom.stats()).pending or (await newsroom.coverage()).articles < 201:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    assert await newsroom.check() == []


async def test_what_is_removed_is_gone_though_the_vectors_have_no_room_to_be_written_anew(
    open_newsroom: OpenNewsroom, disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk.mount("remount,size=64m")
    newsroom = await open_newsroom(disk.data, threshold=0.0)
    storms = [{"url": f"https://example.com/{n}", "text": f"Storm {n} passed."} for n in range(300)]
    path = write_articles(tmp_path / "a.jsonl", FERRY, *storms)
    await newsroom.index([path])
    (rows,) = disk.data.glob("passages.*.rows")
    whole = rows.read_bytes()
    await newsroom.remove([storm["url"] for storm in storms[:200]])
    disk.fill()
    await newsroom._indexes.save()
    assert "the next start makes up for it" in caplog.text
    assert [file.read_bytes() for file in disk.data.glob("passages.*.rows")] == [whole]
    assert (await quoted(newsroom, "When did the ferry sail?"))[0] == FERRY["url"]
    disk.empty()
    again = await open_newsroom(disk.data)
    assert await again.check() == []
    await newsroom._indexes.save()
    (rows,) = disk.data.glob("passages.*.rows")
    assert rows.stat().st_size < len(whole) / 2


async def keep_many(newsroom: Newsroom, answer: Answer, place: Place) -> None:
    """More than go into what SQLite has already made room for."""
    for _ in range(1000):
        await newsroom.answers.keep(answer, place, 3)


async def test_a_newsroom_answers_though_there_is_no_room_for_the_indexes_of_what_is_new(
    open_newsroom: OpenNewsroom, disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom, other = await open_newsroom(disk.data, threshold=0.0), await open_newsroom(disk.data)
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await newsroom.index([path])
    lexicon = names(disk.data / "lexicon" / "passages")
    await store(other, write_articles(path, FERRY, DAM))
    disk.fill()
    assert (await quoted(newsroom, "When did the ferry sail?"))[0] == FERRY["url"]
    assert "new words are not found yet" in caplog.text
    assert names(disk.data / "lexicon" / "passages") >= lexicon
    disk.empty()
    assert DAM["url"] in await quoted(newsroom, "What did the repair of the dam cost?")
    assert await newsroom.check() == []


async def test_what_is_indexed_is_searched_though_the_file_of_vectors_has_no_room(
    open_newsroom: OpenNewsroom, disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom = await open_newsroom(disk.data, threshold=0.0)
    await newsroom.index([write_articles(tmp_path / "a.jsonl", FERRY)])
    (disk.data / "passages.faiss").unlink()
    disk.fill()
    await newsroom._indexes.save()
    assert "the next start makes up for it" in caplog.text
    assert not list(disk.data.glob("*.part"))
    assert (await quoted(newsroom, "When did the ferry sail?"))[0] == FERRY["url"]
    disk.empty()
    await newsroom._indexes.save()
    again = await open_newsroom(disk.data, threshold=0.0)
    assert await again.check() == []


def test_vectors_for_which_there_was_no_room_are_whole_once_there_is(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk.path))
    monkeypatch.setattr(rows, "_CHUNK", 1000)
    index, vectors = VectorIndex(64, "mark"), np.random.default_rng(1).random((5000, 64)).astype("<f2")

    def put(first: int) -> None:
        ids = list(range(first, first + 500))
        index.replace([], ids, ids, [vectors[one].tobytes() for one in ids])

    def whole(until: int) -> bool:
        return np.array_equal(index.reconstruct(np.arange(until)), vectors[:until].astype(np.float32))

    for first in range(0, 2500, 500):
        put(first)
    disk.leave_a_little()
    with pytest.raises(OSError, match="No space left"):
        put(2500)
    assert whole(2500)
    disk.empty()
    for first in range(2500, 5000, 500):  # what failed comes again, as when the indexes are caught up
        put(first)
    assert whole(5000)


async def store(newsroom: Newsroom, path: Path) -> None:
    """As another process does that ends before it has brought the indexes up to date."""
    articles = [article for article in read(path) if isinstance(article, Article)]
    await newsroom._store.put([(article, str(path)) for article in articles], 9)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
