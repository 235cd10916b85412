"""Why an article was quoted or was not, in a terminal and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from bot.language import told
from bot.terminal import one_line

if TYPE_CHECKING:
    from rich.console import Console

    from index.why import Place, Standing, Why

_PASSAGES = 5
_SHARES = 8
_EXCERPT = 30  # characters of a passage


def why_to_json(why: Why) -> dict[str, Any]:
    """All that is known of it; a passage that a search did not find, however deep, has null there."""
    fields = asdict(why)
    return {**fields, "question": why.question.text, "verdict": why.verdict.value}


def show_why(console: Console, why: Why) -> None:
    """The verdict, the steps up to it, where the passages stood, and what made the score."""
    console.print(Text(f"{why.verdict.capitalize()}\n", "bold"))
    for step in why.steps:
        line = Text.assemble(_mark(step.passed), (f"  {step.name:<9}  ", "dim"), one_line(told(step.text)))
        console.print(line, soft_wrap=not console.is_terminal, highlight=False)
    if why.passages:
        console.print()
        console.print(_passages(why.passages[:_PASSAGES]))
        if len(why.passages) > _PASSAGES:
            console.print(Text(f"and {len(why.passages) - _PASSAGES} more passages", "dim"))
    if why.shares:
        console.print()
        console.print(_shares(why))


def _mark(passed: bool) -> Text:
    return Text("yes", "green") if passed else Text("no ", "bold red")


def _passages(standings: tuple[Standing, ...]) -> Table:
    table = _table("by meaning", "by words", "ranked", "quote", first="passage: rank (score)")
    for one in standings:
        quote = f"{'as in ' if one.repeats else ''}{one.quote}" if one.quote else "–"
        places = (_place(place) for place in (one.dense, one.lexical, one.ranked))
        table.add_row(Text(f"{one_line(one.text[:_EXCERPT])} …"), *places, quote)
    return table


def _shares(why: Why) -> Table:
    table = _table("figure", "points", "of the first", first="what made the best one's score")
    for share in why.shares[:_SHARES]:
        table.add_row(share.feature, f"{share.value:.2f}", f"{share.points:+.2f}", f"{share.best:+.2f}")
    return table


def _place(place: Place | None) -> str:
    return f"{place.rank:,} ({place.score:.2f})" if place else "–"


def _table(*columns: str, first: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True, overflow="ellipsis")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
