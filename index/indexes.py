"""The indexes that are derived from the store, kept up with it, and searched.

Vectors lie in FAISS, words in tantivy, dates and outlets in memory. Each knows the generation of the store
that it reflects, and is caught up by what changed since; one that is missing or damaged is at generation -1,
and so is made anew in the same way. Nothing is ever encoded again for that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corpus.errors import NewsbotError
from corpus.store import ArticleText, Model, Store
from index.answer import Coverage, Question
from index.arrays import distinct
from index.catalogue import Catalogue
from index.lexicon import Lexicon, move_lexicon
from index.outlets import named_outlets
from index.period import Period, read_period
from index.ranking import SIEVE, Candidates, Query, Weights, read_query, recency
from index.readings import Readings
from index.vectors import Ids, Scores, VectorIndex, move_vectors
from index.words import SHIFT, Ints, Reader, laid_out
from index.worker import Worker

log = logging.getLogger(__name__)

_VECTORS, _WORDS = "passages.faiss", "lexicon"
_SAVE_AFTER = 0.02  # share of the vectors that may be newer than the file on disk

_DEPTH = 150  # passages that each search brings,
_DEEP = 5000  # and those that it is asked for where somebody wants to know why it did not bring one
_ARTICLES = 12  # articles whose passages are candidates,
_EACH = 6  # and about as many of each
_KEPT = 80  # passages that are fetched and read: benchmarks/retrieval.md, "Fewer candidates"
_RECENCY = 5.0  # BM25 that an article of today is given, half of it after a fortnight
_FORTNIGHT = 14
_AHEAD = 100  # texts that are read at once while nobody asks: what a question may have to wait for, 3 ms


class Hits(NamedTuple):
    """What one search found, best first."""

    ids: Ids
    scores: Scores


@dataclass(frozen=True, slots=True)
class Found:
    """What the searches found for a question.

    ``near`` are passages and titles by cosine, ``worded`` passages by BM25, ``articles`` by BM25 and how new
    they are, ``within`` passages of the first of these. ``period`` and ``outlets`` are what the question
    speaks of. ``ids`` are all passages and titles, each once, by rising id, ``owners`` their articles;
    ``figures`` has a column for each name in ``SIEVE``, a row for each id. ``kept`` are the places among
    these, rising, of the passages that the sieve left: the candidates. ``catalogue`` is what was known of the
    articles then.
    """

    query: Query
    vector: npt.NDArray[np.float32] | None
    near: Hits
    worded: Hits
    articles: Hits
    within: Hits
    period: Period | None
    outlets: tuple[str, ...]
    ids: Ids
    owners: Ids
    figures: Scores
    kept: Ints
    catalogue: Catalogue

    @property
    def candidates(self) -> Ids:
        """The ids of the candidates, rising."""
        return self.ids[self.kept]

    def figure(self, name: str) -> Scores:
        """One of the figures of the candidates."""
        return np.asarray(self.figures[self.kept, SIEVE.index(name)])

    def without(self, gone: Iterable[int]) -> Found:
        """The same without some of the candidates."""
        return replace(self, kept=self.kept[~np.isin(self.candidates, [*gone])])


@dataclass(frozen=True, slots=True)
class _Live:
    """What is searched at one time; replaced as a whole, so that no search sees half a change."""

    catalogue: Catalogue
    vectors: VectorIndex | None = None
    model: Model | None = None


class Indexes:
    """All three, opened from a data folder. Searches run in the worker; catching up never holds them up."""

    def __init__(self, store: Store, worker: Worker, folder: Path) -> None:
        self._store = store
        self._worker = worker
        self._file = folder / _VECTORS
        self._folder = folder / _WORDS
        self._lexicon: Lexicon | None = None
        self.reader = Reader()
        self._readings = Readings(self.reader)
        self._weights = Weights.load().sieve
        self._live = _Live(Catalogue())
        self._state: tuple[int, int] | None = None
        self._opened = False
        self._unsaved = 0
        self._asked = 0  # questions under way
        self._catching_up = asyncio.Lock()

    @property
    def model(self) -> Model | None:
        """The model whose vectors are searched; ``None`` before the first vectors are there."""
        return self._live.model

    @property
    def ready(self) -> bool:
        """Whether there is anything to search yet, up to date or not."""
        return self._opened

    @property
    def generation(self) -> int:
        """The generation of the store that is reflected; -1 before the first."""
        return -1 if self._state is None else self._state[1]

    async def catch_up(self) -> None:
        """Reflect all that the store holds by now. Raises NewsbotError where that is not possible now."""
        try:
            await self._catch_up()
        except OSError as error:
            raise NewsbotError(
                "the indexes in {folder} cannot be written ({reason}): look at the disk's free space and at"
                " your rights there",
                folder=self._folder.parent,
                reason=str(error),
            ) from error

    async def _catch_up(self) -> None:
        async with self._catching_up:
            state = identity, generation = await self._store.state()
            if self._state == state:
                return
            if self._state is not None and self._state[0] != identity:
                log.info("the database is another one now: answers are from it as soon as its indexes are")
                self._readings = Readings(self.reader)
            # What is known of articles is there before their words and vectors are.
            await self._catch_up_catalogue(identity, generation)
            complete = await self._catch_up_words(identity)
            await self._catch_up_vectors(identity, generation)
            self._opened = True
            if complete:
                self._state = state

    async def save(self) -> None:
        """Write the FAISS file if it is missing or far behind; else the next start catches up from it."""
        async with self._catching_up:
            index = self._live.vectors
            if index is None or (self._file.exists() and self._unsaved <= _SAVE_AFTER * len(index)):
                return
            try:
                await asyncio.to_thread(index.save, self._file)
                self._unsaved = 0
            except OSError as error:
                log.warning("%s cannot be written (%s): the next start makes up for it", self._file, error)

    @property
    def mostly_gone(self) -> bool:
        """Whether most of what was read of texts is of some that have gone: time to read ahead again."""
        return self._readings.mostly_gone

    async def read_ahead(self) -> None:
        """Read the words of all that is stored by now, and what the corpus says of them, while nobody asks.

        So no question has to. Where most of what was read has gone, it is dropped first, or all is left for
        the next time.
        """
        await self._worker.run(self._drop_gone)
        if self.mostly_gone:
            return
        last = 0
        while not self._readings.full and (texts := await self._store.texts_above(last, _AHEAD)):
            await self._worker.run(self._read, texts)
            last = texts[-1][0]

    def _drop_gone(self) -> None:
        if not self._asked:
            self._readings.drop_gone()

    def _read(self, texts: Sequence[tuple[int, str]]) -> None:
        ids = np.array([identity for identity, _ in texts], np.int64)
        words, _, _ = laid_out(self._readings.of(ids, dict(texts)))
        self.lexicon.statistics(words >> SHIFT)

    async def check(self) -> list[str]:
        """Catch up, then compare with the store passage by passage; returns what does not agree."""
        await self.catch_up()
        async with self._catching_up:
            live, state = self._live, await self._store.state()
            texts, articles = await self._store.text_ids()
            words, titles = await self._worker.run(self.lexicon.ids)
            found = [(self._folder, "passages", texts, words), (self._folder, "articles", articles, titles)]
            if live.model is not None and live.vectors is not None:
                vectors = await self._store.vector_ids(live.model.id, state[1])
                found.append((self._file, "vectors", vectors, np.sort(live.vectors.ids)))
            if state != self._state or state != await self._store.state():
                return []  # another process is writing: what was counted belongs to different moments
        return [
            f"{file} holds {len(have)} {what} that are not all those of the database, of which there are"
            f" {len(wanted)}: stop newsbot and delete it; it is made anew"
            for file, what, wanted, have in found
            if not np.array_equal(np.sort(np.array(wanted, np.int64)), have)
        ]

    def coverage(self, sources: Sequence[str] = ()) -> Coverage:
        """How many articles are searched, of all ``sources`` if none is named, and from when to when."""
        return self._live.catalogue.coverage(sources)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Have all words keep their numbers from the search to the answer."""
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1

    def search(self, question: Question, vector: npt.NDArray[np.float32] | None) -> Found:
        """Search for passages near the question, with its words, and with its words in the best articles.

        ``vector`` is the question's embedding, shape ``(dimension,)``. For the worker thread only.
        """
        if self._asked == 1:  # by this question alone
            self.reader.renew()
        live, lexicon = self._live, self.lexicon
        day = question.asked.toordinal()
        query = read_query(question.text, day, self.reader, lexicon.statistics)
        allowed = live.catalogue.allowed_articles(question)
        limits = None if allowed is None else question.limits
        articles = Hits(*lexicon.articles(query.terms, 5 * _ARTICLES, limits))
        scores = articles.scores + _RECENCY * recency(day, live.catalogue.days(articles.ids), _FORTNIGHT)
        best = np.argsort(-scores, kind="stable")
        articles = Hits(articles.ids[best], scores[best])
        near = _near(live.vectors, vector, _DEPTH, allowed)
        worded = Hits(*lexicon.passages(query.terms, _DEPTH, limits))
        best_articles = articles.ids[:_ARTICLES]
        within = Hits(*lexicon.passages(query.terms, _ARTICLES * _EACH, articles=best_articles))
        ids = distinct(np.concatenate([near.ids, worded.ids, within.ids]))
        owners = self._articles_of(live, ids)
        cosines = _cosines(live.vectors, vector, near, ids)
        figures = self._figures(query, live, ids, owners, cosines, (worded, within))
        kept = sift(figures, self._weights)
        return Found(
            query=query,
            vector=vector,
            near=near,
            worded=worded,
            articles=articles,
            within=within,
            period=read_period(question.text, question.asked),
            outlets=named_outlets(question.text, live.catalogue.outlets),
            ids=ids,
            owners=owners,
            figures=figures,
            kept=kept[live.catalogue.quotable(ids[kept], owners[kept])],
            catalogue=live.catalogue,
        )

    def _figures(
        self, query: Query, live: _Live, ids: Ids, owners: Ids, cosines: Scores, worded: Sequence[Hits]
    ) -> npt.NDArray[np.float32]:
        """What is known of passages without their texts: the figures named in ``SIEVE``, a row for each."""
        articles = distinct(owners)
        of_article = np.searchsorted(articles, owners)
        held = self.lexicon.held(query.terms, query.weights, articles) / (float(query.weights.sum()) or 1.0)
        days = live.catalogue.days(articles)
        words = np.zeros(len(ids), np.float32)
        for hits in worded:
            words[np.searchsorted(ids, hits.ids)] = hits.scores
        columns = {
            "dense": cosines,
            "passage": words / (words.max(initial=0) or 1.0),
            "article_terms": held[of_article],
            "week": (recency(query.day, days, 7) * held)[of_article],
            "fortnight": (recency(query.day, days, 14) * held)[of_article],
        }
        return np.stack([columns[name] for name in SIEVE], axis=1).astype(np.float32)

    def _articles_of(self, live: _Live, passages: Ids) -> Ids:
        """The article of each passage, by the vectors, or by the words where there is no vector yet."""
        vectors = live.vectors
        there = np.zeros(len(passages), bool) if vectors is None else vectors.holds(passages)
        articles = np.zeros(len(passages), np.int64)
        if vectors is not None:
            articles[there] = vectors.articles_of(passages[there])
        articles[~there] = self.lexicon.articles_of(passages[~there])
        return articles

    def search_deep(self, question: Question, found: Found) -> tuple[Hits, Hits]:
        """``near`` and ``worded`` again, with passages far down. For the worker thread only."""
        live = self._live
        allowed = live.catalogue.allowed_articles(question)
        limits = None if allowed is None else question.limits
        worded = Hits(*self.lexicon.passages(found.query.terms, _DEEP, limits))
        return _near(live.vectors, found.vector, _DEEP, allowed), worded

    def titles(self, found: Found) -> Ids:
        """The ids of the titles of the candidates' articles."""
        return found.catalogue.titles(found.owners[found.kept])

    def unread(self, found: Found) -> list[int]:
        """The candidates and titles whose texts are needed to measure. For the worker thread only."""
        return self._readings.unread(np.concatenate([found.candidates, distinct(self.titles(found))]))

    def measure(self, found: Found, texts: Mapping[int, str]) -> Candidates:
        """What the indexes know of the candidates. For the worker thread only.

        ``texts`` are those that are ``unread``, as far as they are still there.
        """
        passages, owners = found.candidates, found.owners[found.kept]
        articles = distinct(owners)
        of_article = np.searchsorted(articles, owners)
        held = np.empty(len(articles), np.float32)
        held[of_article] = found.figure("article_terms")
        catalogue, period = found.catalogue, found.period
        titles = catalogue.titles(articles)
        in_period = np.zeros(len(articles), bool)
        if period is not None:
            in_period = catalogue.within(articles, period.since, period.until)
        return Candidates(
            words=self._readings.of(passages, texts),
            article=of_article,
            position=catalogue.positions(passages),
            dense=found.figure("dense"),
            titles=self._readings.of(titles, texts),
            outlets=catalogue.outlets_of(articles),
            paragraphs=catalogue.paragraphs(articles),
            days=catalogue.days(articles),
            in_period=in_period,
            from_outlet=catalogue.from_outlets(articles, found.outlets),
            bm25=self.lexicon.relevance(found.query.terms, articles),
            held=held,
            corpus=self.lexicon.passage_count,
        )

    @property
    def lexicon(self) -> Lexicon:
        """The lexical index. For the worker thread only."""
        if self._lexicon is None:
            raise RuntimeError("the lexical index is not open yet: catch up first")
        return self._lexicon

    async def _catch_up_words(self, identity: int) -> bool:
        """Returns whether all words are there now; not, while another process or nobody can write them."""
        lexicon, opened = self._lexicon, False
        if lexicon is None or lexicon.store != identity:
            lexicon = await self._worker.run_urgent(Lexicon, self._folder, identity, self.reader)
            self._lexicon, opened = lexicon, True
        await self._worker.run_urgent(lexicon.reload)
        wanted = await self._store.text_generation()
        have = lexicon.generation
        if have == wanted and not (opened and await self._lacks_words(lexicon)):
            return True
        if have >= wanted:  # it is damaged, or the database is an older one than it was made from
            have = -1
        removed = await self._store.articles_removed_since(have)
        if removed is None:
            log.info("%s is too far behind the database: it is made anew from it", self._folder)
            have, removed = -1, []
        changed = self._changed_articles(have, asyncio.get_running_loop())
        try:
            # Beside the worker, which goes on searching what was committed before.
            await asyncio.to_thread(lexicon.update, removed, changed, wanted, anew=have < 0)
        except BlockingIOError:
            log.info("another process is bringing the lexical index up to date")
        except OSError as error:
            if have < 0:
                raise
            if await self._worker.run_urgent(lexicon.is_whole):
                log.warning("%s cannot be written (%s): new words are not found yet", self._folder, error)
                return False
            log.warning("%s is damaged (%s): it is made anew from the database", self._folder, error)
            await self._worker.run_urgent(lexicon.discard)
            return await self._catch_up_words(identity)
        await self._worker.run_urgent(lexicon.reload)
        return lexicon.generation >= wanted

    async def _lacks_words(self, lexicon: Lexicon) -> bool:
        """Whether it holds more or less than the store, of whose generation it is."""
        counts, generation = await self._store.counts(), await self._store.text_generation()
        if (len(lexicon), lexicon.passage_count) == (counts.articles, counts.passages):
            return False
        if lexicon.generation != generation:
            return False  # the store has changed meanwhile
        log.warning("%s does not agree with the database: it is made anew from it", self._folder)
        return True

    def _changed_articles(
        self, generation: int, loop: asyncio.AbstractEventLoop
    ) -> Iterator[list[ArticleText]]:
        """Batches, each read when it is wanted: all of them might not fit into memory. For another thread."""
        after = 0
        while batch := asyncio.run_coroutine_threadsafe(
            self._store.articles_since(generation, after), loop
        ).result():
            yield batch
            after = batch[-1].id

    async def _catch_up_vectors(self, identity: int, generation: int) -> None:
        model = await self._store.active_model()
        if model is None:
            self._live = _Live(self._live.catalogue)
            return
        mark = f"{identity} {model.fingerprint} {model.preparation}"
        vectors = self._live.vectors
        if (
            vectors is not None
            and vectors.mark == mark
            and await self._add_changes(vectors, model, generation)
        ):
            return
        vectors = await self._from_file(model, mark, generation)
        if not await self._add_changes(vectors, model, generation):
            log.info("%s is too far behind the database: it is made anew from it", self._file)
            vectors = VectorIndex(model.dimension, mark)
            await self._add_changes(vectors, model, generation)
        if not await self._agrees(vectors, model, generation):
            log.warning("%s does not agree with the database: it is made anew from it", self._file)
            vectors = VectorIndex(model.dimension, mark)
            await self._add_changes(vectors, model, generation)
        self._live = _Live(self._live.catalogue, vectors, model)

    async def _catch_up_catalogue(self, identity: int, generation: int) -> None:
        known = self._live.catalogue
        if known.store != identity or known.generation > generation:
            known = Catalogue(identity)
        removed = await self._store.articles_removed_since(known.generation)
        if removed is None:
            known, removed = Catalogue(identity), []
        facts = await self._store.article_facts(known.generation)
        catalogue = await self._worker.run_urgent(known.changed, removed, facts, generation)
        self._live = replace(self._live, catalogue=catalogue)

    async def _agrees(self, vectors: VectorIndex, model: Model, generation: int) -> bool:
        expected = await self._store.vector_count(model.id, generation)
        # Where the store has changed meanwhile the count says nothing; the next start looks again.
        return len(vectors) == expected or await self._store.generation() != generation

    async def _from_file(self, model: Model, mark: str, generation: int) -> VectorIndex:
        index = await asyncio.to_thread(VectorIndex.load, self._file, model.dimension, mark)
        if index is not None and index.generation > await self._store.generation():
            log.warning("%s is newer than the database: it is made anew from it", self._file)
            index = None
        if index is None:
            # Once the database is as new again, the file would be taken for one of its own.
            await asyncio.to_thread(self._file.unlink, missing_ok=True)
            index = VectorIndex(model.dimension, mark)
        elif index.generation < generation:
            log.info("%s is brought up to date from the database", self._file)
        self._unsaved = 0
        return index

    async def _add_changes(self, vectors: VectorIndex, model: Model, generation: int) -> bool:
        """Returns whether that is possible; not, where the store has forgotten what went since."""
        removed = await self._store.vectors_removed_since(vectors.generation)
        if removed is None:
            return False
        await self._worker.run_urgent(self._take_out, vectors, removed)
        async for rows in self._store.vectors_since(model.id, vectors.generation, generation):
            await self._worker.run_urgent(vectors.replace, [], *zip(*rows, strict=True))
            self._unsaved += len(rows)
            await self._change_kind(vectors)
        self._unsaved += len(removed)
        vectors.generation = generation
        return True

    def _take_out(self, vectors: VectorIndex, removed: Sequence[int]) -> None:
        before = len(vectors)
        vectors.replace(removed, [], [], [])
        self._readings.note_gone(before - len(vectors))

    async def _change_kind(self, vectors: VectorIndex) -> None:
        steps = vectors.change_kind()
        while await self._worker.run(next, steps, steps) is not steps:
            pass


def _near(
    vectors: VectorIndex | None, vector: npt.NDArray[np.float32] | None, depth: int, allowed: Ids | None
) -> Hits:
    if vector is None or vectors is None:
        return Hits(np.empty(0, np.int64), np.empty(0, np.float32))
    return Hits(*vectors.search(vector, depth, allowed))


def _cosines(
    vectors: VectorIndex | None, vector: npt.NDArray[np.float32] | None, near: Hits, passages: Ids
) -> npt.NDArray[np.float32]:
    """Of all passages; those that have no vector yet are taken for the farthest of the others."""
    cosines = np.full(len(passages), np.nan, np.float32)
    if vector is not None and vectors is not None:
        order = np.argsort(near.ids)
        ids, scores = near.ids[order], near.scores[order]
        places = np.searchsorted(ids, passages).clip(max=max(0, len(ids) - 1))
        known = ids[places] == passages if len(ids) else np.zeros(len(passages), bool)
        cosines[known] = scores[places[known]]
        others = ~known & vectors.holds(passages)
        cosines[others] = vectors.reconstruct(passages[others]) @ vector
    measured = cosines[~np.isnan(cosines)]
    return np.where(np.isnan(cosines), measured.min() if len(measured) else 0, cosines)


def put_in_place(made: Path, folder: Path) -> None:
    """Move indexes that were made in a folder of their own to where others may lie and be searched."""
    move_lexicon(made / _WORDS, folder / _WORDS)
    move_vectors(made / _VECTORS, folder / _VECTORS)


def sift(figures: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> Ints:
    """The places, rising, of passages that are worth reading by their ``figures``."""
    return np.sort(np.argsort(-(figures @ weights), kind="stable")[:_KEPT])
