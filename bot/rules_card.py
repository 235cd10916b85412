"""How ``/settings`` looks: what holds on a server, and the controls that change it.

The ids of the controls are ``settings:`` and what they are for; those of the outlets also hold the page and
what was searched for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

import discord
from discord import ui

from bot.card import BLUE, GREEN, NAME, Card, some
from bot.controls import Control, pages_of, turning
from bot.language import _, plural, written
from bot.markdown import plain, size
from corpus.store import SourceCount
from corpus.store.servers import Rules
from index.outlets import suggest

LONGEST_SEARCH = 38  # characters, so that it goes into an id however they are counted
_MOST = 25  # Discord's limits: options of a menu and values that may be chosen,
_OPTION = 100  # characters of an option

_ASKED_IN = [
    *(discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum),
    *(discord.ChannelType.voice, discord.ChannelType.stage_voice, discord.ChannelType.category),
]
_LOGGED_IN = [discord.ChannelType.text, discord.ChannelType.news]


def settings(
    rules: Rules, guild: discord.Guild, control: type[Control], changed: Collection[str] = ()
) -> ui.LayoutView:
    """The settings of a server, each with what changes it.

    ``changed`` are those that were just changed. ``control`` makes controls work.
    """
    card = Card(GREEN if changed else BLUE)
    card.say(
        f"### {_('Settings of this server')}\n-# {_('Only members who may manage the server see them.')}"
    )
    card.rule()

    def describe(setting: str) -> str:
        saved = f"✓ {_('Saved')} · " if setting in changed else ""
        return f"**{_title(setting)}**\n-# {saved}{told(setting, rules)}"

    def button(what: str, label: str) -> Any:
        return control(ui.Button(custom_id=f"settings:{what}", label=label))

    card.say(describe("channels"))
    card.row(
        control(_channels("channels", _("Choose channels"), _ASKED_IN, _MOST, _known(guild, rules.channels)))
    )
    card.say(describe("roles"))
    card.row(control(_roles([role for role in rules.roles if guild.get_role(role)])))
    card.beside(describe("sources"), button("sources:0:", _("Choose…")))
    card.rule()
    card.beside(
        describe("private"), button("private", _("Show to all") if rules.private else _("Make private"))
    )
    for number in ("excerpts", "cooldown"):
        card.beside(describe(number), button(number, _("Change…")))
    card.beside(describe("mentions"), button("mentions", _("Turn off") if rules.mentions else _("Turn on")))
    card.rule()
    card.say(describe("log_channel"))
    logged = [rules.log_channel] if rules.log_channel else []
    card.row(control(_channels("log_channel", _("Choose a channel"), _LOGGED_IN, 1, _known(guild, logged))))
    if rules.log_channel and not _may_write(guild, rules.log_channel):
        needed = _("View Channel and Send Messages")
        card.say(f"⚠️ {_('I may not write there. Give me these permissions: {names}').format(names=needed)}")
    return card.view


def outlets(
    rules: Rules, known: Sequence[SourceCount], control: type[Control], page: int, search: str
) -> ui.LayoutView:
    """The outlets of the corpus, a page of them, to choose those that a server sees."""
    found = _matching(rules, known, search)
    pages = pages_of(len(found), _MOST)
    page = min(page, pages - 1)
    chosen = {name.casefold() for name in rules.sources}
    card = Card(BLUE)
    card.say(f"### {_('Sources of this server')}\n{told('sources', rules)}")
    card.say(f"-# {_('Where none is chosen, the server sees all, new ones too.')}")
    card.rule()

    def button(what: str, to: int, label: str) -> Any:
        return control(ui.Button(custom_id=f"settings:{what}:{to}:{search}", label=label))

    if search:
        matches = plural("{count} outlet", "{count} outlets", len(found))
        card.say(f"-# {_('“{search}”: {outlets}').format(search=plain(search, NAME), outlets=matches)}")
    if found:
        options = [_option(one, chosen) for one in page_of(rules, known, page, search)]
        menu: ui.Select[Any] = ui.Select(
            custom_id=f"settings:choose:{page}:{search}",
            placeholder=_("Choose outlets: page {page} of {pages}").format(page=page + 1, pages=pages)
            if pages > 1
            else _("Choose outlets"),
            min_values=0,
            max_values=len(options),
            options=options,
        )
        card.row(control(menu))
    if turns := turning(page, pages, lambda other: f"settings:sources:{other}:{search}", control):
        card.row(*turns)
    style = discord.ButtonStyle.primary
    buttons = [control(ui.Button(custom_id="settings:back", label=_("Done"), style=style))]
    if search or len(known) > _MOST:
        buttons.append(button("search", page, _("Search…")))
    if search:
        buttons.append(control(ui.Button(custom_id="settings:unsearch:0:", label=_("All outlets"))))
    if rules.sources:
        buttons.append(button("every", 0, _("See all sources")))
    card.row(*buttons)
    return card.view


def page_of(rules: Rules, known: Sequence[SourceCount], page: int, search: str) -> list[SourceCount]:
    """The outlets that a page offers."""
    return _matching(rules, known, search)[page * _MOST :][:_MOST]


def change(who: str, changed: Collection[str], before: Rules, after: Rules) -> ui.LayoutView:
    """For the log: ``who``, a mention, has changed some settings."""
    card = Card(BLUE)
    card.say(_("{member} has changed the settings of this server.").format(member=who))
    for setting in changed:
        card.say(f"**{_title(setting)}**\n{told(setting, before)} → {told(setting, after)}")
    return card.view


def told(setting: str, rules: Rules) -> str:
    """What holds for one setting, in Markdown."""
    match setting:
        case "channels" if rules.channels:
            return _("Only in {channels}").format(channels=some(rules.channels, "<#{}>".format, ", ", 600))
        case "channels":
            return _("In every channel")
        case "roles" if rules.roles:
            roles = some(rules.roles, "<@&{}>".format, ", ", 600)
            return _("{roles}, and who may manage the server").format(roles=roles)
        case "roles":
            return _("Everyone")
        case "sources" if rules.sources:
            return _("Only {sources}").format(sources=some(rules.sources, _outlet, ", ", 600))
        case "sources":
            return _("All that there are")
        case "private":
            return _("Only the asker sees it") if rules.private else _("The channel sees it")
        case "excerpts":
            return plural("Up to {count} excerpt", "Up to {count} excerpts", rules.excerpts)
        case "cooldown" if rules.cooldown:
            return plural(
                "{count} second after a question", "{count} seconds after a question", rules.cooldown
            )
        case "cooldown":
            return _("None")
        case "mentions" if rules.mentions:
            return _("A question to the bot by its name is answered")
        case "mentions":
            return _("Only commands are answered")
        case _:
            return f"<#{rules.log_channel}>" if rules.log_channel else _("Nowhere")


def _matching(rules: Rules, known: Sequence[SourceCount], search: str) -> list[SourceCount]:
    """The outlets that may be chosen; at the end those that were although nothing is left of them."""
    names = {one.name.casefold() for one in known}
    gone = [SourceCount(name, 0, None) for name in rules.sources if name.casefold() not in names]
    offered = {one.name: one for one in (*known, *gone) if one.name.strip() and size(one.name) <= _OPTION}
    return [offered[name] for name in suggest(search, offered, len(offered))]


def _title(setting: str) -> str:
    return {
        "channels": _("Where questions are answered"),
        "roles": _("Who may ask"),
        "sources": _("Sources"),
        "private": _("Who sees an answer"),
        "excerpts": _("Length of an answer"),
        "cooldown": _("Wait between two questions"),
        "mentions": _("Mentions"),
        "log_channel": _("Where changes are logged"),
    }[setting]


def _channels(
    setting: str, empty: str, types: list[discord.ChannelType], most: int, chosen: Sequence[int]
) -> ui.ChannelSelect[Any]:
    return ui.ChannelSelect(
        custom_id=f"settings:{setting}",
        placeholder=empty,
        min_values=0,
        max_values=most,
        channel_types=types,
        default_values=_defaults(chosen, discord.SelectDefaultValueType.channel),
    )


def _roles(chosen: Sequence[int]) -> ui.RoleSelect[Any]:
    return ui.RoleSelect(
        custom_id="settings:roles",
        placeholder=_("Choose roles"),
        min_values=0,
        max_values=_MOST,
        default_values=_defaults(chosen, discord.SelectDefaultValueType.role),
    )


def _defaults(ids: Sequence[int], kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    # Discord describes ids as texts, which discord.py makes of all ids but these.
    return [discord.SelectDefaultValue(id=cast(int, str(one)), type=kind) for one in ids]


def _known(guild: discord.Guild, channels: Sequence[int]) -> list[int]:
    """Those of ``channels`` that there still are; Discord takes no other for chosen."""
    return [channel for channel in channels if guild.get_channel(channel)]


def _may_write(guild: discord.Guild, channel: int) -> bool:
    found = guild.get_channel(channel)
    may = found.permissions_for(guild.me) if found else discord.Permissions.none()
    return may.view_channel and may.send_messages


def _option(source: SourceCount, chosen: set[str]) -> discord.SelectOption:
    articles = plural("{count} article", "{count} articles", source.articles)
    newest = _("newest {day}").format(day=written(source.newest)) if source.newest else ""
    return discord.SelectOption(
        label=source.name,
        value=source.name,
        description=" · ".join(filter(None, [articles, newest]))[:_OPTION],
        default=source.name.casefold() in chosen,
    )


def _outlet(name: str) -> str:
    return plain(name, NAME)
