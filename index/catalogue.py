"""What is known in memory of every article: enough to filter by, not its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from index.answer import Coverage, Limits, Question
from index.vectors import Ids

Bools = npt.NDArray[np.bool_]


class Catalogue:
    """Days and outlets of the articles of one store at one generation; it never changes."""

    def __init__(self, store: int = 0) -> None:
        """Of no articles yet. ``store`` identifies the store."""
        self.store = store
        self.generation = -1
        self._articles = np.empty(0, np.int64)
        self._days = np.empty(0, np.float64)
        self._source = np.empty(0, np.int64)  # places in _sources
        self._sources: tuple[str, ...] = ()
        self.outlets: tuple[str, ...] = ()
        self._whole = Coverage(0, None, None)

    def changed(
        self, removed: Iterable[int], facts: Sequence[tuple[int, int | None, str]], generation: int
    ) -> Catalogue:
        """As this one, at another generation: without ``removed``, with (or anew) those of ``facts``.

        These are ``(id, day as a proleptic ordinal, source)``.
        """
        made = Catalogue(self.store)
        made.generation = generation
        ids = [fact[0] for fact in facts]
        kept = ~np.isin(self._articles, np.array([*removed, *ids], np.int64))
        sources = {source: number for number, source in enumerate(self._sources)}
        days = [np.nan if day is None else day for _, day, _ in facts]
        numbers = [sources.setdefault(source, len(sources)) for _, _, source in facts]
        articles = np.concatenate([self._articles[kept], np.array(ids, np.int64)])
        order = np.argsort(articles, kind="stable")
        made._articles = articles[order]
        made._days = np.concatenate([self._days[kept], np.array(days, np.float64)])[order]
        made._source = np.concatenate([self._source[kept], np.array(numbers, np.int64)])[order]
        made._sources = tuple(sources)
        there = np.bincount(made._source, minlength=len(sources)) > 0
        made.outlets = tuple(name for name, some in zip(sources, there, strict=True) if some and name)
        made._whole = _coverage(made._days)
        return made

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


def _coverage(days: npt.NDArray[np.float64]) -> Coverage:
    dated = days[~np.isnan(days)].astype(int)
    if not len(dated):
        return Coverage(len(days), None, None)
    return Coverage(len(days), date.fromordinal(dated.min()), date.fromordinal(dated.max()))
