"""The newsroom: the one service that Discord, the command line and the preview call."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from corpus.article import Article
from corpus.encoding import storable
from corpus.errors import Busy, NewsbotError, ReadError
from corpus.fetching import Fetcher
from corpus.reading import READER_VERSION, Failure, find, read
from corpus.said import Said
from corpus.store import Model, Outcome, Passage, SourceCount, Store, backup
from corpus.store.servers import Rules, Servers
from index.answer import LONGEST_QUESTION, Answer, Coverage, Question
from index.coverage import Found, gather, linked_article
from index.encoder import (
    DEFAULT_MODEL,
    PREPARATION,
    Embedder,
    Encoder,
    Vectors,
    load_embedder,
    verify_default_weights,
)
from index.examples import Examples
from index.followup import follow_up
from index.given import Answers
from index.indexes import Indexes
from index.memory import give_back
from index.newswire import ANOTHER_POLLS, Newswire, locked, now, unwritable
from index.outlets import may_see
from index.reranker import Reranker, load_cross_encoder
from index.restoring import make_indexes, remove_left_over
from index.retriever import Retriever, Trace
from index.runs import Diff, Notice, Progress, Report, Run
from index.watch import keep_current
from index.why import Known, Why, explain, not_in_corpus
from index.words import has_words
from index.worker import Worker, in_turn, take_turn

__all__ = ["Diff", "Newsroom", "Progress", "Stats"]

log = logging.getLogger(__name__)

_DATABASE = "newsbot.db"
_ANOTHER_INDEXES = Said("waiting for another newsbot that is indexing into the same data folder")
_CHUNK = 200  # articles that are stored in one transaction
_CHUNK_SECONDS = 0.1  # and how long the worker may read for them before a question gets its turn
_BATCH = 128  # passages that are encoded one after the other, in the order in which they came
_COMMIT_SECONDS = 2.0
_PATIENCE = 1.0  # seconds that a question waits for the newest news while older news could answer


@dataclass(frozen=True, slots=True)
class Stats:
    """What the data folder holds. ``pending`` passages have no vector yet; ``size`` is bytes on disk."""

    coverage: Coverage
    passages: int
    pending: int
    model: str
    dimension: int | None
    generation: int
    sources: tuple[SourceCount, ...]
    size: int


class Newsroom(Newswire):
    """Articles in, answers out, over one data folder. An async context manager; ``close`` loses nothing."""

    def __init__(
        self,
        data: Path,
        store: Store,
        encoder: Encoder,
        worker: Worker,
        articles: Sequence[Path],
        threshold: float | None,
        fetcher: Fetcher,
        clock: Callable[[], datetime],
        reranker: Reranker | None,
    ) -> None:
        """For ``open``, which is the way in."""
        super().__init__(data, store, fetcher, clock)
        self._servers = Servers(store)
        self._examples = Examples(store, self.ask)
        self._encoder = encoder
        self._worker = worker
        self._articles = tuple(articles)
        self._indexes = Indexes(store, worker, data)
        self._retriever = Retriever(store, worker, self._indexes, threshold, reranker)
        self._reranker = reranker
        self._running = asyncio.Lock()
        self._answers = Answers(store, clock)
        self._reindexing = False
        self._on_stage: Callable[[str, float], None] = lambda _stage, _seconds: None
        self._catching_up: asyncio.Task[None] | None = None
        self._reading_ahead: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        data: Path,
        *,
        model: str = DEFAULT_MODEL,
        reranker: str | None = None,
        articles: Sequence[Path] = (),
        threshold: float | None = None,
        contact: str = "",
        allowed_hosts: Sequence[str] = (),
        load: Callable[[str], Embedder] = load_embedder,
        clock: Callable[[], datetime] = now,
    ) -> Self:
        """Open a data folder, or make it. Quick: the model is loaded when it is first needed.

        ``articles`` are the folders that ``reindex`` reads, ``threshold`` the confidence below which a
        question is not answered (the measured default if ``None``). A ``reranker`` is the name or the folder
        of a cross-encoder that looks at the best passages again. Sites are told the ``contact``; of the
        ``allowed_hosts`` alone it is fetched inside this network. Raises NewsbotError where the folder
        cannot be used.
        """
        await asyncio.to_thread(_make_folders, data, articles)
        await asyncio.to_thread(_check_not_emptied, data)
        await remove_left_over(data)
        fetcher = Fetcher(contact=contact, allowed=allowed_hosts)
        store = await Store.open(data / _DATABASE)
        worker = Worker()
        newsroom = cls(
            *(data, store, Encoder(model, load, worker), worker, articles, threshold, fetcher, clock),
            Reranker(reranker, load_cross_encoder) if reranker else None,
        )
        await newsroom._intake.__aenter__()
        return newsroom

    async def close(self) -> None:
        """Stop what computes or polls, and close the store. What is stored by then stays."""
        await self._examples.close()
        await self._end_work()
        await self._intake.__aexit__(None, None, None)
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.gather(self._catching_up, return_exceptions=True)
            await self._end_work()  # that it may have begun
        # So that whoever opens the folder next need not make anew what was missing or damaged.
        with suppress(NewsbotError, OSError):  # another process is at it, or nothing can be written
            async with locked(self._data / "indexing.lock", None, _ANOTHER_INDEXES, patient=False):
                await self._indexes.save()
        await self._worker.close()
        await self._encoder.close()
        await self._store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- asking

    def take_turn(self) -> None:
        """What this task asks from here on is answered before what others ask later, though it may wait."""
        take_turn()

    async def ask(self, question: Question) -> Answer:
        """Answer a question from what is stored by now.

        Raises NewsbotError for a question that is empty or too long, for a period that ends before it begins,
        and where the model cannot be loaded or is not the one that the index was made with.
        """
        return (await self.trace(question)).answer

    async def why(self, question: Question, url: str) -> Why:
        """Why an article was quoted for a question, or was not: where it stood in each step.

        ``url`` is the article's, or a link to a sentence of it. Raises NewsbotError as ``ask`` does.
        """
        url = storable(url)
        trace = await self.trace(question)
        article = await self._store.article_with(url)
        if article is None:
            return not_in_corpus(trace, url, await self._store.entries_at(url))
        headline = (await self._store.headlines([article]))[article]
        paragraphs = [identity for identity, _ in await self._store.article_paragraphs(article)]
        passages = list((await self._store.passages(paragraphs)).values())
        deep = await self._worker.run_urgent(self._indexes.search_deep, trace.searched, trace.found)
        return explain(trace, Known(article, *headline), passages, deep, await self._near(article, question))

    async def _near(self, article: int, question: Question) -> list[Known]:
        """The articles that say nearly the same, of outlets that may be seen, the most similar first."""
        near = await self._store.near(article)
        headlines = await self._store.headlines(near)
        known = [Known(one, *headlines[one]) for one in near if one in headlines]
        return [one for one in known if may_see(one.source, question.allowed)]

    async def coverage_of(self, question: Question, links: Sequence[str] = ()) -> Found | None:
        """What there is on a message: on the first article that it links to, or else on its words.

        ``None`` where it has neither. Raises NewsbotError as ``ask`` does.
        """
        article = await linked_article(self._store, links, question.allowed)
        if article:
            question = replace(question, text=article.headline.title or question.text)
        if not has_words(question.text):
            return None
        return await gather(self._store, await self.trace(question), article)

    async def trace(self, question: Question) -> Trace:
        """As ``ask``, with how the answer came about."""
        question = _checked(question)
        with in_turn():
            with self._stage("catch up"):
                await self._be_current()
            vectors: dict[str, Vectors] = {}
            find = partial(self._find, vectors)
            if question.earlier is None:
                return await find(question)
            quoted = await self._store.passages(question.earlier.quoted)
            articles = sorted({passage.article for passage in quoted.values()})
            return await follow_up(question, question.earlier, articles, find)

    async def candidates(self, trace: Trace) -> dict[int, Passage]:
        """The passages that may have answered, by id."""
        return await self._store.passages(trace.passages)

    async def _find(self, vectors: dict[str, Vectors], question: Question) -> Trace:
        """``vectors`` are those of texts that were asked before, and get that of the question."""
        text = question.text
        if self._indexes.model is not None and text not in vectors:
            with self._stage("encode"):
                await self._check_model(await self._encoder.model())
                vectors[text] = await self._encoder.question(text)
        with self._stage("retrieve"):
            return await self._retriever.trace(question, vectors.get(text))

    def watch(self, on_stage: Callable[[str, float], None]) -> None:
        """Have somebody told how many seconds each step of an answer takes: catch up, encode, retrieve."""
        self._on_stage = on_stage

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._on_stage(name, time.perf_counter() - began)

    @property
    def answers(self) -> Answers:
        """The answers that were given to somebody who can come back to them."""
        return self._answers

    async def warm_up(self) -> None:
        """Load the model and the indexes now, so that the first question need not wait for them.

        What else makes questions faster is begun, and done while nobody asks.
        """
        model = await self._encoder.warm_up()
        if self._reranker is not None:
            await self._worker.run(self._reranker.load)
        await self._indexes.catch_up()
        await self._check_model(model)
        self._read_ahead()

    async def examples(self, today: date, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Up to three questions that are answered here; remembered until the articles change.

        ``allowed`` is that of ``Question``. Raises NewsbotError as ``ask`` does.
        """
        return await self._examples.get(today, allowed)

    async def coverage(self, sources: Sequence[str] = ()) -> Coverage:
        """How many articles there are, of all ``sources`` if none is named, and from when to when."""
        return Coverage(*await self._store.span(sources))

    async def sources(self) -> list[SourceCount]:
        """The outlets that are named, the one with the most articles first."""
        return await self._store.sources()

    async def stats(self) -> Stats:
        """What the data folder holds."""
        counts = await self._store.counts()
        model = await self._store.active_model()
        pending = await self._store.pending_passages(model.id) if model else counts.passages
        return Stats(
            coverage=Coverage(counts.articles, counts.first, counts.last),
            passages=counts.passages,
            pending=pending,
            model=model.name if model else "",
            dimension=model.dimension if model else None,
            generation=await self._store.generation(),
            sources=tuple(await self._store.sources()),
            size=await asyncio.to_thread(_size, self._data),
        )

    # -- indexing

    async def remove(self, articles: Sequence[str | int]) -> Diff:
        """Take articles, by address or id, out of the answers at once.

        No feed brings them back. A file does when it has changed and is indexed again, and so does ``add``.
        """
        named = {
            one: await self._store.find_article(storable(one)) for one in articles if isinstance(one, str)
        }
        numbered = await self._store.headlines([one for one in articles if isinstance(one, int)])
        known = {*(one for one in named.values() if one is not None), *numbered}
        removed = await self._store.remove_articles(sorted(known), self._clock())
        failed = [
            Failure(storable(str(one)), Said("there is no article with this address"))
            for one in dict.fromkeys(articles)
            if (named[one] if isinstance(one, str) else one) not in known
        ]
        await self._be_current(patience=None)
        await asyncio.to_thread(give_back)
        return Diff(removed=tuple(removed), failed=tuple(failed))

    async def suggest_articles(self, text: str, limit: int) -> list[tuple[int, str, str]]:
        """``(id, title, url)`` of the newest articles that have ``text`` in title or address."""
        return await self._store.articles_like(text, limit)

    async def index(
        self, paths: Sequence[Path], *, progress: Report | None = None, on_wait: Notice | None = None
    ) -> Diff:
        """Take in files and folders; a run with nothing new changes nothing.

        An article goes when the file or folder that brought it is indexed again without it. Files and lines
        that cannot be read are told in the result, and what they brought before stays. Waits for a run of
        another process; ``on_wait`` is told, in a sentence, what the run waits for or why it takes long.
        """
        run = Run(progress)
        await self._index(paths, run, on_wait)
        return run.diff()

    async def reindex(self, *, progress: Report | None = None, on_wait: Notice | None = None) -> Diff:
        """Take in what is new, changed or gone in the article folders, and what the feeds have.

        Feeds are polled as far as they may be asked now. Raises Busy while a re-index of this process is
        under way; one that polls is no re-index.
        """
        if self._reindexing:
            raise Busy("a re-index is already running: wait until it has ended")
        self._reindexing = True
        try:
            run = Run(progress)
            await self._index(self._articles, run, on_wait)
            if await self._store.feeds():
                await self._start(self._poll(run, early=True, on_wait=on_wait))
            return run.diff()
        finally:
            self._reindexing = False

    async def _index(self, paths: Sequence[Path], run: Run, on_wait: Notice | None) -> None:
        async with self._exclusive(on_wait):
            number = await self._store.new_run()
            for path in paths:
                await self._read_path(path, number, run)
            await self._be_current(patience=None)
            await self._encode_pending(run, on_wait)

    # -- servers

    async def servers(self) -> dict[int, Rules]:
        """The rules of the Discord servers that have any of their own, by the id of the server."""
        return await self._servers.all()

    async def save_server(self, server: int, rules: Rules) -> None:
        """Keep the rules of a server."""
        await self._servers.save(server, rules)

    async def forget_server(self, server: int) -> None:
        """Drop the rules of a server."""
        await self._servers.forget(server)

    async def _encode_news(self, run: Run, on_wait: Notice | None, *, patient: bool) -> None:
        async with self._exclusive(on_wait, patient=patient):
            await self._encode_pending(run, on_wait)

    @asynccontextmanager
    async def _exclusive(self, on_wait: Notice | None, *, patient: bool = True) -> AsyncIterator[None]:
        if not patient and self._running.locked():
            raise Busy(_ANOTHER_INDEXES.template)
        file = self._data / "indexing.lock"
        async with self._running, locked(file, on_wait, _ANOTHER_INDEXES, patient=patient):
            yield
        await asyncio.to_thread(give_back)

    async def _read_path(self, path: Path, number: int, run: Run) -> None:
        try:
            found = await self._worker.run(find, path)
        except ReadError as error:
            run.failed.append(Failure(storable(str(path)), error.said))
            return
        run.passed_over += [storable(str(other)) for other in found.passed_over]
        run.failed += found.failed
        for file in found.files:
            await self._read_file(file, number, run)
        if found.folder and not found.failed:
            present = {_name(file) for file in found.files}
            gone = [file for file in await self._store.files_below(_name(path)) if file not in present]
            run.removed += await self._store.forget_files(gone) if gone else []

    async def _read_file(self, file: Path, number: int, run: Run) -> None:
        name = _name(file)
        try:
            digest = await self._worker.run(_digest, file)
        except OSError as error:
            reason = Said("cannot be read: {reason}", reason=error.strerror)
            run.failed.append(Failure(storable(str(file)), reason))
            return
        if digest == await self._store.file_digest(name):
            run.note([(url, Outcome.UNCHANGED) for url in await self._store.urls_from(name)])
            return
        failures = len(run.failed)
        articles = read(file)
        while items := await self._worker.run(_chunk, articles):
            run.failed += [item for item in items if isinstance(item, Failure)]
            chunk = [(item, name) for item in items if isinstance(item, Article)]
            if chunk:
                run.note(await self._store.put(chunk, number))
        if len(run.failed) == failures:
            run.removed += await self._store.sweep(name, number, digest)

    async def _encode_pending(self, run: Run, on_wait: Notice | None) -> None:
        active = await self._store.active_model()
        if active is not None and (active.name, active.preparation) == (self._encoder.name, PREPARATION):
            generation, pending = await self._pending(active)
            if not pending:
                await self._store.note_encoded(active.id, generation)
                await self._indexes.save()
                return
        elif active is None and not (await self._store.counts()).passages:
            return
        model = await self._model_for_writing(active, on_wait)
        generation, pending = await self._pending(model)
        await self._encode(model, pending, generation, run)
        await self._store.note_encoded(model.id, generation)
        if active is not None and model.id != active.id:
            await self._store.activate_model(model.id)
        await self._be_current(patience=None)
        await self._indexes.save()

    async def _pending(self, model: Model) -> tuple[int, list[int]]:
        # In this order: what changes after the generation is left pending for whoever changes it.
        generation = await self._store.generation()
        return generation, await self._store.pending(model.id)

    async def _model_for_writing(self, active: Model | None, on_wait: Notice | None) -> Model:
        if active is None and self._encoder.name == DEFAULT_MODEL:
            await self._worker.run(verify_default_weights)
        model = await self._encoder.model()
        if active is not None and not active.same_as(model) and on_wait:
            passages = (await self._store.counts()).passages
            if active.fingerprint == model.fingerprint:
                on_wait(
                    Said(
                        "passages are prepared in another way now: all {count:,} are encoded again, and the"
                        " vectors that there are answer until that is done",
                        count=passages,
                    )
                )
            else:
                on_wait(
                    Said(
                        "the model is now {model}, not {before}: all {count:,} passages are encoded again,"
                        " and {before} answers until that is done",
                        model=model.name,
                        before=active.name,
                        count=passages,
                    )
                )
        return await self._store.register_model(model)

    async def _encode(self, model: Model, pending: Sequence[int], generation: int, run: Run) -> None:
        run.encode(len(pending))
        made: list[tuple[int, bytes]] = []
        committed = time.monotonic()
        for start in range(0, len(pending), _BATCH):
            batch = await self._store.titled_texts(pending[start : start + _BATCH])
            vectors = await self._encoder.passages([(title, text) for _, title, text in batch])
            halves = vectors.astype("<f2")
            made += [(row[0], vector.tobytes()) for row, vector in zip(batch, halves, strict=True)]
            run.encoded(len(batch))
            if time.monotonic() - committed > _COMMIT_SECONDS:
                await self._store.add_vectors(model.id, made, generation)
                made, committed = [], time.monotonic()
        await self._store.add_vectors(model.id, made, generation)

    # -- keeping what there is

    async def backup(self, target: Path, *, overwrite: bool = False) -> int:
        """Copy the store to one file while all goes on; returns the number of its articles.

        The file appears whole and checked, or not at all. Raises NewsbotError where it is there already,
        unless it may be overwritten, and where it cannot be written.
        """
        return await asyncio.to_thread(backup.back_up, self._data / _DATABASE, target, overwrite=overwrite)

    async def check(self) -> list[str]:
        """What is wrong with the data folder, each in one line with what to do; nothing where all is well.

        Reads everything: it takes seconds where there is much. Raises NewsbotError as ``ask`` does.
        """
        damage = await asyncio.to_thread(backup.damage, self._data / _DATABASE)
        return damage or await self._indexes.check()

    @classmethod
    async def restore(cls, data: Path, source: Path, *, on_wait: Notice | None = None) -> int:
        """Put a backup in the place of all that the data folder holds; returns the number of its articles.

        Newsrooms that have the folder open answer from the backup then, and from what was there before until
        all is ready for that; nothing is encoded again. Raises NewsbotError where the file is no whole backup
        of this newsbot or an older one.
        """
        await asyncio.to_thread(_make_folders, data, ())
        async with (
            locked(data / "polling.lock", on_wait, ANOTHER_POLLS),
            locked(data / "indexing.lock", on_wait, _ANOTHER_INDEXES),
        ):
            await asyncio.to_thread(backup.remove_left_by_restore, data)
            return await backup.restore(source, data / _DATABASE, lambda copy: make_indexes(copy, data))

    # -- keeping up

    async def keep_current(self) -> None:
        """Answer from what other processes store within seconds, though nobody asks, until cancelled."""
        await self._start(keep_current(self._indexes, lambda: self._be_current(patience=None)))

    async def _be_current(self, patience: float | None = _PATIENCE) -> None:
        """Catch up with the store. With patience, older news may answer while the newest are taken in."""
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up())
        if patience is None or not self._indexes.ready:
            await asyncio.shield(self._catching_up)
            await self._catch_up()
            return
        await asyncio.wait([self._catching_up], timeout=patience)
        if self._catching_up.done() and (error := self._catching_up.exception()):
            if not isinstance(error, NewsbotError):
                raise error
            log.warning("the newest news are not among what is answered from: %s", error)

    async def _catch_up(self) -> None:
        await self._indexes.catch_up()
        if self._indexes.mostly_gone:
            self._read_ahead()

    def _read_ahead(self) -> None:
        if self._reading_ahead is None or self._reading_ahead.done():
            self._reading_ahead = self._start(self._indexes.read_ahead())

    async def _check_model(self, model: Model) -> None:
        active = self._indexes.model
        # How passages were prepared is nothing to a question, which is encoded in the same way for all.
        if active is None or active.fingerprint == model.fingerprint:
            return
        if active.name == model.name:
            await self._store.doubt_model(active.id)
            raise NewsbotError(
                "the weights of the model {model} have changed: run newsbot reindex", model=model.name
            )
        raise NewsbotError(
            "the index was made with the model {before}, not {model}:"
            " run newsbot reindex, or set NEWSBOT_MODEL back",
            before=active.name,
            model=model.name,
        )


def _checked(question: Question) -> Question:
    """The question, with half characters in it as U+FFFD. Raises NewsbotError where it cannot be asked."""
    if not has_words(question.text):
        raise NewsbotError("the question is empty: ask something, for example “Who won the cup final?”")
    if len(question.text) > LONGEST_QUESTION:
        raise NewsbotError(
            "the question has {length} characters: shorten it to {most} or fewer",
            length=len(question.text),
            most=LONGEST_QUESTION,
        )
    if question.since and question.until and question.since > question.until:
        raise NewsbotError(
            "the period ends ({until}) before it begins ({since}): swap the two days",
            until=question.until,
            since=question.since,
        )
    sources = tuple(storable(source) for source in question.sources)
    return replace(question, text=storable(question.text), sources=sources)


def _make_folders(data: Path, articles: Sequence[Path]) -> None:
    try:
        for folder in (*reversed(data.parents), data):  # of which mkdir(parents=True) would open all but one
            folder.mkdir(mode=0o700, exist_ok=True)
        for folder in articles:
            if folder.parent == data:
                folder.mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(data, error) from error


def _check_not_emptied(data: Path) -> None:
    """Have no database that lost all its bytes be taken for a new one, which has no indexes beside it."""
    database = data / _DATABASE
    if database.exists() and not database.stat().st_size and any(data.glob("passages.*")):
        raise NewsbotError(
            "{database} has lost its contents: put a backup in its place with newsbot restore FILE,"
            " or remove it to begin anew",
            database=database,
        )


def _name(path: Path) -> str:
    """What a file is known by. Not every name on a disk is UTF-8, as the store needs it."""
    return os.fsencode(path.resolve()).decode(errors="backslashreplace")


def _digest(file: Path) -> bytes:
    """A mark of a file's bytes and of the way in which they are read."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    return digest + READER_VERSION.to_bytes(2, "big")


def _chunk(articles: Iterator[Article | Failure]) -> list[Article | Failure]:
    chunk: list[Article | Failure] = []
    until = time.monotonic() + _CHUNK_SECONDS
    for article in articles:
        chunk.append(article)
        if len(chunk) == _CHUNK or time.monotonic() > until:
            break
    return chunk


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
