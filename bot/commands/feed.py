"""``/feed``: which feeds news comes in from by itself, for those who look after the bot."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import discord
from discord import app_commands
from discord.ext import commands

from bot import feedcards, feedwording, reply, wording
from bot.board import Board
from bot.controls import Control
from bot.delivery import deliver, promise
from bot.language import _
from bot.options import LONGEST_ADDRESS, LONGEST_CHOICE, suggested
from bot.permissions import is_keeper
from corpus.errors import NewsbotError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.client import NewsBot
    from corpus.discovery import Discovery
    from corpus.store import Listed, Subscription
    from index.runs import Diff, Notice, Report

log = logging.getLogger(__name__)


@app_commands.guild_only()
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.default_permissions(manage_guild=True)
class Feeds(
    commands.GroupCog, group_name="feed", group_description="Feeds from which news comes in by itself"
):
    """Looks after the feeds."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    async def cog_load(self) -> None:
        self._bot.add_dynamic_items(FeedControl)

    async def interaction_check(self, interaction: discord.Interaction[NewsBot], /) -> bool:  # type: ignore[override]
        """Checks again what Discord was told, for a server can show a command to others, too."""
        return is_keeper(interaction)

    @app_commands.command()
    @app_commands.describe(
        address="The address of a feed, or of a site that has one",
        take="How many of its newest entries to take in now: a number, all or none",
    )
    async def add(
        self,
        interaction: discord.Interaction[NewsBot],
        address: app_commands.Range[str, 1, LONGEST_ADDRESS],
        take: app_commands.Range[str, 1, 10] | None = None,
    ) -> None:
        """Have the news of a feed come in by itself"""
        await promise(interaction, private=True)
        wanted = feedwording.read_take(take) if take else None
        found = await self._bot.newsroom.find_feed(address)
        if take:
            await self.add_found(interaction, found, wanted)
        else:
            await deliver(interaction, feedcards.found(found, FeedControl))

    @app_commands.command(name="list")
    @app_commands.describe(feed="Only this one, with what could not be read of it")
    async def list_feeds(
        self,
        interaction: discord.Interaction[NewsBot],
        feed: app_commands.Range[str, 1, LONGEST_ADDRESS] | None = None,
    ) -> None:
        """See how the feeds stand: what came of each, when it was last read, and why it fails"""
        await promise(interaction, private=True)
        if feed is None:
            await self.show_page(interaction, 0)
            return
        address = await self._address(feed)
        (one,) = [one for one in await self._bot.newsroom.feeds() if one.feed.state.url == address]
        troubled = await self._bot.newsroom.troubled_entries(address)
        await deliver(interaction, feedcards.one(one, troubled, datetime.now(UTC), self._bot.mention))

    @app_commands.command()
    @app_commands.describe(feed="The title or the address of the feed")
    async def remove(
        self, interaction: discord.Interaction[NewsBot], feed: app_commands.Range[str, 1, LONGEST_ADDRESS]
    ) -> None:
        """Read a feed no more; the articles that it brought stay"""
        await promise(interaction, private=True)
        gone = await self._bot.newsroom.remove_feed(await self._address(feed))
        log.info(
            "interaction %d: member %d removed the feed %s",
            interaction.id,
            interaction.user.id,
            gone.state.url,
        )
        await deliver(interaction, reply.notice(feedcards.removed(gone)))

    @app_commands.command()
    @app_commands.describe(feed="The title or the address of one feed, also if it is not due or paused")
    async def poll(
        self,
        interaction: discord.Interaction[NewsBot],
        feed: app_commands.Range[str, 1, LONGEST_ADDRESS] | None = None,
    ) -> None:
        """Read the feeds now, and take in what is new"""
        await promise(interaction, private=True)
        if not await self._bot.newsroom.feeds():
            await self.show_page(interaction, 0)
            return
        only = await self._address(feed) if feed else None
        heading = _("Reading the feeds")
        sent = await deliver(interaction, reply.underway(heading, None))
        await Board(interaction, sent.id, heading, private=True).follow(
            lambda note, wait: self._bot.newsroom.poll(
                only=only, early=only is None, progress=note, on_wait=wait
            ),
            lambda found, seconds: reply.diff(
                _("Read the feeds in {duration}").format(duration=wording.duration(seconds)), found
            ),
        )

    @list_feeds.autocomplete("feed")
    @remove.autocomplete("feed")
    @poll.autocomplete("feed")
    @app_commands.check(is_keeper)
    async def _suggest(
        self, interaction: discord.Interaction[NewsBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        return suggested(typed, _names(await self._bot.newsroom.feeds()))

    async def show_page(self, interaction: discord.Interaction[NewsBot], page: int) -> None:
        """Shows a page of the list of feeds, in the place of what was there."""
        feeds = await self._bot.newsroom.feeds()
        shown = feedcards.listed(feeds, page, datetime.now(UTC), FeedControl, self._bot.mention)
        await deliver(interaction, shown)

    async def add_found(
        self, interaction: discord.Interaction[NewsBot], feed: str | Discovery, take: int | None
    ) -> None:
        """Adds a feed that was found, and shows what it has brought in the place of what was there."""

        async def add(note: Report, wait: Notice) -> tuple[Subscription, Diff]:
            added, diff = await self._bot.newsroom.add_feed(feed, take=take, progress=note, on_wait=wait)
            log.info(
                "interaction %d: member %d added the feed %s",
                *(interaction.id, interaction.user.id, added.state.url),
            )
            feeds = [one.feed for one in await self._bot.newsroom.feeds() if one.feed.id == added.id]
            return (feeds or [added])[0], diff  # as it stands now that it was read

        heading = _("Adding a feed")
        sent = await deliver(interaction, reply.underway(heading, None))
        await Board(interaction, sent.id, heading, private=True).follow(
            add, lambda result, _seconds: feedcards.added(*result)
        )

    async def _address(self, written: str) -> str:
        """The address of the feed of this title or address. Raises NewsbotError."""
        names = _names(await self._bot.newsroom.feeds())
        for name, address in names.items():
            if written.strip().casefold() in (name.casefold(), address.casefold()):
                return address
        raise NewsbotError("There is no feed “{feed}”. Choose one of the list.", feed=written[:100])


class FeedControl(Control, template=r"feed:(?P<deed>take|page):(?P<value>\d{1,6}|all)"):
    """A button under feeds: takes in entries of the one that was found, or goes to a page of the list."""

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        is_keeper(interaction)
        await promise(interaction, in_place=True)
        feeds = cast(Feeds, interaction.client.get_cog("Feeds"))
        deed, value = self.state["deed"], self.state["value"]
        if deed == "page":
            await feeds.show_page(interaction, int(value))
        else:
            url = feedcards.found_in(cast(discord.Message, interaction.message))
            await feeds.add_found(interaction, url, feedwording.read_take(value))


def _names(feeds: Sequence[Listed]) -> dict[str, str]:
    """The addresses of feeds by their titles, and where two have the same by titles and addresses."""
    titles = [one.feed.title for one in feeds]
    names = {}
    for one in feeds:
        url = one.feed.state.url
        name = one.feed.title or url
        if titles.count(one.feed.title) > 1:
            name = f"{one.feed.title[: LONGEST_CHOICE // 2]} · {urlsplit(url).netloc}{urlsplit(url).path}"
        names[name[:LONGEST_CHOICE]] = url
    return names
