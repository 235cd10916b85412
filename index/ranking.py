"""Candidates in the order in which they answer a question, and how sure we may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus.store import Passage
from index.indexes import Found


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages with their scores, best first, and the probability that the first ones hold the answer."""

    passages: tuple[Passage, ...]
    scores: tuple[float, ...]
    confidence: float


def rank(found: Found, passages: Sequence[Passage]) -> Ranked:
    ids = np.array([passage.id for passage in passages], np.int64)
    articles = np.array([passage.article for passage in passages], np.int64)
    dense = _look_up(ids, *found.dense)
    lexical = _look_up(ids, *found.lexical)
    article = _look_up(articles, *found.articles)
    score = 2 * dense + lexical / max(lexical.max(), 1) + 0.5 * article / max(article.max(), 1)
    order = np.argsort(-score, kind="stable")
    return Ranked(
        tuple(passages[place] for place in order),
        tuple(float(score[place]) for place in order),
        float(np.clip(dense.max(), 0, 1)),
    )


def _look_up(
    wanted: npt.NDArray[np.int64], ids: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The score of each wanted id, 0 where the search did not find it."""
    if not len(ids):
        return np.zeros(len(wanted), np.float32)
    order = np.argsort(ids)
    places = np.searchsorted(ids[order], wanted).clip(max=len(ids) - 1)
    return np.where(ids[order][places] == wanted, scores[order][places], 0).astype(np.float32)
