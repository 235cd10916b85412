"""One story takes one place in an answer, whoever tells it.

Passages that repeat each other are one story: syndicated text, an article that was updated. So are articles
of different outlets whose titles share their words and that are of the same days. Passages of one article
are not, for the second may hold what the first does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.words import SHIFT, Mark, Words

if TYPE_CHECKING:
    from corpus.store import Passage
    from index.ranking import Candidates

Stems = frozenset[int]

_REPEATED = 0.9  # of the words of the shorter passage
_IN_TITLES = 0.4  # of the words of the shorter title,
_TITLE_WORDS = 3  # and so many at least
_DAYS = 3


@dataclass(frozen=True, slots=True)
class Telling:
    """A passage as far as it matters here: its words, its article's title without stop words, outlet and day.

    Words are numbers of stems. ``day`` is an ordinal of the calendar, NaN where it is not known.
    """

    words: Stems
    title: Stems
    article: int
    source: str
    day: float


def tellings(candidates: Candidates, passages: Sequence[Passage]) -> list[Telling]:
    """What each of the candidates tells; ``passages`` are those that were measured, in the same order."""
    titles = [_stems(title[title & Mark.STOP == 0]) for title in candidates.titles]
    return [
        Telling(_stems(words), titles[article], passage.article, passage.source, candidates.days[article])
        for words, article, passage in zip(candidates.words, candidates.article, passages, strict=True)
    ]


def group(tellings: Sequence[Telling], limit: int) -> list[tuple[int, list[int]]]:
    """The first ``limit`` places of a ranking that tell different stories, each with the later ones."""
    kept: list[tuple[int, list[int]]] = []
    for place, telling in enumerate(tellings):
        others = next((others for first, others in kept if _is_one_story(tellings[first], telling)), None)
        if others is not None:
            others.append(place)
        elif len(kept) < limit:
            kept.append((place, []))
    return kept


def _is_one_story(one: Telling, other: Telling) -> bool:
    if _share(one.words, other.words) > _REPEATED:
        return True
    if one.article == other.article or one.source == other.source or not abs(one.day - other.day) <= _DAYS:
        return False
    return len(one.title & other.title) >= _TITLE_WORDS and _share(one.title, other.title) >= _IN_TITLES


def _share(one: Stems, other: Stems) -> float:
    """Which part of the smaller set the two have in common."""
    return len(one & other) / max(1, min(len(one), len(other)))


def _stems(words: Words) -> Stems:
    return frozenset((words >> SHIFT).tolist())
