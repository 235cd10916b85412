"""What the C library does with memory that is free again; only glibc's needs to be told.

It keeps an arena for each of many threads, and what is free in one arena no other thread gets: of the threads
that write the lexical index each leaves some ten megabytes so, up to hundreds together. By itself it gives
back only what lies at an arena's end, if that is more than twice the largest block that was ever freed (at
most 64 MB); and in all arenas but the first that is just what ``malloc_trim`` leaves. See benchmarks/soak.md.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_ARENA_MAX, _TRIM_THRESHOLD, _MMAP_THRESHOLD = -8, -1, -3  # M_ARENA_MAX and so on of malloc.h
_ARENAS = 2  # hardly two threads are in it at the same time: most wait for Python's lock
_BLOCK = 2 << 20  # bytes of a block that lies in no arena; each search of coded vectors needs one of 1.5 MB
_FREE = 4 << 20  # bytes that may be free at an arena's end


def keep_little_free() -> None:
    """Let threads share memory that is free, and the system have it back.

    For the start of the process, before there are other threads.
    """
    if (library := _glibc()) is not None:
        library.mallopt(_ARENA_MAX, _ARENAS)
        library.mallopt(_MMAP_THRESHOLD, _BLOCK)
        library.mallopt(_TRIM_THRESHOLD, _FREE)


def give_back() -> None:
    """Give what is free back to the system. Takes some milliseconds, so not for the event loop."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
