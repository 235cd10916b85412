"""float16 vectors by number, more than memory need hold.

Rows that were saved lie in a file that only ever grows. A small one is memory-mapped: processes share it, and
the system drops it from memory when it needs the room. Of a large one hardly a page is needed twice, and
reading rows costs less than mapping their pages. Later rows are in memory, and many of them in a nameless
file. Whoever saves the numbers' meaning keeps ``stretches`` with it, by which damage is known.
"""

from __future__ import annotations

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
_MAPPED = 1 << 30  # bytes of a file that is mapped, at most


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
            rows._parts = _Parts(dimension, _File(file, dimension, sum(count for count, _ in stretches)))
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
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | (0 if saved else os.O_CREAT | os.O_TRUNC)
        with os.fdopen(os.open(path, flags, 0o600), "r+b") as file:
            file.seek(saved * self.dimension * 2)
            for start in range(saved, len(self), _CHUNK):
                content = self.take(np.arange(start, min(start + _CHUNK, len(self)))).tobytes()
                file.write(content)
                stretches.append((len(content) // self.dimension // 2, hashlib.sha256(content).hexdigest()))
            file.flush()
            os.fsync(file.fileno())
            self.stretches = tuple(stretches)
            self._parts = _Parts(self.dimension, _File(file, self.dimension, len(self)))

    def copy(self, path: Path, numbers: Numbers) -> Rows:
        """Rows of these numbers alone, in a new file."""
        made = Rows(self.dimension)
        for start in range(0, len(numbers), _CHUNK):
            made.append(self.take(numbers[start : start + _CHUNK]))
            made.save(path)
        return made


class _Parts:
    """Rows in a named file, then rows in a nameless one, then rows in memory."""

    def __init__(self, dimension: int, kept: _File | None = None) -> None:
        self._dimension = dimension
        self._kept = kept
        self._overflow: _File | None = None
        self._nameless: BinaryIO | None = None
        self._tail = np.empty((0, dimension), "<f2")
        self._used = 0

    def __len__(self) -> int:
        return sum(len(file) for file in self._files()) + self._used

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
        for file in self._files():
            inside = (numbers >= start) & (numbers < start + len(file))
            if inside.all():  # as most often, since news are few: nothing is copied twice
                return file.take(numbers - start)
            taken[inside] = file.take(numbers[inside] - start)
            start += len(file)
        inside = numbers >= start
        taken[inside] = self._tail[numbers[inside] - start]
        return taken

    def _files(self) -> Iterator[_File]:
        yield from filter(None, (self._kept, self._overflow))

    def _spill(self, *matrices: Halves) -> None:
        if self._nameless is None:
            self._nameless = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            weakref.finalize(self, self._nameless.close)
        count = len(self._overflow) if self._overflow else 0
        # Over what may have been written of these before there was no room for all.
        self._nameless.seek(count * 2 * self._dimension)
        # Written, not put into a map: a full disk is then an error, and not the end of the process.
        for matrix in matrices:
            left = memoryview(matrix.tobytes())
            while left:
                left = left[self._nameless.write(left) :]
            count += len(matrix)
        self._overflow = _File(self._nameless, self._dimension, count)


class _File:
    """The first rows of a file, which itself may be closed or be renamed."""

    def __init__(self, file: BinaryIO, dimension: int, count: int) -> None:
        self._count = count
        self._dimension = dimension
        self._mapped: Halves | None = None
        size = count * dimension * 2
        if size <= _MAPPED or not hasattr(os, "pread"):  # it is not on every system
            self._mapped = np.empty((0, dimension), "<f2")
            if count:
                content = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
                self._mapped = np.frombuffer(content, "<f2").reshape(count, dimension)
        else:
            self._descriptor = os.dup(file.fileno())
            weakref.finalize(self, os.close, self._descriptor)

    def __len__(self) -> int:
        return self._count

    def take(self, numbers: Numbers) -> Halves:
        if self._mapped is not None:
            return self._mapped.take(numbers, axis=0)  # twice as fast as by indexing
        size, read, descriptor = 2 * self._dimension, os.pread, self._descriptor
        first = np.flatnonzero(np.diff(numbers, prepend=-2) != 1)  # of rows that lie one after the other
        lengths = np.diff(first, append=len(numbers)) * size
        stretches = zip(lengths.tolist(), (numbers[first] * size).tolist(), strict=True)
        content = b"".join([read(descriptor, length, place) for length, place in stretches])
        return np.frombuffer(content, "<f2").reshape(len(numbers), self._dimension)


def _digest_of(file: BinaryIO, length: int) -> str:
    digest = hashlib.sha256()
    while length and (content := file.read(min(length, 1 << 20))):
        digest.update(content)
        length -= len(content)
    return "" if length else digest.hexdigest()
