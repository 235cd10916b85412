"""The lexical index over passages and whole articles: BM25 by tantivy, derived from the store.

Two tantivy indexes lie in one folder, ``passages`` (title and text of each passage) and ``articles`` (title
and body of each article). Each holds, beside its documents, one stamp with the generation of the store that
it reflects; tantivy commits documents and stamp together or not at all. BM25 is tantivy's: Okapi BM25 with
k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009), summed over the fields.

What is indexed are the stems that ``Reader`` gives, so that a word is the same word here and in the ranking.
"""

from __future__ import annotations

import json
import logging
import math
import mmap
import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import filelock
import numpy as np
import tantivy
from tantivy import Document, FieldType, Index, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from corpus.store import ArticleText
from index.answer import Limits
from index.arrays import distinct
from index.ranking import Bools, Statistics
from index.vectors import Ids, Scores
from index.words import Reader, Vocabulary, Words, names_and_places

log = logging.getLogger(__name__)

_FORMAT = 2  # raise it when documents are made in another way: the folder is then made anew
_HEAP = 64_000_000  # bytes that a writer may fill before it writes a segment
_STAMP = -1
_MARK = "mark.json"
_TAIL = struct.Struct(
    "<II"
)  # of each file of tantivy: the length of the footer before it, and the magic number
_MAGIC = 1337
_STEMS = "stems"
_TENS = 150  # articles that are found sooner one by one (60: 0.1 ms) than as a set (0.5 ms)
_UNDATED = 0  # the day of an article whose day is not known
# Changes that are seen before the folder is opened anew: tantivy (0.27) forgets none of the files that it has
# mapped from an open one, though they are gone, which comes to 4 kB a change.
_CHANGES = 100
_RAREST = 12.5  # the rarity of a word that is nowhere: that of a corpus of 130,000 passages


class Lexicon:
    """Both indexes. Not safe for use from several threads at once, but for ``update``."""

    def __init__(self, folder: Path, store: int, reader: Reader) -> None:
        """Open the folder; ``store`` identifies the store that it is derived from.

        What is missing, damaged or from another store is empty afterwards, to be filled anew.
        """
        self.store = store
        self._folder = folder
        self._reader = reader
        self._mark = json.dumps({"format": _FORMAT, "store": store})
        self._known = _Known.of(reader.vocabulary)
        self._open()

    def _open(self) -> None:
        # Two processes that find the folder damaged must not take away from each other what they make.
        with filelock.FileLock(self._folder.with_suffix(".lock"), mode=0o600):
            _sweep(self._folder)
            if not self._folder.exists():
                log.info("%s is not there yet: it is made from the database", self._folder)
            try:
                self._open_folder()
            except (ValueError, OSError) as error:
                log.warning("%s is damaged (%s): it is made anew from the database", self._folder, error)
                _remove(self._folder)
                self._open_folder()

    def _open_folder(self) -> None:
        folder, mark = self._folder, self._folder / _MARK
        if folder.exists() and (not mark.exists() or not self._is_ours()):
            log.info("%s belongs to another database or version: it is made anew from the database", folder)
            _remove(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("passages", "articles"):
            (self._folder / name).mkdir(exist_ok=True)
            _verify(self._folder / name)
        self._open_indexes()
        if not mark.exists():
            mark.write_text(self._mark)

    def _open_indexes(self) -> None:
        self._changes = 0
        self._passages = _open_index(self._folder / "passages", ("title", "text", "capitals", "places"))
        self._articles = _open_index(self._folder / "articles", ("title", "body"))

    def _is_ours(self) -> bool:
        return (self._folder / _MARK).read_bytes() == self._mark.encode()

    def discard(self) -> None:
        """Drop all that is in the folder, so that it is filled anew."""
        with filelock.FileLock(self._folder.with_suffix(".lock"), mode=0o600):
            _remove(self._folder)
            self._open_folder()
        self._known = _Known.of(self._reader.vocabulary)

    def reload(self) -> None:
        """See what was committed, by this process or another."""
        before = self.generation
        try:
            if self._changes >= _CHANGES and self._is_ours():
                self._open_indexes()
            else:
                self._passages.reload()
                self._articles.reload()
        except (ValueError, OSError):  # somebody has taken the folder away
            self._open()
        if self.generation != before:
            self._changes += 1
            self._known = _Known.of(self._reader.vocabulary)

    @property
    def generation(self) -> int:
        """The generation that both indexes reflect; -1 where one is empty."""
        return min(_generation(self._passages), _generation(self._articles))

    def __len__(self) -> int:
        """The number of articles."""
        return max(0, int(self._articles.searcher().num_docs) - 1)

    @property
    def passage_count(self) -> int:
        """The number of passages."""
        return max(0, int(self._passages.searcher().num_docs) - 1)

    def ids(self) -> tuple[Ids, Ids]:
        """The ids of all passages and of all articles, ascending."""
        passages, articles = (_all_ids(index) for index in (self._passages, self._articles))
        return passages, articles

    def update(
        self,
        removed: Iterable[int],
        batches: Iterable[Sequence[ArticleText]],
        generation: int,
        *,
        anew: bool = False,
    ) -> None:
        """Take out ``removed`` articles, put in (or anew) those of ``batches``, and stamp the generation.

        With ``anew`` everything else goes. What was written is searched after ``reload``. Raises
        BlockingIOError where another process is writing, and OSError where the folder cannot be written; what
        was there before is there then.
        """
        try:
            return self._update(removed, batches, generation, anew=anew)
        except ValueError as error:  # which is what tantivy raises, whatever is wrong
            reason = str(error)
        # Here, so that nobody who keeps the error keeps the writers, and with them the lock on the folder.
        raise BlockingIOError(reason) if "LockBusy" in reason else OSError(reason)

    def is_whole(self) -> bool:
        """Whether all files are there, as they were written, and of the same store still."""
        try:
            if not self._is_ours():
                return False
            for folder in (self._folder / "passages", self._folder / "articles"):
                if not (folder / "meta.json").exists():
                    return False
                _verify(folder)
        except (ValueError, OSError):
            return False
        return True

    def _update(
        self,
        removed: Iterable[int],
        batches: Iterable[Sequence[ArticleText]],
        generation: int,
        *,
        anew: bool,
    ) -> None:
        passages, articles = (index.writer(_HEAP, 1) for index in (self._passages, self._articles))
        if not self._is_ours():
            raise OSError("it belongs to another database now")
        for writer in (passages, articles):
            # What a process that was killed has left would be in the way of files of the same name.
            writer.garbage_collect_files()
        if anew:
            passages.delete_all_documents()
            articles.delete_all_documents()
        for article in removed:
            passages.delete_documents_by_term("article", article)
            articles.delete_documents_by_term("article", article)
        for batch in batches:
            for text in batch:
                self._write(text, passages, articles)
        for writer in (passages, articles):
            writer.delete_documents_by_term("article", _STAMP)
            writer.add_document(Document(article=_STAMP, id=_STAMP, generation=generation))
            writer.commit()
            writer.wait_merging_threads()

    def passages(
        self, terms: Sequence[str], limit: int, limits: Limits | None = None, articles: Ids | None = None
    ) -> tuple[Ids, Scores]:
        """Passages by BM25 over title and text, best first: their ids and scores.

        With ``limits``, only what these let through; with ``articles``, only passages of these.
        """
        query = _any_of(self._passages, terms, ("title", "text"))
        if articles is not None:
            query = _within(query, _among(self._passages, articles))
        return _search(self._passages, query, limit, limits)

    def articles(self, terms: Sequence[str], limit: int, limits: Limits | None = None) -> tuple[Ids, Scores]:
        """Articles by BM25 over title and body, best first: their ids and scores."""
        return _search(self._articles, _any_of(self._articles, terms, ("title", "body")), limit, limits)

    def articles_of(self, passages: Ids) -> Ids:
        """The article of each of these passages, 0 for one that is not there."""
        if not len(passages):
            return passages
        searcher = self._passages.searcher()
        query = Query.term_set_query(self._passages.schema, "id", passages.tolist())
        addresses = [address for _, address in searcher.search(query, len(passages), count=False).hits]
        ids, articles = (searcher.fast_field_values(name, addresses) for name in ("id", "article"))
        known = dict(zip(ids, articles, strict=True))
        return np.array([known.get(passage) or 0 for passage in passages.tolist()], np.int64)

    def relevance(self, terms: Sequence[str], articles: Ids) -> Scores:
        """The BM25 of each of these articles, as a share of the rarity of the terms among articles.

        So it means the same in small corpora and in large ones.
        """
        index = self._articles
        total = self._article_rarity(terms) or 1.0
        return _scores_of(index, _any_of(index, terms, ("title", "body")), articles) / np.float32(total)

    def held(self, terms: Sequence[str], weights: Scores, articles: Ids) -> Scores:
        """For each of these articles the sum of the weights of the terms that it holds."""
        index = self._articles
        held = Query.boolean_query(
            [
                (
                    Occur.Should,
                    Query.const_score_query(_any_of(index, [term], ("title", "body")), float(weight)),
                )
                for term, weight in zip(terms, weights, strict=True)
            ]
        )
        return _scores_of(index, held, articles)

    def _article_rarity(self, terms: Sequence[str]) -> float:
        searcher, count = self._articles.searcher(), len(self)
        held = [searcher.doc_freq("body", term) for term in terms]
        return sum(math.log1p((count - number + 0.5) / (number + 0.5)) for number in held)

    def statistics(self, stems: Words) -> Statistics:
        """What the passages say of stems, which are given by their numbers in the reader's vocabulary.

        The rarity is BM25's inverse document frequency, stretched so that a word that is nowhere is as rare
        in a small corpus as in a large one. A word is a name where it is mostly written with a capital, and a
        place where it often follows a word such as "in".
        """
        vocabulary = self._reader.vocabulary
        if self._known.vocabulary is not vocabulary:
            self._known = _Known.of(vocabulary)
        known = self._known
        known.make_room()
        missing = distinct(stems[~known.there[stems]])
        if len(missing):
            self._learn(known, missing)
        return Statistics(known.rarity[stems], known.name[stems], known.place[stems])

    def _learn(self, known: _Known, stems: Words) -> None:
        searcher = self._passages.searcher()
        counts = [
            [
                searcher.doc_freq(field, known.vocabulary.stems[stem])
                for field in ("text", "capitals", "places")
            ]
            for stem in stems.tolist()
        ]
        held, capitals, places = np.array(counts, np.float32).T
        total = max(self.passage_count, 1)
        stretch = _RAREST / math.log1p((total + 0.5) / 0.5)
        known.rarity[stems] = np.log1p((total - held + 0.5).clip(min=0) / (held + 0.5)) * stretch
        known.name[stems] = capitals > 0.6 * held
        known.place[stems] = (places + 0.1) > 0.1 * (capitals + 1)
        known.there[stems] = True

    def _write(
        self, article: ArticleText, passages: tantivy.IndexWriter, articles: tantivy.IndexWriter
    ) -> None:
        passages.delete_documents_by_term("article", article.id)
        articles.delete_documents_by_term("article", article.id)
        title = " ".join(stem for stem, _ in self._reader.spell(article.title))
        day = _UNDATED if article.day is None else article.day
        about = {"article": article.id, "day": day, "source": article.source.casefold()}
        body = []
        for identity, text in article.passages:
            words = self._reader.spell(text)
            capitals, places = names_and_places(words)
            body.append(" ".join([stem for stem, _ in words]))
            passages.add_document(
                Document(
                    id=identity,
                    **about,
                    title=title,
                    text=body[-1],
                    capitals=" ".join(capitals),
                    places=" ".join(places),
                )
            )
        articles.add_document(Document(id=article.id, **about, title=title, body=" ".join(body)))


def move_lexicon(made: Path, folder: Path) -> None:
    """Have a lexicon take the place of another one, which may be open."""
    with filelock.FileLock(folder.with_suffix(".lock"), mode=0o600):
        if folder.exists():
            _remove(folder)
        made.rename(folder)


def _remove(folder: Path) -> None:
    # Gone at once, even where a process that still searches it holds up the deletion of the files.
    away = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}.", suffix=".gone"))
    folder.rename(away / folder.name)
    _sweep(folder)


def _sweep(folder: Path) -> None:
    """Delete what was removed, also by a process that was killed before it could."""
    for left in folder.parent.glob(f"{folder.name}.*.gone"):
        shutil.rmtree(left, ignore_errors=True)


@dataclass(slots=True)
class _Known:
    """The statistics of stems that were asked for, by their numbers; ``there`` says which."""

    vocabulary: Vocabulary
    there: Bools
    rarity: Scores
    name: Bools
    place: Bools

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> _Known:
        nothing = np.zeros(0, bool)
        return cls(vocabulary, nothing, np.zeros(0, np.float32), nothing, nothing)

    def make_room(self) -> None:
        """For all stems that the vocabulary has by now."""
        more = len(self.vocabulary.stems) - len(self.there)
        if more > 0:
            more += len(self.there) // 4 + 1000
            self.there, self.rarity, self.name, self.place = (
                np.concatenate([array, np.zeros(more, array.dtype)])
                for array in (self.there, self.rarity, self.name, self.place)
            )


def _open_index(folder: Path, fields: Sequence[str]) -> Index:
    schema = SchemaBuilder()
    for name in ("id", "article", "generation", "day"):
        schema.add_integer_field(name, indexed=True, fast=True)
    schema.add_text_field("source", tokenizer_name="raw", index_option="basic")
    for name in fields:
        schema.add_text_field(name, tokenizer_name=_STEMS, index_option="freq")
    index = Index(schema.build(), path=str(folder))
    # By itself it would look at the folder twice a second, and begin to answer from a commit unseen.
    index.config_reader(reload_policy="manual")
    index.register_tokenizer(_STEMS, TextAnalyzerBuilder(Tokenizer.whitespace()).build())
    return index


def _verify(folder: Path) -> None:
    """Raise ValueError or OSError where a committed file is not what tantivy has written.

    Each of its files ends with a JSON object that holds the CRC-32 of what goes before, the length of that
    object and a magic number; tantivy itself does not look at the CRC when it opens an index.
    """
    meta = folder / "meta.json"
    if not meta.exists():
        return
    committed = meta.read_bytes()
    try:
        for segment in json.loads(committed)["segments"]:
            for file in folder.glob(f"{segment['segment_id'].replace('-', '')}.*"):
                if not _matches_its_sum(file):
                    raise ValueError(f"{file.name} does not match its checksum")
    except FileNotFoundError:
        if meta.read_bytes() == committed:
            raise
        _verify(folder)  # another process has committed meanwhile, and taken away what went before


def _matches_its_sum(file: Path) -> bool:
    with file.open("rb") as stream:
        size = file.stat().st_size
        if size < _TAIL.size:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
            length, magic = _TAIL.unpack(view[-_TAIL.size :])
            end = size - _TAIL.size - length
            if magic != _MAGIC or end < 0:
                return False
            footer = json.loads(bytes(view[end : -_TAIL.size]))
            return isinstance(footer, dict) and footer.get("crc") == zlib.crc32(view[:end])


def _all_ids(index: Index) -> Ids:
    searcher = index.searcher()
    hits = searcher.search(Query.all_query(), max(int(searcher.num_docs), 1), count=False).hits
    ids = np.array(searcher.fast_field_values("id", [address for _, address in hits]), np.int64)
    return np.sort(ids[ids != _STAMP])


def _generation(index: Index) -> int:
    searcher = index.searcher()
    stamp = Query.term_query(index.schema, "article", _STAMP)
    hits = searcher.search(stamp, 1).hits
    if not hits:
        return -1
    (generation,) = searcher.fast_field_values("generation", [address for _, address in hits])
    return int(generation or 0)


def _any_of(index: Index, terms: Sequence[str], fields: Sequence[str]) -> Query:
    return Query.boolean_query(
        [
            (Occur.Should, Query.term_query(index.schema, field, term, "freq"))
            for term in terms
            for field in fields
        ]
    )


def _search(index: Index, query: Query, limit: int, limits: Limits | None) -> tuple[Ids, Scores]:
    if limits is not None:
        query = _within(query, *_filters(index, limits))
    searcher = index.searcher()
    hits = searcher.search(query, max(limit, 1), count=False).hits[:limit]
    ids = np.array(searcher.fast_field_values("id", [address for _, address in hits]), np.int64)
    return ids, np.array([score for score, _ in hits], np.float32)


def _within(query: Query, *filters: Query) -> Query:
    """What a query finds, with its scores, of that which all filters find."""
    silent = [(Occur.Must, Query.const_score_query(one, 0.0)) for one in filters]
    return Query.boolean_query([*silent, (Occur.Must, query)])


def _filters(index: Index, limits: Limits) -> Iterator[Query]:
    schema = index.schema
    if (limits.since, limits.until) != (date.min, date.max):
        since, until = limits.since.toordinal(), limits.until.toordinal()
        days = Query.range_query(schema, "day", FieldType.Integer, since, until)
        undated = Query.term_query(schema, "day", _UNDATED)
        yield Query.boolean_query([(Occur.Should, days), (Occur.Should, undated)])
    for outlets in limits.outlets:
        names = {outlet.casefold() for outlet in outlets}
        terms = [(Occur.Should, Query.term_query(schema, "source", name)) for name in sorted(names)]
        yield Query.boolean_query(terms)
    if limits.articles:
        yield _among(index, np.array(limits.articles, np.int64))


def _among(index: Index, articles: Ids) -> Query:
    if len(articles) <= _TENS:
        terms = [Query.term_query(index.schema, "article", article) for article in articles.tolist()]
        every = Query.boolean_query([(Occur.Should, term) for term in terms])
    else:
        every = Query.term_set_query(index.schema, "article", articles.tolist())
    return every


def _scores_of(index: Index, query: Query, articles: Ids) -> Scores:
    """The scores that a query gives to these articles, 0 where it does not match."""
    both = Query.boolean_query(
        [(Occur.Must, Query.const_score_query(_among(index, articles), 0.0)), (Occur.Should, query)]
    )
    searcher = index.searcher()
    hits = searcher.search(both, max(len(articles), 1), count=False).hits
    ids = searcher.fast_field_values("id", [address for _, address in hits])
    scores = {identity: score for identity, (score, _) in zip(ids, hits, strict=True)}
    return np.array([scores.get(int(article), 0.0) for article in articles], np.float32)
