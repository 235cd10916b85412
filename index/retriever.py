"""The way from a question to quotes: search, rank, leave out repetitions, choose the sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from corpus.store import Passage, Store
from index.answer import Answer, Headline, Question, Quote
from index.highlight import answering_sentences
from index.indexes import Found, Indexes
from index.period import read_period
from index.quotes import headlines_of, quote_of
from index.ranking import Query, Ranking, Scorer, Weights, confidence
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
    are the candidates in the order of ``ranking``, best first; ``places`` those of them that are quoted, each
    with the later ones that repeat it.
    """

    answer: Answer
    searched: Question
    found: Found
    threshold: float
    weights: Weights
    passages: tuple[Passage, ...] = ()
    ranking: Ranking | None = None
    places: tuple[tuple[int, list[int]], ...] = ()


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
        if not (question.since or question.until):
            period = read_period(question.text, question.asked)
            if period is not None and period.explicit:
                narrowed = replace(question, since=period.since, until=period.until)
                trace = await self._trace(narrowed, vector)
                if trace.answer.answered:
                    return replace(trace, answer=replace(trace.answer, question=question))
        return await self._trace(question, vector)

    async def _trace(self, question: Question, vector: npt.NDArray[np.float32] | None) -> Trace:
        found = await self._worker.run_urgent(self._indexes.search, question, vector)
        passages = list((await self._store.passages(found.candidates.tolist())).values())
        return await self._worker.run_urgent(self._compose, question, found, passages)

    def _compose(self, question: Question, found: Found, passages: list[Passage]) -> Trace:
        nothing = Answer(question, False, 0.0, (), (), self._indexes.coverage(question.allowed))
        trace = Trace(nothing, question, found, self._threshold, self._weights)
        if not passages:
            return trace
        candidates = self._indexes.measure(found, passages)
        if question.articles:  # among few passages none comes near by chance
            candidates = replace(candidates, corpus=int(candidates.paragraphs.sum()))
        ranking = self._scorer.rank(found.query, candidates)
        sure = confidence(ranking, self._weights)
        if self._reranker is not None:
            ranking = self._reranker.rerank(question.text, passages, ranking)
        ordered = [passages[place] for place in ranking.order]
        trace = replace(trace, passages=tuple(ordered), ranking=ranking)
        if sure < self._threshold:
            headlines = tuple(islice(headlines_of(ordered), _HEADLINES))
            return replace(trace, answer=replace(nothing, confidence=sure, headlines=headlines))
        places = group(candidates, ranking.order, question.limit)
        quotes = self._quotes(ordered, places, found.query, ranking)
        answer = replace(nothing, answered=True, confidence=sure, quotes=quotes)
        return replace(trace, answer=answer, places=tuple(places))

    def _quotes(
        self, passages: list[Passage], places: list[tuple[int, list[int]]], query: Query, ranking: Ranking
    ) -> tuple[Quote, ...]:
        texts = [(passages[place].text, passages[place].language) for place, _ in places]
        sentences = answering_sentences(texts, query, ranking.votes, self._scorer, self._indexes.reader)
        return tuple(
            quote_of(
                passages[place], *sentence, float(ranking.scores[place]), _also_in(place, repeats, passages)
            )
            for (place, repeats), sentence in zip(places, sentences, strict=True)
        )


def _also_in(place: int, repeats: list[int], passages: list[Passage]) -> tuple[Headline, ...]:
    others = (passages[repeat] for repeat in repeats)
    return tuple(headlines_of(one for one in others if one.article != passages[place].article))
