"""The store's part about Discord servers: the rules that those who manage a server gave to the bot there.

The rules of a server are read and written as a whole and never searched, and so are one JSON text: what is
added to them later needs no migration, and what an older version wrote is read with the defaults for the
rest.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from corpus.store.database import Database

MOST_EXCERPTS = 5
LONGEST_COOLDOWN = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds on a server; as it stands here where nobody changed it.

    ``channels`` and ``roles`` are Discord's ids of where questions are answered and of whose; ``sources`` are
    names of outlets, the only ones that the server sees. Each is empty for all. ``excerpts`` is the number of
    quotes of an answer, 1 to MOST_EXCERPTS; ``cooldown`` the seconds, 0 to LONGEST_COOLDOWN, that a member
    waits after a question; ``log_channel`` the id of the channel that is told of changes, or ``None``.
    """

    channels: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    private: bool = False
    excerpts: int = 3
    cooldown: int = 0
    mentions: bool = True
    log_channel: int | None = None


class Servers:
    """The rules of all servers, by the id of the server. Changing them changes nothing that is searched."""

    def __init__(self, store: Database) -> None:
        self._store = store

    async def all(self) -> dict[int, Rules]:
        """The rules of every server whose managers ever changed any."""
        rows = await self._store._reader.execute_fetchall("SELECT id, rules FROM servers")
        return {identity: _read(rules) for identity, rules in rows}

    async def save(self, server: int, rules: Rules) -> None:
        """Keep the rules of a server. Raises NewsbotError where the database cannot be written."""
        async with self._store._bookkeeping():
            await self._store._writer.execute(
                "REPLACE INTO servers (id, rules) VALUES (?, ?)",
                (server, json.dumps(asdict(rules), ensure_ascii=False)),
            )

    async def forget(self, server: int) -> None:
        """Drop the rules of a server. Raises NewsbotError where the database cannot be written."""
        async with self._store._bookkeeping():
            await self._store._writer.execute("DELETE FROM servers WHERE id = ?", (server,))


def _read(text: str) -> Rules:
    known = {field.name for field in fields(Rules)}
    rules: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(text).items()
        if name in known
    }
    return Rules(**rules)
