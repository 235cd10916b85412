"""How answers, diffs and statistics look in a terminal, and as JSON.

Where the output is piped there are no colours, nothing is wrapped, and the answering sentence stands between
two pairs of asterisks instead of being bold.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.style import Style
from rich.text import Text

from bot import wording
from bot.language import plural, written
from index.answer import Answer, Headline, Quote

if TYPE_CHECKING:
    from index import newsroom

_TEXT_WIDTH = 100  # columns; longer lines are hard to read
_SHOWN = 1_000  # characters of a paragraph
_NAMED = 10  # addresses of a kind, in a diff
_MARGIN = 4  # columns left of what belongs to a numbered headline

# Whoever writes an article must not get to move the cursor or to set the window's title.
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\ufffd") | {9: " ", 10: "\n", 13: " "}


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The answer as ``newsbot ask --json`` prints it. Texts are verbatim; days and moments are ISO 8601."""
    coverage = answer.coverage
    return {
        "question": answer.question.text,
        "answered": answer.answered,
        "confidence": answer.confidence,
        "quotes": [_quote_to_json(quote) for quote in answer.quotes],
        "headlines": [_headline_to_json(headline) for headline in answer.headlines],
        "coverage": {
            "articles": coverage.articles,
            "first": _iso(coverage.first),
            "last": _iso(coverage.last),
        },
    }


def diff_to_json(diff: newsroom.Diff) -> dict[str, Any]:
    """What an indexing run changed: lists of addresses, and of failures with their reasons."""
    return {
        "added": list(diff.added),
        "changed": list(diff.changed),
        "removed": list(diff.removed),
        "unchanged": list(diff.unchanged),
        "failed": [{"place": failure.place, "reason": failure.reason} for failure in diff.failed],
        "passed_over": list(diff.passed_over),
    }


def stats_to_json(stats: newsroom.Stats) -> dict[str, Any]:
    """What the data folder holds; ``size`` is in bytes."""
    return {
        "articles": stats.coverage.articles,
        "first": _iso(stats.coverage.first),
        "last": _iso(stats.coverage.last),
        "passages": stats.passages,
        "pending": stats.pending,
        "model": stats.model,
        "dimension": stats.dimension,
        "generation": stats.generation,
        "size": stats.size,
        "sources": [
            {"name": source.name, "articles": source.articles, "newest": _iso(source.newest)}
            for source in stats.sources
        ],
    }


def show_answer(console: Console, answer: Answer) -> None:
    """Quotes, best first, or what there is instead of an answer."""
    if answer.answered:
        for number, quote in enumerate(answer.quotes, start=1):
            _show_quote(console, number, quote)
        _print(
            console,
            Text(f"From {wording.covers(answer.coverage)} · confidence {answer.confidence:.0%}", "dim"),
        )
    elif not answer.coverage.articles:
        _print(
            console,
            Text("There are no articles yet. Index some with newsbot index PATH, or try newsbot demo."),
        )
    else:
        _print(console, Text(wording.nothing_found(), "bold"))
        _print(console, Text(f"I know {wording.covers(answer.coverage)}."))
        if answer.headlines:
            _print(console, Text("The nearest headlines:"))
        for headline in answer.headlines:
            title = Text(one_line(wording.title(headline)), _to(headline.link, "bold"))
            _print(console, title, first=Text("  • "))
            _print(console, Text(_byline(console, headline, headline.link), "dim"), indent=_MARGIN)


def show_demo(console: Console, diff: newsroom.Diff, answer: Answer) -> None:
    """What the demo did, and what can be tried next."""
    articles = plural(
        "{count} sample article",
        "{count} sample articles",
        len(diff.added) + len(diff.changed) + len(diff.unchanged),
    )
    console.print(f"{articles}, of newspapers that never were. The question:\n", highlight=False)
    console.print(Text(one_line(answer.question.text), "bold"), end="\n\n")
    show_answer(console, answer)
    steps = [
        ('newsbot demo "Who won the cup final?"', "another question"),
        ("newsbot preview", "the bot in a simulated Discord"),
        ("newsbot index PATH", "your own articles"),
        ("newsbot --help", "all the rest"),
    ]
    activate = Path(sys.prefix, "bin", "activate")
    if which("newsbot") is None and activate.exists():
        steps.insert(0, (f". {os.path.relpath(activate)}", "so that your shell finds newsbot"))
    console.print("\n[bold]What next[/]")
    for step, told in steps:
        console.print(Text(f"  {step:<38}  {told}"), soft_wrap=True)


def show_diff(console: Console, diff: newsroom.Diff, seconds: float) -> None:
    """What changed, by address, and the sums. What failed is told by ``failures``."""
    for mark, colour, urls in (
        ("+", "green", diff.added),
        ("~", "yellow", diff.changed),
        ("-", "red", diff.removed),
    ):
        for url in urls[:_NAMED]:
            _print(console, Text.assemble((f"{mark} ", colour), one_line(url)))
        if len(urls) > _NAMED:
            _print(console, Text(f"{mark} and {len(urls) - _NAMED:,} more", colour))
    sums = [
        Text(f"{len(diff.added):,} added", "green" if diff.added else ""),
        Text(f"{len(diff.changed):,} changed", "yellow" if diff.changed else ""),
        Text(f"{len(diff.removed):,} removed", "red" if diff.removed else ""),
        Text(f"{len(diff.unchanged):,} unchanged"),
    ]
    if diff.failed:
        sums.append(Text(f"{len(diff.failed):,} failed", "bold red"))
    _print(console, Text.assemble(Text(", ").join(sums), (f"  in {wording.duration(seconds)}", "dim")))


def failures(diff: newsroom.Diff) -> Iterator[str]:
    """What went wrong or was left out, in lines for the standard error."""
    for failure in diff.failed:
        yield f"failed: {one_line(failure.place)}: {one_line(failure.reason)}"
    if diff.passed_over:
        count = len(diff.passed_over)
        names = [one_line(name) for name in islice(diff.passed_over, _NAMED)]
        more = f" and {count - _NAMED:,} more" if count > _NAMED else ""
        files = plural("{count} file", "{count} files", count)
        yield f"passed over: {files} of another kind: {', '.join(names)}{more}"


def show_stats(console: Console, stats: newsroom.Stats) -> None:
    """What the data folder holds, a fact a line."""
    pending = f", {stats.pending:,} not encoded yet" if stats.pending else ""
    dimension = f", {stats.dimension} dimensions" if stats.dimension else ""
    facts = [
        ("articles", wording.covers(stats.coverage)),
        ("passages", f"{stats.passages:,}{pending}"),
        ("model", f"{stats.model or 'none yet'}{dimension}"),
        ("generation", f"{stats.generation:,}"),
        ("on disk", _size(stats.size)),
    ]
    for position, source in enumerate(stats.sources[:_NAMED]):
        newest = f", the newest of {written(source.newest)}" if source.newest else ""
        name = one_line(source.name) or "no outlet named"
        articles = plural("{count} article", "{count} articles", source.articles)
        facts.append(("" if position else "outlets", f"{name}: {articles}{newest}"))
    if len(stats.sources) > _NAMED:
        facts.append(("", f"and {len(stats.sources) - _NAMED:,} more"))
    for label, fact in facts:
        _print(console, Text(fact), first=Text(f"{label:<12}", "dim"))


@contextmanager
def progress(console: Console) -> Iterator[Callable[[newsroom.Progress], None] | None]:
    """Bars for an indexing run while it lasts; ``None`` where nobody looks at a terminal."""
    if not console.is_terminal:
        yield None
        return
    bars = Progress(
        TextColumn("{task.description}"),
        # Short of the last column, or the ^C that a terminal echoes there would break the line.
        BarColumn(bar_width=max(10, min(40, console.width - 72))),
        TextColumn("{task.fields[count]}"),
        _Speed(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
    )
    tasks = {
        stage: bars.add_task(stage.capitalize(), total=None, visible=False, count="", unit=unit)
        for stage, unit in (("reading", "articles"), ("encoding", "passages"))
    }

    def update(now: newsroom.Progress) -> None:
        count = f"{now.done:,}/{now.total:,}" if now.total else f"{now.done:,}"
        if now.stage == "encoding":
            bars.update(tasks["reading"], total=now.articles)  # nothing is left to read
            count = f"{count} of {plural('{count} article', '{count} articles', now.articles)}"
        bars.update(tasks[now.stage], completed=now.done, total=now.total, count=count, visible=True)

    with bars:
        yield update


class _Speed(ProgressColumn):
    """Articles or passages per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} {task.fields['unit']}/s" if speed else "", "dim")


def _show_quote(console: Console, number: int, quote: Quote) -> None:
    title = Text(one_line(wording.title(quote)), _to(quote.link, "bold cyan"))
    _print(console, title, first=Text(f"{number:>2}  ", "cyan"))
    _print(console, Text(_byline(console, quote, quote.url), _to(quote.link, "dim")), indent=_MARGIN)
    _print(console, _marked(quote, plain=not console.is_terminal), indent=_MARGIN, bar=True)
    if quote.also_in:
        names = [
            Text(one_line(name if name == other.source else f"“{name}”"), _to(other.link))
            for name, other in wording.tellers(quote.source, quote.also_in).items()
        ]
        _print(console, Text("also in: ", "dim") + Text(", ").join(names), indent=_MARGIN)
    console.print()


def _marked(quote: Quote, *, plain: bool) -> Text:
    """As much of the paragraph around the answering sentence as is shown, with that sentence marked."""
    left, right = _window(quote.text, quote.start, quote.end)
    before, sentence, after = (
        quote.text[start:end].translate(_CONTROLS)
        for start, end in (
            (left, quote.start),
            (quote.start, min(quote.end, right)),
            (min(quote.end, right), right),
        )
    )
    mark = "**" if plain else ""
    return Text.assemble(
        "… " if left else "",
        before,
        (f"{mark}{sentence}{mark}", "bold"),
        after,
        " …" if right < len(quote.text) else "",
    )


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets of at most ``_SHOWN`` characters around ``text[start:end]``, cut between words if possible."""
    if len(text) <= _SHOWN:
        return 0, len(text)
    room = _SHOWN - (end - start)
    if room < 0:
        return start, start + _SHOWN
    left = 0 if end <= _SHOWN else min(start - room // 2, len(text) - _SHOWN)
    right = left + _SHOWN
    if left:
        left = text.find(" ", left, start) + 1 or left
    if right < len(text):
        right = max(text.rfind(" ", end, right), end)
    return left, right


def _print(
    console: Console, text: Text, *, indent: int = 0, bar: bool = False, first: Text | None = None
) -> None:
    """One paragraph, wrapped to a readable width on a terminal, and indented by what is ``first`` of it."""
    first = first or Text()
    if not console.is_terminal:
        console.print(first + text, soft_wrap=True, highlight=False)
        return
    margin = Text(" " * (indent - 2 * bar + len(first)))
    if bar:
        margin.append("▎ ", "yellow")
    begin = first or margin
    for line in text.wrap(console, max(20, min(console.width, _TEXT_WIDTH) - len(margin))):
        console.print(begin + line, highlight=False, no_wrap=True, overflow="ignore", crop=False)
        begin = margin


def _byline(console: Console, item: Quote | Headline, url: str) -> str:
    """Outlet, day and address; the whole link where it cannot be hidden behind the text."""
    day = written(item.published) if item.published else "date unknown"
    about = " · ".join(one_line(part) for part in (item.source, day) if part)
    address = url if console.is_terminal or not item.link else item.link
    if not item.link:
        address = unquote(urlsplit(url).path.rpartition("/")[2])
    if not address:
        return about
    fits = not console.is_terminal or cell_len(about + address) + 3 + _MARGIN <= min(
        console.width, _TEXT_WIDTH
    )
    return f"{about}{' · ' if fits else chr(10)}{one_line(address)}"


def _quote_to_json(quote: Quote) -> dict[str, Any]:
    return {
        "text": quote.text,
        "sentence": quote.sentence,
        "title": quote.title,
        "url": quote.url,
        "link": quote.link,
        "source": quote.source,
        "published": _iso(quote.published),
        "score": quote.score,
        "also_in": [_headline_to_json(headline) for headline in quote.also_in],
    }


def _headline_to_json(headline: Headline) -> dict[str, Any]:
    return {
        "title": headline.title,
        "link": headline.link,
        "source": headline.source,
        "published": _iso(headline.published),
    }


def _iso(when: date | datetime | None) -> str | None:
    return when.isoformat() if when else None


def one_line(text: str) -> str:
    """Text from outside as one line that a terminal takes for text."""
    return " ".join(text.translate(_CONTROLS).split())


def _to(link: str, style: str = "") -> Style:
    """The style, and the link if there is one."""
    return Style.parse(style) + Style(link=one_line(link) or None)


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
