"""What members see who press the buttons under an answer, also after the bot was started anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from simcord.results import InteractionResult

from corpus.errors import NewsbotError
from index.given import KEPT
from index.newsroom import Newsroom
from tests.bot.conftest import Server, buttons_of, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.conftest import OpenNewsroom, write_articles

QUESTION = "How many people were hurt when the ferry struck the pier?"
STORIES = [
    f"The ferry struck the pier {when} and {many} people were hurt."
    for when, many in [
        ("on Monday", "two"),
        ("in the fog of May", "eleven"),
        ("during the regatta", "six"),
        ("before sunrise", "no"),
        ("at the height of the storm", "four"),
        ("with the mayor on board", "three"),
        ("near Northreach", "seven"),
    ]
]


@dataclass(frozen=True)
class World(Server):
    """A server whose bot answers from seven articles of as many outlets."""

    newsroom: Newsroom
    times: list[datetime]

    async def ask(self, **options: Any) -> InteractionResult:
        return await self.reader.slash(self.channel, "ask", question=QUESTION, **options)


@pytest.fixture
def times() -> list[datetime]:
    """The last one is now, to the newsroom."""
    return [datetime(2026, 9, 20, tzinfo=UTC)]


@pytest.fixture
async def newsroom(tmp_path: Path, open_newsroom: OpenNewsroom, times: list[datetime]) -> Newsroom:
    newsroom = await open_newsroom(threshold=0.0, clock=lambda: times[-1])
    articles: list[dict[str, Any]] = [
        {"title": f"Accident {n}", "text": f"Before it.\n\n{story}\n\nAfter it.", "source": f"Paper {n}"}
        for n, story in enumerate(STORIES)
    ]
    await newsroom.index([write_articles(tmp_path / "wire.jsonl", *articles)])
    return newsroom


@pytest.fixture
def world(server: Server, newsroom: Newsroom, times: list[datetime]) -> World:
    return World(server.env, server.channel, server.reader, server.editor, newsroom, times)


def quoted(message: Any) -> set[str]:
    """The stories that a card quotes."""
    text = shown(text_of(message), "quote")
    return {story for story in STORIES if story in text}


async def test_more_goes_on_in_place_and_there_is_a_way_back(world: World) -> None:
    first = await world.ask()
    assert len(quoted(first.response)) == 3
    assert "Back" not in buttons_of(first.response)
    start = text_of(first.response)
    seen = [quoted(first.response)]

    for _ in range(2):
        await world.reader.click(first.response, label="More")
        seen.append(quoted(first.response))

    assert set.union(*seen) == set(STORIES)
    assert [len(stories) for stories in seen] == [3, 3, 1]
    assert "page 3 of 3" in text_of(first.response)
    assert "More" not in buttons_of(first.response)

    for _ in range(2):
        await world.reader.click(first.response, label="Back")
    assert text_of(first.response) == start


async def test_buttons_work_when_the_bot_was_started_anew(world: World, open_newsroom: OpenNewsroom) -> None:
    first = await world.ask()
    shown_first = quoted(first.response)

    await world.env.bot.close()
    await world.env.restart_bot(make_bot(await open_newsroom(threshold=0.0, clock=lambda: world.times[-1])))
    await world.env.advance_time(3600)
    more = await world.reader.click(first.response, label="More")

    assert more.acknowledged
    assert len(quoted(first.response) | shown_first) == 6


async def test_others_get_a_copy_of_their_own(world: World) -> None:
    first = await world.ask()
    before = text_of(first.response)

    copy = await world.editor.click(first.response, label="More")

    assert copy.response is not None
    assert copy.response.ephemeral
    assert text_of(first.response) == before
    assert len(quoted(copy.response)) == 3
    await world.editor.click(copy.response, label="Back")
    assert text_of(copy.response) == before


async def test_the_context_is_for_whoever_wants_to_see_it(world: World) -> None:
    first = await world.ask()
    (button, *_) = [one for one in buttons_of(first.response).values() if one.get("label") == "Context"]

    result = await world.editor.click(first.response, custom_id=button["custom_id"])

    assert result.response is not None
    assert result.response.ephemeral
    text = shown(text_of(result.response), "quote")
    assert text.startswith("Before it.")
    assert text.endswith("After it.")
    assert shown(text_of(result.response), "strong").count("people were hurt") == 1
    assert [one["url"] for one in buttons_of(result.response).values()]


async def test_each_article_has_a_link(world: World) -> None:
    first = await world.ask()
    links = [one for one in buttons_of(first.response).values() if one.get("url")]
    assert len(links) == 3
    assert all(one["label"].startswith("Paper ") for one in links)
    assert all("#:~:text=" in one["url"] for one in links)


async def test_a_private_answer_is_shared_once_and_by_name(world: World) -> None:
    private = await world.ask(private=True)

    shared = await world.reader.click(private.response, label="Share")

    (public,) = shared.followups
    assert not public.ephemeral
    assert quoted(public) == quoted(private.response)
    assert f"Shared by {world.reader.mention}" in text_of(public)
    assert "Share" not in buttons_of(private.response)
    await world.reader.click(public, label="More")
    assert f"Shared by {world.reader.mention}" in text_of(public)
    copy = await world.editor.click(public, label="More")
    assert copy.response is not None
    assert copy.response.ephemeral


async def test_a_public_answer_has_nothing_to_share(world: World) -> None:
    assert "Share" not in buttons_of((await world.ask()).response)


async def test_a_share_that_discord_refuses_can_be_tried_again(world: World) -> None:
    private = await world.ask(private=True)
    world.env.inject_error("POST", "/webhooks/*", status=403, code=50013)

    failed = await world.reader.click(private.response, label="Share")
    again = await world.reader.click(private.response, label="Share")

    assert not any(not message.ephemeral for message in failed.followups)
    assert len(again.followups) == 1
    assert not again.followups[0].ephemeral


async def test_votes_are_counted_one_a_member(world: World) -> None:
    first = await world.ask()

    def count() -> tuple[str, str]:
        found = {
            one["emoji"]["name"]: one.get("label") or ""
            for one in buttons_of(first.response).values()
            if one.get("emoji")
        }
        return found["👍"], found["👎"]

    async def vote(member: Any, deed: str) -> None:
        (button,) = [
            one for one in buttons_of(first.response).values() if f":{deed}:" in one.get("custom_id", "")
        ]
        await member.click(first.response, custom_id=button["custom_id"])

    assert count() == ("", "")
    await vote(world.reader, "up")
    await vote(world.editor, "up")
    assert count() == ("2", "")
    await vote(world.editor, "down")
    assert count() == ("1", "1")
    await vote(world.editor, "down")
    assert count() == ("1", "")
    (judged,) = await world.newsroom.answers.judged()
    assert (judged.question, judged.votes.up, judged.votes.down) == (QUESTION, 1, 0)
    assert len(judged.quotes) == 9


async def test_a_vote_leaves_the_page_that_is_shown(world: World) -> None:
    first = await world.ask()
    await world.reader.click(first.response, label="More")
    before = quoted(first.response)
    (button,) = [one for one in buttons_of(first.response).values() if ":up:" in one.get("custom_id", "")]
    await world.editor.click(first.response, custom_id=button["custom_id"])
    assert quoted(first.response) == before
    await world.reader.click(first.response, label="More")
    assert "page 3 of 3" in text_of(first.response)


@pytest.mark.parametrize("who", ["reader", "editor"])
async def test_buttons_of_what_is_kept_no_longer_say_so_and_go(world: World, who: str) -> None:
    first = await world.ask()
    before = text_of(first.response)
    world.times.append(world.times[0] + 2 * KEPT)
    await world.newsroom.answers.sweep()

    result = await getattr(world, who).click(first.response, label="More")

    (told,) = [*result.followups, *([result.response] if who == "editor" else [])]
    assert told.ephemeral
    assert "too old" in told.content + text_of(told)
    assert text_of(first.response) == before
    assert all(one.get("url") for one in buttons_of(first.response).values())


async def test_an_article_that_was_removed_is_gone_from_the_answer(world: World, tmp_path: Path) -> None:
    first = await world.ask()
    button = next(one for one in buttons_of(first.response).values() if one.get("label") == "Context")
    await world.newsroom.index([write_articles(tmp_path / "wire.jsonl", {"title": "Something else"})])

    context = await world.editor.click(first.response, custom_id=button["custom_id"])
    assert "changed or removed" in text_of(context.response)
    await world.reader.click(first.response, label="More")
    assert quoted(first.response) == set()
    assert "changed or removed" in text_of(first.response)


async def test_an_outlet_that_was_hidden_is_gone_from_the_answer(world: World) -> None:
    first = await world.ask()
    button = next(one for one in buttons_of(first.response).values() if one.get("label") == "Context")
    await world.env.bot.house.change(world.reader.guild.id, sources=("The Moon Times",))

    context = await world.editor.click(first.response, custom_id=button["custom_id"])
    assert "not shown here any more" in text_of(context.response)
    await world.reader.click(first.response, label="More")
    assert quoted(first.response) == set()
    assert "not shown here any more" in text_of(first.response)


async def test_an_answer_that_cannot_be_kept_is_given_without_buttons(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise NewsbotError("the disk is full")

    monkeypatch.setattr(world.newsroom.answers, "keep", full)
    first = await world.ask()
    assert len(quoted(first.response)) == 3
    assert all(one.get("url") for one in buttons_of(first.response).values())


async def test_without_an_answer_there_is_something_to_say_about_it(world: World) -> None:
    world.newsroom._retriever._threshold = 1.1
    first = await world.ask()
    (button,) = [one for one in buttons_of(first.response).values() if ":up:" in one.get("custom_id", "")]
    before = text_of(first.response)
    await world.reader.click(first.response, custom_id=button["custom_id"])
    assert text_of(first.response) == before
    (judged,) = await world.newsroom.answers.judged()
    assert not judged.answered
