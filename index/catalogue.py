"""What is known in memory of every article: enough to filter by, not its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from index.answer import Coverage, Question
from index.vectors import Ids

Bools = npt.NDArray[np.bool_]


class Catalogue:
    """Days and outlets of articles."""

    def __init__(self) -> None:
        self._articles = np.empty(0, np.int64)
        self._days = np.empty(0, np.float64)
        self._source = np.empty(0, np.int64)
        self._sources: dict[str, int] = {}
        self.outlets: tuple[str, ...] = ()

    def set_articles(self, facts: Iterable[tuple[int, int | None, str]]) -> None:
        """Take ``(id, day as a proleptic ordinal, source)`` of all articles, by rising id."""
        rows = list(facts)
        self._articles = np.array([row[0] for row in rows], np.int64)
        self._days = np.array([np.nan if row[1] is None else row[1] for row in rows], np.float64)
        self._sources = {}
        self._source = np.array(
            [self._sources.setdefault(row[2].casefold(), len(self._sources)) for row in rows], np.int64
        )
        self.outlets = tuple(dict.fromkeys(row[2] for row in rows if row[2]))

    def days(self, articles: Ids) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The days of publication as proleptic ordinals, float64, NaN where unknown."""
        if not len(self._articles):
            return np.full(len(articles), np.nan)
        places = np.searchsorted(self._articles, articles).clip(max=len(self._articles) - 1)
        return np.where(self._articles[places] == articles, self._days[places], np.nan)

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
        days = self._days[self._of(sources)] if sources else self._days
        dated = days[~np.isnan(days)].astype(int)
        if not len(dated):
            return Coverage(len(days), None, None)
        return Coverage(len(days), date.fromordinal(dated.min()), date.fromordinal(dated.max()))

    def allowed_articles(self, question: Question) -> Ids | None:
        """The articles among which a question is to be answered, rising; ``None`` for all.

        Articles whose day is not known are never hidden by a period.
        """
        allowed = np.ones(len(self._articles), bool)
        unknown = np.isnan(self._days)
        bounds = [question.until] if question.until else []
        if question.as_of:
            bounds.append(question.asked)
        if bounds:
            allowed &= unknown | (self._days <= min(bounds).toordinal())
        if question.since:
            allowed &= unknown | (self._days >= question.since.toordinal())
        for outlets in filter(None, (question.sources, question.allowed)):
            allowed &= self._of(outlets)
        return None if allowed.all() else self._articles[allowed]

    def _of(self, outlets: Sequence[str]) -> Bools:
        """Which of all articles are from one of these outlets."""
        numbers = [self._sources.get(outlet.casefold(), -1) for outlet in outlets]
        return np.isin(self._source, numbers)
