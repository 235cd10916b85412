"""One story takes one place in an answer, whoever tells it.

Passages that repeat each other are one story: syndicated text, an article that was updated. So are articles
of different outlets whose titles share their words and that are of the same days. Passages of one article
are not, for the second may hold what the first does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.arrays import distinct
from index.words import SHIFT, Ints, Mark, Words, laid_out

if TYPE_CHECKING:
    from index.ranking import Candidates

Bools = npt.NDArray[np.bool_]

_REPEATED = 0.9  # of the words of the shorter passage
_IN_TITLES = 0.4  # of the words of the shorter title,
_TITLE_WORDS = 3  # and so many at least
_DAYS = 3

_ROW = 32  # bits of a stem's number, above which the row of its text stands


def group(candidates: Candidates, order: Ints, limit: int) -> list[tuple[int, list[int]]]:
    """The first ``limit`` places of ``order`` that tell different stories, each with the later ones.

    ``order`` are the candidates, best first.
    """
    texts, titles = _Sets(candidates.words), _Sets(candidates.titles, without=Mark.STOP)
    outlets, days, of_article = candidates.outlets, candidates.days, candidates.article

    def told_by(one: int) -> Bools:
        """Which candidates tell the story of one of them."""
        article = of_article[one]
        elsewhere = (outlets != outlets[article]) & (abs(days - days[article]) <= _DAYS)
        common, share = titles.common(article)
        titled_alike = elsewhere & (common >= _TITLE_WORDS) & (share >= _IN_TITLES)
        return np.asarray((texts.common(one)[1] > _REPEATED) | titled_alike[of_article])

    kept: list[tuple[int, list[int]]] = []
    story = np.full(len(of_article), -1)
    for place, one in enumerate(order.tolist()):
        if story[one] >= 0:
            kept[story[one]][1].append(place)
        elif len(kept) < limit:
            story[told_by(one) & (story < 0)] = len(kept)
            kept.append((place, []))
    return kept


class _Sets:
    """The stems of each of some texts, but for words that have one of the marks ``without``."""

    def __init__(self, texts: Sequence[Words], without: int = 0) -> None:
        words, row, _ = laid_out(texts)
        keys = row << _ROW | words >> SHIFT
        once = distinct(keys[words & without == 0])
        self._row, self._stem = once >> _ROW, once & (1 << _ROW) - 1
        self._stems = int(self._stem.max(initial=0)) + 1
        self._sizes = np.bincount(self._row, minlength=len(texts))

    def common(self, one: int) -> tuple[Ints, npt.NDArray[np.float64]]:
        """How many stems each text has in common with one of them, and which part of the smaller set."""
        held = np.zeros(self._stems, bool)
        held[self._stem[self._row == one]] = True
        common = np.bincount(self._row[held[self._stem]], minlength=len(self._sizes))
        return common, common / np.maximum(np.minimum(self._sizes, self._sizes[one]), 1)
