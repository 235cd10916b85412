"""The SQLite file under the store: how it is opened, and what a transaction is."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import aiosqlite

from corpus.errors import NewsbotError
from corpus.said import Said
from corpus.store.migrations import MIGRATIONS

T = TypeVar("T")


class StoreError(NewsbotError):
    """The database cannot be written, or not be read."""


_DAMAGED = Said(
    "the database is damaged, or is none of newsbot: put a backup in its place with newsbot restore FILE,"
    " or choose another data folder ({reason})"
)
_BUSY = Said("another program is writing to the database: try again when it has ended ({reason})")
_REMEDIES = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
}


class Database:
    """Two connections: one reads, another writes, so that no reader sees half a change."""

    def __init__(self, reader: aiosqlite.Connection, writer: aiosqlite.Connection) -> None:
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the database, make it if it is missing, and bring its schema up to date.

        Raises NewsbotError where the file cannot be opened or written, is no database, or is newer than this.
        """
        connections: list[aiosqlite.Connection] = []
        try:
            for _ in range(2):
                connections.append(await _connect(path))
            writer, reader = connections
            await _migrate(writer, path)
            await reader.execute("PRAGMA query_only = 1")
        except BaseException as error:
            for connection in connections:
                await connection.close()
            if isinstance(error, StoreError):
                raise StoreError("{path} cannot be used: {reason}", path=path, reason=error.said) from error
            if not isinstance(error, sqlite3.Error | OSError):
                raise
            raise NewsbotError(
                "the database {path} cannot be used ({reason}): look at the disk's free space and at your"
                " rights there, or choose another data folder",
                path=path,
                reason=str(error),
            ) from error
        return cls(reader, writer)

    async def close(self) -> None:
        """Wait for a write that is under way, then close. What was reported as done is on disk."""
        async with self._writing:
            await self._writer.close()
            await self._reader.close()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[int]:
        """One write transaction. Yields the generation that it makes, if it changes anything."""
        async with self._bookkeeping():
            before = self._writer.total_changes
            generation = 1 + await self._meta("generation")
            yield generation
            if self._writer.total_changes != before:
                await self._writer.execute(
                    "UPDATE meta SET value = ? WHERE key = 'generation'", (generation,)
                )

    @asynccontextmanager
    async def _bookkeeping(self) -> AsyncIterator[None]:
        """One write transaction that changes nothing that is searched, and so makes no generation."""
        async with self._writing:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                yield
                await self._writer.execute("COMMIT")
            except BaseException as error:
                # A commit that failed for want of disk space has already rolled back.
                with suppress(sqlite3.OperationalError, StoreError):
                    await self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise _unwritten(error) from error
                raise

    async def _alone(self, sql: str, parameters: Sequence[object]) -> aiosqlite.Cursor:
        """One statement as a transaction by itself, that changes nothing that is searched."""
        async with self._writing:
            try:
                return await self._writer.execute(sql, tuple(parameters))
            except sqlite3.OperationalError as error:
                raise _unwritten(error) from error

    async def _meta(self, key: str) -> int:
        return await number(self._writer, "SELECT value FROM meta WHERE key = ?", (key,))

    async def _remembers(self, generation: int) -> bool:
        """Whether all that went since is known: asked once it was read, lest it is forgotten meanwhile.

        Before the first generation there is nothing that could have gone.
        """
        forgotten = await number(self._reader, "SELECT value FROM meta WHERE key = 'forgotten'")
        return generation < 0 or generation >= forgotten

    async def _row(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        rows = await self._reader.execute_fetchall(sql, tuple(parameters))
        return next(iter(rows), None)


def _unwritten(error: sqlite3.OperationalError) -> StoreError:
    return StoreError(
        "the database cannot be written ({reason}): look at the disk's free space and at the"
        " rights on the data folder, then try again; what was reported as done is safe",
        reason=str(error),
    )


class _Connection(aiosqlite.Connection):
    """A connection that says what to do about what can befall any statement."""

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        # Connections and cursors of aiosqlite do all that they do through this.
        try:
            return cast(T, await super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]
        except sqlite3.DatabaseError as error:
            remedy = _REMEDIES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
            if remedy is None:
                raise
            raise StoreError(remedy.template, reason=str(error)) from error


async def _connect(path: Path) -> aiosqlite.Connection:
    # SQLite gives its other files the rights of this one. One that is there must not be opened beside SQLite:
    # closing it would take away the locks that this process has on it, and others would delete its log.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = _Connection(lambda: sqlite3.connect(path, isolation_level=None), iter_chunk_size=64)
    # A thread that is still at work must not keep the process from ending.
    connection._thread.daemon = True
    await connection
    await connection.execute("PRAGMA busy_timeout = 10000")
    await connection.execute("PRAGMA journal_mode = WAL")
    await connection.execute("PRAGMA foreign_keys = ON")
    # Whatever was reported as added must outlive a power cut.
    await connection.execute("PRAGMA synchronous = FULL")
    return connection


async def _migrate(db: aiosqlite.Connection, path: Path) -> None:
    # Whoever only asks need not wait for whoever writes.
    if await number(db, "PRAGMA user_version") == len(MIGRATIONS):
        return
    await db.execute("BEGIN IMMEDIATE")
    try:
        version = await number(db, "PRAGMA user_version")
        if version > len(MIGRATIONS):
            raise NewsbotError(
                "the database {path} was made by a newer newsbot:"
                " update newsbot, or choose another data folder",
                path=path,
            )
        for migrate in MIGRATIONS[version:]:
            await migrate(db)
        await db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        await db.execute("COMMIT")
    except BaseException:
        await db.execute("ROLLBACK")
        raise


async def number(db: aiosqlite.Connection, sql: str, parameters: Sequence[object] = ()) -> int:
    """The one number that a statement yields."""
    ((number,),) = await db.execute_fetchall(sql, tuple(parameters))
    return int(number)
