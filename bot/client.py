"""The Discord bot: its start, its commands and its clean end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands
from discord.http import Route

from bot.asking import Asking
from bot.buttons import AnswerButton
from bot.calls import traced
from bot.commands.about import About
from bot.commands.add import Add
from bot.commands.ask import Ask
from bot.commands.coverage import FindCoverage
from bot.commands.feed import Feeds
from bot.commands.help import Help
from bot.commands.mention import Mention
from bot.commands.reindex import Reindex
from bot.commands.remove import Remove
from bot.commands.settings import ServerSettings
from bot.commands.sources import Sources
from bot.commands.why import Why
from bot.delivery import Promises
from bot.errors import Tree
from bot.house import House
from bot.logs import set_up_logging
from bot.metrics import Metrics
from bot.opening import on_duty, open_newsroom
from bot.translator import Translator
from corpus.errors import NewsbotError
from index.newsroom import Newsroom

if TYPE_CHECKING:
    from bot.settings import Settings

log = logging.getLogger(__name__)

Opening = Callable[[], Awaitable[AbstractAsyncContextManager[Newsroom]]]

_PORTAL = "https://discord.com/developers/applications"
_HELP = f"Make a token at {_PORTAL} (Bot, Reset Token) and put it into .env."
# Why the gateway closes a connection for good, by its code.
_REFUSALS = {
    4004: f"Discord does not accept DISCORD_TOKEN. {_HELP}",
    4011: "The bot is on more servers than one connection may serve. Remove it from some.",
    4013: "Discord does not know what newsbot wants to be told of (intents). Install its newest version.",
    4014: "Discord does not let the bot be told of what it needs (intents), none of which is privileged. "
    f"Look at {_PORTAL} whether the application was restricted.",
}
_REFUSAL = "Discord closed the connection for good, with code {code}. Install the newest version of newsbot."
_GRACE = 2.0  # seconds for answers that are under way when the bot is told to stop
_PATIENCE = 1.0  # seconds for the commands at work to end, and as many for Discord, when the bot is closed

# What of a command Discord keeps as it was sent.
_KEPT = {
    *("type", "name", "name_localizations", "description", "description_localizations", "nsfw"),
    *("default_member_permissions", "contexts", "integration_types", "options", "required", "autocomplete"),
    *("choices", "value", "channel_types", "min_value", "max_value", "min_length", "max_length"),
}


class NewsBot(commands.Bot):
    """Answers in Discord from one newsroom, which it enters when it starts and leaves when it is closed.

    ``keepers`` are the ids of the servers that may look after what all share; without any, all may.
    """

    tree: Tree
    newsroom: Newsroom
    house: House
    asking: Asking

    def __init__(
        self, opening: Opening, metrics: Metrics | None = None, keepers: Collection[int] = ()
    ) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it has no voice
        intents = discord.Intents.none()
        intents.guilds = True
        intents.guild_messages = True  # of which only mentions and replies have words, without a privilege
        intents.dm_messages = True  # which all have
        super().__init__(
            commands.when_mentioned,
            tree_cls=Tree,
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            http_trace=traced(),
        )
        self.metrics = metrics or Metrics()
        self.keepers = keepers
        self.is_open = False
        self.can_answer = False
        self._opening = opening
        self._opened = AsyncExitStack()
        self.promises = Promises()
        self._warming: asyncio.Task[None] | None = None
        self._command_ids: dict[str, int] = {}

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Translator())
        self.newsroom = await self._opened.enter_async_context(await self._opening())
        self.newsroom.watch(self.metrics.stage)
        self.is_open = True
        self.house = await House.open(self.newsroom, self.metrics.error)
        self.asking = Asking(self)
        self.add_dynamic_items(AnswerButton)
        for cog in COGS:
            await self.add_cog(cog(self))
        await self.register_commands()
        self._warming = asyncio.create_task(self._warm_up(), name="warm-up")

    async def on_ready(self) -> None:
        log.info("online as %s on %d servers", self.user, len(self.guilds))

    async def on_message(self, _: discord.Message, /) -> None:
        """Looks for no commands in messages, of which discord.py would log that there are none."""

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.house.forget(guild.id)

    async def close(self) -> None:
        if not self.is_closed():
            await self._end_work()
        try:
            async with asyncio.timeout(_PATIENCE):
                await super().close()
        except TimeoutError:
            log.warning("Discord did not say goodbye")
            await self.http.close()
        self.is_open = False
        await self._opened.aclose()
        gc.unfreeze()

    def lacks(self) -> str:
        """What is still missing before the bot can answer; nothing, if it can."""
        if not self.is_ready() or self.is_closed():
            return "not connected to Discord"
        if self._warming is None or not self._warming.done():
            return "the model is being loaded"
        return "" if self.can_answer else "the model could not be loaded: see the log"

    def mention(self, command: str) -> str:
        """The name of a slash command as Discord shows it, ready to be clicked."""
        number = self._command_ids.get(command.partition(" ")[0])
        return f"</{command}:{number}>" if number else f"/{command}"

    async def registered_commands(self) -> list[dict[str, Any]]:
        """The commands that Discord has of this bot, in Discord's form."""
        route = Route("GET", "/applications/{application_id}/commands", application_id=self.application_id)
        registered: list[dict[str, Any]] = await self.http.request(
            route, params={"with_localizations": "true"}
        )
        return registered

    async def are_ours(self, registered: list[dict[str, Any]]) -> bool:
        """Whether registered commands are all those of this version, and as they are in it."""
        ours = [_essence(command) for command in await self._own_commands()]
        theirs = [_essence(command) for command in registered]
        return sorted(ours, key=str) == sorted(theirs, key=str)

    async def register_commands(self) -> None:
        """Sends the commands to Discord if it has others.

        Discord is asked at each start, as the only witness. A note on disk would know neither of another copy
        of the bot nor of commands that were removed, and the right ones would then never be sent.
        """
        registered = await self.registered_commands()
        if not await self.are_ours(registered):
            log.info("registering the commands")
            # Not by tree.sync(), which fails where what comes back of a menu's command has no description.
            route = Route(
                "PUT", "/applications/{application_id}/commands", application_id=self.application_id
            )
            registered = await self.http.request(route, json=await self._own_commands())
        self._command_ids = {command["name"]: int(command["id"]) for command in registered}

    async def _own_commands(self) -> list[dict[str, Any]]:
        translator = cast(app_commands.Translator, self.tree.translator)
        return [
            await command.get_translated_payload(self.tree, translator)
            for command in self.tree.get_commands()
        ]

    async def _warm_up(self) -> None:
        """Loads the model while nobody waits. Whoever asks before is answered when it is there."""
        try:
            await self.newsroom.warm_up()
        except NewsbotError as error:
            log.error("%s", error)
        except Exception:
            log.exception("the model could not be loaded")
        else:
            self.can_answer = True
            # The model's libraries are half a million objects, which stay. To look through all of them for
            # garbage would hold everything up for a third of a second.
            gc.freeze()
            log.info("ready to answer")

    async def _end_work(self) -> None:
        await self.promises.break_all(_PATIENCE)
        tasks = {task for task in (self._warming, *self.tree.at_work) if task and not task.done()}
        tasks.discard(asyncio.current_task())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_PATIENCE)


# One a command, or a group of them.
COGS: tuple[Callable[[NewsBot], commands.Cog], ...] = (
    *(About, Add, Ask, Feeds, FindCoverage, Help, Mention, Reindex, Remove, ServerSettings, Sources, Why),
)


def run(settings: Settings) -> None:
    """Runs the bot until it is told to stop, by Ctrl-C or SIGTERM. Raises NewsbotError."""
    token = settings.discord_token.get_secret_value().strip() if settings.discord_token else ""
    if not token:
        raise NewsbotError(f"DISCORD_TOKEN is not set. {_HELP}")
    set_up_logging(settings.log_level, settings.log_format, [token])

    async def opening() -> AbstractAsyncContextManager[Newsroom]:
        return on_duty(await open_newsroom(settings))

    serving = (settings.metrics_host, settings.metrics_port) if settings.metrics_port else None
    asyncio.run(run_until_stopped(token, opening, serving, settings.keepers))


async def run_until_stopped(
    token: str, opening: Opening, serving: tuple[str, int] | None = None, keepers: Collection[int] = ()
) -> None:
    """Keeps the bot online until a signal, then closes everything. Raises NewsbotError.

    ``serving`` is the host and the port where it tells how it does, ``keepers`` is as ``NewsBot`` has it.
    """
    bot = NewsBot(opening, keepers=keepers)
    with until_signal():
        async with AsyncExitStack() as stack:
            if serving:
                await stack.enter_async_context(bot.metrics.served(bot, *serving))
            try:
                await _stay_online(bot, token)
            finally:
                log.info("closing")
                await bot.promises.settle(_GRACE)
                await bot.close()


@contextmanager
def until_signal() -> Iterator[None]:
    """Ends its block on Ctrl-C or SIGTERM as if the block had come to its end by itself."""
    loop, task = asyncio.get_running_loop(), cast("asyncio.Task[Any]", asyncio.current_task())
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            task.cancel()

    with suppress(NotImplementedError):  # on Windows
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not stopped or task.uncancel():
            raise
    finally:
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def _stay_online(bot: NewsBot, token: str) -> None:
    try:
        await bot.start(token)
    except discord.LoginFailure:
        raise NewsbotError(_REFUSALS[4004]) from None
    except discord.PrivilegedIntentsRequired:  # what discord.py makes of 4014
        raise NewsbotError(_REFUSALS[4014]) from None
    except discord.ConnectionClosed as error:
        raise NewsbotError(_REFUSALS.get(error.code, _REFUSAL.format(code=error.code))) from None
    except (aiohttp.ClientError, discord.DiscordServerError) as error:
        raise NewsbotError(f"Discord cannot be reached: {error}. Try again later.") from None


def _essence(value: Any) -> Any:
    """A command, as it was sent or as it came back, without what Discord adds and without defaults."""
    if isinstance(value, Mapping):
        kept = {
            # The keys of translations are languages.
            key: part if key.endswith("_localizations") else _essence(part)
            for key, part in value.items()
            if key in _KEPT
        }
        kept = {key: part for key, part in kept.items() if part not in (None, False, "", [], {})}
        if "default_member_permissions" in kept:
            kept["default_member_permissions"] = str(kept["default_member_permissions"])
        for key in {"contexts", "integration_types", "channel_types"} & kept.keys():
            kept[key] = sorted(kept[key])
        return kept
    if isinstance(value, list):
        return [_essence(part) for part in value]
    return value
