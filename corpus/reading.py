"""Files and folders of articles: which there are, and the articles in them."""

from __future__ import annotations

import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corpus import html, jsonlines, markdown, text
from corpus.article import Article
from corpus.encoding import decode, storable
from corpus.errors import ReadError
from corpus.said import Said

READER_VERSION = 1
"""To be raised whenever the readers give another article for the same bytes."""

_KINDS = (".txt", ".md", ".html", ".htm", ".jsonl")
SUFFIXES = (*_KINDS, *(f"{kind}.gz" for kind in _KINDS))

_MEGABYTE = 1_000_000
# War and Peace has 3.2 MB. Markdown takes much longer to read than plain text; a page carries scripts and
# pictures beside its text, and libxml2 reads no more than this of one script.
_LONGEST = {".txt": 4 * _MEGABYTE, ".md": _MEGABYTE, ".html": 10 * _MEGABYTE, ".htm": 10 * _MEGABYTE}
_LONGEST_LINE = 16 * _MEGABYTE  # an article of 4 MB may need it where JSON escapes every letter
_LARGEST_RATIO = 500  # to what gzip packed; text packs fifty-fold at the very best, an attack a thousand-fold
_MOST_IN_VAIN = 1_000  # lines in a row that hold no article; then the file is no JSON Lines
_MOST_EMPTY = 100_000  # empty lines; there are no more but in an attack


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be read: a path, or ``path:line``, and a reason that says what to do."""

    place: str
    reason: Said


@dataclass(frozen=True, slots=True)
class Found:
    """The files that can be read, the files of other kinds, and the folders that could not be listed.

    ``folder`` tells whether the path was a folder.
    """

    files: tuple[Path, ...]
    passed_over: tuple[Path, ...]
    folder: bool
    failed: tuple[Failure, ...] = ()


def find(path: Path) -> Found:
    """The article files at ``path``, a file or a folder with all its folders, in the order of their names.

    Below a folder, hidden files and folders are skipped, and a file that links lead to twice is there once.
    Raises ReadError where there is nothing at ``path``.
    """
    if not path.exists():
        raise ReadError("does not exist; check the path")
    if not path.is_dir():
        files = (path,) if _kind(path) else ()
        return Found(files, () if files else (path,), folder=False)
    failed: list[Failure] = []
    seen: set[tuple[int, int]] = set()
    _is_seen(path, seen)
    every = list(_below(path, seen, failed))
    return Found(
        files=tuple(file for file in every if _kind(file)),
        passed_over=tuple(file for file in every if not _kind(file)),
        folder=True,
        failed=tuple(failed),
    )


def read(path: Path) -> Iterator[Article | Failure]:
    """The articles in a file.

    A line of JSON Lines that is no article is a failure whose place names the line; the other lines go on. A
    failure whose place is the path alone is about the whole file, or about the rest of it.
    """
    kind = _kind(path)
    if not kind:
        yield _failure(
            path,
            Said(
                "is of a kind that is not read; articles are {kinds}, also with .gz", kinds=", ".join(_KINDS)
            ),
        )
        return
    try:
        with _open(path) as stream:
            if kind == ".jsonl":
                yield from _lines(path, stream)
            else:
                yield _article(path, kind, stream)
    except ReadError as error:
        yield _failure(path, error.said)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield _failure(path, Said("is damaged or no gzip file ({reason}); pack it again", reason=str(error)))
    except OSError as error:
        yield _failure(
            path,
            Said("cannot be opened: {reason}; check the path and its permissions", reason=error.strerror),
        )


def _article(path: Path, kind: str, stream: BinaryIO) -> Article:
    limit = _LONGEST[kind]
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise ReadError(
            "is larger than {limit} MB, which no article is; split it, or use .jsonl",
            limit=limit // _MEGABYTE,
        )
    if not data.strip():
        raise ReadError("is empty; put an article into it or take it away")
    url, name = path.resolve().as_uri(), _name(path)
    if kind in {".html", ".htm"}:
        return html.parse(data, url=url, name=name)
    parse = markdown.parse if kind == ".md" else text.parse
    return parse(decode(data), url=url, name=name)


def _lines(path: Path, stream: BinaryIO) -> Iterator[Article | Failure]:
    url, name = path.resolve().as_uri(), _name(path)
    empty = in_vain = 0
    number = 0
    for number, line in enumerate(_bounded_lines(path, stream), 1):
        if line is not None and not line.strip():
            empty += 1
            if empty > _MOST_EMPTY:
                raise ReadError(
                    "has more than {most:,} empty lines; the rest of it is not read", most=_MOST_EMPTY
                )
            continue
        try:
            if line is None:
                raise ReadError(
                    "is longer than {limit} MB, which no article is; split it",
                    limit=_LONGEST_LINE // _MEGABYTE,
                )
            yield jsonlines.parse(line, url=f"{url}#{number}", name=f"{name}:{number}")
            in_vain = 0
        except ReadError as error:
            yield _failure(path, error.said, number)
            in_vain += 1
            if in_vain == _MOST_IN_VAIN:
                raise ReadError(
                    "has {count:,} lines in a row without article; the rest is not read", count=in_vain
                ) from None
    if number == empty:
        raise ReadError("is empty; put an article on each line or take it away")


def _bounded_lines(path: Path, stream: BinaryIO) -> Iterator[bytes | None]:
    """Every line; None for one that is too long, which is passed by in pieces."""
    packed = path.stat().st_size if path.suffix.lower() == ".gz" else None
    first = True
    while line := stream.readline(_LONGEST_LINE):
        _refuse_bomb(stream, packed)
        if first and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ReadError("is UTF-16, but JSON Lines are UTF-8; save it as UTF-8")
        if len(line) < _LONGEST_LINE or line.endswith(b"\n"):
            yield line.removeprefix(codecs.BOM_UTF8) if first else line
        else:
            while (rest := stream.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                _refuse_bomb(stream, packed)
            yield None
        first = False


def _refuse_bomb(stream: BinaryIO, packed: int | None) -> None:
    if packed is not None and stream.tell() > max(_LONGEST_LINE, _LARGEST_RATIO * packed):
        raise ReadError(
            "grows more than {ratio}-fold when unpacked, which no text does; check it", ratio=_LARGEST_RATIO
        )


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _below(folder: Path, seen: set[tuple[int, int]], failed: list[Failure]) -> Iterator[Path]:
    """Every file below ``folder``; ``seen`` are the files and folders that need not be visited again."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        failed.append(
            _failure(folder, Said("cannot be listed: {reason}; check its permissions", reason=error.strerror))
        )
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith(".") or _is_seen(path, seen):
            continue
        if entry.is_dir():
            yield from _below(path, seen, failed)
        else:
            yield path


def _is_seen(path: Path, seen: set[tuple[int, int]]) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False  # a link to nothing; reading it says so
    identity = (status.st_dev, status.st_ino)
    known = identity in seen
    seen.add(identity)
    return known


def _kind(path: Path) -> str:
    """The suffix that tells how a file is read, empty if it is not read."""
    bare = path.name.lower().removesuffix(".gz")
    special = path.exists() and not path.is_file()
    return "" if special else next((kind for kind in _KINDS if bare.endswith(kind)), "")


def _name(path: Path) -> str:
    """The file's name without the suffix."""
    kind = _kind(path)
    bare = path.name[: -len(".gz")] if path.name.lower().endswith(".gz") else path.name
    return storable(bare[: -len(kind)] if len(bare) > len(kind) else bare)


def _failure(path: Path, reason: Said, line: int | None = None) -> Failure:
    place = storable(str(path))
    return Failure(place if line is None else f"{place}:{line}", reason)
