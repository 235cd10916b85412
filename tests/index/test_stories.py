"""One story takes one place, whoever tells it."""

import math
from typing import Any

from index.stories import Telling, group
from index.words import SHIFT, Reader

FERRY = "The ferry sailed at noon on Monday with twelve passengers on board."
WIRE = "The ferry sailed at noon on Monday with twelve passengers on board, the agency said."
CREW = "Its crew had waited for calmer weather since the weekend."
DAM = "The dam holds 3,500 tonnes of water and a great many trout."

ISLAND = "Ferry to Saltmere island sails again after storm"
AGAIN = "Storm over, Saltmere ferry sails"
STORM = "Storm breaks windows in Northreach"

_reader = Reader()


def tell(text: str, title: str = "", *, day: float = 700_000, **fields: Any) -> Telling:
    """A passage of an outlet and an article of its own."""
    words, titled = (frozenset((_reader.read(part) >> SHIFT).tolist()) for part in (text, title))
    usual = {"article": hash((text, title, day)), "source": f"{text}{title}"}
    return Telling(words, titled, day=day, **(usual | fields))


def test_a_repetition_goes_with_the_first_that_said_it() -> None:
    assert group([tell(FERRY), tell(DAM), tell(WIRE)], 10) == [(0, [2]), (1, [])]


def test_no_more_than_the_limit_are_kept_but_all_repetitions_are_told() -> None:
    assert group([tell(FERRY), tell(DAM), tell(WIRE)], 1) == [(0, [2])]


def test_different_passages_each_have_a_place() -> None:
    assert group([tell(FERRY), tell(DAM)], 10) == [(0, []), (1, [])]


def test_texts_without_words_do_not_break_it() -> None:
    assert (2, []) in group([tell("—"), tell("…"), tell(FERRY)], 10)


def test_another_outlet_with_the_same_story_goes_with_the_first() -> None:
    assert group([tell(FERRY, ISLAND), tell(DAM, "Dam"), tell(CREW, AGAIN)], 10) == [(0, [2]), (1, [])]


def test_passages_of_one_article_each_have_a_place() -> None:
    told = [tell(FERRY, ISLAND, article=1, source="Post"), tell(CREW, ISLAND, article=1, source="Post")]
    assert group(told, 10) == [(0, []), (1, [])]


def test_articles_of_one_outlet_that_share_a_heading_each_have_a_place() -> None:
    told = [
        tell(FERRY, "Five things to know", source="Post"),
        tell(DAM, "Five things to know", source="Post"),
    ]
    assert group(told, 10) == [(0, []), (1, [])]


def test_titles_that_have_little_in_common_are_not_one_story() -> None:
    assert group([tell(FERRY, ISLAND), tell(CREW, STORM)], 10) == [(0, []), (1, [])]


def test_what_is_days_apart_or_has_no_day_is_not_one_story() -> None:
    for day in (700_004, math.nan):
        assert group([tell(FERRY, ISLAND), tell(CREW, AGAIN, day=day)], 10) == [(0, []), (1, [])]
