"""Why an article was quoted for a question, or was not: where it stood in each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np

from corpus.article import day_of
from corpus.said import Said, together
from corpus.store import Entering, Passage, Record
from index.answer import Question
from index.indexes import Hits
from index.outlets import may_see
from index.ranking import FEATURES
from index.retriever import Trace

_COPIES = 3  # near-duplicates that are named


class Verdict(StrEnum):
    """What became of an article, in the order of the steps."""

    UNKNOWN = "not in the corpus"
    OUTSIDE = "outside the period"
    OTHER_SOURCE = "of another outlet"
    NOT_FOUND = "not found by any search"
    SIEVED = "found, but not among the candidates"
    REFUSED = "below the threshold"
    LOWER = "ranked too low"
    GROUPED = "grouped under another"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Known:
    """An article that the store holds."""

    id: int
    title: str
    url: str
    source: str
    published: date | datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to an answer, whether the article passed it, and what is to be said of that."""

    name: str
    passed: bool
    text: Said


@dataclass(frozen=True, slots=True)
class Place:
    """Rank, from 1, and score in one search or in the ranking."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a passage stood: by meaning, by words, and in the ranking if it was a candidate.

    ``quote`` is the number of the quote that shows it, or of the one that it repeats (``repeats``).
    """

    text: str
    dense: Place | None
    lexical: Place | None
    ranked: Place | None
    quote: int | None = None
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What a feature adds to the score of a passage, and what it adds to that of the first candidate."""

    feature: str
    value: float
    points: float
    best: float


@dataclass(frozen=True, slots=True)
class Why:
    """The steps up to the verdict; the article's passages, best first; what made the score of the first."""

    question: Question
    url: str
    verdict: Verdict
    steps: tuple[Step, ...]
    confidence: float
    threshold: float
    passages: tuple[Standing, ...] = ()
    shares: tuple[Share, ...] = ()


def not_in_corpus(trace: Trace, url: str, entries: Sequence[Record]) -> Why:
    """The verdict on an address that the store has no article of; ``entries`` are those that named it."""
    text = _missing(entries[0]) if entries else Said("Nothing is known of this address.")
    return _why(trace, url, [(Verdict.UNKNOWN, Step("corpus", False, text))])


def explain(
    trace: Trace,
    article: Known,
    passages: Sequence[Passage],
    deep: tuple[Hits, Hits],
    near: Sequence[Known] = (),
) -> Why:
    """What became of an article with these passages. ``deep`` are deep searches by meaning and by words.

    ``near`` are the articles that say nearly the same, the most similar first.
    """
    standings = _standings(trace, passages, deep)
    shares = _shares(trace, article)
    steps = [
        (Verdict.UNKNOWN, _corpus(article, passages, near)),
        (Verdict.OUTSIDE, _period(trace, article)),
        (Verdict.OTHER_SOURCE, _source(trace, article)),
        _found(trace, article, passages),
        (Verdict.REFUSED, _sure(trace)),
        *_shown(trace, standings),
    ]
    return _why(trace, article.url, steps, tuple(standings), tuple(shares))


def _missing(entry: Record) -> Said:
    match entry.state:
        case Entering.SKIPPED if entry.reason:
            return Said("It was removed by hand.")
        case Entering.SKIPPED:
            return Said("It was older than what was taken when its feed was added.")
        case Entering.WAITING if not entry.reason:
            return Said("It came in by a feed, and its page waits to be fetched.")
        case Entering.WAITING:
            return Said(
                "Its page is tried again on {day} at {time} UTC: {reason}.",
                day=entry.due.date(),
                time=f"{entry.due:%H:%M}",
                reason=entry.reason,
            )
        case _ if entry.reason:
            return Said("Its page could not be read: {reason}.", reason=entry.reason)
        case _:
            return Said("It was there, and was removed.")


def _why(
    trace: Trace,
    url: str,
    steps: Sequence[tuple[Verdict, Step]],
    passages: tuple[Standing, ...] = (),
    shares: tuple[Share, ...] = (),
) -> Why:
    """The steps up to the first that the article did not pass, or else to the last."""
    kept = next((place for place, (_, step) in enumerate(steps, 1) if not step.passed), len(steps))
    return Why(
        trace.answer.question,
        url,
        steps[kept - 1][0],
        tuple(step for _, step in steps[:kept]),
        trace.answer.confidence,
        trace.threshold,
        passages,
        shares,
    )


def _corpus(article: Known, passages: Sequence[Passage], near: Sequence[Known]) -> Step:
    day = day_of(article.published)
    named = ", ".join(filter(None, [f"“{article.title}”", article.source]))
    told = (
        [Said("{article}, {day}: {count} passages.", article=named, day=day, count=len(passages))]
        if day
        else [
            Said("{article}: {count} passages.", article=named, count=len(passages)),
            Said("Its date is unknown."),
        ]
    )
    if near:
        copies = ", ".join(f"{one.source} {one.url}".strip() for one in near[:_COPIES])
        more = len(near) - _COPIES
        told.append(
            Said("Nearly the same: {copies} and {count} more", copies=copies, count=more)
            if more > 0
            else Said("Nearly the same: {copies}", copies=copies)
        )
    return Step("corpus", True, together(*told))


def _period(trace: Trace, article: Known) -> Step:
    searched, day = trace.searched, day_of(article.published)
    last = min(filter(None, [searched.until, searched.asked if searched.as_of else None]), default=None)
    if not searched.since and not last:
        return Step("period", True, Said("No period was asked for."))
    period = {"first": searched.since or "…", "last": last or "…"}
    told = [
        Said("Searched {first} – {last}; the article is of {day}.", **period, day=day)
        if day
        else Said("Searched {first} – {last}; an article without a date is in any period.", **period)
    ]
    if searched != trace.answer.question:
        told.append(Said("The question names this period."))
    inside = day is None or (searched.since or day) <= day <= (last or day)
    return Step("period", inside, together(*told))


def _source(trace: Trace, article: Known) -> Step:
    source, searched = article.source.casefold(), trace.searched
    if not may_see(source, searched.allowed):
        return Step("source", False, Said("Its outlet is not seen here."))
    sources = searched.sources
    if not sources:
        return Step("source", True, Said("No outlet was asked for."))
    told = Said(
        "Searched {sources}; the article is of {source}.",
        sources=", ".join(sources),
        source=article.source or "–",
    )
    return Step("source", source in {one.casefold() for one in sources}, told)


def _found(trace: Trace, article: Known, passages: Sequence[Passage]) -> tuple[Verdict, Step]:
    """Whether any passage was found, and whether the sieve left one to be read."""
    articles = trace.found.articles.ids.tolist()
    own = [one.id for one in passages]
    found, candidates = (int(np.isin(own, ids).sum()) for ids in (trace.found.ids, trace.found.candidates))
    told = [
        Said(
            "{count} of its passages made it among the {all} candidates.",
            count=candidates,
            all=len(trace.passages),
        )
    ]
    if candidates < found:
        told.append(
            Said(
                "The searches found {count}: others come first by what is known before reading.", count=found
            )
        )
    told.append(
        Said("By its words the article is number {rank} of all.", rank=articles.index(article.id) + 1)
        if article.id in articles
        else Said("By its words the article is not among the first {count}.", count=len(articles))
    )
    return Verdict.SIEVED if found else Verdict.NOT_FOUND, Step("search", candidates > 0, together(*told))


def _sure(trace: Trace) -> Step:
    figures = {"sure": trace.answer.confidence, "threshold": trace.threshold}
    told = (
        Said("The confidence is {sure:.2f}, at least the threshold of {threshold:.2f}.", **figures)
        if trace.answer.answered
        else Said("The confidence is {sure:.2f}, below the threshold of {threshold:.2f}.", **figures)
    )
    return Step("threshold", trace.answer.answered, told)


def _shown(trace: Trace, standings: Sequence[Standing]) -> Iterator[tuple[Verdict, Step]]:
    """The last step, of which the best that happened to any passage is told."""
    placed = [(one.quote, one.repeats) for one in standings if one.quote is not None]
    shown = min((quote for quote, repeats in placed if not repeats), default=None)
    grouped = min((quote for quote, repeats in placed if repeats), default=None)
    rank = min((one.ranked.rank for one in standings if one.ranked), default=0)
    if shown is not None:
        yield Verdict.SHOWN, Step("shown", True, Said("Quote {number}.", number=shown))
    elif grouped is not None:
        other = trace.answer.quotes[grouped - 1]
        told = Said(
            "It tells the same story as quote {number}, “{title}” ({url}).",
            number=grouped,
            title=other.title,
            url=other.url,
        )
        yield Verdict.GROUPED, Step("shown", False, told)
    else:
        told = Said(
            "Its best passage is number {rank} of the candidates; {count} quotes are shown.",
            rank=rank,
            count=len(trace.answer.quotes),
        )
        yield Verdict.LOWER, Step("shown", False, told)


def _standings(trace: Trace, passages: Sequence[Passage], deep: tuple[Hits, Hits]) -> list[Standing]:
    near, worded = (
        {identity: Place(rank, score) for rank, (identity, score) in enumerate(zip(*lists, strict=True), 1)}
        for lists in ((hits.ids.tolist(), hits.scores.tolist()) for hits in deep)
    )
    scores = trace.ranking.scores.tolist() if trace.ranking else []
    ranked = {
        passage: Place(rank, score)
        for rank, (passage, score) in enumerate(zip(trace.passages, scores, strict=True), 1)
    }
    quotes = {}
    for number, (first, repeats) in enumerate(trace.places, 1):
        quotes[trace.passages[first]] = (number, False)
        quotes |= {trace.passages[place]: (number, True) for place in repeats}
    standings = [
        Standing(one.text, near.get(one.id), worded.get(one.id), ranked.get(one.id), *quotes.get(one.id, ()))
        for one in passages
    ]
    return sorted(standings, key=lambda one: (_rank(one.ranked), _rank(one.dense), _rank(one.lexical)))


def _shares(trace: Trace, article: Known) -> list[Share]:
    """Of the article's best candidate, what tells it most from the first candidate before the rest."""
    if article.id not in trace.articles or trace.ranking is None:
        return []
    place = trace.articles.index(article.id)
    values = trace.ranking.features[place].tolist()
    points = (trace.ranking.features[[place, 0]] * trace.weights.features).tolist()
    shares = [Share(*row) for row in zip(FEATURES, values, *points, strict=True)]
    return sorted(shares, key=lambda share: (-abs(share.points - share.best), -abs(share.points)))


def _rank(place: Place | None) -> int:
    return place.rank if place else 10**6
