"""How good answers are, held against questions whose answers are known.

A quote is right when it is of a relevant article and its first 700 characters hold the answer, both in lower
case and without punctuation. shown@k is the share of the answerable questions with a right quote among the
first k, mrr@10 the mean of 1/rank of the first right quote, 0 beyond rank 10; a refusal counts for neither.
auroc is the probability that a question which can be answered has a higher confidence than one which cannot.
kept is the share of the answerable questions that were answered, refused that of the others that were not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.answer import Question

if TYPE_CHECKING:
    from corpus.store import Passage
    from index.newsroom import Newsroom
    from index.retriever import Trace

Floats = npt.NDArray[np.float64]

CUTS = (1, 3, 5, 10)
_SHOWN = 700  # characters of a quote in which the answer must stand
_RESAMPLES = 2000


class Fate(StrEnum):
    """What became of a question."""

    SHOWN = "right quote shown"
    LOWER = "right paragraph ranked lower"
    GROUPED = "right paragraph grouped away"
    WRONG_PARAGRAPH = "article among the candidates, right paragraph not"
    NOT_RETRIEVED = "article not among the candidates"
    REFUSED = "refused"
    RIGHTLY_REFUSED = "rightly refused"
    WRONGLY_ANSWERED = "answered, should be refused"


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its answer and the URLs of the articles that hold it; ``id`` is whatever names it."""

    id: object
    question: Question
    answer: str
    relevant: frozenset[str]
    answerable: bool

    @property
    def half(self) -> str:
        """A or B by a hash of the id: what is chosen with one half is checked on the other."""
        return "AB"[int(hashlib.sha256(str(self.id).encode()).hexdigest(), 16) % 2]


@dataclass(frozen=True, slots=True)
class Result:
    """What a case got.

    ``rank`` is that of the first right quote, ``grouped`` that of the first quote which stands for a right
    paragraph; ``ranked`` and ``retrieved`` tell whether a right paragraph, and any of a relevant article, was
    a candidate. ``bold`` tells of each right quote whether its bold sentence holds the answer.
    """

    case: Case
    answered: bool
    confidence: float
    rank: int | None = None
    grouped: int | None = None
    ranked: bool = False
    retrieved: bool = False
    bold: tuple[bool, ...] = ()

    def fate(self, shown: int) -> Fate:
        """What became of it for somebody who is shown so many quotes."""
        if not self.case.answerable:
            return Fate.WRONGLY_ANSWERED if self.answered else Fate.RIGHTLY_REFUSED
        if not self.answered:
            return Fate.REFUSED
        if self.rank is not None and self.rank <= shown:
            return Fate.SHOWN
        if self.grouped is not None and self.grouped <= shown:
            return Fate.GROUPED
        if self.ranked:
            return Fate.LOWER
        return Fate.WRONG_PARAGRAPH if self.retrieved else Fate.NOT_RETRIEVED


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its 95 % bootstrap interval; NaN where there is no question of the kind."""

    value: float
    low: float
    high: float


async def evaluate(newsroom: Newsroom, cases: Iterable[Case]) -> AsyncIterator[Result]:
    """Ask each question as anybody does, and judge the answer. Raises as ``Newsroom.ask`` does."""
    for case in cases:
        trace = await newsroom.trace(case.question)
        yield judge(case, trace, await newsroom.candidates(trace))


def judge(case: Case, trace: Trace, candidates: Mapping[int, Passage]) -> Result:
    """What a case got from an answer; ``candidates`` are those of the trace, by id."""
    quotes = trace.answer.quotes
    right = [is_right(case, quote.url, quote.text) for quote in quotes]
    found = [candidates.get(one) for one in trace.passages]
    rights = [one is not None and is_right(case, one.url, one.text) for one in found]
    grouped = (
        number
        for number, (_, repeats) in enumerate(trace.places, 1)
        if any(rights[place] for place in repeats)
    )
    return Result(
        case,
        trace.answer.answered,
        trace.answer.confidence,
        rank=right.index(True) + 1 if any(right) else None,
        grouped=next(grouped, None),
        ranked=any(rights),
        retrieved=any(passage.url in case.relevant for passage in candidates.values()),
        bold=tuple(
            holds(quote.sentence, case.answer) for quote, hit in zip(quotes, right, strict=True) if hit
        ),
    )


def is_right(case: Case, url: str, text: str) -> bool:
    """Whether a quote of this article answers a case."""
    return url.split("#")[0] in case.relevant and holds(text, case.answer)


def figures(results: Sequence[Result]) -> dict[str, Figure]:
    """shown@1, @3, @5, @10, mrr@10, auroc, kept and refused, in this order.

    Intervals are of 2,000 resamples of the questions with a fixed seed, the answerable and the others apart.
    """
    can = [result for result in results if result.case.answerable]
    cannot = [result for result in results if not result.case.answerable]
    random = np.random.default_rng(0)
    can_again, cannot_again = (
        random.integers(0, len(part), (_RESAMPLES, len(part))) if part else np.empty((_RESAMPLES, 0), int)
        for part in (can, cannot)
    )
    ranks = np.array([result.rank or np.inf if result.answered else np.inf for result in can])
    columns = {f"shown@{k}": ranks <= k for k in CUTS}
    columns["mrr@10"] = np.where(ranks <= 10, 1 / ranks, 0)
    means = {name: _mean(column, can_again) for name, column in columns.items()}
    above = _above(
        np.array([result.confidence for result in can]), np.array([result.confidence for result in cannot])
    )
    again = [above[np.ix_(*pair)] for pair in zip(can_again, cannot_again, strict=True)] if above.size else []
    means["auroc"] = _figure(above, np.array([one.mean() for one in again]))
    means["kept"] = _mean(np.array([result.answered for result in can]), can_again)
    means["refused"] = _mean(np.array([not result.answered for result in cannot]), cannot_again)
    return means


def bold(results: Sequence[Result]) -> tuple[int, int]:
    """In how many right quotes the bold sentence holds the answer, and how many right quotes there are."""
    held = [one for result in results if result.answered for one in result.bold]
    return sum(held), len(held)


def fates(results: Sequence[Result], shown: int) -> Counter[Fate]:
    """How many questions met which fate."""
    return Counter(result.fate(shown) for result in results)


def holds(text: str, answer: str) -> bool:
    """Whether what is shown of a text holds an answer."""
    return f" {_plain(answer)} " in f" {_plain(text.replace('**', '').replace('__', '')[:_SHOWN])} "


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[^a-z0-9$%.]+", " ", text.replace("’", "'")).strip()


def _above(one: Floats, other: Floats) -> Floats:
    """For each pair 1 where the first is greater, ½ where both are the same; shape (one, other)."""
    return np.asarray((one[:, None] > other) + 0.5 * (one[:, None] == other), np.float64)


def _mean(column: npt.NDArray[np.generic], again: npt.NDArray[np.int64]) -> Figure:
    values = column.astype(np.float64)
    return _figure(values, values[again].mean(axis=1) if len(values) else np.empty(0))


def _figure(values: Floats, resampled: Floats) -> Figure:
    if not values.size:
        return Figure(np.nan, np.nan, np.nan)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Figure(float(values.mean()), float(low), float(high))
