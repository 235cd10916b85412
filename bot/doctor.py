"""What ``newsbot doctor`` looks at: whether all that the bot needs is there and well, and what to do if not.

Nothing is changed, but for an index file that is behind: opening it catches it up, as always. What cannot be
looked at, because there is no token or Discord cannot be reached, is told as not checked.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import platform
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord.http import Route

from bot.client import COGS, NewsBot
from bot.language import plural
from bot.opening import open_newsroom
from bot.terminal import one_line
from bot.translator import Translator
from corpus.errors import NewsbotError
from corpus.polling import Health

if TYPE_CHECKING:
    from rich.console import Console

    from bot.settings import Settings
    from index.newsroom import Newsroom

_PROGRAMS = ("torch", "sentence-transformers", "faiss-cpu", "tantivy", "discord.py")
_ROOM = 500_000_000  # bytes that should be free
_SKEW = 30.0  # seconds that the clock may be wrong
_PATIENCE = 20.0  # seconds for Discord
_MOST_SERVERS = 20  # that are looked at one by one
_MOST_TOLD = 200  # servers that Discord tells of at once
_MOST_NAMED = 5

_HOW_TO_GET_ONE = (
    "make a token at https://discord.com/developers/applications (Bot, Reset Token) and put it into .env"
)
_UNREACHED = "Discord cannot be reached"


class Condition(StrEnum):
    """What a look at something gave."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, what is to be said of that and, if it is not well, what to do."""

    name: str
    condition: Condition
    told: str
    todo: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything, one after the other."""
    yield _programs()
    for finding in _data(settings.data):
        yield finding
    if settings.data.is_dir():
        async for finding in _contents(settings):
            yield finding
    else:
        for name in ("model", "index", "feeds"):
            yield Finding(name, Condition.UNKNOWN, "there is no data folder yet")
    async for finding in _at_discord(settings):
        yield finding
    yield await _clock()


def findings_to_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """As ``newsbot doctor --json`` prints it."""
    return {
        "well": all(finding.condition is not Condition.PROBLEM for finding in findings),
        "checks": [
            {"name": one.name, "state": one.condition.value, "told": one.told, "todo": one.todo}
            for one in findings
        ],
    }


def show_finding(console: Console, finding: Finding) -> None:
    """A line, and under it what to do."""
    from rich.text import Text

    colour = {Condition.OK: "green", Condition.PROBLEM: "bold red", Condition.UNKNOWN: "yellow"}
    line = Text.assemble(
        (f"{finding.name:<10}", "dim"),
        (f"{finding.condition.value:<13}", colour[finding.condition]),
        one_line(finding.told),
    )
    console.print(line, soft_wrap=True, highlight=False)
    if finding.todo:
        console.print(Text(f"{'':<23}→ {one_line(finding.todo)}"), soft_wrap=True, highlight=False)


def _programs() -> Finding:
    name, told = "programs", [f"Python {platform.python_version()}"]
    for program in _PROGRAMS:
        try:
            told.append(f"{program} {version(program)}")
        except PackageNotFoundError:
            return Finding(
                name, Condition.PROBLEM, f"{program} is missing", "install newsbot again: make bot"
            )
    return Finding(name, Condition.OK, ", ".join(told))


def _data(folder: Path) -> Iterator[Finding]:
    place = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if not folder.exists():
        yield Finding(
            "data",
            Condition.PROBLEM,
            f"there is no data folder {folder}",
            "newsbot index PATH makes it, or name another with --data or NEWSBOT_DATA",
        )
    elif problem := _closed(folder):
        yield Finding(
            "data", Condition.PROBLEM, f"{folder} cannot be written: {problem}", "change its rights"
        )
    elif (mode := stat.S_IMODE(folder.stat().st_mode)) & 0o077 and sys.platform != "win32":
        yield Finding(
            "data",
            Condition.PROBLEM,
            f"others on this machine may look into {folder} (mode {mode:04o})",
            f"chmod 700 {folder}",
        )
    else:
        yield Finding("data", Condition.OK, f"{folder} can be written, by nobody else")
    secrets = Path(".env")
    if secrets.is_file() and sys.platform != "win32" and stat.S_IMODE(secrets.stat().st_mode) & 0o077:
        told = "others on this machine may read .env, and with it the token"
        yield Finding("secrets", Condition.PROBLEM, told, "chmod 600 .env")
    free = shutil.disk_usage(place).free
    told = f"{free / 1e9:.1f} GB free"
    if free < _ROOM:
        yield Finding("disk", Condition.PROBLEM, told, f"make room on the disk of {place}")
    else:
        yield Finding("disk", Condition.OK, told)


def _closed(folder: Path) -> str:
    """Why nothing can be written into a folder; empty where it can."""
    from tempfile import TemporaryFile

    try:
        with TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


async def _contents(settings: Settings) -> AsyncIterator[Finding]:
    try:
        newsroom = await open_newsroom(settings)
    except NewsbotError as error:
        yield Finding("index", Condition.PROBLEM, *_parts(error))
        return
    async with newsroom:
        for name, look in (("model", _model), ("index", _index), ("feeds", _feeds)):
            try:
                yield await look(newsroom)
            except NewsbotError as error:
                yield Finding(name, Condition.PROBLEM, *_parts(error))


async def _model(newsroom: Newsroom) -> Finding:
    await newsroom.warm_up()
    stats = await newsroom.stats()
    if not stats.model:
        return Finding("model", Condition.OK, "it can be loaded; nothing is encoded yet")
    return Finding("model", Condition.OK, f"{stats.model}, {stats.dimension} dimensions")


async def _index(newsroom: Newsroom) -> Finding:
    if problems := await newsroom.check():
        return Finding("index", Condition.PROBLEM, *_parts(problems[0]))
    stats = await newsroom.stats()
    told = f"{stats.coverage.articles:,} articles, {stats.passages:,} passages"
    if not stats.coverage.articles:
        return Finding("index", Condition.PROBLEM, "there are no articles yet", "newsbot index PATH")
    if stats.pending:
        pending = f"{stats.pending:,} of them not encoded yet"
        return Finding("index", Condition.PROBLEM, f"{told}, {pending}", "newsbot reindex")
    return Finding("index", Condition.OK, f"{told}; database and indexes agree")


async def _feeds(newsroom: Newsroom) -> Finding:
    feeds = await newsroom.feeds()
    troubled = [one.feed for one in feeds if one.feed.state.reason]
    if not troubled:
        told = (
            f"{plural('{count} feed', '{count} feeds', len(feeds))}, all well" if feeds else "there are none"
        )
        return Finding("feeds", Condition.OK, told)
    named = [f"{one.title or one.state.url} ({one.state.reason})" for one in troubled[:_MOST_NAMED]]
    if len(troubled) > _MOST_NAMED:
        named.append(f"and {len(troubled) - _MOST_NAMED:,} more")
    stopped = any(one.state.health is not Health.ACTIVE for one in troubled)
    return Finding(
        "feeds",
        Condition.PROBLEM,
        f"{len(troubled):,} of {len(feeds):,} fail: {', '.join(named)}",
        "newsbot feed poll ADDRESS tries a paused one again, newsbot feed remove ADDRESS forgets one"
        if stopped
        else "they are tried again by themselves; newsbot feed list tells when",
    )


async def _at_discord(settings: Settings) -> AsyncIterator[Finding]:
    """What only Discord knows."""
    names = ["token", "commands", "servers"]
    token = settings.discord_token.get_secret_value().strip() if settings.discord_token else ""
    reason = "it needs the token"
    if not token:
        yield Finding(names.pop(0), Condition.UNKNOWN, "DISCORD_TOKEN is not set", _HOW_TO_GET_ONE)
    elif not _has_the_form_of_a_token(token):
        told = "DISCORD_TOKEN is no bot token: that has three parts with points between them"
        yield Finding(names.pop(0), Condition.PROBLEM, told, _HOW_TO_GET_ONE)
    else:
        visitor = _Visitor(settings.keepers)
        try:
            async with asyncio.timeout(_PATIENCE):
                await visitor.login(token)
                for look in (_application, _commands, _servers):
                    yield await look(visitor)
                    names.pop(0)
        except discord.LoginFailure:
            told = "Discord does not accept DISCORD_TOKEN"
            yield Finding(names.pop(0), Condition.PROBLEM, told, _HOW_TO_GET_ONE)
        except (TimeoutError, OSError, aiohttp.ClientError, discord.HTTPException) as error:
            reason = f"{_UNREACHED}: {str(error) or 'it takes too long'}"
        finally:
            await visitor.close()
    for name in names:
        yield Finding(name, Condition.UNKNOWN, reason)


class _Visitor(NewsBot):
    """The bot with its commands, for a look at what Discord has: it opens and registers nothing."""

    def __init__(self, keepers: Collection[int] = ()) -> None:
        super().__init__(_nothing, keepers=keepers)

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Translator())
        for cog in COGS:
            await self.add_cog(cog(self))


async def _nothing() -> Any:
    raise AssertionError("a visitor opens nothing")


def _has_the_form_of_a_token(token: str) -> bool:
    """Whether it has three parts, of which the first is the id of a bot."""
    first, *rest = token.split(".")
    with suppress(binascii.Error, ValueError):
        return len(rest) == 2 and base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).isdigit()
    return False


async def _application(visitor: _Visitor) -> Finding:
    application = visitor.application
    if application and application.bot_require_code_grant:
        return Finding(
            "token",
            Condition.PROBLEM,
            f"Discord knows the bot as {visitor.user}, but nobody can invite it",
            "turn off “Requires OAuth2 Code Grant” under Bot at https://discord.com/developers/applications",
        )
    return Finding(
        "token",
        Condition.OK,
        f"Discord knows the bot as {visitor.user}, application {visitor.application_id}",
    )


async def _commands(visitor: _Visitor) -> Finding:
    registered = await visitor.registered_commands()
    if await visitor.are_ours(registered):
        return Finding("commands", Condition.OK, f"the {len(registered)} commands are registered")
    return Finding(
        "commands",
        Condition.PROBLEM,
        f"Discord has {len(registered)} commands, and they are not those of this version",
        "start the bot: newsbot run registers them",
    )


async def _servers(visitor: _Visitor) -> Finding:
    """Whether the bot is on a server, may there what it needs, and knows who looks after what all share."""
    invitation = discord.utils.oauth_url(visitor.application_id or 0, scopes=("bot", "applications.commands"))
    servers = await visitor.http.get_guilds(_MOST_TOLD, with_counts=False)
    if not servers:
        return Finding("servers", Condition.PROBLEM, "the bot is on no server", f"invite it: {invitation}")
    for server in servers[:_MOST_SERVERS]:
        try:
            await visitor.http.get_guild_commands(visitor.application_id or 0, int(server["id"]))
        except discord.Forbidden:
            return Finding(
                "servers",
                Condition.PROBLEM,
                f"{server['name']} was not asked for slash commands when the bot was invited",
                f"invite it again, it need not leave: {invitation}",
            )
        may = discord.Permissions(int(server["permissions"]))
        if not (may.administrator or (may.view_channel and may.send_messages)):
            return Finding(
                "servers",
                Condition.PROBLEM,
                f"on {server['name']} the bot may not see channels or write, and so answers commands only",
                "give its role View Channels and Send Messages there",
            )
    return _keepers(visitor.keepers, {int(server["id"]) for server in servers}) or Finding(
        "servers", Condition.OK, f"the bot is on {len(servers):,}, and may there what it needs"
    )


def _keepers(keepers: Collection[int], servers: Collection[int]) -> Finding | None:
    """What is wrong with who may look after the articles and feeds, if something is."""
    if len(servers) > 1 and not keepers:
        return Finding(
            "servers",
            Condition.PROBLEM,
            "whoever manages any server that the bot is on may change the articles and feeds of all",
            "set NEWSBOT_KEEPERS to the ids of the servers whose managers may, of all if so",
        )
    strange = sorted(set(keepers) - set(servers))
    if strange and len(servers) < _MOST_TOLD:  # else Discord has not told of all
        named = ", ".join(map(str, strange[:_MOST_NAMED])) + (" …" if len(strange) > _MOST_NAMED else "")
        return Finding(
            "servers",
            Condition.PROBLEM,
            f"NEWSBOT_KEEPERS names servers that the bot is not on: {named}",
            "set it right, or invite the bot there",
        )
    return None


async def _clock() -> Finding:
    """How far the clock is from Discord's."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_PATIENCE), trust_env=True) as session,
            session.get(f"{Route.BASE}/gateway") as answer,
        ):
            told = answer.headers["Date"]
        skew = (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
    except (TimeoutError, OSError, aiohttp.ClientError, KeyError, ValueError):
        return Finding("clock", Condition.UNKNOWN, _UNREACHED)
    if abs(skew) <= _SKEW:
        return Finding("clock", Condition.OK, "it agrees with Discord's")
    where = "ahead" if skew > 0 else "behind"
    return Finding(
        "clock",
        Condition.PROBLEM,
        f"it is {abs(skew):,.0f} s {where}, and so is what “today” means",
        "set it, for example by timedatectl set-ntp true",
    )


def _parts(error: NewsbotError | str) -> tuple[str, str]:
    """What is wrong and what to do, as our errors tell it: before and after the last colon."""
    what, _, todo = str(error).rpartition(": ")
    return (what, todo) if what else (todo, "")
