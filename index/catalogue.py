"""What is known in memory of every article: enough to filter and to rank by, not its text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from corpus.store import ArticleFacts
from index.answer import Coverage, Limits, Question
from index.arrays import grown, looked_up
from index.vectors import Ids

Bools = npt.NDArray[np.bool_]
_T = TypeVar("_T", np.int64, np.float64)

_TITLE = -1  # its position
_NOWHERE = -2  # the position of what no article is known to hold


class Catalogue:
    """Days, outlets and paragraphs of the articles of one store at one generation; it never changes."""

    def __init__(self, store: int = 0) -> None:
        """Of no articles yet. ``store`` identifies the store."""
        self.store = store
        self.generation = -1
        self._articles = np.empty(0, np.int64)
        self._days = np.empty(0, np.float64)
        self._source = np.empty(0, np.int64)  # places in _sources
        self._sources: tuple[str, ...] = ()
        self._title = np.empty(0, np.int64)
        self._paragraphs = np.empty(0, np.int64)
        self._position = np.full(1, _NOWHERE, np.int32)  # by the id of the paragraph
        self.outlets: tuple[str, ...] = ()
        self._whole = Coverage(0, None, None)

    def changed(self, removed: Iterable[int], facts: Sequence[ArticleFacts], generation: int) -> Catalogue:
        """As this one, at another generation: without ``removed``, with (or anew) those of ``facts``."""
        made = Catalogue(self.store)
        made.generation = generation
        ids = [fact.id for fact in facts]
        kept = ~np.isin(self._articles, np.array([*removed, *ids], np.int64))
        order = np.argsort(np.concatenate([self._articles[kept], np.array(ids, np.int64)]), kind="stable")

        def with_new(known: npt.NDArray[_T], new: Sequence[float]) -> npt.NDArray[_T]:
            return np.concatenate([known[kept], np.array(new, known.dtype)])[order]

        sources = {source: number for number, source in enumerate(self._sources)}
        numbers = [sources.setdefault(fact.source, len(sources)) for fact in facts]
        paragraphs = [json.loads(fact.paragraphs) for fact in facts]
        made._articles = with_new(self._articles, ids)
        made._days = with_new(self._days, [np.nan if fact.day is None else fact.day for fact in facts])
        made._source = with_new(self._source, numbers)
        made._title = with_new(self._title, [one[0] for one in paragraphs])
        made._paragraphs = with_new(self._paragraphs, [len(one) - 1 for one in paragraphs])
        made._position = _placed(self._position, paragraphs)
        made._sources = tuple(sources)
        there = np.bincount(made._source, minlength=len(sources)) > 0
        made.outlets = tuple(name for name, some in zip(sources, there, strict=True) if some and name)
        made._whole = _coverage(made._days)
        return made

    def days(self, articles: Ids) -> npt.NDArray[np.float64]:
        """The days of publication as proleptic ordinals, float64, NaN where unknown."""
        return self._of_articles(articles, self._days, np.nan)

    def outlets_of(self, articles: Ids) -> npt.NDArray[np.int64]:
        """A number for the outlet of each article."""
        return self._of_articles(articles, self._source, -1)

    def titles(self, articles: Ids) -> Ids:
        """The ids of the articles' titles."""
        return self._of_articles(articles, self._title, 0)

    def paragraphs(self, articles: Ids) -> npt.NDArray[np.int64]:
        """How many paragraphs each article has, 0 where there is no such article."""
        return self._of_articles(articles, self._paragraphs, 0)

    def positions(self, passages: Ids) -> npt.NDArray[np.int64]:
        """Where each passage stands in its article, from 0; below 0 for titles and what is not known."""
        return looked_up(self._position, passages, _NOWHERE).astype(np.int64)

    def quotable(self, passages: Ids, articles: Ids) -> Bools:
        """Which of these passages, which are of these articles, are there, and no titles."""
        return np.asarray((self.positions(passages) >= 0) & (self.paragraphs(articles) > 0))

    def _of_articles(self, articles: Ids, values: npt.NDArray[_T], missing: float) -> npt.NDArray[_T]:
        if not len(self._articles):
            return np.full(len(articles), missing, values.dtype)
        places = np.searchsorted(self._articles, articles).clip(max=len(self._articles) - 1)
        return np.asarray(np.where(self._articles[places] == articles, values[places], missing))

    def within(self, articles: Ids, since: date | None, until: date | None) -> Bools:
        """Which articles are known to have been published in a period; both ends are in it."""
        days = self.days(articles)
        after = days >= (since or date.min).toordinal()
        return np.asarray(after & (days <= (until or date.max).toordinal()), bool)

    def from_outlets(self, articles: Ids, outlets: Sequence[str]) -> Bools:
        """Which articles are from one of these outlets."""
        if not outlets:
            return np.zeros(len(articles), bool)
        return np.isin(articles, self._articles[self._of(outlets)])

    def coverage(self, sources: Sequence[str] = ()) -> Coverage:
        """How many articles there are, of all ``sources`` if none is named, and from when to when."""
        return _coverage(self._days[self._of(sources)]) if sources else self._whole

    def allowed_articles(self, question: Question) -> Ids | None:
        """The articles among which a question is to be answered, rising; ``None`` for all.

        Articles whose day is not known are never hidden by a period.
        """
        limits = question.limits
        if limits == Limits():
            return None
        allowed = np.isnan(self._days)
        allowed |= (self._days >= limits.since.toordinal()) & (self._days <= limits.until.toordinal())
        for outlets in limits.outlets:
            allowed &= self._of(outlets)
        if limits.articles:
            allowed &= np.isin(self._articles, limits.articles)
        return None if allowed.all() else self._articles[allowed]

    def _of(self, outlets: Sequence[str]) -> Bools:
        """Which of all articles are from one of these outlets."""
        wanted = {outlet.casefold() for outlet in outlets}
        return np.array([source.casefold() in wanted for source in self._sources], bool)[self._source]


def _placed(position: npt.NDArray[np.int32], articles: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    """Positions by id, with those of more paragraphs: of each article its title and the others in order."""
    if not articles:
        return position
    ids = np.array([*chain.from_iterable(articles)], np.int64)
    placed = grown(position, int(ids.max()) + 1, _NOWHERE).copy()
    placed[ids] = np.concatenate([np.arange(_TITLE, len(one) + _TITLE) for one in articles])
    return placed


def _coverage(days: npt.NDArray[np.float64]) -> Coverage:
    dated = days[~np.isnan(days)].astype(int)
    if not len(dated):
        return Coverage(len(days), None, None)
    return Coverage(len(days), date.fromordinal(dated.min()), date.fromordinal(dated.max()))
