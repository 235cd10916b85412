"""The house rules: what those who manage a server decided for it, and what that means for whoever asks there.

Read once, when the bot starts, and kept: a question must not wait for the database to learn how it is to be
answered. In direct messages, and where nobody decided anything, the defaults of ``Rules`` hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

import discord

from bot.language import _
from bot.metrics import Fault
from corpus.store.servers import Rules
from index.outlets import may_see

if TYPE_CHECKING:
    from corpus.store import SourceCount
    from index.newsroom import Newsroom

_DEFAULTS = Rules()
_MOST_NAMED = 10  # channels or roles in one sentence
_MANY = 1000  # members who wait, before those are forgotten whose time is over


class House:
    """The rules of every server, and who has to wait."""

    def __init__(
        self, newsroom: Newsroom, rules: dict[int, Rules], count: Callable[[Fault], None] = lambda _: None
    ) -> None:
        self._newsroom = newsroom
        self._count = count
        self._rules = rules
        self._changing = asyncio.Lock()  # so that of two changes at once neither is lost
        self._waiting: dict[tuple[int, int], datetime] = {}

    @classmethod
    async def open(cls, newsroom: Newsroom, count: Callable[[Fault], None] = lambda _: None) -> House:
        """With what the newsroom keeps of all servers; ``count`` is told of each refusal."""
        return cls(newsroom, await newsroom.servers(), count)

    def rules_for(self, guild: int | None) -> Rules:
        """The rules of a server, by its id; ``None`` stands for direct messages."""
        return self._rules.get(guild or 0, _DEFAULTS)

    async def change(self, guild: int, **changes: Any) -> Rules:
        """Keep what is changed of a server's rules, and return them all. Raises NewsbotError."""
        async with self._changing:
            rules = replace(self.rules_for(guild), **changes)
            await self._newsroom.save_server(guild, rules)
            self._rules[guild] = rules
        return rules

    async def forget(self, guild: int) -> None:
        """Drop the rules of a server that the bot has left."""
        async with self._changing:
            self._rules.pop(guild, None)
            await self._newsroom.forget_server(guild)

    async def sources(self, guild: int | None) -> list[SourceCount]:
        """The outlets that a server sees, the one with the most articles first."""
        allowed = self.rules_for(guild).sources
        return [one for one in await self._newsroom.sources() if may_see(one.name, allowed)]

    def refuse(
        self,
        asker: discord.Member | discord.User,
        channel: Any,
        asked: datetime | None = None,
    ) -> str | None:
        """Why a question is not answered, in Markdown for the asker alone; ``None`` where it is.

        ``asked`` is the moment of the question by Discord's clock, which also begins the asker's wait for the
        next; without it no wait is asked for and none begins. Who may manage the server may ask whoever may
        ask, and never waits; but where questions are answered holds for all.
        """
        if not isinstance(asker, discord.Member):
            return None
        rules = self.rules_for(asker.guild.id)
        if rules.channels and not _places(channel) & set(rules.channels):
            self._count(Fault.ELSEWHERE)
            return _elsewhere(rules, asker)
        if asker.guild_permissions.manage_guild:
            return None
        if rules.roles and not {role.id for role in asker.roles} & set(rules.roles):
            self._count(Fault.ROLE)
            roles = _named([f"<@&{role}>" for role in rules.roles if asker.guild.get_role(role)])
            if not roles:
                return _("Only members with certain roles may ask here.")
            return _("Only members with one of these roles may ask here: {roles}").format(roles=roles)
        return self._wait(asker, rules, asked) if asked else None

    def _wait(self, asker: discord.Member, rules: Rules, asked: datetime) -> str | None:
        key = asker.guild.id, asker.id
        until = self._waiting.get(key, asked)
        if asked < until and rules.cooldown:
            self._count(Fault.COOLDOWN)
            return _("You can ask the next question {moment}.").format(
                moment=f"<t:{ceil(until.timestamp())}:R>"
            )
        if rules.cooldown:
            if len(self._waiting) >= _MANY:
                self._waiting = {one: end for one, end in self._waiting.items() if end > asked}
            self._waiting[key] = asked + timedelta(seconds=rules.cooldown)
        return None


def _places(channel: Any) -> set[int]:
    """The ids by which a channel may be allowed: its own, its category's, of a thread its channel's."""
    home = channel.parent if isinstance(channel, discord.Thread) else channel
    ids = {getattr(channel, "id", None), getattr(channel, "parent_id", None)}
    return {one for one in (*ids, getattr(home, "category_id", None)) if one is not None}


def _elsewhere(rules: Rules, asker: discord.Member) -> str:
    known = [asker.guild.get_channel(channel) for channel in rules.channels]
    seen = [one.mention for one in known if one and one.permissions_for(asker).view_channel]
    if not seen:
        return _("Questions are not answered in this channel.")
    return _("Questions are answered elsewhere on this server: {channels}").format(channels=_named(seen))


def _named(mentions: list[str]) -> str:
    more = len(mentions) - _MOST_NAMED
    return ", ".join(mentions[:_MOST_NAMED]) + (" …" if more > 0 else "")
