"""The vectors of passages, searched: derived from the store, kept on disk as a cache.

Few vectors are searched exactly. Of many, FAISS keeps 4-bit codes (product quantization, Jégou, Douze and
Schmid 2011, laid out as by André, Kermarrec and Le Scouarnec 2015) and scans them; the nearest by code, many
more than are asked for, are then measured exactly. The codes lie in lists of vectors that are near each
other. As long as all can be scanned they are; of more, the lists that are nearest to the question.

On disk are the vectors in a file that only grows (see ``rows``), and what they are in another: ids, articles,
codes, the generation of the store that they reflect, and a mark of the store and model that they belong to.
The latter is replaced as a whole and names the former. A pair that is not as it was written is as good as
none.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from corpus.disk import sync_folder
from index import stamped
from index.arrays import grown
from index.rows import Halves, Rows

log = logging.getLogger(__name__)

Ids = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

_EXACT = "IDMap,SQfp16"
_LISTS = 256
_CODED = "IVF{},PQ{}x4fs"
_CODED_FROM = 50_000  # vectors that are searched by codes, where that is some six times as fast
_SAMPLE = 10_240  # vectors that lists and codes are learnt from,
_TURNS = 10  # and how often the lists
_CODE_TURNS = 6  # and the codes are made better
_STEP = 4096  # vectors that are coded at once
_SCANNED = 1_500_000  # codes that are scanned at most
_LEAST = 1000  # vectors that are measured exactly,
_EACH = 13  # and so many for each that is asked for
_HOLES = 0.25  # share of removed vectors from which the file is written anew


class VectorIndex:
    """Inner-product search over float16 vectors; scores are exact, of the very values that the store holds.

    Not safe for use from several threads at once, but for ``save`` beside searches.
    """

    def __init__(self, dimension: int, mark: str) -> None:
        import faiss

        self.dimension = dimension
        self.mark = mark
        self.generation = -1
        self._passages = _Passages(Rows(dimension))
        self._coded = False
        self._index = faiss.index_factory(dimension, _EXACT, faiss.METRIC_INNER_PRODUCT)
        self._coming: Any = None  # the index that is to take the place of the present one
        self._saved: tuple[Path, str, bytes] | None = None  # file, name of the rows' file, end of the file

    def __len__(self) -> int:
        """The number of vectors."""
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """The ids of all vectors, in the order in which they came."""
        return self._passages.by_row[self._passages.by_row >= 0]

    @property
    def coded(self) -> bool:
        """Whether codes are searched."""
        return self._coded

    def replace(
        self,
        removed: Sequence[int],
        ids: Sequence[int],
        articles: Sequence[int],
        vectors: Sequence[bytes],
    ) -> None:
        """Take ``removed`` and ``ids`` out, then put ``ids`` in with their articles and float16 vectors."""
        gone = np.array([*removed, *ids], np.int64)
        gone = gone[self.holds(gone)]
        if len(gone):
            _remove(self._index, gone)
            if self._coming is not None:
                _remove(self._coming, gone)
            self._passages.remove(gone)
        if ids:
            matrix = np.frombuffer(b"".join(vectors), "<f2").reshape(len(ids), self.dimension)
            numbers = np.array(ids, np.int64)
            self._passages.rows.append(matrix)
            self._passages.number(numbers, np.array(articles, np.int64))
            self._index.add_with_ids(matrix.astype(np.float32), numbers)

    def search(
        self, question: npt.NDArray[np.float32], limit: int, articles: Ids | None = None
    ) -> tuple[Ids, Scores]:
        """The ids nearest to a question vector of shape ``(dimension,)`` and their cosines, best first.

        With ``articles``, only passages of these. Both results have the same length, ``limit`` at most.
        """
        import faiss

        limit = min(limit, len(self))
        depth = min(self._depth(limit), len(self))
        selector = None
        if articles is not None:
            allowed = self._passages.of_articles(articles)
            if np.count_nonzero(allowed) <= depth:
                return self._measure(question, np.flatnonzero(allowed), limit)
            bitmap = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(bitmap)
        if limit < 1:
            return self._measure(question, np.empty(0, np.int64), limit)
        if self._coded:
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=self._lists_to_scan())
        else:
            parameters = faiss.SearchParameters(sel=selector)
        _, found = self._index.search(question[None, :], depth, params=parameters)
        return self._measure(question, found[0][found[0] >= 0], limit)

    def holds(self, ids: Ids) -> npt.NDArray[np.bool_]:
        """Which of these ids have a vector."""
        return np.asarray(self._passages.rows_of(ids) >= 0)

    def articles_of(self, ids: Ids) -> Ids:
        """The articles of these ids, all of which must be there."""
        return self._passages.articles_of(ids)

    def reconstruct(self, ids: Ids) -> Scores:
        """The vectors of these ids, all of which must be there: float32, shape ``(len(ids), dimension)``."""
        return _floats(self._passages.vectors(ids))

    def change_kind(self) -> Iterator[None]:
        """Change to codes where there are enough vectors, in steps of some hundredths of a second.

        Between the steps everything else may go on, and is as before until the last.
        """
        import faiss

        if self._coded or len(self) < _CODED_FROM or self.dimension % 4:
            return
        count = len(self._passages.by_row)
        chosen = np.linspace(0, count - 1, min(_SAMPLE, count), dtype=np.int64)
        sample = self.reconstruct(self._passages.ids_of(chosen))
        coming = faiss.index_factory(
            self.dimension, _CODED.format(_LISTS, self.dimension // 4), faiss.METRIC_INNER_PRODUCT
        )
        centres = None
        for _ in range(_TURNS):
            lists = faiss.Kmeans(self.dimension, _LISTS, niter=1, spherical=True, min_points_per_centroid=1)
            lists.train(sample, init_centroids=centres)
            centres = lists.centroids
            yield
        coming.quantizer.add(centres)
        coming.pq.cp.niter = _CODE_TURNS
        coming.train(sample)
        self._coming = coming
        yield
        done = 0
        while done < len(self._passages.by_row):
            ids = self._passages.by_row[done : done + _STEP]
            done += len(ids)
            ids = ids[ids >= 0]
            coming.add_with_ids(self.reconstruct(ids), ids)
            yield
        self._index, self._coming, self._coded = coming, None, True

    def save(self, path: Path) -> None:
        """Write what changed, so that a reader sees the old state or the new one, never a part.

        One process at a time may save to a path.
        """
        import faiss

        passages = self._passages
        ids = passages.by_row
        sparse = len(self) < (1 - _HOLES) * len(ids)
        kept = ""
        if self._saved is not None and self._saved == (path, self._saved[1], stamped.tail(path)):
            kept = "" if sparse else self._saved[1]
        name = kept or f"{path.stem}.{secrets.token_hex(4)}.rows"
        try:
            rows = passages.rows
            if kept:
                rows.save(path.with_name(name))
            else:
                rows = rows.copy(path.with_name(name), np.flatnonzero(ids >= 0))
                ids = ids[ids >= 0]
            articles = passages.articles_of(ids)
            codes = faiss.serialize_index(self._index) if self._coded else np.empty(0, np.uint8)
            facts = {
                "generation": self.generation,
                "mark": self.mark,
                "rows": name,
                "stretches": rows.stretches,
            }
            tail = stamped.write(path, facts, [ids, articles, codes])
        except BaseException:
            if not kept:  # there may be no room for it, and each attempt would take some more
                path.with_name(name).unlink(missing_ok=True)
            raise
        if rows is not passages.rows:
            self._passages = _Passages(rows, ids, articles)
        self._saved = (path, name, tail)
        _remove_rows(path, but=name)

    @classmethod
    def load(cls, path: Path, dimension: int, mark: str) -> VectorIndex | None:
        """The index in a file; ``None``, with the reason in the log, where it cannot serve this model."""
        for last in (False, True):
            try:
                with path.open("rb") as file:
                    return cls._read(path, file, cls(dimension, mark))
            except FileNotFoundError:
                if not path.exists():
                    log.info("%s is not there yet: it is made from the database", path)
                    return None
                if last:  # and not as when another process has just replaced both files
                    log.warning("%s lacks its vectors: it is made anew from the database", path)
            except OSError as error:
                log.warning("%s cannot be read (%s): it is made anew from the database", path, error.strerror)
                return None
        return None

    @classmethod
    def _read(cls, path: Path, file: BinaryIO, index: VectorIndex) -> VectorIndex | None:
        import faiss

        stamp = stamped.read(file)
        if stamp is None:
            log.warning("%s is damaged: it is made anew from the database", path)
            return None
        if stamp.facts["mark"] != index.mark:
            log.warning("%s belongs to another model or database: it is made anew from the database", path)
            return None
        stretches = tuple((count, digest) for count, digest in stamp.facts["stretches"])
        rows = Rows.open(path.with_name(stamp.facts["rows"]), index.dimension, stretches)
        if rows is None:
            log.warning("%s is damaged: it is made anew from the database", path)
            return None
        parts = stamp.parts
        ids, articles = (np.frombuffer(part, np.int64) for part in parts[:2])
        codes = np.frombuffer(parts[2], np.uint8)
        index._passages = _Passages(rows, ids, articles)
        if len(codes):
            index._index, index._coded = faiss.deserialize_index(codes), True
        else:
            present = ids[ids >= 0]
            index._index.add_with_ids(index.reconstruct(present), present)
        index.generation = int(stamp.facts["generation"])
        index._saved = (path, stamp.facts["rows"], stamped.tail(path))
        return index

    def _depth(self, limit: int) -> int:
        """How many are to be measured exactly, so that the nearest are among them."""
        return max(_LEAST, limit * _EACH) if self._coded else limit

    def _lists_to_scan(self) -> int:
        lists = int(self._index.nlist)
        return max(1, min(lists, lists * _SCANNED // max(1, len(self))))

    def _measure(self, question: npt.NDArray[np.float32], ids: Ids, limit: int) -> tuple[Ids, Scores]:
        import faiss

        limit = min(limit, len(ids))
        if limit < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        ids = np.sort(ids)
        # FAISS multiplies float16 as it is, which takes half as long as making float32 of it first.
        halves = faiss.ScalarQuantizer.QT_fp16
        exact = faiss.IndexScalarQuantizer(self.dimension, halves, faiss.METRIC_INNER_PRODUCT)
        exact.add_sa_codes(self._passages.vectors(ids).view(np.uint8))
        (scores,), (places,) = exact.search(question[None, :], limit)
        order = np.lexsort((places, -scores))
        return ids[places[order]], scores[order]


def move_vectors(made: Path, path: Path) -> None:
    """Have the files of an index, if there are any, take the place of another one's, which may be open."""
    for rows in made.parent.glob(f"{made.stem}.*.rows"):
        rows.rename(path.with_name(rows.name))
        made.replace(path)
        sync_folder(path.parent)
        _remove_rows(path, but=rows.name)


def _remove_rows(path: Path, but: str) -> None:
    for other in path.parent.glob(f"{path.stem}.*.rows"):
        if other.name != but:
            with contextlib.suppress(OSError):  # some systems keep what is open: the next time, then
                other.unlink()


class _Passages:
    """The rows of vectors, and for each id that has one its row and its article.

    Ids are looked up by indexing with them: the store never gives one twice, yet they are not many times as
    high as there are vectors.
    """

    def __init__(self, rows: Rows, ids: Ids | None = None, articles: Ids | None = None) -> None:
        self.rows = rows
        self._row = np.full(1, -1, np.int32)
        self._article = np.zeros(1, np.int64)
        self._last_article = 0
        self._id = np.empty(0, np.int64)
        self._count = 0
        if ids is not None and articles is not None:
            self.number(ids, articles)

    def number(self, ids: Ids, articles: Ids) -> None:
        """Say what the next rows are; a row with an id below 0 is nothing."""
        first = self._count
        self._count += len(ids)
        self._id = grown(self._id, self._count, -1)
        self._id[first : self._count] = ids
        there = np.flatnonzero(ids >= 0)
        highest = int(ids.max(initial=0))
        self._row, self._article = grown(self._row, highest + 1, -1), grown(self._article, highest + 1, 0)
        self._row[ids[there]] = first + there
        self._article[ids[there]] = articles[there]
        self._last_article = max(self._last_article, int(articles.max(initial=0)))

    def remove(self, ids: Ids) -> None:
        self._id[self._row[ids]] = -1
        self._row[ids] = -1
        self._article[ids] = 0

    def vectors(self, ids: Ids) -> Halves:
        return self.rows.take(self._row[ids].astype(np.int64))

    def rows_of(self, ids: Ids) -> Ids:
        """The rows of ids, -1 where there is none."""
        inside = (ids >= 0) & (ids < len(self._row))
        return np.where(inside, self._row[np.where(inside, ids, 0)], -1).astype(np.int64)

    def articles_of(self, ids: Ids) -> Ids:
        """The articles of ids, 0 for an id below 0."""
        return np.where(ids < 0, 0, self._article[np.maximum(ids, 0)]).astype(np.int64)

    def of_articles(self, articles: Ids) -> npt.NDArray[np.bool_]:
        """For each id from 0 whether there is one, and of these articles."""
        wanted = np.zeros(max(self._last_article, int(articles.max(initial=0))) + 1, bool)
        wanted[articles] = True
        wanted[0] = False
        return np.asarray(wanted[self._article])

    def ids_of(self, rows: Ids) -> Ids:
        """The ids that rows have, without those that have none."""
        ids = self._id[rows]
        return ids[ids >= 0]

    @property
    def by_row(self) -> Ids:
        """The id of each row, -1 where there is none."""
        return self._id[: self._count]


def _remove(index: Any, ids: Ids) -> None:
    import faiss

    if not isinstance(index, faiss.IndexIVFFastScan):
        index.remove_ids(faiss.IDSelectorBatch(ids))
        return
    lists = faiss.downcast_InvertedLists(index.invlists)
    before = _sizes(lists)
    index.remove_ids(faiss.IDSelectorBatch(ids))
    nothing = np.zeros(lists.packer.code_size, np.uint8)
    # FAISS (1.15) leaves what was moved away in the last block of codes, and mixes the next codes with it.
    for number in np.flatnonzero(_sizes(lists) != before).tolist():
        full, used = divmod(lists.list_size(number), lists.n_per_block)
        vacated = range(used, min(lists.n_per_block, int(before[number]) - full * lists.n_per_block))
        if used:
            size = lists.block_size
            codes = faiss.rev_swig_ptr(lists.get_codes(number), (full + 1) * size)
            last = codes[full * size :].reshape(1, size)
            for place in vacated:
                lists.packer.pack_1(nothing, place, last)


def _sizes(lists: Any) -> npt.NDArray[np.int64]:
    """How many vectors are in each list."""
    return np.array([lists.list_size(number) for number in range(lists.nlist)], np.int64)


def _floats(halves: Halves) -> Scores:
    """What ``astype(np.float32)`` gives, six times as fast: the exponent is moved and then corrected."""
    bits = np.left_shift(halves.view(np.int16), 13, dtype=np.int32)
    bits &= np.int32(~0x70000000)
    floats = bits.view(np.float32)
    floats *= np.float32(2.0**112)
    return floats
