"""What is found is sieved before it is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

import index.words
from corpus.store import Passage
from index.answer import Question
from index.indexes import sift
from index.readings import Readings
from tests.conftest import OpenNewsroom, write_articles

QUESTION = Question("What did the repair of the Hollin dam cost?", date(2026, 11, 24))
DAM = {
    "url": "https://lantern.example.com/dam",
    "title": "Dam at Hollin repaired",
    "text": "Engineers sealed the crack in the Hollin dam.\n\nThe repair cost 4.2 million crowns.",
    "published": "2026-10-02",
}


def test_the_best_by_their_weighted_figures_are_kept_in_their_order() -> None:
    figures = np.stack([np.arange(300), np.zeros(300)], axis=1).astype(np.float32)
    assert sift(figures, np.array([1, 9], np.float32)).tolist() == list(range(220, 300))
    assert sift(figures, np.array([-1, 9], np.float32)).tolist() == list(range(80))


def test_a_few_are_all_kept() -> None:
    assert sift(np.zeros((3, 1), np.float32), np.ones(1, np.float32)).tolist() == [0, 1, 2]
    assert sift(np.zeros((0, 1), np.float32), np.ones(1, np.float32)).tolist() == []


async def test_what_answers_is_read_among_many_that_share_a_word(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    others = [
        {
            "url": f"https://courier.example.com/{number}",
            "title": f"Market {number}",
            "text": f"Apples cost {number} crowns at the market.",
            "published": "2019-01-01",
        }
        for number in range(300)
    ]
    await newsroom.index([write_articles(tmp_path / "a.jsonl", *others, DAM)])
    trace = await newsroom.trace(QUESTION)
    assert len(trace.found.ids) > 150
    assert len(trace.found.candidates) == 80
    assert {*trace.found.candidates.tolist()} < {*trace.found.ids.tolist()}
    assert {*trace.passages} == {*trace.found.candidates.tolist()}
    assert trace.answer.quotes[0].url == DAM["url"]


async def test_what_is_removed_while_it_is_ranked_leaves_its_place_to_the_next(
    open_newsroom: OpenNewsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    store = newsroom._store
    copy = DAM | {"url": "https://courier.example.com/dam", "text": "The repair of the dam cost much."}
    await newsroom.index([write_articles(tmp_path / "a.jsonl", DAM, copy)])
    question = replace(QUESTION, limit=1)
    assert [quote.url for quote in (await newsroom.ask(question)).quotes] == [DAM["url"]]

    async def after_removal(ids: Iterable[int]) -> dict[int, Passage]:
        monkeypatch.undo()
        await store.remove_articles([await store.find_article(DAM["url"]) or 0], datetime.now(UTC))
        return await store.passages(ids)

    monkeypatch.setattr(store, "passages", after_removal)
    trace = await newsroom.trace(question)
    assert [quote.url for quote in trace.answer.quotes] == [copy["url"]]
    assert [place for place, _ in trace.places] == [0]


async def test_the_vocabulary_is_not_begun_anew_under_a_question(
    open_newsroom: OpenNewsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    store, reader = newsroom._store, newsroom._indexes.reader
    await newsroom.index([write_articles(tmp_path / "a.jsonl", DAM)])
    answer = await newsroom.ask(QUESTION)
    monkeypatch.setattr(index.words, "MOST_KNOWN", 1)
    monkeypatch.setattr(Readings, "mostly_gone", True)
    passages, seen = store.passages, []

    async def after_another(ids: Iterable[int]) -> dict[int, Passage]:
        monkeypatch.setattr(store, "passages", passages)
        seen.append(reader.vocabulary)
        await newsroom.ask(QUESTION)
        await newsroom._indexes.read_ahead()
        seen.append(reader.vocabulary)
        return await passages(ids)

    monkeypatch.setattr(store, "passages", after_another)
    assert await newsroom.ask(QUESTION) == answer
    assert seen[0] is seen[1]
    assert await newsroom.ask(QUESTION) == answer
    after = reader.vocabulary
    await newsroom._indexes.read_ahead()
    assert seen[1] is not after is not reader.vocabulary


async def test_nothing_is_read_anew_while_questions_keep_what_has_gone(
    open_newsroom: OpenNewsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    indexes = newsroom._indexes
    await newsroom.index([write_articles(tmp_path / "a.jsonl", DAM)])
    read: list[int] = []
    texts_above = newsroom._store.texts_above

    async def noted(identity: int, limit: int) -> list[tuple[int, str]]:
        read.append(identity)
        return await texts_above(identity, limit)

    monkeypatch.setattr(newsroom._store, "texts_above", noted)
    monkeypatch.setattr(Readings, "mostly_gone", True)
    with indexes.asking():
        await indexes.read_ahead()
    assert read == []
    monkeypatch.setattr(Readings, "mostly_gone", False)
    await indexes.read_ahead()
    assert read[0] == 0


async def test_a_question_is_ranked_by_what_was_known_of_articles_when_it_was_searched(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    worker, indexes = newsroom._worker, newsroom._indexes
    await newsroom.index([write_articles(tmp_path / "a.jsonl", DAM)])
    found = await worker.run_urgent(indexes.search, QUESTION, None)
    before = await worker.run_urgent(indexes.measure, found, {})
    await newsroom.remove([str(DAM["url"])])
    after = await worker.run_urgent(indexes.measure, found, {})
    assert before.paragraphs.all()
    assert np.array_equal(after.paragraphs, before.paragraphs)
    assert np.array_equal(after.days, before.days, equal_nan=True)
