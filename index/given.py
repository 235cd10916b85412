"""Answers that were given: shown again, page by page, as far as their articles are still there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from corpus.article import Paragraph
from corpus.store import Passage, Store
from corpus.store.answerlog import AnswerLog, Given, GivenQuote, Place, Votes
from index.answer import Answer, Coverage, Headline, Question, Quote
from index.link import link_to
from index.outlets import may_see
from index.quotes import headline_of, quote_of

KEPT = timedelta(days=30)  # how long it is known who asked what; the README says so
_AROUND = 2  # paragraphs before a quote and after it


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a given answer, and what the buttons under it need to know.

    ``answer`` holds the quotes of this page alone, of which ``gone`` are missing since their articles were
    changed or removed. ``number`` counts from 0. ``wrote`` is what the asker wrote, where that is not the
    question.
    """

    id: int
    answer: Answer
    number: int
    pages: int
    place: Place
    votes: Votes
    wrote: str = ""
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph near a quote, of which ``text[start:end]`` is the answering sentence, if it is ``quoted``.

    ``apart`` tells that paragraphs are left out before it.
    """

    text: str
    start: int
    end: int
    apart: bool

    @property
    def quoted(self) -> bool:
        """Whether the answer quotes it."""
        return self.start < self.end


@dataclass(frozen=True, slots=True)
class Context:
    """An article, and the paragraphs around what is quoted of it. ``more`` follow after the last one.

    ``link`` is empty where the article has no web address.
    """

    title: str
    url: str
    link: str
    source: str
    published: date | datetime | None
    pieces: tuple[Piece, ...]
    more: bool


class Answers:
    """Keeps what was answered, for 30 days, and finds it again."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._log = AnswerLog(store)
        self._store = store
        self._clock = clock

    async def keep(self, answer: Answer, place: Place, size: int, wrote: str = "") -> Page:
        """Keep an answer that is shown ``size`` quotes at a time. Returns its first page."""
        question = answer.question
        given = Given(
            question.text,
            question.asked,
            size,
            answer.answered,
            tuple(_given(quote) for quote in answer.quotes),
            await self._store.generation(),
            self._clock(),
            place,
            question.since,
            question.until,
            question.sources,
            tuple(headline.article for headline in answer.headlines),
            wrote,
            question.articles,
        )
        given = await self._log.keep(given)
        return _page(given, place, 0, replace(answer, quotes=answer.quotes[:size]))

    async def find(self, answer: int) -> Given | None:
        """An answer as it was given; ``None`` where it is kept no longer."""
        return await self._log.find(answer)

    async def page(self, answer: int, number: int, allowed: tuple[str, ...] = ()) -> Page | None:
        """A page of a given answer; ``None`` where it is kept no longer, or has no such page.

        ``allowed`` are the outlets that may be seen, without regard to case; empty means all.
        """
        given = await self._log.find(answer)
        if given is None or given.place is None or not 0 <= number < _pages(given):
            return None
        asked = given.quotes[number * given.size : (number + 1) * given.size]
        passages = await self._passages((quote.paragraph for quote in asked), allowed)
        others = await self._headlines(
            [*given.headlines, *(article for quote in asked for article in quote.also_in)], allowed
        )
        found = Answer(
            Question(
                given.question,
                given.asked,
                since=given.since,
                until=given.until,
                sources=given.sources,
                limit=given.size,
                allowed=allowed,
                articles=given.articles,
            ),
            given.answered,
            0.0,
            tuple(
                _quote(quote, passages[quote.paragraph], others)
                for quote in asked
                if quote.paragraph in passages
            ),
            tuple(others[article] for article in given.headlines if article in others),
            Coverage(*await self._store.span(allowed)),
        )
        return _page(given, given.place, number, found, gone=len(asked) - len(found.quotes))

    async def context(
        self, answer: int, paragraph: int, allowed: tuple[str, ...] = ()
    ) -> tuple[Place, Context | None] | None:
        """To whom an answer was given, and the paragraphs around what it quotes of an article on one page.

        ``paragraph`` is one of those that are quoted. ``None`` where the answer is kept no longer, or does
        not quote it; there is no context where the article is gone.
        """
        given = await self._log.find(answer)
        if given is None or given.place is None:
            return None
        places = [place for place, quote in enumerate(given.quotes) if quote.paragraph == paragraph]
        if not places:
            return None
        first = places[0] - places[0] % given.size
        shown = {quote.paragraph: quote for quote in given.quotes[first : first + given.size]}
        passages = await self._passages(shown, allowed)
        article = passages.get(paragraph)
        if article is None:
            return given.place, None
        quoted = {
            identity: (shown[identity].start, shown[identity].end)
            for identity, passage in passages.items()
            if passage.article == article.article
        }
        paragraphs = await self._store.article_paragraphs(article.article)
        return given.place, _context(article, paragraphs, quoted)

    async def share(self, answer: int, *, shared: bool = True) -> bool:
        """Make a private answer public, or take that back. Returns whether it was the other before."""
        return await self._log.share(answer, shared)

    async def vote(self, answer: int, member: int, good: bool) -> None:
        """Note what a member thinks of an answer, in the place of what they thought before."""
        await self._log.vote(answer, member, good)

    async def judged(self) -> list[Given]:
        """The answers that members voted on, the oldest first."""
        return await self._log.judged()

    async def sweep(self) -> None:
        """Forget who asked what, and where, 30 days after."""
        await self._log.sweep(self._clock() - KEPT)

    async def _passages(self, paragraphs: Iterable[int], allowed: Sequence[str]) -> dict[int, Passage]:
        found = await self._store.passages(paragraphs)
        return {identity: passage for identity, passage in found.items() if may_see(passage.source, allowed)}

    async def _headlines(self, articles: Iterable[int], allowed: Sequence[str]) -> dict[int, Headline]:
        found = await self._store.headlines(articles)
        return {
            article: headline_of(article, title, url, source, published)
            for article, (title, url, source, published) in found.items()
            if may_see(source, allowed)
        }


def _given(quote: Quote) -> GivenQuote:
    others = tuple(other.article for other in quote.also_in)
    return GivenQuote(quote.paragraph, quote.start, quote.end, quote.score, quote.url, quote.sentence, others)


def _quote(given: GivenQuote, passage: Passage, others: dict[int, Headline]) -> Quote:
    also_in = tuple(others[article] for article in given.also_in if article in others)
    return quote_of(passage, given.start, given.end, given.score, also_in)


def _page(given: Given, place: Place, number: int, answer: Answer, gone: int = 0) -> Page:
    return Page(given.id, answer, number, _pages(given), place, given.votes, given.wrote, gone)


def _pages(given: Given) -> int:
    return max(1, -(-len(given.quotes) // given.size))


def _context(
    article: Passage, paragraphs: Sequence[tuple[int, Paragraph]], quoted: dict[int, tuple[int, int]]
) -> Context:
    at = [place for place, (identity, _) in enumerate(paragraphs) if identity in quoted]
    near = [place for place in range(len(paragraphs)) if any(abs(place - one) <= _AROUND for one in at)]
    pieces = []
    for place in near:
        identity, paragraph = paragraphs[place]
        start, end = quoted.get(identity, (0, 0))
        pieces.append(Piece(paragraph.text, start, end, apart=place > 0 and place - 1 not in near))
    return Context(
        article.title,
        article.url,
        link_to(article.url, article.text[slice(*quoted[article.id])]),
        article.source,
        article.published,
        tuple(pieces),
        more=bool(near) and near[-1] + 1 < len(paragraphs),
    )
