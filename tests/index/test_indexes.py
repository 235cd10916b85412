"""What is found is sieved before it is read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from index.answer import Question
from index.indexes import sift
from tests.conftest import OpenNewsroom, write_articles

QUESTION = Question("What did the repair of the Hollin dam cost?", date(2026, 11, 24))
DAM = {
    "url": "https://lantern.example.com/dam",
    "title": "Dam at Hollin repaired",
    "text": "Engineers sealed the crack in the Hollin dam.\n\nThe repair cost 4.2 million crowns.",
    "published": "2026-10-02",
}


def test_the_best_by_their_weighted_figures_are_kept_by_rising_id() -> None:
    ids = np.arange(100, 400, dtype=np.int64)
    figures = np.stack([np.arange(300), np.zeros(300)], axis=1).astype(np.float32)
    kept = sift(ids, figures, np.array([1, 9], np.float32))
    assert kept.tolist() == list(range(320, 400))
    assert sift(ids, figures, np.array([-1, 9], np.float32)).tolist() == list(range(100, 180))


def test_a_few_are_all_kept() -> None:
    ids = np.array([4, 7, 9], np.int64)
    assert sift(ids, np.zeros((3, 1), np.float32), np.ones(1, np.float32)).tolist() == [4, 7, 9]
    assert sift(ids[:0], np.zeros((0, 1), np.float32), np.ones(1, np.float32)).tolist() == []


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
    assert {passage.id for passage in trace.passages} <= {*trace.found.candidates.tolist()}
    assert trace.answer.quotes[0].url == DAM["url"]
