"""What the store keeps of a Discord server's rules."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corpus.store import Store
from corpus.store.servers import Rules, Servers

RULES = Rules(
    channels=(2**63 - 1, 7),
    roles=(8,),
    sources=("The Sável Courier", "“Ö” & Co."),
    private=True,
    excerpts=5,
    cooldown=90,
    mentions=False,
    log_channel=9,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "newsbot.db")
    yield opened
    await opened.close()


async def test_rules_come_back_as_they_were_kept_and_each_server_has_its_own(
    store: Store, tmp_path: Path
) -> None:
    servers = Servers(store)
    await servers.save(1, Rules())
    await servers.save(2, Rules(excerpts=1))
    await servers.save(2, RULES)
    await store.close()

    again = await Store.open(tmp_path / "newsbot.db")
    assert await Servers(again).all() == {1: Rules(), 2: RULES}
    await again.close()


async def test_a_server_that_is_forgotten_leaves_nothing(store: Store, tmp_path: Path) -> None:
    servers = Servers(store)
    await servers.save(1, RULES)
    await servers.save(2, RULES)

    await servers.forget(1)
    await servers.forget(3)

    assert await servers.all() == {2: RULES}
    with sqlite3.connect(tmp_path / "newsbot.db") as database:
        assert database.execute("SELECT count(*) FROM servers").fetchone() == (1,)


async def test_rules_of_another_version_are_read_as_far_as_they_are_known(
    store: Store, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "newsbot.db") as database:
        database.execute("""INSERT INTO servers VALUES (1, '{"cooldown": 5, "colour": "red"}')""")
    database.close()

    assert await Servers(store).all() == {1: Rules(cooldown=5)}


async def test_rules_change_nothing_that_is_searched(store: Store) -> None:
    before = await store.generation()
    await Servers(store).save(1, RULES)
    await Servers(store).forget(1)
    assert await store.generation() == before
