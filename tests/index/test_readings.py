"""The words of passages are read once, and are the same ever after."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import index.readings
import index.words
from index.answer import Question
from index.readings import Readings
from index.words import Reader
from tests.conftest import OpenNewsroom, write_articles

TEXTS = [(3, "The ferry sailed at noon."), (9_000, "—"), (4, "Ana Lum steers the ferry.")]


def read(readings: Readings, texts: list[tuple[int, str]]) -> list[list[int]]:
    ids = np.array([identity for identity, _ in texts])
    return [words.tolist() for words in readings.of(ids, dict(texts))]


def test_words_are_those_that_the_reader_reads_whenever_they_are_asked_for() -> None:
    reader = Reader()
    readings = Readings(reader)
    wanted = [reader.read(text).tolist() for _, text in TEXTS]
    assert read(readings, TEXTS) == wanted
    assert read(readings, TEXTS[::-1]) == wanted[::-1]


def test_what_was_kept_is_not_read_again() -> None:
    readings = Readings(Reader())
    ids = np.array([3, 9_000, 4, 5])
    assert readings.unread(ids) == [3, 9_000, 4, 5]
    wanted = read(readings, TEXTS)
    assert readings.unread(ids) == [5]
    assert read(readings, [(identity, "Something else.") for identity, _ in TEXTS]) == wanted


def test_what_has_no_text_has_no_words_until_it_has() -> None:
    readings = Readings(Reader())
    assert [words.tolist() for words in readings.of(np.array([3]), {})] == [[]]
    assert len(read(readings, TEXTS)[0]) == 5


@pytest.mark.parametrize(("module", "limit"), [(index.readings, "_MOST"), (index.readings, "MOST_KNOWN")])
def test_no_more_is_kept_than_memory_has_room_for(
    monkeypatch: pytest.MonkeyPatch, module: object, limit: str
) -> None:
    monkeypatch.setattr(module, limit, 4)
    readings = Readings(Reader())
    read(readings, TEXTS)
    assert readings.full
    another = Reader().read("A crew of twelve.")
    assert len(read(readings, [(4, "A crew of twelve.")])[0]) == len(another) == 4


def test_a_new_vocabulary_has_new_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    readings = Readings(reader)
    read(readings, [(1, "Engineers sealed the crack."), *TEXTS])
    monkeypatch.setattr(index.words, "MOST_KNOWN", 1)
    reader.renew()
    assert read(readings, TEXTS) == [reader.read(text).tolist() for _, text in TEXTS]


def test_once_most_of_what_was_read_has_gone_it_is_dropped_and_its_words_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index.readings, "_FEW", 2)
    reader = Reader()
    readings = Readings(reader)
    read(readings, [(number, f"Engineers sealed crack{number}.") for number in range(10)])
    known = len(reader.vocabulary)
    for gone, dropped in ((5, False), (1, True)):
        readings.note_gone(gone)
        assert readings.mostly_gone is dropped
        readings.drop_gone()
        assert (len(reader.vocabulary) < known) is dropped
    assert not readings.mostly_gone
    assert read(readings, [(10, "Anew.")]) == [reader.read("Anew.").tolist()]


async def test_what_newsrooms_keep_in_mind_does_not_grow_with_the_articles_that_have_gone(
    open_newsroom: OpenNewsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.readings, "_FEW", 10)
    newsroom = await open_newsroom(threshold=0.0)
    most = 0
    for run in range(12):
        ferries = (
            {
                "url": f"https://lantern.example.com/{run}/{number}",
                "title": f"Ferry{run}x{number}",
                "text": f"Ana{run}x{number} steers the ferry.",
            }
            for number in range(10)
        )
        await newsroom.index([write_articles(tmp_path / "a.jsonl", *ferries)])
        answer = await newsroom.ask(Question(f"Who steers Ferry{run}x3?", date(2026, 11, 24), limit=10))
        assert f"Ana{run}x3 steers the ferry." in [quote.text for quote in answer.quotes]
        await asyncio.gather(*newsroom._at_work)  # what was begun for while nobody asks
        most = max(most, len(newsroom._indexes.reader.vocabulary))
    assert most < 150  # of 240 names that have come


async def test_a_newsroom_that_is_warmed_up_reads_ahead_and_answers_the_same(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    ferry = {
        "url": "https://lantern.example.com/ferry",
        "title": "Ferry",
        "text": "Ana Lum steers the ferry.",
    }
    await newsroom.index([write_articles(tmp_path / "a.jsonl", ferry)])
    question = Question("Who steers the ferry?", date(2026, 11, 24))
    before = await newsroom.ask(question)
    await newsroom._indexes.read_ahead()
    assert await newsroom.ask(question) == before
    changed = ferry | {"title": "Saltmere ferry", "text": "Bo Ness steers the ferry."}
    await newsroom.index([write_articles(tmp_path / "a.jsonl", changed)])
    (quote,) = (await newsroom.ask(question)).quotes
    assert (quote.title, quote.text) == ("Saltmere ferry", "Bo Ness steers the ferry.")
