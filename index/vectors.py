"""The FAISS index over passage vectors: derived from the store, kept on disk as a cache.

The file is what FAISS writes, followed by a stamp: the generation of the store that it reflects, a mark of
the store and model that its vectors belong to, and a SHA-256. A file that does not match its stamp is as good
as none.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

log = logging.getLogger(__name__)

Ids = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

_MAGIC = b"newsbot1"
_TAIL = "<I32s8s"  # length of the stamp, SHA-256 over vectors and stamp, magic


class VectorIndex:
    """Exact inner-product search over float16 vectors, which are the very values that the store holds.

    Not safe for use from several threads at once.
    """

    def __init__(self, dimension: int, mark: str) -> None:
        import faiss

        flat = faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        self._index = faiss.IndexIDMap2(flat)
        self.mark = mark
        self.generation = -1

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The number of components of a vector."""
        return int(self._index.d)

    @property
    def ids(self) -> Ids:
        """The ids of all vectors, int64, in the order in which they lie."""
        import faiss

        return np.array(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def replace(self, removed: Sequence[int], ids: Sequence[int], vectors: Sequence[bytes]) -> None:
        """Take ``removed`` and ``ids`` out, then put ``ids`` in with their float16 vectors."""
        import faiss

        gone = np.array([*removed, *ids], dtype=np.int64)
        if len(self) and len(gone):
            self._index.remove_ids(faiss.IDSelectorBatch(gone))
        if ids:
            matrix = np.frombuffer(b"".join(vectors), dtype="<f2").reshape(len(ids), self.dimension)
            self._index.add_with_ids(matrix.astype(np.float32), np.array(ids, dtype=np.int64))

    def search(
        self, question: npt.NDArray[np.float32], limit: int, allowed: Ids | None = None
    ) -> tuple[Ids, Scores]:
        """The ids nearest to a question vector of shape ``(dimension,)`` and their cosines, best first.

        With ``allowed``, only among these ids. Both results have the same length, ``limit`` at most.
        """
        import faiss

        parameters = None
        if allowed is not None:
            if not len(allowed):
                return np.empty(0, np.int64), np.empty(0, np.float32)
            bitmap = np.zeros(int(allowed.max()) // 8 + 1, np.uint8)
            np.bitwise_or.at(bitmap, allowed >> 3, np.left_shift(1, allowed & 7).astype(np.uint8))
            selector = faiss.IDSelectorBitmap(bitmap)
            parameters = faiss.SearchParameters(sel=selector)
        if not len(self) or limit < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, ids = self._index.search(question[None, :], min(limit, len(self)), params=parameters)
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def held(self, ids: Sequence[int]) -> Ids:
        """Those of these ids that have a vector."""
        wanted = np.array(ids, np.int64)
        return wanted[np.isin(wanted, self.ids)]

    def reconstruct(self, ids: Ids) -> Scores:
        """The vectors of these ids, all of which must be there: float32, shape ``(len(ids), dimension)``."""
        if not len(ids):
            return np.empty((0, self.dimension), np.float32)
        return np.asarray(self._index.reconstruct_batch(np.ascontiguousarray(ids, np.int64)), np.float32)

    def save(self, path: Path) -> None:
        """Write the index so that a reader sees the old file or the new one, never a part.

        Only one process may save at a time.
        """
        import faiss

        body = faiss.serialize_index(self._index).tobytes()
        stamp = json.dumps({"generation": self.generation, "mark": self.mark}).encode()
        digest = hashlib.sha256(body)
        digest.update(stamp)
        for left in path.parent.glob(f"{path.name}*.part"):  # by a process that was killed
            left.unlink(missing_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                file.write(stamp)
                file.write(struct.pack(_TAIL, len(stamp), digest.digest(), _MAGIC))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    @classmethod
    def load(cls, path: Path, dimension: int, mark: str) -> VectorIndex | None:
        """The index in a file; ``None``, with the reason in the log, where it cannot serve this model."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            log.info("%s is not there yet: it is made from the database", path)
            return None
        except OSError as error:
            log.warning("%s cannot be read (%s): it is made anew from the database", path, error.strerror)
            return None
        unstamped = _unstamp(content)
        if unstamped is None:
            log.warning("%s is damaged: it is made anew from the database", path)
            return None
        body, stamp = unstamped
        if stamp["mark"] != mark:
            log.warning("%s belongs to another model or database: it is made anew from the database", path)
            return None
        index = cls(dimension, mark)
        import faiss

        index._index = faiss.deserialize_index(np.frombuffer(body, dtype=np.uint8))
        index.generation = int(stamp["generation"])
        return index


def _unstamp(content: bytes) -> tuple[memoryview, dict[str, Any]] | None:
    end = len(content) - struct.calcsize(_TAIL)
    if end < 0:
        return None
    length, digest, magic = struct.unpack(_TAIL, content[end:])
    if magic != _MAGIC or length > end or hashlib.sha256(memoryview(content)[:end]).digest() != digest:
        return None
    return memoryview(content)[: end - length], json.loads(content[end - length : end])


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
