"""Why an article was quoted for a question, or was not: where it stood in each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np

from corpus.article import day_of
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
    text: str


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
    text = _missing(entries[0]) if entries else "Nothing is known of this address."
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


def _missing(entry: Record) -> str:
    match entry.state:
        case Entering.SKIPPED:
            return f"It was {entry.reason or 'older than what was taken when its feed was added'}."
        case Entering.WAITING if not entry.reason:
            return "It came in by a feed, and its page waits to be fetched."
        case Entering.WAITING:
            return f"Its page is tried again at {entry.due:%Y-%m-%d %H:%M} UTC: {entry.reason}."
        case _ if entry.reason:
            return f"Its page could not be read: {entry.reason}."
        case _:
            return "It was there, and was removed."


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
    about = ", ".join(
        filter(None, [f"“{article.title}”", article.source, f"{day}" if day else "date unknown"])
    )
    copies = ", ".join(f"{one.source} {one.url}".strip() for one in near[:_COPIES])
    more = f" and {len(near) - _COPIES} more" if len(near) > _COPIES else ""
    told = f" Nearly the same: {copies}{more}" if near else ""
    return Step("corpus", True, f"{about}: {len(passages)} passages.{told}")


def _period(trace: Trace, article: Known) -> Step:
    searched, day = trace.searched, day_of(article.published)
    limits = []
    if searched.since:
        limits.append(f"since {searched.since}")
    if searched.until:
        limits.append(f"until {searched.until}")
    if searched.as_of:
        limits.append(f"as of {searched.asked}")
    if not limits:
        return Step("period", True, "No period was asked for.")
    named = " (which the question names)" if searched != trace.answer.question else ""
    asked = f"{', '.join(limits)}{named}"
    if day is None:
        return Step("period", True, f"Searched {asked}; an article without a date is in any period.")
    inside = (searched.since or day) <= day <= min(searched.until or day, _last(searched) or day)
    return Step("period", inside, f"Searched {asked}; the article is of {day}.")


def _source(trace: Trace, article: Known) -> Step:
    source, searched = article.source.casefold(), trace.searched
    if not may_see(source, searched.allowed):
        return Step("source", False, f"{article.source or 'An unnamed outlet'} is not seen here.")
    sources = searched.sources
    if not sources:
        return Step("source", True, "No outlet was asked for.")
    inside = source in {one.casefold() for one in sources}
    return Step(
        "source", inside, f"Searched {', '.join(sources)}; the article is of {article.source or 'none'}."
    )


def _found(trace: Trace, article: Known, passages: Sequence[Passage]) -> tuple[Verdict, Step]:
    """Whether any passage was found, and whether the sieve left one to be read."""
    articles = trace.found.articles.ids.tolist()
    by_words = (
        f"By its words the article is the {_ordinal(articles.index(article.id) + 1)} of all."
        if article.id in articles
        else f"By its words the article is not among the first {len(articles)}."
    )
    own = [one.id for one in passages]
    found, candidates = (int(np.isin(own, ids).sum()) for ids in (trace.found.ids, trace.found.candidates))
    among = f"{_some(candidates)} among the {len(trace.passages)} candidates"
    if candidates < found:
        among += f", though {found} {'was' if found == 1 else 'were'} found: others come first by what is"
        among += " known before they are read"
    verdict = Verdict.SIEVED if found else Verdict.NOT_FOUND
    return verdict, Step("search", candidates > 0, f"{among}. {by_words}")


def _sure(trace: Trace) -> Step:
    sure, threshold = trace.answer.confidence, trace.threshold
    relation = "at least" if trace.answer.answered else "below"
    text = f"The confidence is {sure:.2f}, {relation} the threshold of {threshold:.2f}."
    return Step("threshold", trace.answer.answered, text)


def _shown(trace: Trace, standings: Sequence[Standing]) -> Iterator[tuple[Verdict, Step]]:
    """The last step, of which the best that happened to any passage is told."""
    placed = [(one.quote, one.repeats) for one in standings if one.quote is not None]
    shown = min((quote for quote, repeats in placed if not repeats), default=None)
    grouped = min((quote for quote, repeats in placed if repeats), default=None)
    rank = min((one.ranked.rank for one in standings if one.ranked), default=0)
    if shown is not None:
        yield Verdict.SHOWN, Step("shown", True, f"Quote {shown}.")
    elif grouped is not None:
        other = trace.answer.quotes[grouped - 1]
        text = f"It tells the same story as quote {grouped}, “{other.title}” ({other.url})."
        yield Verdict.GROUPED, Step("shown", False, text)
    else:
        quotes = len(trace.answer.quotes)
        text = f"Its best passage is the {_ordinal(rank)} of the candidates; {quotes} quotes are shown."
        yield Verdict.LOWER, Step("shown", False, text)


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


def _some(passages: int) -> str:
    match passages:
        case 0:
            return "None of its passages is"
        case 1:
            return "One of its passages is"
        case _:
            return f"{passages} of its passages are"


def _rank(place: Place | None) -> int:
    return place.rank if place else 10**6


def _last(searched: Question) -> date | None:
    return searched.asked if searched.as_of else None


def _ordinal(number: int) -> str:
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
