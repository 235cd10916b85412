"""What the people who look after a server see of a re-index."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest
import simcord

from corpus.errors import NewsbotError
from corpus.reading import Failure
from index.newsroom import Diff, Progress
from tests.bot.conftest import Server, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.conftest import OpenNewsroom


class Run:
    """A re-index that goes on as the test says."""

    def __init__(self, env: simcord.Env) -> None:
        self._env = env
        self.ended = asyncio.Event()
        self.diff = Diff()
        self.error: BaseException | None = None
        self.progress: Callable[[Progress], None]
        self.on_wait: Callable[[str], None]

    async def take_in(self, *, progress: Any, on_wait: Any) -> Diff:
        self.progress, self.on_wait = progress, on_wait
        await self._env.external_wait(self.ended.wait(), reason="indexing")
        if self.error:
            raise self.error
        return self.diff

    async def end(self) -> None:
        self.ended.set()
        await self._env.settle()


@pytest.fixture
def run(server: Server, newsroom: MagicMock) -> Run:
    run = Run(server.env)
    newsroom.reindex.side_effect = run.take_in
    return run


async def test_it_ends_with_what_has_changed(server: Server, run: Run) -> None:
    result = await server.editor.slash(server.channel, "reindex")
    run.diff = Diff(
        added=("https://example.com/new", "https://example.com/newer"),
        changed=("https://example.com/edited",),
        unchanged=("https://example.com/1", "https://example.com/2", "https://example.com/3"),
        failed=(Failure("/srv/news/wire.jsonl:3", "not JSON: a comma is missing"),),
        passed_over=("picture.png",),
    )
    await run.end()

    text = shown(text_of(result.response))
    assert not result.ephemeral
    assert "2 added, 1 changed, 0 removed, 3 unchanged, 1 failed" in text
    assert "example.com/newer" in text
    assert "wire.jsonl:3: not JSON: a comma is missing" in text
    assert "/srv/news" not in text
    assert "1 file of another kind passed over" in text


async def test_progress_is_shown_every_two_seconds_and_no_more_often(server: Server, run: Run) -> None:
    result = await server.editor.slash(server.channel, "reindex")
    assert "Looking for articles" in text_of(result.response)
    edits = _edits(server)

    for done in range(100):
        run.progress(Progress("reading", done, None, done))
    await server.env.advance_time(1.9)
    assert _edits(server) == edits
    await server.env.advance_time(0.2)
    assert "Reading articles: 99" in text_of(result.response)
    assert _edits(server) == edits + 1

    run.progress(Progress("encoding", 50, 200, 99))
    await server.env.advance_time(2)
    assert "Encoding the passages of 99 articles: 50 of 200" in text_of(result.response)
    assert "25 %" in text_of(result.response)

    await server.env.advance_time(60)
    assert _edits(server) == edits + 2  # nothing new, nothing sent


async def test_it_says_what_it_waits_for(server: Server, run: Run) -> None:
    result = await server.editor.slash(server.channel, "reindex")

    run.on_wait("another newsbot is indexing")
    await server.env.advance_time(2)

    assert "Another newsbot is indexing." in text_of(result.response)


async def test_a_second_run_is_refused_until_the_first_has_ended(
    server: Server, run: Run, newsroom: MagicMock
) -> None:
    await server.editor.slash(server.channel, "reindex")

    refused = await server.editor.slash(server.channel, "reindex")
    assert refused.ephemeral
    assert refused.response is not None
    assert "under way" in refused.response.content
    assert newsroom.reindex.await_count == 1
    assert len(server.env.errors) == 1

    await run.end()
    allowed = await server.editor.slash(server.channel, "reindex")
    assert "0 added" in text_of(allowed.response)


async def test_an_error_that_a_person_can_act_on_takes_the_place_of_the_progress(
    server: Server, run: Run
) -> None:
    result = await server.editor.slash(server.channel, "reindex")
    run.error = NewsbotError("the data folder cannot be written: choose another")
    await run.end()

    assert shown(text_of(result.response)) == "The data folder cannot be written: choose another."


async def test_a_defect_is_told_and_the_next_run_is_possible(server: Server, run: Run) -> None:
    result = await server.editor.slash(server.channel, "reindex")
    run.error = ZeroDivisionError()
    await run.end()

    (message,) = result.followups
    assert "Something went wrong" in message.content
    assert len(server.env.errors) == 1

    run.error = None
    again = await server.editor.slash(server.channel, "reindex")
    assert "0 added" in text_of(again.response)


async def test_a_run_longer_than_the_interaction_ends_in_the_same_message(server: Server, run: Run) -> None:
    result = await server.editor.slash(server.channel, "reindex")
    await server.env.advance_time(20 * 60)
    run.progress(Progress("encoding", 50, 200, 99))
    await server.env.advance_time(2)
    assert "50 of 200" in text_of(result.response)

    await run.end()

    assert "0 added" in text_of(result.response)


async def test_a_run_longer_than_the_interaction_ends_in_a_new_message_if_it_must(
    server: Server, run: Run
) -> None:
    await server.editor.slash(server.channel, "reindex")
    await server.env.advance_time(20 * 60)
    server.env.inject_error("PATCH", "/channels/*/messages/*", status=403, code=50001, times=None)

    await run.end()

    assert "0 added" in text_of(server.channel.last_message)


async def test_a_report_that_fails_does_not_end_the_run(server: Server, run: Run) -> None:
    result = await server.editor.slash(server.channel, "reindex")
    server.env.inject_error("PATCH", "/webhooks/*/@original", status=500)
    run.progress(Progress("reading", 5, None, 5))
    await server.env.advance_time(2)

    await run.end()

    assert "0 added" in text_of(result.response)


async def test_readers_do_not_see_the_command(server: Server) -> None:
    assert "reindex" not in server.reader.available_commands(server.channel)
    with pytest.raises(simcord.SetupError):
        await server.reader.slash(server.channel, "reindex")


async def test_readers_are_refused_even_where_a_server_shows_them_the_command(
    server: Server, newsroom: MagicMock
) -> None:
    (command,) = [
        command for command in server.env.backend.commands[None].values() if command["name"] == "reindex"
    ]
    server.reader.guild.set_command_permissions(int(command["id"]), {server.reader: True})

    result = await server.reader.slash(server.channel, "reindex")

    assert result.ephemeral
    assert result.response is not None
    assert result.response.content == "Only members with the permission Manage Server can do this."
    newsroom.reindex.assert_not_awaited()
    assert isinstance(server.env.errors[0], discord.app_commands.MissingPermissions)


async def test_closing_the_bot_ends_the_run_and_says_so(
    server: Server, run: Run, newsroom: MagicMock
) -> None:
    result = await server.editor.slash(server.channel, "reindex")

    await server.env.bot.close()

    assert "Stopped" in text_of(result.response)
    newsroom.__aexit__.assert_awaited_once()


async def test_the_real_newsroom_takes_in_what_is_new_and_gone(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "ferry.txt").write_text(
        "The ferry sails again\n\nThe first ferry left Saltmere at dawn today."
    )
    (articles / "empty.txt").write_text("")
    newsroom = await open_newsroom(articles=[articles])
    bot = make_bot(newsroom)

    async with simcord.run(bot) as env:
        server = Server.of(env)
        first = await server.editor.slash(server.channel, "reindex")
        assert "1 added, 0 changed, 0 removed, 0 unchanged, 1 failed" in shown(text_of(first.response))
        assert "empty.txt: " in shown(text_of(first.response))

        (articles / "ferry.txt").unlink()
        second = await server.editor.slash(server.channel, "reindex")
        assert "0 added, 0 changed, 1 removed" in shown(text_of(second.response))
        await bot.close()


def _edits(server: Server) -> int:
    return len([call for call in server.env.http_requests if call.method == "PATCH"])
