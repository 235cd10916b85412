"""float16 vectors by number, more than memory need hold.

Rows that were saved lie in a file that only ever grows, and are memory-mapped: processes share them, and the
system drops them from memory when it needs the room. Later rows are in memory, and many of them in a nameless
file. Whoever saves the numbers' meaning keeps ``stretches`` with it, by which damage is known.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Halves = npt.NDArray[np.float16]
Stretch = tuple[int, str]  # number of rows, SHA-256 of their bytes

_CHUNK = 65_536  # rows that are written, read or kept in memory at once
_TOUCHED = 16_384  # rows read from a file before it is told that it need not stay in memory


class Rows:
    """Rows of ``dimension`` float16 values, numbered from 0 in the order in which they came.

    Reading is safe beside ``save``, nothing else is.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.stretches: tuple[Stretch, ...] = ()
        self._parts = _Parts(dimension)

    @classmethod
    def open(cls, path: Path, dimension: int, stretches: tuple[Stretch, ...]) -> Rows | None:
        """The rows of a file, as many as the stretches say; ``None`` where their bytes are not there.

        What lies behind them was not finished. Raises FileNotFoundError.
        """
        rows = cls(dimension)
        with path.open("rb") as file:
            for count, digest in stretches:
                if _digest_of(file, count * dimension * 2) != digest:
                    return None
            rows.stretches = stretches
            rows._parts = _Parts(dimension, _Mapped(file, dimension, sum(count for count, _ in stretches)))
        return rows

    def __len__(self) -> int:
        return len(self._parts)

    def append(self, matrix: Halves) -> None:
        """Add rows, of shape ``(any, dimension)``."""
        self._parts.append(matrix)

    def take(self, numbers: Numbers) -> Halves:
        """The rows of these numbers, in their order: shape ``(len(numbers), dimension)``."""
        return self._parts.take(numbers)

    def save(self, path: Path) -> None:
        """Append what the file does not hold yet, and sync it. The file must be the one that was opened."""
        saved = sum(count for count, _ in self.stretches)
        stretches = list(self.stretches)
        with path.open("r+b" if saved else "w+b") as file:
            file.seek(saved * self.dimension * 2)
            for start in range(saved, len(self), _CHUNK):
                content = self.take(np.arange(start, min(start + _CHUNK, len(self)))).tobytes()
                file.write(content)
                stretches.append((len(content) // self.dimension // 2, hashlib.sha256(content).hexdigest()))
            file.flush()
            os.fsync(file.fileno())
            self.stretches = tuple(stretches)
            self._parts = _Parts(self.dimension, _Mapped(file, self.dimension, len(self)))

    def copy(self, path: Path, numbers: Numbers) -> Rows:
        """Rows of these numbers alone, in a new file."""
        made = Rows(self.dimension)
        for start in range(0, len(numbers), _CHUNK):
            made.append(self.take(numbers[start : start + _CHUNK]))
            made.save(path)
        return made


class _Parts:
    """Rows in a named file, then rows in a nameless one, then rows in memory."""

    def __init__(self, dimension: int, kept: _Mapped | None = None) -> None:
        self._dimension = dimension
        self._kept = kept
        self._overflow: _Mapped | None = None
        self._nameless: BinaryIO | None = None
        self._tail = np.empty((0, dimension), "<f2")
        self._used = 0

    def __len__(self) -> int:
        return sum(len(part) for part in self._all())

    def append(self, matrix: Halves) -> None:
        if self._used + len(matrix) > _CHUNK:
            self._spill(self._tail[: self._used], matrix)
            self._used = 0
            return
        if self._used + len(matrix) > len(self._tail):
            larger = np.empty((2 * (self._used + len(matrix)), self._dimension), "<f2")
            larger[: self._used] = self._tail[: self._used]
            self._tail = larger
        self._tail[self._used : self._used + len(matrix)] = matrix
        self._used += len(matrix)

    def take(self, numbers: Numbers) -> Halves:
        taken = np.empty((len(numbers), self._dimension), "<f2")
        start = 0
        for part in self._all():
            inside = (numbers >= start) & (numbers < start + len(part))
            taken[inside] = part[numbers[inside] - start]
            start += len(part)
        for mapped in (self._kept, self._overflow):
            if mapped is not None:
                mapped.touched(len(numbers))
        return taken

    def _all(self) -> Iterator[Halves]:
        for mapped in (self._kept, self._overflow):
            if mapped is not None:
                yield mapped.rows
        yield self._tail[: self._used]

    def _spill(self, *matrices: Halves) -> None:
        if self._nameless is None:
            self._nameless = tempfile.TemporaryFile()  # noqa: SIM115
            weakref.finalize(self, self._nameless.close)
        # Written, not put into a map: a full disk is then an error, and not the end of the process.
        for matrix in matrices:
            self._nameless.write(matrix.tobytes())
        self._nameless.flush()
        count = self._nameless.tell() // (2 * self._dimension)
        self._overflow = _Mapped(self._nameless, self._dimension, count)


class _Mapped:
    """The first rows of a file, memory-mapped; the file itself may be closed."""

    def __init__(self, file: BinaryIO, dimension: int, count: int) -> None:
        self._touched = 0
        self._map: mmap.mmap | None = None
        self.rows = np.empty((0, dimension), "<f2")
        if count:
            self._map = mmap.mmap(file.fileno(), count * dimension * 2, access=mmap.ACCESS_READ)
            self.rows = np.frombuffer(self._map, "<f2").reshape(count, dimension)

    def touched(self, count: int) -> None:
        """Take note of rows that were read, and give back their memory from time to time.

        The system maps pages around each that is read, so that soon the whole file would count as memory of
        the process. What is given back is still in the system's cache.
        """
        self._touched += count
        if self._map is not None and self._touched > _TOUCHED:
            self._touched = 0
            with contextlib.suppress(AttributeError):  # not on every system
                self._map.madvise(mmap.MADV_DONTNEED)


def _digest_of(file: BinaryIO, length: int) -> str:
    digest = hashlib.sha256()
    while length and (content := file.read(min(length, 1 << 20))):
        digest.update(content)
        length -= len(content)
    return "" if length else digest.hexdigest()
