"""How an answer reaches Discord, whatever happens on the way: promised at once, sent until it is there.

What may be sent again is decided here, so that nothing is shown twice. A promise is taken once, and refused
after that. To edit twice is to edit once, so an answer always goes into the place that was promised to it.
Both are sent again sooner than discord.py would (``bot/calls.py``). A new message that is sent twice is there
twice, unless Discord knows it again by its nonce.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import aiohttp
import discord
from discord import ui

from bot.calls import TooMany
from bot.language import _, speak
from bot.reply import notice

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)

T = TypeVar("T")

# What is raised where something could not be sent to Discord.
UNSENT = (discord.HTTPException, aiohttp.ClientError, OSError)

_ACKNOWLEDGED = 40060
_EXPIRED = 50027  # of the token of an interaction; other ways of being over are all "not found"

# All in seconds.
_WINDOW = 3.0  # Discord forgets an interaction to which nobody has responded by then,
_LIFETIME = 900.0  # one that was promised an answer after this,
_MEMORY = 120.0  # and a nonce after "a few minutes"
_HOPE = 40.0  # that one call may take; discord.py's own repetitions take 25
_SLOW = 0.15  # after which a promise is not waited for any longer
_QUICK_HOPE = 1.0  # that one of those may take for which there are three seconds
_QUICK_PAUSE, _FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.25, 30.0  # before something is sent again


async def promise(
    interaction: discord.Interaction[NewsBot], *, private: bool = False, in_place: bool = False
) -> None:
    """Tells Discord, which waits three seconds for it, that there will be an answer. Raises UNSENT.

    ``private`` shows it to the asker alone. ``in_place``, for a button, will change the button's own message.
    ``deliver`` gives the answer.
    """
    interaction.client.promises.make(interaction, in_place=in_place)
    await _respond(lambda: interaction.response.defer(ephemeral=private, thinking=not in_place))


async def answer(
    interaction: discord.Interaction[NewsBot], find: Callable[[], Awaitable[ui.LayoutView]], *, private: bool
) -> None:
    """Promises an answer, finds it and gives it. Raises UNSENT, and what ``find`` raises.

    Where Discord is slow to take the promise it is looked for meanwhile, lest those who asked later are
    answered earlier; not at once, for of many who ask together each should hear soon.
    """
    promised = asyncio.Event()

    async def look() -> ui.LayoutView:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SLOW):
                await promised.wait()
        return await find()

    looking = asyncio.create_task(look())
    try:
        await promise(interaction, private=private)
        promised.set()
        view = await looking
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    await deliver(interaction, view)


async def refuse(interaction: discord.Interaction[NewsBot], text: str) -> None:
    """Says ``text`` to the asker alone, at once and instead of a promise. Raises UNSENT."""
    await _respond(lambda: interaction.response.send_message(text, ephemeral=True))


async def deliver(
    interaction: discord.Interaction[NewsBot], view: ui.LayoutView
) -> discord.InteractionMessage:
    """Puts an answer into the place that was promised to it, again until Discord has it. Raises UNSENT.

    It gives up where that makes no sense, and after the 15 minutes that an interaction lasts.
    """
    interaction.client.promises.attempt(interaction, view)
    message = await _until_sent(lambda: interaction.edit_original_response(view=view), _LIFETIME)
    interaction.client.promises.keep(interaction)
    return message


async def refresh(interaction: discord.Interaction[NewsBot], view: ui.LayoutView) -> None:
    """Shows how far something is, in the place of its answer. Raises UNSENT.

    It is sent once: the next report tells more than the lost one.
    """
    await interaction.edit_original_response(view=view)


async def retract(interaction: discord.Interaction[NewsBot]) -> None:
    """Takes away what was promised or shown, again until it is gone. Raises UNSENT."""

    async def delete() -> None:
        try:
            await interaction.delete_original_response()
        except discord.NotFound:
            log.debug("it is gone already")

    await _until_sent(delete, _LIFETIME)
    interaction.client.promises.keep(interaction)


async def whisper(interaction: discord.Interaction[NewsBot], text: str) -> None:
    """Says ``text`` to the asker alone, besides what was promised or shown. Raises UNSENT.

    It is a new message without a nonce, so it is sent again only where it certainly was not received, or
    where Discord answers with an error of its own (by discord.py).
    """
    await _until_sent(lambda: interaction.followup.send(text, ephemeral=True), _LIFETIME, once=True)


async def publish(interaction: discord.Interaction[NewsBot], view: ui.LayoutView) -> None:
    """Shows a card to all, besides what was promised or shown. Raises UNSENT.

    It is sent again only where ``whisper`` is.
    """
    await _until_sent(lambda: interaction.followup.send(view=view), _LIFETIME, once=True)


async def post(
    channel: discord.abc.Messageable, view: ui.LayoutView, *, nonce: int, **options: Any
) -> discord.Message:
    """Sends a new message to a channel, again until Discord has it, for two minutes. Raises UNSENT.

    By the ``nonce``, a number that belongs to this message alone, Discord knows it again. ``options`` are
    those of ``channel.send``.
    """
    message: discord.Message = await _until_sent(
        lambda: channel.send(view=view, nonce=nonce, **options), _MEMORY
    )
    return message


def is_unsent(error: BaseException) -> bool:
    """Whether the connection or Discord itself has failed, for longer than one may wait."""
    if isinstance(error, discord.HTTPException):
        return error.status == 429 or error.status >= 500
    return isinstance(error, aiohttp.ClientError)


def is_lost(error: BaseException) -> bool:
    """Whether Discord has forgotten the interaction, or somebody its answer: nobody waits any more."""
    return isinstance(error, discord.HTTPException) and (error.status == 404 or error.code == _EXPIRED)


class Promises:
    """The interactions that were promised an answer and have none yet."""

    def __init__(self) -> None:
        self._open: dict[int, _Promise] = {}
        self._others: set[asyncio.Task[Any]] = set()

    def make(self, interaction: discord.Interaction[NewsBot], *, in_place: bool) -> None:
        """Takes down that the task at work will answer."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._open[interaction.id] = _Promise(interaction, task, in_place)
        task.add_done_callback(lambda done: None if done.cancelled() else self.keep(interaction))

    def attempt(self, interaction: discord.Interaction[NewsBot], view: ui.LayoutView) -> None:
        """Takes down what the answer is: from here on Discord may have it."""
        if promise := self._open.get(interaction.id):
            promise.answer = view

    def keep(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Takes down that there is an answer now, or that there will be none."""
        self._open.pop(interaction.id, None)

    def has_place(self, interaction: discord.Interaction[NewsBot]) -> bool:
        """Whether Discord shows, in a message of its own, that an answer is on its way."""
        return interaction.id in self._open and not self._open[interaction.id].in_place

    def make_to_a_message(self) -> None:
        """Takes down that the task at work will answer a message, which promises nothing that can be seen."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    async def settle(self, patience: float) -> None:
        """Waits until all who were promised an answer have it, so many seconds at most."""
        if tasks := {*self._others, *(promise.task for promise in self._open.values())}:
            await asyncio.wait(tasks, timeout=patience)

    async def break_all(self, patience: float) -> None:
        """Ends the tasks that have promised, and answers or tells those who wait.

        Each of the two may take ``patience`` seconds.
        """
        if tasks := [promise.task for promise in self._open.values()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=patience)
        if goodbyes := [asyncio.create_task(_say_goodbye(one)) for one in self._open.values()]:
            _done, late = await asyncio.wait(goodbyes, timeout=patience)
            for task in late:
                task.cancel()
            results = await asyncio.gather(*goodbyes, return_exceptions=True)
            told = sum(result is None for result in results)
            log.info("%d of %d who waited were answered, or told that the bot stops", told, len(results))


@dataclass(slots=True)
class _Promise:
    interaction: discord.Interaction[NewsBot]
    task: asyncio.Task[Any]
    in_place: bool
    answer: ui.LayoutView | None = None


def goodbye() -> str:
    """What is said to whoever waits when the bot stops."""
    return _("The bot is being restarted. Ask again in a minute.")


async def _say_goodbye(promise: _Promise) -> None:
    speak(promise.interaction.locale.value)
    text = goodbye()
    if promise.answer is not None:
        # Perhaps only its receipt was lost, and it must not give way to the text.
        await deliver(promise.interaction, promise.answer)
    elif promise.in_place:
        await whisper(promise.interaction, text)
    else:
        await deliver(promise.interaction, notice(text))


async def _respond(respond: Callable[[], Awaitable[Any]]) -> None:
    async def once() -> None:
        try:
            await respond()
        except discord.HTTPException as error:
            # An earlier attempt got through, and only its receipt did not.
            if error.code != _ACKNOWLEDGED:
                raise

    await _until_sent(once, _WINDOW, hope=_QUICK_HOPE, first_pause=_QUICK_PAUSE)


async def _until_sent(
    send: Callable[[], Awaitable[T]],
    patience: float,
    *,
    hope: float = _HOPE,
    first_pause: float = _FIRST_PAUSE,
    once: bool = False,
) -> T:
    """Calls ``send`` until it succeeds. Raises UNSENT where that makes no sense, or ``patience`` ends.

    ``once`` is for what Discord must not receive twice.
    """
    waited = 0.0
    for pause in _pauses(first_pause):
        try:
            return await _sent(send, hope)
        except UNSENT as error:
            if isinstance(error, TooMany):
                pause = max(pause, error.pause)
            elif not (_not_received(error) if once else _passes(error)):
                raise
            waited += pause
            if waited > patience:
                raise
            log.warning("sending again in %.1f s: %s", pause, error or type(error).__name__)
        await asyncio.sleep(pause)
    raise AssertionError("there is always another pause")


async def _sent(send: Callable[[], Awaitable[T]], hope: float) -> T:
    try:
        async with asyncio.timeout(hope):
            return await send()
    except TimeoutError as error:
        raise aiohttp.ServerTimeoutError(f"no answer in {hope:g} s") from error
    except json.JSONDecodeError as error:
        raise aiohttp.ClientPayloadError("an answer that is none of Discord's") from error


def _pauses(first: float) -> Iterator[float]:
    pause = first
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)


def _passes(error: Exception) -> bool:
    """Whether the same call may succeed later: the connection or Discord itself has failed."""
    return not isinstance(error, discord.HTTPException) or error.status >= 500


def _not_received(error: Exception) -> bool:
    return isinstance(error, aiohttp.ClientConnectorError)
