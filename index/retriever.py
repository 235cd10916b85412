"""The way from a question to quotes: search, rank, group, choose the sentence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corpus.store import Passage, Store
from index.answer import Answer, Coverage, Headline, Question, Quote
from index.highlight import answering_sentence
from index.indexes import Found, Indexes
from index.link import link_to
from index.ranking import Ranked, rank
from index.worker import Worker

DEFAULT_THRESHOLD = 0.2
_DEPTH = 150  # passages that each search brings
_TITLE_BOOST = 1.0
_HEADLINES = 3


class Retriever:
    """Answers questions from the indexes and the store."""

    def __init__(self, store: Store, worker: Worker, indexes: Indexes, threshold: float | None) -> None:
        self._store = store
        self._worker = worker
        self._indexes = indexes
        self._threshold = DEFAULT_THRESHOLD if threshold is None else threshold

    async def answer(
        self, question: Question, vector: npt.NDArray[np.float32] | None, coverage: Coverage
    ) -> Answer:
        """The best quotes for a question, or an honest no with the nearest headlines.

        ``vector`` is the question's embedding, shape ``(dimension,)``, or ``None`` where nothing is embedded.
        """
        found = await self._worker.run_urgent(self._indexes.search, question, vector, _DEPTH, _TITLE_BOOST)
        ids = np.unique(np.concatenate([found.dense[0], found.lexical[0]]))
        passages = list((await self._store.passages(ids.tolist())).values())
        if not passages:
            return Answer(question, False, 0.0, (), (), coverage)
        return await self._worker.run_urgent(self._compose, question, found, passages, coverage)

    def _compose(
        self, question: Question, found: Found, passages: list[Passage], coverage: Coverage
    ) -> Answer:
        ranked = rank(found, passages)
        if ranked.confidence < self._threshold:
            return Answer(question, False, ranked.confidence, (), _headlines(ranked), coverage)
        quotes = self._quotes(question, found, ranked)
        return Answer(question, True, ranked.confidence, quotes, (), coverage)

    def _quotes(self, question: Question, found: Found, ranked: Ranked) -> tuple[Quote, ...]:
        terms = dict(zip(found.terms, found.idf.tolist(), strict=True))
        quotes = []
        for passage, score in list(zip(ranked.passages, ranked.scores, strict=True))[: question.limit]:
            start, end = answering_sentence(
                passage.text, passage.language, terms, self._indexes.lexicon.analyzer
            )
            quotes.append(
                Quote(
                    text=passage.text,
                    start=start,
                    end=end,
                    title=passage.title,
                    url=passage.url,
                    link=link_to(passage.url, passage.text[start:end]),
                    source=passage.source,
                    published=passage.published,
                    score=score,
                    paragraph=passage.id,
                )
            )
        return tuple(quotes)


def _headlines(ranked: Ranked) -> tuple[Headline, ...]:
    nearest = {passage.article: passage for passage in reversed(ranked.passages)}
    order = sorted(nearest.values(), key=ranked.passages.index)[:_HEADLINES]
    return tuple(
        Headline(passage.title, link_to(passage.url, ""), passage.source, passage.published)
        for passage in order
    )
