"""A file of a few byte strings and some facts, which is whole and as it was written, or as good as none.

It holds the parts one after the other, then the facts and the parts' lengths as JSON, then a SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from corpus.disk import sync_folder

_MAGIC = b"newsbot2"
_TAIL = "<I32s8s"  # length of the JSON, SHA-256 over parts and JSON, magic


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a file holds."""

    facts: dict[str, Any]
    parts: tuple[memoryview, ...]


def write(path: Path, facts: Mapping[str, object], parts: Sequence[npt.NDArray[Any]]) -> bytes:
    """Write a file so that a reader sees the old one or the new one; one process at a time may.

    Returns its ``tail``.
    """
    views: list[memoryview] = [np.ascontiguousarray(part).view(np.uint8).data for part in parts]
    stamp = json.dumps({**facts, "lengths": [len(view) for view in views]}).encode()
    digest = hashlib.sha256()
    for view in views:
        digest.update(view)
    digest.update(stamp)
    ending = struct.pack(_TAIL, len(stamp), digest.digest(), _MAGIC)
    for left in path.parent.glob(f"{path.name}*.part"):  # by a process that was killed
        left.unlink(missing_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for view in views:
                file.write(view)
            file.write(stamp)
            file.write(ending)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return ending


def read(file: BinaryIO) -> Stamped | None:
    """What an open file holds; ``None`` where it is not as it was written."""
    content = memoryview(file.read())
    end = len(content) - struct.calcsize(_TAIL)
    if end < 0:
        return None
    length, digest, magic = struct.unpack(_TAIL, content[end:])
    if magic != _MAGIC or length > end or hashlib.sha256(content[:end]).digest() != digest:
        return None
    try:
        facts = json.loads(bytes(content[end - length : end]))
    except ValueError:  # the length is damaged, which no sum guards
        return None
    parts, start = [], 0
    for size in facts["lengths"]:
        parts.append(content[start : start + size])
        start += size
    return Stamped(facts, tuple(parts))


def tail(path: Path) -> bytes:
    """The last bytes of a file, by which it is known; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - struct.calcsize(_TAIL)))
            return file.read()
    except FileNotFoundError:
        return b""
