"""Questions whose answers are known, from JSON Lines, and how what they measured looks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bot import batch
from corpus.errors import NewsbotError
from corpus.reading import Failure
from index.evaluation import Case, Fate, Figure, Result, bold, fates, figures

if TYPE_CHECKING:
    from rich.console import Console

_SEEN = 3  # quotes that a reader in Discord is shown


def read(name: str, lines: Iterable[bytes], limit: int) -> Iterator[Case | Failure]:
    """The questions of a file, each for ``limit`` quotes.

    A line is an object of ``id``, ``question``, ``asked``, ``answer``, ``relevant`` (the URLs of articles)
    and ``answerable``, which is true where it is left out. A line that is none becomes a Failure.
    """
    for asked in batch.read(name, lines, limit):
        if isinstance(asked, Failure):
            yield asked
            continue
        try:
            yield _case(asked)
        except NewsbotError as error:
            yield Failure(asked.place, error.said)


def evaluation_to_json(results: Sequence[Result], limit: int) -> dict[str, Any]:
    """Figures with their intervals, fates, and what each question got."""
    held, right = bold(results)
    return {
        "questions": len(results),
        "answerable": sum(result.case.answerable for result in results),
        "figures": {name: _figure_to_json(figure) for name, figure in figures(results).items()},
        "bold": {"right_quotes": right, "hold_the_answer": held},
        "fates": {str(shown): dict(fates(results, shown)) for shown in _cuts(limit)},
        "results": [
            {
                "id": result.case.id,
                "answered": result.answered,
                "confidence": result.confidence,
                "rank": result.rank,
                "fate": result.fate(min(_SEEN, limit)),
            }
            for result in results
        ],
    }


def show_evaluation(console: Console, results: Sequence[Result], limit: int) -> None:
    """The figures, and a table of what became of the questions."""
    can = sum(result.case.answerable for result in results)
    console.print(f"{len(results)} questions, {can} of them answerable\n", highlight=False)
    table = _table("", "figure", "95 % interval")
    for name, figure in figures(results).items():
        table.add_row(name, _number(figure.value), f"{_number(figure.low)} to {_number(figure.high)}")
    console.print(table)
    held, right = bold(results)
    share = _number(held / right if right else math.nan)
    console.print(
        f"\nThe bold sentence holds the answer in {share} of {right} right quotes.\n", highlight=False
    )
    cuts = _cuts(limit)
    table = _table("what became of them", *(f"first {shown}" for shown in cuts))
    counts = [fates(results, shown) for shown in cuts]
    for fate in Fate:
        table.add_row(fate, *(str(count[fate]) for count in counts), end_section=fate is Fate.REFUSED)
    console.print(table)


def _case(asked: batch.Asked) -> Case:
    fields = asked.fields
    answer, relevant = fields.get("answer"), fields.get("relevant")
    answerable = fields.get("answerable", True)
    if (
        not isinstance(answer, str)
        or not isinstance(relevant, list)
        or not all(isinstance(url, str) for url in relevant)
        or not isinstance(answerable, bool)
    ):
        raise NewsbotError(
            'lacks what it is measured by: "answer": "…", "relevant": ["URL", …], "answerable": true or false'
        )
    return Case(asked.id, asked.question, answer, frozenset(relevant), answerable)


def _cuts(limit: int) -> list[int]:
    return sorted({min(_SEEN, limit), limit})


def _figure_to_json(figure: Figure) -> dict[str, float | None]:
    values = {"value": figure.value, "low": figure.low, "high": figure.high}
    return {name: None if math.isnan(value) else round(value, 4) for name, value in values.items()}


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
