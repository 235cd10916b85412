"""Copies of the store in one file: made while it is in use, checked before they are relied on, put back.

A copy that is put back replaces the store in one transaction, so that whoever has it open goes on with the
copy. It gets an identity of its own: what was derived from the store before is not taken for its own.
"""

from __future__ import annotations

import asyncio
import glob
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from corpus.disk import sync_folder
from corpus.errors import NewsbotError
from corpus.store.database import Database
from corpus.store.migrations import MIGRATIONS

_UNUSABLE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_RESTORED, _PART = "restored.", ".part"
_STALE = 86_400  # seconds after which nobody writes a backup any more that was begun


def back_up(database: Path, target: Path, *, overwrite: bool = False) -> int:
    """Copy the store to ``target``, which appears whole and checked or not at all; returns its articles.

    Others may read and write meanwhile; the copy is the state of one moment. Raises NewsbotError where
    ``target`` is there and may not be overwritten or cannot be written, and where the store is damaged.
    """
    _refuse(database, target, overwrite)
    try:
        _remove_stale(target)
        with _part(target) as part:
            articles = _copy(database, part)
            _refuse(database, target, overwrite)
            part.replace(target)
            sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise NewsbotError(
            f"{target} cannot be written ({_reason(error)}): look at the space and the rights there,"
            " or name another file"
        ) from error
    return articles


async def restore(
    source: Path, database: Path, prepare: Callable[[Path], Awaitable[None]] | None = None
) -> int:
    """Put a copy in the place of the store, brought up to the newest schema; returns its articles.

    What is to be there beside it at once is made by ``prepare`` from a database that holds the same, alone in
    a folder of the same disk. Only one process may restore at a time. Until it is done the store is what it
    was. Where that is damaged so much that SQLite does not take it for a database, it is kept beside as
    ``….damaged``. Raises NewsbotError: ``source`` is no whole newsbot database of this version or an older
    one, or there is no room for it.
    """
    try:
        with tempfile.TemporaryDirectory(dir=database.parent, prefix=_RESTORED, suffix=_PART) as folder:
            part = Path(folder) / database.name
            articles = await asyncio.to_thread(_fetch, source, part)
            await (await Database.open(part)).close()
            await asyncio.to_thread(_make_another, part)
            if prepare:
                await prepare(part)
            await asyncio.to_thread(_put_in_place, part, database)
    except (OSError, sqlite3.Error) as error:
        raise NewsbotError(
            f"{source} cannot be restored ({_reason(error)}): look at the free space and the rights on"
            f" {database.parent}; it is as it was"
        ) from error
    return articles


def left_by_restore(folder: Path) -> list[Path]:
    """What is there of restores into a folder that are under way, or were killed."""
    return list(folder.glob(f"{_RESTORED}????????{_PART}/"))


def remove_left_by_restore(folder: Path) -> None:
    """Remove it, for whoever keeps others from restoring meanwhile."""
    for left in left_by_restore(folder):
        shutil.rmtree(left, ignore_errors=True)


def damage(database: Path) -> list[str]:
    """What is wrong with the pages, indexes and references of a database; nothing where it is whole."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = [line for (line,) in connection.execute("PRAGMA integrity_check (5)") if line != "ok"]
            found += [
                f"a row of {table} refers to a row of {parent} that is not there"
                for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
            ][:5]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    return [f"{database} is damaged ({line}): newsbot restore puts a backup in its place" for line in found]


def _refuse(database: Path, target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise NewsbotError(f"{target} is a folder: name a file in it")
    if target.exists() and database.exists() and target.samefile(database):
        raise NewsbotError(f"{target} is the database itself: name another file")
    if target.exists() and not overwrite:
        raise NewsbotError(f"{target} is there already: name another file, or overwrite it with --force")


def _fetch(source: Path, part: Path) -> int:
    if not source.is_file():
        raise NewsbotError(f"there is no file {source}: name one that newsbot backup made")
    return _copy(source, part)


def _copy(source: Path, part: Path) -> int:
    """Copy a database into one file, check that it is whole and of newsbot, and count its articles."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(part)) as copy,
        ):
            original.backup(copy)
            # One file, without the log beside it that the store keeps.
            copy.execute("PRAGMA journal_mode = DELETE")
            return _examine(copy, source)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise NewsbotError(f"{source} is no database: name a file that newsbot backup made") from error
        if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
            raise NewsbotError(f"{source} is damaged ({error}): restore an older backup") from error
        raise


def _examine(copy: sqlite3.Connection, source: Path) -> int:
    ((problem,),) = copy.execute("PRAGMA integrity_check (1)").fetchall()
    if problem != "ok":
        raise NewsbotError(f"{source} is damaged ({problem}): restore an older backup")
    ((version,),) = copy.execute("PRAGMA user_version").fetchall()
    tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
    if not version or not {"meta", "articles", "paragraphs", "vectors"} <= tables:
        raise NewsbotError(f"{source} is not of newsbot: name a file that newsbot backup made")
    if version > len(MIGRATIONS):
        raise NewsbotError(f"{source} was made by a newer newsbot: update newsbot first")
    ((articles,),) = copy.execute("SELECT count(*) FROM articles").fetchall()
    return int(articles)


def _make_another(part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("UPDATE meta SET value = abs(random()) WHERE key = 'identity'")


def _put_in_place(part: Path, database: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
        try:
            with closing(sqlite3.connect(database)) as live:
                live.execute("PRAGMA synchronous = FULL")
                copy.backup(live)
            return
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _UNUSABLE:
                raise
    _set_aside(database)
    part.replace(database)
    sync_folder(database.parent)


def _set_aside(database: Path) -> None:
    aside = next(
        path
        for number in range(1, 1000)
        if not (path := database.with_name(f"{database.name}.{number}.damaged")).exists()
    )
    # The log first: beside another database it would be taken for that one's.
    for suffix in ("-shm", "-wal", ""):
        with suppress(FileNotFoundError):
            database.with_name(database.name + suffix).rename(aside.with_name(aside.name + suffix))


def _remove_stale(target: Path) -> None:
    """Remove what a backup to the same file has left that was killed."""
    for left in target.parent.glob(f"{glob.escape(target.name)}.????????{_PART}*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - _STALE:
                left.unlink()


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """A temporary file beside ``target``, gone afterwards with what SQLite put beside it."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=_PART)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
