"""What is known of articles follows what changes, and filters by days and outlets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from corpus.store import ArticleFacts
from index.answer import Coverage, Question
from index.catalogue import Catalogue

DAY = date(2026, 11, 24).toordinal()
FIRST = Catalogue(4711).changed(
    [],
    [
        ArticleFacts(1, DAY, "Lantern", "[1, 2, 3]"),
        ArticleFacts(3, DAY - 9, "Courier", "[4, 7, 6]"),
        ArticleFacts(4, None, "lantern", "[8]"),
        ArticleFacts(6, DAY - 1, "", "[9, 10]"),
    ],
    5,
)


def allowed(catalogue: Catalogue, **limits: Any) -> list[int] | None:
    found = catalogue.allowed_articles(replace(Question("", date(2026, 11, 24)), **limits))
    return None if found is None else found.tolist()


def test_filters_by_day_let_pass_what_has_none() -> None:
    assert allowed(FIRST) is None
    assert allowed(FIRST, since=date(2026, 11, 20)) == [1, 4, 6]
    assert allowed(FIRST, until=date(2026, 11, 20)) == [3, 4]
    assert allowed(FIRST, asked=date(2026, 11, 23), as_of=True) == [3, 4, 6]
    assert allowed(FIRST, asked=date(2026, 11, 23), as_of=True, until=date(2026, 11, 24)) == [3, 4, 6]


def test_filters_by_outlet_do_not_mind_the_case_and_all_must_hold() -> None:
    assert allowed(FIRST, sources=("LANTERN",)) == [1, 4]
    assert allowed(FIRST, sources=("Lantern", "Courier")) == [1, 3, 4]
    assert allowed(FIRST, sources=("Lantern", "Courier"), allowed=("courier", "Herald")) == [3]
    assert allowed(FIRST, sources=("Herald",)) == []


def test_of_given_articles_the_other_filters_leave_what_they_leave_of_all() -> None:
    assert allowed(FIRST, articles=(4, 3, 99)) == [3, 4]
    assert allowed(FIRST, articles=(4, 3), allowed=("Courier",)) == [3]
    assert allowed(FIRST, articles=(99,)) == []


def test_a_change_takes_out_what_is_gone_and_puts_in_what_is_new_or_other() -> None:
    new = [ArticleFacts(3, DAY, "Herald", "[4, 11, 6]"), ArticleFacts(7, DAY - 1, "Lantern", "[12, 13]")]
    second = FIRST.changed([1, 99], new, 6)
    assert (second.store, second.generation) == (4711, 6)
    days = second.days(np.array([1, 3, 4, 6, 7, 8]))
    assert np.array_equal(days, [np.nan, DAY, np.nan, DAY - 1, DAY - 1, np.nan], equal_nan=True)
    assert allowed(second, sources=("Lantern",)) == [4, 7]
    assert second.outlets == ("Lantern", "lantern", "Herald")
    assert second.coverage() == Coverage(4, date(2026, 11, 23), date(2026, 11, 24))
    assert second.coverage(["lantern"]) == Coverage(2, date(2026, 11, 23), date(2026, 11, 23))
    assert Catalogue().coverage() == Coverage(0, None, None)
    assert FIRST.outlets == ("Lantern", "Courier", "lantern")


def test_paragraphs_stand_where_their_article_has_them() -> None:
    articles = np.array([1, 3, 4, 5, 6])
    assert FIRST.titles(articles).tolist() == [1, 4, 8, 0, 9]
    assert FIRST.paragraphs(articles).tolist() == [2, 2, 0, 0, 1]
    assert FIRST.positions(np.array([2, 3, 6, 7, 10])).tolist() == [0, 1, 1, 0, 0]
    second = FIRST.changed([1], [ArticleFacts(3, DAY, "Courier", "[14, 6, 15]")], 6)
    assert second.titles(np.array([1, 3])).tolist() == [0, 14]
    assert second.positions(np.array([6, 15, 10])).tolist() == [0, 1, 0]
    assert FIRST.positions(np.array([6])).tolist() == [1]


def test_titles_and_what_is_gone_or_unknown_cannot_be_quoted() -> None:
    second = FIRST.changed([1], [], 6)
    passages, articles = np.array([2, 4, 7, 99]), np.array([1, 3, 3, 98])
    assert FIRST.quotable(passages, articles).tolist() == [True, False, True, False]
    assert second.quotable(passages, articles).tolist() == [False, False, True, False]
    assert Catalogue().quotable(passages, articles).tolist() == [False] * 4
