"""The lexical index over passages and whole articles: BM25 by tantivy, derived from the store.

Two tantivy indexes lie in one folder, ``passages`` (title and text of each passage) and ``articles`` (title
and body of each article). Each holds, beside its documents, one stamp with the generation of the store that
it reflects; tantivy commits documents and stamp together or not at all. BM25 is tantivy's: Okapi BM25 with
k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009), summed over the fields with their boosts.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tantivy
from tantivy import Document, Filter, Index, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from corpus.store import ArticleText
from index.vectors import Ids, Scores

log = logging.getLogger(__name__)

_FORMAT = 1  # raise it when documents are made in another way: the folder is then made anew
_HEAP = 64_000_000  # bytes that a writer may fill before it writes a segment
_STAMP = -1
_ANALYZER = "news"

# Words that a question has whatever it asks for.
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a about after all also am an and any are as at be been before being but by can could did do does
    doing for from had has have having he her hers him his how i if in into is it its itself just me may
    might more most my no nor not of on or our out over own say said says she should so some such than
    that the their theirs them then there these they this those through to too under up us was we were
    what when where which while who whom whose why will with would you your according s t
    """,
    )
)


class Analyzer:
    """Text to terms: NFKC, words, lower case, accents folded, English stems (Porter 2)."""

    def __init__(self) -> None:
        self._analyzer = (
            TextAnalyzerBuilder(Tokenizer.simple())
            .filter(Filter.remove_long(40))
            .filter(Filter.lowercase())
            .filter(Filter.ascii_fold())
            .filter(Filter.stemmer("english"))
            .build()
        )

    def register(self, index: Index) -> None:
        """Let an index analyse its fields in this way."""
        index.register_tokenizer(_ANALYZER, self._analyzer)

    def terms(self, text: str) -> list[str]:
        """All terms of a text in order."""
        return self._analyzer.analyze(unicodedata.normalize("NFKC", text))

    def question_terms(self, question: str) -> list[str]:
        """The terms that carry a question, each once: without stop words, unless there is nothing else."""
        words = re.findall(r"\w+", unicodedata.normalize("NFKC", question))
        carrying = [word for word in words if word.lower() not in _STOP_WORDS]
        return list(dict.fromkeys(self.terms(" ".join(carrying or words))))


class Lexicon:
    """Both indexes. Not safe for use from several threads at once."""

    def __init__(self, folder: Path, store: int) -> None:
        """Open the folder; ``store`` identifies the store that it is derived from.

        What is missing, damaged or from another store is empty afterwards, to be filled anew.
        """
        self.analyzer = Analyzer()
        self._folder = folder
        self._mark = json.dumps({"format": _FORMAT, "store": store})
        try:
            self._open()
        except (ValueError, OSError) as error:
            log.warning("%s is damaged (%s): it is made anew from the database", folder, error)
            shutil.rmtree(folder, ignore_errors=True)
            self._open()

    def _open(self) -> None:
        mark = self._folder / "mark.json"
        if self._folder.exists() and (not mark.exists() or mark.read_text() != self._mark):
            shutil.rmtree(self._folder)
        self._passages = _open_index(self._folder / "passages", ("title", "text"), self.analyzer)
        self._articles = _open_index(self._folder / "articles", ("title", "body"), self.analyzer)
        mark.write_text(self._mark)

    def reload(self) -> None:
        """See what another process committed."""
        self._passages.reload()
        self._articles.reload()

    @property
    def generation(self) -> int:
        """The generation that both indexes reflect; -1 where one is empty."""
        return min(_generation(self._passages), _generation(self._articles))

    def __len__(self) -> int:
        """The number of articles."""
        return max(0, int(self._articles.searcher().num_docs) - 1)

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
        BlockingIOError where another process is writing.
        """
        try:
            passages, articles = (index.writer(_HEAP, 1) for index in (self._passages, self._articles))
        except ValueError as error:
            raise BlockingIOError(str(error)) from error
        if anew:
            passages.delete_all_documents()
            articles.delete_all_documents()
        for article in removed:
            passages.delete_documents_by_term("article", article)
            articles.delete_documents_by_term("article", article)
        for batch in batches:
            for text in batch:
                _write(text, passages, articles)
        for writer in (passages, articles):
            writer.delete_documents_by_term("article", _STAMP)
            writer.add_document(Document(article=_STAMP, id=_STAMP, generation=generation))
            writer.commit()
            writer.wait_merging_threads()

    def passages(
        self, terms: Sequence[str], limit: int, title_boost: float, allowed: Ids | None = None
    ) -> tuple[Ids, Scores]:
        """Passages by BM25 over title and text, best first: their ids and scores.

        With ``allowed``, only those of these articles.
        """
        fields = (("title", title_boost), ("text", 1.0))
        return _search(self._passages, terms, fields, limit, allowed)

    def articles(
        self, terms: Sequence[str], limit: int, title_boost: float, allowed: Ids | None = None
    ) -> tuple[Ids, Scores]:
        """Articles by BM25 over title and body, best first: their ids and scores."""
        fields = (("title", title_boost), ("body", 1.0))
        return _search(self._articles, terms, fields, limit, allowed)

    def idf(self, terms: Sequence[str]) -> Scores:
        """BM25's inverse document frequency of terms, counted over passage texts."""
        searcher = self._passages.searcher()
        total = int(searcher.num_docs)
        frequency = np.array([searcher.doc_freq("text", term) for term in terms], dtype=np.float32)
        return np.log1p((total - frequency + 0.5) / (frequency + 0.5)).clip(min=0).astype(np.float32)


def _open_index(folder: Path, fields: Sequence[str], analyzer: Analyzer) -> Index:
    schema = SchemaBuilder()
    for name in ("id", "article", "generation"):
        schema.add_integer_field(name, indexed=True, fast=True)
    for name in fields:
        schema.add_text_field(name, tokenizer_name=_ANALYZER, index_option="freq")
    folder.mkdir(parents=True, exist_ok=True)
    index = Index(schema.build(), path=str(folder))
    analyzer.register(index)
    return index


def _write(article: ArticleText, passages: tantivy.IndexWriter, articles: tantivy.IndexWriter) -> None:
    passages.delete_documents_by_term("article", article.id)
    articles.delete_documents_by_term("article", article.id)
    title = unicodedata.normalize("NFKC", article.title)
    texts = [(identity, unicodedata.normalize("NFKC", text)) for identity, text in article.passages]
    for identity, text in texts:
        passages.add_document(Document(id=identity, article=article.id, title=title, text=text))
    body = "\n".join(text for _, text in texts)
    articles.add_document(Document(id=article.id, article=article.id, title=title, body=body))


def _generation(index: Index) -> int:
    searcher = index.searcher()
    stamp = Query.term_query(index.schema, "article", _STAMP)
    hits = searcher.search(stamp, 1).hits
    if not hits:
        return -1
    (generation,) = searcher.fast_field_values("generation", [address for _, address in hits])
    return int(generation or 0)


def _search(
    index: Index,
    terms: Sequence[str],
    fields: Sequence[tuple[str, float]],
    limit: int,
    allowed: Ids | None,
) -> tuple[Ids, Scores]:
    searcher = index.searcher()
    query = Query.boolean_query(
        [
            (Occur.Should, Query.boost_query(Query.term_query(index.schema, field, term), boost))
            for term in terms
            for field, boost in fields
        ]
    )
    depth = limit
    while True:
        hits = searcher.search(query, max(depth, 1), count=False).hits
        addresses = [address for _, address in hits]
        ids = np.array(searcher.fast_field_values("id", addresses), dtype=np.int64)
        scores = np.array([score for score, _ in hits], dtype=np.float32)
        exhausted = len(hits) < depth
        if allowed is not None:
            kept = np.isin(np.array(searcher.fast_field_values("article", addresses), np.int64), allowed)
            ids, scores = ids[kept], scores[kept]
        if exhausted or len(ids) >= limit:
            return ids[:limit], scores[:limit]
        # A filter that lets little through: look deeper, to the end if need be.
        depth *= 16
