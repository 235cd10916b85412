"""What those who manage a server see of ``/settings``, and what becomes of what they choose there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any
from unittest.mock import MagicMock, create_autospec

import discord
import pytest
import simcord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import rules_card
from bot.client import NewsBot
from bot.commands.settings import SettingsControl
from corpus.store import SourceCount
from corpus.store.servers import Rules
from tests.bot.conftest import SOURCES, Server, controls, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.bot.test_reply import check_limits, names, payload, texts

MANY = [SourceCount(f"Paper {number}", 100 - number, None) for number in range(60)]


@pytest.fixture
def guild(server: Server) -> simcord.builders.GuildHandle:
    return server.reader.guild


async def opened(server: Server, who: Any = None) -> Any:
    result = await (who or server.editor).slash(server.channel, "settings")
    assert result.ephemeral
    return result.response


def rules(server: Server) -> Rules:
    bot = server.env.bot
    assert isinstance(bot, NewsBot)
    return bot.house.rules_for(server.reader.guild.id)


def ids(message: Any) -> list[str]:
    """The ids of the controls of a card."""
    return [one["custom_id"] for one in controls(message)]


def control(message: Any, custom_id: str) -> dict[str, Any]:
    (found,) = [one for one in controls(message) if one["custom_id"] == custom_id]
    return found


async def pressed(server: Server, message: Any, custom_id: str) -> Any:
    result = await server.editor.click(message, custom_id=custom_id)
    assert not result.followups
    return message


def part(message: Any, title: str) -> str:
    """What the card says under a title."""
    found = re.search(rf"\*\*{title}\*\*\n-# (.*)", text_of(message))
    assert found, text_of(message)
    return found[1]


async def test_the_card_tells_what_holds_where_nobody_changed_anything(server: Server) -> None:
    message = await opened(server)

    assert part(message, "Where questions are answered") == "In every channel"
    assert part(message, "Who may ask") == "Everyone"
    assert part(message, "Sources") == "All that there are"
    assert part(message, "Who sees an answer") == "The channel sees it"
    assert part(message, "Length of an answer") == "Up to 3 excerpts"
    assert part(message, "Wait between two questions") == "None"
    assert part(message, "Where changes are logged") == "Nowhere"


async def test_channels_and_roles_are_chosen_from_menus(server: Server, guild: Any) -> None:
    other, press = guild.create_text_channel("questions"), guild.create_role("Press")
    message = await opened(server)

    await server.editor.select(message, [other, server.channel], custom_id="settings:channels")
    assert part(message, "Where questions are answered") == (
        f"✓ Saved · Only in <#{other.id}>, <#{server.channel.id}>"
    )
    await server.editor.select(message, [press], custom_id="settings:roles")
    assert part(message, "Who may ask") == f"✓ Saved · <@&{press.id}>, and who may manage the server"
    assert "Saved" not in part(message, "Where questions are answered")
    assert rules(server) == Rules(channels=(other.id, server.channel.id), roles=(press.id,))

    again = await opened(server)
    chosen = control(again, "settings:channels")["default_values"]
    assert [int(one["id"]) for one in chosen] == [other.id, server.channel.id]
    await server.editor.select(again, [], custom_id="settings:channels")
    assert part(again, "Where questions are answered") == "✓ Saved · In every channel"


async def test_what_is_gone_from_the_server_is_not_shown_as_chosen(
    server: Server, newsroom: MagicMock
) -> None:
    bot = server.env.bot
    assert isinstance(bot, NewsBot)
    await bot.house.change(server.reader.guild.id, channels=(1, server.channel.id), roles=(2,), log_channel=3)

    message = await opened(server)

    assert [one["id"] for one in control(message, "settings:channels")["default_values"]] == [
        str(server.channel.id)
    ]
    assert not control(message, "settings:roles").get("default_values")
    assert "I may not write there" in text_of(message)


async def test_switches_are_turned_by_their_buttons(server: Server) -> None:
    message = await opened(server)

    await pressed(server, message, "settings:private")
    assert part(message, "Who sees an answer") == "✓ Saved · Only the asker sees it"
    assert control(message, "settings:private")["label"] == "Show to all"
    await pressed(server, message, "settings:mentions")
    assert rules(server) == Rules(private=True, mentions=False)
    await pressed(server, message, "settings:private")
    await pressed(server, message, "settings:mentions")
    assert rules(server) == Rules()


async def test_numbers_are_written_into_a_form(server: Server) -> None:
    message = await opened(server)

    form = await server.editor.click(message, custom_id="settings:excerpts")
    await server.editor.submit_modal(form, {"excerpts": ["5"]})
    assert rules(server) == Rules(excerpts=5)
    assert part(message, "Length of an answer") == "✓ Saved · Up to 5 excerpts"

    form = await server.editor.click(message, custom_id="settings:cooldown")
    await server.editor.submit_modal(form, {"cooldown": " 90 "})
    assert rules(server) == Rules(excerpts=5, cooldown=90)
    assert part(message, "Wait between two questions") == "✓ Saved · 90 seconds after a question"


@pytest.mark.parametrize("written", ["-1", "86401", "soon", "१२", " "])
async def test_what_is_no_number_of_seconds_is_refused(server: Server, written: str) -> None:
    message = await opened(server)

    form = await server.editor.click(message, custom_id="settings:cooldown")
    result = await server.editor.submit_modal(form, {"cooldown": written})

    assert result.response is not None
    assert "is no number of seconds. Write one from 0 to 86400." in shown(result.response.content)
    assert result.response.ephemeral
    assert rules(server) == Rules()


async def test_sources_are_chosen_page_by_page(server: Server, newsroom: MagicMock) -> None:
    newsroom.sources.return_value = MANY
    message = await opened(server)

    await pressed(server, message, "settings:sources:0:")
    assert control(message, "settings:choose:0:")["placeholder"] == "Choose outlets: page 1 of 3"
    assert "All that there are" in text_of(message)
    await server.editor.select(message, ["Paper 0", "Paper 7"], custom_id="settings:choose:0:")
    await pressed(server, message, "settings:sources:1:")
    await pressed(server, message, "settings:sources:2:")
    last = control(message, "settings:choose:2:")
    assert (len(last["options"]), last["max_values"]) == (10, 10)
    assert "settings:sources:3:" not in ids(message)
    await server.editor.select(message, ["Paper 59"], custom_id="settings:choose:2:")
    assert rules(server).sources == ("Paper 0", "Paper 7", "Paper 59")

    await pressed(server, message, "settings:sources:1:")
    await pressed(server, message, "settings:sources:0:")
    first = control(message, "settings:choose:0:")
    assert [one["value"] for one in first["options"] if one.get("default")] == ["Paper 0", "Paper 7"]
    assert first["options"][0]["description"] == "100 articles"
    await server.editor.select(message, ["Paper 7"], custom_id="settings:choose:0:")
    assert rules(server).sources == ("Paper 59", "Paper 7")
    assert "Only Paper 59, Paper 7" in text_of(message)

    await pressed(server, message, "settings:back")
    assert part(message, "Sources") == "Only Paper 59, Paper 7"
    await pressed(server, message, "settings:sources:0:")
    await pressed(server, message, "settings:every:0:")
    assert part(message, "Sources") == "✓ Saved · All that there are"


async def test_sources_can_be_searched(server: Server, newsroom: MagicMock) -> None:
    newsroom.sources.return_value = MANY
    message = await opened(server)
    await pressed(server, message, "settings:sources:0:")

    form = await server.editor.click(message, custom_id="settings:search:0:")
    await server.editor.submit_modal(form, {"search": "paper 5 "})

    assert "“paper 5”: 11 outlets" in shown(text_of(message))
    await server.editor.select(message, ["Paper 50"], custom_id="settings:choose:0:paper 5")
    assert rules(server).sources == ("Paper 50",)
    await pressed(server, message, "settings:unsearch:0:")
    assert "settings:choose:0:" in ids(message)

    form = await server.editor.click(message, custom_id="settings:search:0:")
    await server.editor.submit_modal(form, {"search": "*nothing*"})
    assert "“*nothing*”: 0 outlets" in shown(text_of(message))


async def test_a_few_sources_need_neither_pages_nor_search(server: Server, newsroom: MagicMock) -> None:
    message = await opened(server)
    await pressed(server, message, "settings:sources:0:")
    assert ids(message) == ["settings:choose:0:", "settings:back"]
    assert [one["value"] for one in control(message, "settings:choose:0:")["options"]] == [
        source.name for source in SOURCES
    ]


async def test_an_outlet_of_which_nothing_is_left_can_still_be_let_go(
    server: Server, newsroom: MagicMock
) -> None:
    bot = server.env.bot
    assert isinstance(bot, NewsBot)
    await bot.house.change(server.reader.guild.id, sources=("The Moon Times", "the saltmere post"))
    message = await opened(server)
    await pressed(server, message, "settings:sources:0:")

    options = control(message, "settings:choose:0:")["options"]
    assert [one["value"] for one in options if one.get("default")] == ["The Saltmere Post", "The Moon Times"]
    await server.editor.select(message, ["Northreach Herald"], custom_id="settings:choose:0:")
    assert rules(server).sources == ("Northreach Herald",)


async def test_the_longest_names_and_searches_go_into_the_card(server: Server, newsroom: MagicMock) -> None:
    newsroom.sources.return_value = [
        SourceCount(f"{number:03}" + "*_[x](" * 16, 10**9, None) for number in range(300)
    ]
    message = await opened(server)
    await pressed(server, message, "settings:sources:0:")
    form = await server.editor.click(message, custom_id="settings:search:0:")
    await server.editor.submit_modal(form, {"search": "x](*_[x](*_[x](*_[x](*_[x](*_[x](*_[x]("[:38]})
    assert max(len(one) for one in ids(message)) <= 100


ids_ = st.lists(st.integers(1, 2**63 - 1), max_size=25, unique=True).map(tuple)
outlets = st.lists(st.builds(SourceCount, texts, st.integers(0, 10**9), st.none() | st.dates()), max_size=60)
any_rules = st.builds(
    Rules,
    channels=ids_,
    roles=ids_,
    sources=st.lists(texts.filter(bool), max_size=60).map(tuple),
    private=st.booleans(),
    excerpts=st.integers(1, 5),
    cooldown=st.integers(0, 86_400),
    mentions=st.booleans(),
    log_channel=st.none() | st.integers(1, 2**63 - 1),
)


@given(any_rules, any_rules, outlets, st.integers(0, 10), names)
@settings(deadline=None, max_examples=30)
def test_the_cards_keep_the_limits(
    some: Rules, others: Rules, known: list[SourceCount], page: int, search: str
) -> None:
    guild = create_autospec(discord.Guild, instance=True)
    check_limits(rules_card.settings(some, guild, SettingsControl, ["sources", "log_channel"]))
    check_limits(rules_card.outlets(some, known, SettingsControl, page, search[: rules_card.LONGEST_SEARCH]))
    every = [field.name for field in fields(Rules)]
    check_limits(rules_card.change("<@1>", every, some, others))


def test_the_cards_are_what_discord_takes(schema: Callable[[Any], None]) -> None:
    guild = create_autospec(discord.Guild, instance=True)
    some = Rules((1, 2), (3,), ("Paper 1", "Gone"), log_channel=4)
    for held in (Rules(), some):
        schema(payload(rules_card.settings(held, guild, SettingsControl, ["sources"])))
        schema(payload(rules_card.outlets(held, MANY, SettingsControl, 1, "paper")))
    schema(payload(rules_card.change("<@1>", ["sources", "roles"], Rules(), some)))


async def test_changes_are_logged_where_the_server_wants_it(server: Server, guild: Any) -> None:
    mods = guild.create_text_channel("mods")
    board = guild.create_text_channel("board")
    message = await opened(server)

    await server.editor.select(message, [mods], custom_id="settings:log_channel")
    await pressed(server, message, "settings:private")
    await pressed(server, message, "settings:sources:0:")
    await server.editor.select(message, ["Northreach Herald"], custom_id="settings:choose:0:")
    await pressed(server, message, "settings:back")
    await server.editor.select(message, [board], custom_id="settings:log_channel")

    said = [text_of(one) for one in mods.history()]
    assert len(said) == 4
    assert all(f"<@{server.editor.id}> has changed the settings" in text for text in said)
    assert f"Nowhere → <#{mods.id}>" in said[0]
    assert "**Who sees an answer**\nThe channel sees it → Only the asker sees it" in said[1]
    assert "All that there are → Only Northreach Herald" in said[2]
    assert f"<#{mods.id}> → <#{board.id}>" in said[3]
    assert [text_of(one) for one in board.history()] == said[3:]
    sent = [call.json for call in server.env.http_requests if call.path.endswith("/messages")]
    assert all(one["allowed_mentions"] == {"parse": []} for one in sent)


async def test_a_log_channel_that_is_closed_to_the_bot_costs_nothing_but_the_log(
    server: Server, guild: Any, caplog: pytest.LogCaptureFixture
) -> None:
    mute = discord.PermissionOverwrite(send_messages=False)
    closed = guild.create_text_channel("closed")
    await server.env.bot.get_channel(closed.id).set_permissions(  # type: ignore[union-attr]
        server.env.bot.get_guild(guild.id).me,
        overwrite=mute,  # type: ignore[union-attr]
    )
    message = await opened(server)

    await server.editor.select(message, [closed], custom_id="settings:log_channel")

    assert part(message, "Where changes are logged") == f"✓ Saved · <#{closed.id}>"
    assert "I may not write there. Give me these permissions: View Channel and Send Messages" in text_of(
        message
    )
    assert "could not be told" in caplog.text
    assert rules(server).log_channel == closed.id


async def test_the_controls_work_after_a_restart(simcord_env: simcord.Env, newsroom: MagicMock) -> None:
    server = Server.of(simcord_env)
    message = await opened(server)
    bot = make_bot(newsroom)
    await simcord_env.restart_bot(bot)

    await pressed(server, message, "settings:private")
    await pressed(server, message, "settings:sources:0:")
    await server.editor.select(message, ["Northreach Herald"], custom_id="settings:choose:0:")

    assert bot.house.rules_for(server.reader.guild.id) == Rules(private=True, sources=("Northreach Herald",))
    await bot.close()


async def test_who_may_not_manage_the_server_any_more_changes_nothing(
    server: Server, guild: Any, newsroom: MagicMock
) -> None:
    message = await opened(server)
    form = await server.editor.click(message, custom_id="settings:cooldown")
    editor = server.env.backend.get_guild(guild.id).members[server.editor.id]
    editor.role_ids.clear()

    clicked = await server.editor.click(message, custom_id="settings:private")
    sent = await server.editor.submit_modal(form, {"cooldown": "0"})

    for result in (clicked, sent):
        assert result.response is not None
        assert result.response.content == "Only members with the permission Manage Server can do this."
    newsroom.save_server.assert_not_awaited()


async def test_a_change_that_cannot_be_kept_is_told(server: Server, newsroom: MagicMock) -> None:
    from corpus.errors import NewsbotError

    newsroom.save_server.side_effect = NewsbotError("the database cannot be written")
    message = await opened(server)

    result = await server.editor.click(message, custom_id="settings:private")

    assert [one.content for one in result.followups] == ["The database cannot be written."]
    assert rules(server) == Rules()
    assert "Saved" not in text_of(message)
