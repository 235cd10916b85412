"""What the newsroom keeps, and keeps whole: backups, and indexes that mend themselves."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import NewsbotError
from corpus.store import ArticleText, backup
from corpus.store.backup import left_by_restore
from index.lexicon import Lexicon
from index.newsroom import Newsroom
from index.newswire import locked
from index.vectors import VectorIndex
from index.words import Reader
from tests.conftest import HashingEmbedder, OpenNewsroom, write_articles
from tests.index.test_newsroom import DAM, FERRY, quoted

STORM = {
    "url": "https://courier.example.com/storm",
    "text": "The storm took the roof off the mill.\n\nNobody died.",
}
QUESTIONS = {
    FERRY["url"]: "When did the ferry sail?",
    DAM["url"]: "What did the repair of the dam cost?",
    STORM["url"]: "What did the storm take off the mill?",
}

Mended = Callable[[], Awaitable[list[str]]]


@pytest.fixture
async def mended(open_newsroom: OpenNewsroom, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Mended:
    """Makes sure that a newsroom answers all as before and encodes nothing; gives what it logs."""

    async def mended() -> list[str]:
        embedder = HashingEmbedder()
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="index"):
            newsroom = await open_newsroom(load=lambda _: embedder, threshold=0.0)
            for url, question in QUESTIONS.items():
                assert (await quoted(newsroom, question))[0] == url
        assert embedder.encoded == []
        assert await newsroom.check() == []
        await newsroom.close()
        return [record.getMessage() for record in caplog.records if record.name.startswith("index")]

    first = await open_newsroom()
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await first.index([path])
    for name in ("passages.faiss", "lexicon"):
        _copy(tmp_path / "data" / name, tmp_path / "older" / name)
    await first.index([write_articles(path, FERRY, DAM)])
    await first.index([write_articles(path, FERRY, DAM, STORM)])
    await first.close()
    assert all("anew" not in line for line in await mended())
    return mended


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _flipped(content: bytes, times: int) -> Iterator[bytes]:
    """With one bit flipped, at places spread over all of it."""
    for number in range(times):
        place = number * len(content) // times
        yield content[:place] + bytes([content[place] ^ 1 << number % 8]) + content[place + 1 :]


@pytest.mark.parametrize("name", ["passages.faiss", "lexicon"])
async def test_what_is_deleted_is_made_anew(mended: Mended, tmp_path: Path, name: str) -> None:
    _remove(tmp_path / "data" / name)
    (line,) = await mended()
    assert f"{name} is not there yet: it is made from the database" in line


@pytest.mark.usefixtures("mended")
async def test_an_emptied_database_is_not_taken_for_a_new_one(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    database = tmp_path / "data" / "newsbot.db"
    database.write_bytes(b"")
    with pytest.raises(NewsbotError, match="lost its contents: put a backup in its place"):
        await open_newsroom()
    database.unlink()
    await (await open_newsroom()).close()


async def test_what_was_made_anew_to_answer_is_there_for_the_next_start(
    mended: Mended, tmp_path: Path
) -> None:
    for left in (tmp_path / "data").glob("passages.*"):
        left.unlink()
    assert any("passages.faiss is not there yet" in line for line in await mended())
    assert not any("passages.faiss" in line for line in await mended())


@pytest.mark.parametrize("tenth", range(10))
async def test_a_truncated_faiss_file_is_made_anew(mended: Mended, tmp_path: Path, tenth: int) -> None:
    file = tmp_path / "data" / "passages.faiss"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * tenth // 10])
    assert await mended() == [f"{file} is damaged: it is made anew from the database"]


@pytest.mark.parametrize("tenth", range(10))
async def test_a_faiss_file_whose_vectors_are_truncated_is_made_anew(
    mended: Mended, tmp_path: Path, tenth: int
) -> None:
    (rows,) = (tmp_path / "data").glob("passages.*.rows")
    content = rows.read_bytes()
    rows.write_bytes(content[: len(content) * tenth // 10])
    file = tmp_path / "data" / "passages.faiss"
    assert await mended() == [f"{file} is damaged: it is made anew from the database"]


@pytest.mark.parametrize("where", [0.0, 0.3, 0.7, 0.999])
async def test_a_faiss_file_with_a_flipped_bit_is_made_anew(
    mended: Mended, tmp_path: Path, where: float
) -> None:
    file = tmp_path / "data" / "passages.faiss"
    content = bytearray(file.read_bytes())
    content[int(where * len(content))] ^= 4
    file.write_bytes(content)
    assert await mended() == [f"{file} is damaged: it is made anew from the database"]


@pytest.mark.parametrize("name", ["passages.faiss", "lexicon"])
async def test_one_of_an_older_generation_is_caught_up(mended: Mended, tmp_path: Path, name: str) -> None:
    _remove(tmp_path / "data" / name)
    _copy(tmp_path / "older" / name, tmp_path / "data" / name)
    lines = await mended()
    assert not any("anew" in line for line in lines)


@pytest.mark.parametrize("name", ["passages.faiss", "lexicon"])
async def test_one_of_another_database_is_made_anew(
    open_newsroom: OpenNewsroom, mended: Mended, tmp_path: Path, name: str
) -> None:
    other = await open_newsroom(tmp_path / "other")
    await other.index([write_articles(tmp_path / "b.jsonl", STORM, FERRY, DAM)])
    await other.close()
    _remove(tmp_path / "data" / name)
    _copy(tmp_path / "other" / name, tmp_path / "data" / name)
    (line,) = (line for line in await mended() if name in line)
    assert "another" in line
    assert "made anew from the database" in line


async def test_a_faiss_file_of_another_model_is_made_anew(
    open_newsroom: OpenNewsroom, mended: Mended, tmp_path: Path
) -> None:
    _copy(tmp_path / "data", tmp_path / "other")
    other = await open_newsroom(
        tmp_path / "other", model="other", load=lambda _: HashingEmbedder("other", salt="other")
    )
    await other.index([tmp_path / "a.jsonl"])
    await other.close()
    file = tmp_path / "data" / "passages.faiss"
    shutil.copyfile(tmp_path / "other" / "passages.faiss", file)
    assert await mended() == [
        f"{file} belongs to another model or database: it is made anew from the database"
    ]


async def test_one_that_is_newer_than_the_database_does_not_serve_it(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await newsroom.index([path])
    await newsroom.close()
    shutil.copyfile(tmp_path / "data" / "newsbot.db", tmp_path / "older.db")
    newsroom = await open_newsroom()
    await newsroom.index([write_articles(path, FERRY, DAM)])
    await newsroom.close()
    shutil.copyfile(tmp_path / "older.db", tmp_path / "data" / "newsbot.db")
    newsroom = await open_newsroom(threshold=0.0)
    assert await newsroom.check() == []
    assert set(await quoted(newsroom, QUESTIONS[DAM["url"]])) == {FERRY["url"]}
    # The storm now has the numbers that the dam once had.
    await newsroom.index([write_articles(path, FERRY, STORM)])
    await newsroom.close()
    newsroom = await open_newsroom(threshold=0.0)
    assert await newsroom.check() == []
    assert (await quoted(newsroom, QUESTIONS[STORM["url"]]))[0] == STORM["url"]


def _lexicon_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".lock", ".json"}]


@pytest.mark.parametrize("harm", ["missing", "empty", "half", "flipped", "meta", "mark"])
async def test_a_damaged_lexicon_is_made_anew(mended: Mended, tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "data" / "lexicon"
    files = [file for file in _lexicon_files(folder) if file.stat().st_size > 100]
    if harm in {"meta", "mark"}:
        file = folder / ("passages/meta.json" if harm == "meta" else "mark.json")
        file.write_bytes(file.read_bytes()[:-9])
    for file in files:
        content = file.read_bytes()
        if harm == "missing":
            file.unlink()
        elif harm == "empty":
            file.write_bytes(b"")
        elif harm == "half":
            file.write_bytes(content[: len(content) // 2])
        elif harm == "flipped":
            file.write_bytes(next(_flipped(content, 1)))
    (line,) = (line for line in await mended() if "lexicon" in line)
    assert "made anew from the database" in line


def test_no_flipped_bit_in_a_lexicon_goes_unseen(tmp_path: Path) -> None:
    """Beside those in a footer, which say nothing of what is found."""
    reader, folder = Reader(), tmp_path / "lexicon"
    whole = Lexicon(folder, 1, reader)

    texts = [
        ArticleText(number, "Ferry", ((number * 10, f"Ferry {number} sailed."),)) for number in range(1, 40)
    ]
    whole.update([], [texts], 5)
    del whole
    for file in _lexicon_files(folder):
        content = file.read_bytes()
        body = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
        for damaged in _flipped(content[:body], 20):
            copy = tmp_path / "copy"
            shutil.copytree(folder, copy)
            (copy / file.relative_to(folder)).write_bytes(damaged + content[body:])
            assert Lexicon(copy, 1, reader).generation == -1
            shutil.rmtree(copy)


@pytest.mark.parametrize("harmed", ["passages.faiss", "passages.*.rows"])
def test_no_flipped_bit_in_a_faiss_file_or_its_vectors_goes_unseen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, harmed: str
) -> None:
    index = VectorIndex(64, "mark")
    vectors = np.random.default_rng(1).standard_normal((500, 64)).astype("<f2")
    index.replace([], range(500), [1] * 500, [vector.tobytes() for vector in vectors])
    file = tmp_path / "passages.faiss"
    index.save(file)
    (path,) = tmp_path.glob(harmed)
    content = path.read_bytes()
    for damaged in _flipped(content, 100):
        caplog.clear()
        path.write_bytes(damaged)
        assert VectorIndex.load(file, 64, "mark") is None
        assert caplog.messages == [f"{file} is damaged: it is made anew from the database"]
    path.write_bytes(content)
    assert VectorIndex.load(file, 64, "mark") is not None


async def test_a_lexicon_that_is_deleted_under_a_running_newsroom_comes_back(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await newsroom.index([path])
    shutil.rmtree(tmp_path / "data" / "lexicon")
    await newsroom.index([write_articles(path, FERRY, DAM)])
    assert (await quoted(newsroom, QUESTIONS[DAM["url"]]))[0] == DAM["url"]
    assert await newsroom.check() == []


async def test_what_a_killed_process_left_in_the_lexicon_is_not_in_the_way(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    path = write_articles(tmp_path / "a.jsonl", FERRY, DAM)
    await newsroom.index([path])
    for file in _lexicon_files(tmp_path / "data" / "lexicon"):
        for number in range(50):
            file.with_suffix(f".{number}.del").touch()
    await newsroom.index([write_articles(path, FERRY, STORM)])
    assert (await quoted(newsroom, QUESTIONS[STORM["url"]]))[0] == STORM["url"]
    assert await newsroom.check() == []


async def test_a_check_names_damaged_pages_and_what_to_do(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    many = [{"url": f"https://example.com/{n}", "text": f"Storm {n}. " * 200} for n in range(40)]
    await newsroom.index([write_articles(tmp_path / "a.jsonl", *many)])
    assert await newsroom.check() == []
    await newsroom.close()
    file = tmp_path / "data" / "newsbot.db"
    with file.open("r+b") as database:
        database.seek(file.stat().st_size // 2)
        database.write(b"\xff" * 9000)
    newsroom = await open_newsroom()
    problems = await newsroom.check()
    assert problems
    assert all("newsbot restore puts a backup in its place" in problem for problem in problems)


async def test_a_backup_that_is_put_back_answers_in_a_newsroom_that_stayed_open(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    bot = await open_newsroom(threshold=0.0)
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await bot.index([path])
    assert await bot.backup(tmp_path / "copy.db") == 1
    # What follows gives the numbers of the ferry's future to the dam: no index may take one for the other.
    await bot.index([write_articles(path, FERRY, DAM)])
    assert (await quoted(bot, "What did the repair of the dam cost?"))[0] == DAM["url"]
    assert await Newsroom.restore(tmp_path / "data", tmp_path / "copy.db") == 1
    assert set(await quoted(bot, "What did the repair of the dam cost?")) == {FERRY["url"]}
    storm = {"url": "https://courier.example.com/storm", "text": "A storm took the roof off.\n\nNobody died."}
    await bot.index([write_articles(path, FERRY, storm)])
    assert (await quoted(bot, "What did the storm take?"))[0] == storm["url"]
    assert (await bot.stats()).pending == 0


async def test_a_restore_makes_the_indexes_anew_without_encoding(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    first = await open_newsroom()
    await first.index([write_articles(tmp_path / "a.jsonl", FERRY, DAM)])
    await first.backup(tmp_path / "copy.db")
    await Newsroom.restore(tmp_path / "other", tmp_path / "copy.db")
    assert (tmp_path / "other" / "passages.faiss").exists()
    embedder = HashingEmbedder()
    second = await open_newsroom(tmp_path / "other", load=lambda _: embedder)
    assert (await quoted(second, "When did the ferry sail?"))[0] == FERRY["url"]
    assert embedder.encoded == []


async def test_a_restore_that_fails_at_the_last_leaves_all_as_it_was(
    open_newsroom: OpenNewsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = await open_newsroom(threshold=0.0)
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await bot.index([path])
    await bot.backup(tmp_path / "copy.db")
    await bot.index([write_articles(path, FERRY, DAM)])

    def fail(*arguments: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(backup, "_put_in_place", fail)
    with pytest.raises(NewsbotError, match="no room"):
        await Newsroom.restore(tmp_path / "data", tmp_path / "copy.db")
    # The lexicon is the backup's by now, and must not be taken for that of what is there, nor be written to.
    storm = {"url": "https://courier.example.com/storm", "text": "A storm took the roof off."}
    await bot.index([write_articles(path, FERRY, DAM, storm)])
    assert DAM["url"] in await quoted(bot, "What did the repair of the dam cost?")
    again = await open_newsroom(threshold=0.0)
    assert storm["url"] in await quoted(again, "What did the storm take?")
    assert await again.check() == []
    assert not left_by_restore(tmp_path / "data")


async def test_a_restore_waits_for_whoever_takes_in_news_and_says_so(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    await newsroom.backup(tmp_path / "copy.db")
    notices: list[str] = []
    told = asyncio.Event()

    def note(notice: str) -> None:
        notices.append(notice)
        told.set()

    async with newsroom._turn(None):
        task = asyncio.create_task(Newsroom.restore(tmp_path / "data", tmp_path / "copy.db", on_wait=note))
        await told.wait()
        assert not task.done()
    assert await task == 0
    assert "waiting for another newsbot that polls" in notices[0]


async def test_what_a_restore_that_was_killed_has_left_goes_with_the_next_start(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    await (await open_newsroom()).close()
    left, own = data / "restored.abcdefgh.part", data / "restored.2026"
    for folder in (left, own):
        folder.mkdir()
        (folder / "newsbot.db").write_text("half of it")
    async with locked(data / "indexing.lock", None, ""):  # as somebody does who restores
        await open_newsroom()
        assert left.exists()
    await open_newsroom()
    assert not left.exists()
    assert own.exists()


async def test_a_lexicon_whose_removal_was_cut_short_is_removed_by_the_next_start(
    mended: Mended, tmp_path: Path
) -> None:
    left = tmp_path / "data" / "lexicon.abcdefgh.gone"
    _copy(tmp_path / "data" / "lexicon", left / "lexicon")
    await mended()
    assert not left.exists()
