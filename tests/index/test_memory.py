"""What is free goes back to the system, and no thread keeps it for itself."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc needs to be told")


def _run(code: str) -> str:
    # In a process of its own: what was allocated before would be in the way.
    command = [sys.executable, "-c", code]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603


def test_what_is_free_is_given_back_although_what_was_kept_lies_between() -> None:
    code = """
from pathlib import Path
from index.memory import give_back

def megabytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

blocks = [bytes(1000) for _ in range(100_000)]
kept = blocks[::100]
del blocks
before = megabytes()
give_back()
print(before - megabytes() > 50)
"""
    assert _run(code).split() == ["True"]


def test_threads_share_what_is_free() -> None:
    code = """
import ctypes, tempfile, threading
import index

barrier = threading.Barrier(8)

def work():
    kept = [bytes(1000) for _ in range(1000)]
    barrier.wait()  # all at the same time, so that each would get an arena of its own

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(library.fopen(file.name.encode(), b"w"))
    library.malloc_info(0, stream)
    library.fclose(stream)
    print(file.read().count(b"<heap nr="))
"""
    assert int(_run(code)) <= 2


def test_what_another_thread_frees_is_given_back_though_large_blocks_were_freed_before() -> None:
    code = """
import ctypes, threading
from pathlib import Path
import index

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes = [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]

def megabytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

def take(count, size):
    blocks = [library.malloc(size) for _ in range(count)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks:
        library.free(block)

take(1, 30 << 20)
before = megabytes()
thread = threading.Thread(target=take, args=(40, 1 << 20))
thread.start()
thread.join()
print(megabytes() - before < 10)
"""
    assert _run(code).split() == ["True"]
