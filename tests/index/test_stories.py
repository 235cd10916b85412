"""One story takes one place, whoever tells it."""

import math
from dataclasses import dataclass

import numpy as np

from index.ranking import Candidates
from index.stories import group
from index.words import Reader

FERRY = "The ferry sailed at noon on Monday with twelve passengers on board."
WIRE = "The ferry sailed at noon on Monday with twelve passengers on board, the agency said."
CREW = "Its crew had waited for calmer weather since the weekend."
DAM = "The dam holds 3,500 tonnes of water and a great many trout."

ISLAND = "Ferry to Saltmere island sails again after storm"
AGAIN = "Storm over, Saltmere ferry sails"
STORM = "Storm breaks windows in Northreach"

_reader = Reader()


@dataclass
class Told:
    """A passage, of an outlet and an article of its own unless they are named."""

    text: str
    title: str = ""
    day: float = 700_000
    article: int | None = None
    source: str | None = None


def stories(*told: Told, limit: int = 10) -> list[tuple[int, list[int]]]:
    """The passages grouped, in the order in which they are given."""
    owners = [place if one.article is None else one.article for place, one in enumerate(told)]
    articles = sorted(set(owners))
    firsts = [told[owners.index(article)] for article in articles]
    nothing, count = np.zeros(len(told), np.float32), np.zeros(len(articles), np.float32)
    candidates = Candidates(
        words=[_reader.read(one.text) for one in told],
        article=np.searchsorted(articles, owners),
        titles=[_reader.read(one.title) for one in firsts],
        outlets=np.array([hash(one.source or place) for place, one in enumerate(firsts)], np.int64),
        days=np.array([one.day for one in firsts], np.float64),
        position=nothing.astype(np.int64),
        dense=nothing,
        paragraphs=count.astype(np.int64),
        in_period=count > 0,
        from_outlet=count > 0,
        bm25=count,
        held=count,
        corpus=100,
    )
    return group(candidates, np.arange(len(told)), limit)


def test_a_repetition_goes_with_the_first_that_said_it() -> None:
    assert stories(Told(FERRY), Told(DAM), Told(WIRE)) == [(0, [2]), (1, [])]


def test_no_more_than_the_limit_are_kept_but_all_repetitions_are_told() -> None:
    assert stories(Told(FERRY), Told(DAM), Told(WIRE), limit=1) == [(0, [2])]


def test_different_passages_each_have_a_place() -> None:
    assert stories(Told(FERRY), Told(DAM)) == [(0, []), (1, [])]


def test_texts_without_words_do_not_break_it() -> None:
    assert (2, []) in stories(Told("—"), Told("…"), Told(FERRY))


def test_another_outlet_with_the_same_story_goes_with_the_first() -> None:
    assert stories(Told(FERRY, ISLAND), Told(DAM, "Dam"), Told(CREW, AGAIN)) == [(0, [2]), (1, [])]


def test_passages_of_one_article_each_have_a_place() -> None:
    told = [Told(FERRY, ISLAND, article=1, source="Post"), Told(CREW, ISLAND, article=1, source="Post")]
    assert stories(*told) == [(0, []), (1, [])]


def test_articles_of_one_outlet_that_share_a_heading_each_have_a_place() -> None:
    told = [
        Told(FERRY, "Five things to know", source="Post"),
        Told(DAM, "Five things to know", source="Post"),
    ]
    assert stories(*told) == [(0, []), (1, [])]


def test_titles_that_have_little_in_common_are_not_one_story() -> None:
    assert stories(Told(FERRY, ISLAND), Told(CREW, STORM)) == [(0, []), (1, [])]


def test_what_is_days_apart_or_has_no_day_is_not_one_story() -> None:
    for day in (700_004, math.nan):
        assert stories(Told(FERRY, ISLAND), Told(CREW, AGAIN, day=day)) == [(0, []), (1, [])]
