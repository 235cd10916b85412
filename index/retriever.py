"""The way from a question to quotes: search, rank, leave out repetitions, choose the sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from corpus.store import Passage, Store
from index.answer import Answer, Headline, Question, Quote
from index.highlight import answering_sentences
from index.indexes import Found, Indexes
from index.period import read_period
from index.quotes import headline_of, quote_of
from index.ranking import Ranking, Scorer, Weights, confidence
from index.reranker import Reranker
from index.stories import group
from index.worker import Worker

DEFAULT_THRESHOLD = (
    0.5  # keeps 93 % of what can be answered and refuses 46 % of what cannot: benchmarks/retrieval.md
)
_HEADLINES = 3


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer, and how it came about.

    ``searched`` is the question with the limits that were kept, perhaps a period that it names. ``passages``
    are the ids of the candidates in the order of ``ranking``, best first, and ``articles`` those of their
    articles; ``places`` are those of them that are quoted, each with the later ones that repeat it.
    """

    answer: Answer
    searched: Question
    found: Found
    threshold: float
    weights: Weights
    passages: tuple[int, ...] = ()
    articles: tuple[int, ...] = ()
    ranking: Ranking | None = None
    places: tuple[tuple[int, list[int]], ...] = ()

    def shown(self) -> list[int]:
        """The ids of the passages that are quoted, or whose headlines are shown, in this order."""
        if self.answer.answered:
            shown = [one for place, repeats in self.places for one in (place, *self.also_in(place, repeats))]
        else:
            shown = self._articles_once(range(len(self.passages)))[:_HEADLINES]
        return [self.passages[place] for place in shown]

    def also_in(self, place: int, repeats: Iterable[int]) -> list[int]:
        """Of places that repeat a quote, one for each other article."""
        return self._articles_once(one for one in repeats if self.articles[one] != self.articles[place])

    def _articles_once(self, places: Iterable[int]) -> list[int]:
        firsts: dict[int, int] = {}
        for place in places:
            firsts.setdefault(self.articles[place], place)
        return list(firsts.values())


class Retriever:
    """Answers questions from the indexes and the store."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        indexes: Indexes,
        threshold: float | None,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._worker = worker
        self._indexes = indexes
        self._threshold = DEFAULT_THRESHOLD if threshold is None else threshold
        self._reranker = reranker
        self._weights = Weights.load()
        # The lexical index is opened later, when it is first caught up.
        self._scorer = Scorer(indexes.reader, lambda stems: indexes.lexicon.statistics(stems), self._weights)

    async def trace(self, question: Question, vector: npt.NDArray[np.float32] | None) -> Trace:
        """The best quotes for a question, or an honest no with the nearest headlines.

        A period that the question names outright ("on Monday") limits the answer, unless there is none in it.
        ``vector`` is the question's embedding, shape ``(dimension,)``, or ``None`` where nothing is embedded.
        """
        with self._indexes.asking():
            return await self._in_period(question, vector)

    async def _in_period(self, question: Question, vector: npt.NDArray[np.float32] | None) -> Trace:
        if not (question.since or question.until):
            period = read_period(question.text, question.asked)
            if period is not None and period.explicit:
                narrowed = replace(question, since=period.since, until=period.until)
                trace = await self._trace(narrowed, vector)
                if trace.answer.answered:
                    return replace(trace, answer=replace(trace.answer, question=question))
        return await self._trace(question, vector)

    async def _trace(self, question: Question, vector: npt.NDArray[np.float32] | None) -> Trace:
        trace, unread = await self._worker.run_urgent(self._search, question, vector)
        texts: Mapping[int, str] = {}
        if unread:
            texts = await self._store.texts(unread)
            trace = await self._worker.run_urgent(self._rank, question, trace.found, texts)
        while True:
            shown = trace.shown()
            passages = await self._store.passages(shown)
            gone = set(shown) - passages.keys()
            if not gone:
                return await self._worker.run_urgent(self._compose, trace, passages)
            # The store has changed since it was searched.
            found = trace.found.without(gone)
            trace = await self._worker.run_urgent(self._rank, question, found, texts)

    def _search(self, question: Question, vector: npt.NDArray[np.float32] | None) -> tuple[Trace, list[int]]:
        """What is found, ranked unless it needs texts first: those of these passages and titles."""
        found = self._indexes.search(question, vector)
        if self._reranker is None:
            unread = self._indexes.unread(found)
        else:
            unread = [*found.candidates.tolist(), *self._indexes.titles(found).tolist()]
        if unread:
            return self._begin(question, found), unread
        return self._rank(question, found, {}), []

    def _begin(self, question: Question, found: Found) -> Trace:
        nothing = Answer(question, False, 0.0, (), (), self._indexes.coverage(question.allowed))
        return Trace(nothing, question, found, self._threshold, self._weights)

    def _rank(self, question: Question, found: Found, texts: Mapping[int, str]) -> Trace:
        """An answer without what is shown of it."""
        trace = self._begin(question, found)
        if not len(found.kept):
            return trace
        candidates = self._indexes.measure(found, texts)
        if question.articles:  # among few passages none comes near by chance
            candidates = replace(candidates, corpus=int(candidates.paragraphs.sum()))
        ranking = self._scorer.rank(found.query, candidates)
        # Any article holds stop words, which ask something only of articles that were spoken of before.
        vague = found.query.stop_words and not question.articles
        sure = 0.0 if vague else confidence(ranking, self._weights)
        if self._reranker is not None:
            ranking = self._reranker.rerank(question.text, self._titled(found, texts), ranking)
        order = found.kept[ranking.order]
        answered = sure >= self._threshold
        return replace(
            trace,
            answer=replace(trace.answer, answered=answered, confidence=sure),
            passages=tuple(found.ids[order].tolist()),
            articles=tuple(found.owners[order].tolist()),
            ranking=ranking,
            places=tuple(group(candidates, ranking.order, question.limit)) if answered else (),
        )

    def _titled(self, found: Found, texts: Mapping[int, str]) -> list[tuple[str, str]]:
        """Title and text of each candidate."""
        titles = self._indexes.titles(found).tolist()
        pairs = zip(titles, found.candidates.tolist(), strict=True)
        return [(texts.get(title, ""), texts.get(passage, "")) for title, passage in pairs]

    def _compose(self, trace: Trace, passages: Mapping[int, Passage]) -> Trace:
        """The whole answer; ``passages`` are those that are shown, by id."""
        if trace.answer.answered:
            answer = replace(trace.answer, quotes=self._quotes(trace, passages))
        else:
            answer = replace(trace.answer, headlines=_headlines(passages[one] for one in trace.shown()))
        return replace(trace, answer=answer)

    def _quotes(self, trace: Trace, passages: Mapping[int, Passage]) -> tuple[Quote, ...]:
        if trace.ranking is None:
            return ()
        quoted = [passages[trace.passages[place]] for place, _ in trace.places]
        sentences = answering_sentences(
            [(passage.text, passage.language) for passage in quoted],
            trace.found.query,
            trace.ranking.votes,
            self._scorer,
            self._indexes.reader,
        )
        scores = trace.ranking.scores.tolist()
        return tuple(
            quote_of(
                passage,
                *sentence,
                scores[place],
                _headlines(passages[trace.passages[other]] for other in trace.also_in(place, repeats)),
            )
            for passage, sentence, (place, repeats) in zip(quoted, sentences, trace.places, strict=True)
        )


def _headlines(passages: Iterable[Passage]) -> tuple[Headline, ...]:
    return tuple(headline_of(one.article, one.title, one.url, one.source, one.published) for one in passages)
