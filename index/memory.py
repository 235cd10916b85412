"""What the C library does with memory that is free again; only glibc's needs to be told.

It keeps an arena for each of many threads, and what is free in one arena no other thread gets: of the threads
that write the lexical index each leaves some ten megabytes so, up to hundreds together. And it gives back to
the system only what lies at an arena's end. See benchmarks/soak.md.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
_ARENAS = 2  # hardly two threads are in it at the same time: most wait for Python's lock


def use_few_arenas() -> None:
    """Let threads share memory that is free. For the start of the process, before there are other threads."""
    if (library := _glibc()) is not None:
        library.mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give what is free back to the system. Takes some milliseconds, so not for the event loop."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
