"""A server in a simulated Discord, with the real bot on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, create_autospec

import discord
import jsonschema
import pytest
import simcord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from simcord.actors import MemberActor

from bot.client import NewsBot
from corpus.store import SourceCount
from corpus.store.answerlog import Place, Votes
from index.answer import Answer, Coverage, Headline, Question, Quote
from index.given import Answers, Page
from index.newsroom import Diff, Newsroom, Stats
from tests.bot.stand_in import StandIn, serve

COVERAGE = Coverage(27, date(2026, 1, 3), date(2026, 3, 14))
SOURCES = [SourceCount("The Saltmere Post", 20, date(2026, 3, 14)), SourceCount("Northreach Herald", 7, None)]

_TEXT = (
    "“We are relieved,” said the harbour master. The first ferry left Saltmere at 6:40 a.m. with 312 "
    "passengers on board. Two more sailings followed before noon."
)
_SENTENCE = "The first ferry left Saltmere at 6:40 a.m. with 312 passengers on board."


def make_quote(text: str = _TEXT, sentence: str = _SENTENCE, **fields: Any) -> Quote:
    """A quote of which only what a test is about need be said."""
    start = text.index(sentence)
    usual: dict[str, Any] = {
        "title": "Ferries sail again",
        "url": "https://example.com/ferries",
        "link": "https://example.com/ferries#:~:text=The%20first%20ferry",
        "source": "The Saltmere Post",
        "published": date(2026, 3, 12),
        "score": 1.0,
        "paragraph": 1,
    }
    return Quote(text, start, start + len(sentence), **(usual | fields))


def make_answer(*quotes: Quote, headlines: tuple[Headline, ...] = (), **question: Any) -> Answer:
    """An answer of these quotes; without any, the honest no-answer."""
    asked = Question("When did the ferries sail again?", date(2026, 3, 20), **question)
    return Answer(asked, bool(quotes), 0.9 if quotes else 0.1, quotes, headlines, COVERAGE)


def kept(answer: Answer, place: Place, size: int, wrote: str = "") -> Page:
    """The first page of an answer, as the newsroom keeps it."""
    pages = max(1, -(-len(answer.quotes) // size))
    return Page(1, replace(answer, quotes=answer.quotes[:size]), 0, pages, place, Votes(), wrote)


@pytest.fixture
def newsroom() -> MagicMock:
    """Stands in for the newsroom; what the real one has not cannot be called."""
    double: MagicMock = create_autospec(Newsroom, instance=True, spec_set=True)
    double.__aenter__.return_value = double
    double.ask.return_value = make_answer(make_quote())
    double.answers = create_autospec(Answers, instance=True, spec_set=True)
    double.answers.keep.side_effect = kept
    double.sources.return_value = SOURCES
    double.servers.return_value = {}
    double.coverage.return_value = COVERAGE
    double.examples.return_value = ("How many passengers were on board?",)
    double.reindex.return_value = Diff()
    double.stats.return_value = Stats(COVERAGE, 214, 0, "a-model", 384, 7, tuple(SOURCES), 1_000_000)
    return double


@pytest.fixture
def simcord_bot(newsroom: MagicMock) -> NewsBot:
    return make_bot(newsroom)


def make_bot(newsroom: Newsroom) -> NewsBot:
    async def opened() -> Newsroom:
        return newsroom

    return NewsBot(opened)


@dataclass(frozen=True)
class Server:
    """A channel, somebody who reads it, and somebody who may manage the server."""

    env: simcord.Env
    channel: simcord.ChannelHandle
    reader: MemberActor
    editor: MemberActor

    @classmethod
    def of(cls, env: simcord.Env) -> Server:
        guild = env.create_guild()
        editors = guild.create_role("Editors", permissions=discord.Permissions(manage_guild=True))
        return cls(
            env,
            guild.create_text_channel("news"),
            guild.add_member(env.create_user("reader")),
            guild.add_member(env.create_user("editor"), roles=[editors]),
        )


@pytest.fixture
async def stand_in(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StandIn]:
    """Discord over real connections, for what happens on them; discord.py calls it while the test runs."""
    async with serve() as one:
        monkeypatch.setattr(Route, "BASE", one.api)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", one.gateway)
        yield one


@pytest.fixture
async def server(simcord_env: simcord.Env, simcord_bot: NewsBot) -> Any:
    yield Server.of(simcord_env)
    await simcord_bot.close()


def buttons_of(message: Any) -> dict[str, dict[str, Any]]:
    """The buttons of a message's card, by label, or where two have the same or none by a name that tells."""
    buttons: dict[str, dict[str, Any]] = {}
    for button in _buttons(message.components):
        label = button.get("label") or ""
        buttons[label if label and label not in buttons else button.get("custom_id") or button["url"]] = (
            button
        )
    return buttons


def _buttons(components: list[Any]) -> Iterator[dict[str, Any]]:
    for component in components:
        component = component if isinstance(component, dict) else component.to_dict()
        if component["type"] == 2:
            yield component
        yield from _buttons(component.get("components", []))
        yield from _buttons([component["accessory"]] if "accessory" in component else [])


async def until(condition: Callable[[], object]) -> None:
    """Waits for what happens over real connections."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - of which nobody tells
            await asyncio.sleep(0.01)


def text_of(message: Any) -> str:
    """All text of a message's card."""
    return "\n".join(_texts(message.components))


def _texts(components: list[Any]) -> Iterator[str]:
    for component in components:
        component = component if isinstance(component, dict) else component.to_dict()
        if "content" in component:
            yield component["content"]
        yield from _texts(component.get("components", []))


def controls(message: Any) -> list[dict[str, Any]]:
    """The buttons and menus of a message's card."""
    return list(_controls(message.components))


def _controls(components: list[Any]) -> Iterator[dict[str, Any]]:
    for component in components:
        one = component if isinstance(component, dict) else component.to_dict()
        if "custom_id" in one:
            yield one
        yield from _controls(one.get("components", []))
        if "accessory" in one:
            yield from _controls([one["accessory"]])


@pytest.fixture(scope="session")
def schema(shared: Callable[[str], Path]) -> Callable[[Any], None]:
    """Checks a message against Discord's own description of its interface."""
    document = json.loads(shared("discord-openapi.json").read_text())
    validator = jsonschema.Draft202012Validator(
        {
            "$ref": "#/components/schemas/IncomingWebhookUpdateRequestPartial",
            "components": document["components"],
        }
    )
    return validator.validate  # type: ignore[no-any-return]
