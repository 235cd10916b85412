"""Options of slash commands: days as people write them, and sources, each completed while somebody types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import discord
from dateparser.date import DateDataParser
from discord import app_commands

from bot.dates import read_day, today
from bot.language import _, written
from corpus.errors import NewsbotError
from index.outlets import suggest

if TYPE_CHECKING:
    from bot.client import NewsBot

LONGEST_ADDRESS = 2000  # characters

# Discord's limits: so many choices, each of so many characters.
MOST_CHOICES = 25
LONGEST_CHOICE = 100

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

# dateparser takes these for a month, or for a day of any month.
_TOO_LITTLE = re.compile(r"\W*(?:\w|\d{1,2})\W*|(?:the\s+)?\d{1,2}(?:st|nd|rd|th)", re.IGNORECASE)

# Where dateparser calls a language of Discord by another name.
_LANGUAGES = {"no": "nb"}


class Day(app_commands.Transformer):
    """A day, as people write it. Of more than one day (March 2026, last week) the first, or else the last."""

    def __init__(self, *, last: bool) -> None:
        self._last = last

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> date:
        return read_days(value, str(interaction.locale))[self._last]

    async def autocomplete(  # type: ignore[override]
        self, interaction: discord.Interaction[Any], value: str, /
    ) -> list[app_commands.Choice[str]]:
        suggested = _suggested(value, str(interaction.locale))
        return [_choice(words, days[self._last]) for words, days in suggested]


class Source(app_commands.Transformer):
    """The name of an outlet that the newsroom has articles of."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> str:
        return value.strip()

    async def autocomplete(  # type: ignore[override]
        self, interaction: discord.Interaction[NewsBot], value: str, /
    ) -> list[app_commands.Choice[str]]:
        sources = await interaction.client.house.sources(interaction.guild_id)
        return suggested(value, [one.name for one in sources if 0 < len(one.name) <= LONGEST_CHOICE])


def suggested(typed: str, names: Iterable[str]) -> list[app_commands.Choice[str]]:
    """Those of ``names`` that may be meant by what was typed so far."""
    return [app_commands.Choice(name=name, value=name) for name in suggest(typed, names, MOST_CHOICES)]


def read_days(text: str, locale: str = "en-US") -> tuple[date, date]:
    """The first and the last day that ``text`` speaks of: of a day, a week, a month, a quarter or a year.

    ``locale`` is a Discord locale; it settles the language and what 3/4/2026 means. English is always
    understood. Raises NewsbotError where no day is to be found in it.
    """
    typed = text.strip()
    if _ISO.fullmatch(typed):  # dateparser may take 2026-03-04 for the third of April
        day = read_day(typed)
        return day, day
    found = None
    if typed and not _TOO_LITTLE.fullmatch(typed):
        # At noon no change of the clocks can move the day.
        base = datetime.combine(today(), time(12))
        found = _parser(locale, base).get_date_data(typed)
    if found is None or found.date_obj is None:
        raise NewsbotError(
            "“{text}” cannot be read as a date. "
            "Write it like 2026-03-31, March 2026, yesterday or last week.",
            text=text[:60],
        )
    return _span(found.date_obj.date(), found.period)


def _parser(locale: str, base: datetime) -> Any:
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past", "PREFER_DAY_OF_MONTH": "first"}
    if locale == "en-GB":
        return DateDataParser(locales=[locale], settings=settings)
    language = locale.partition("-")[0]
    languages = dict.fromkeys([_LANGUAGES.get(language, language), "en"])
    return DateDataParser(languages=list(languages), settings=settings)


def _span(day: date, period: str) -> tuple[date, date]:
    match period:
        case "week":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=6)
        case "month":
            return _months(day.year, day.month, 1)
        case "quarter":
            return _months(day.year, 3 * ((day.month - 1) // 3) + 1, 3)
        case "year":
            return _months(day.year, 1, 12)
        case _:
            return day, day


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    """The first and the last day of ``count`` months, all of one year."""
    after = first + count
    end = date(year, 12, 31) if after > 12 else date(year, after, 1) - timedelta(days=1)
    return date(year, first, 1), end


def _suggested(typed: str, locale: str) -> Iterator[tuple[str, tuple[date, date]]]:
    """What was typed, if it can be read, and else the usual words that it may become."""
    try:
        yield typed.strip(), read_days(typed, locale)
    except NewsbotError:
        beginning = typed.strip().casefold()
        for english, words in _usual_days().items():
            if english.startswith(beginning) or words.casefold().startswith(beginning):
                yield words, read_days(english)


def _usual_days() -> dict[str, str]:
    return {
        "today": _("today"),
        "yesterday": _("yesterday"),
        "this week": _("this week"),
        "last week": _("last week"),
        "this month": _("this month"),
        "last month": _("last month"),
        "this year": _("this year"),
    }


def _choice(words: str, day: date) -> app_commands.Choice[str]:
    shown = written(day, weekday=True)
    name = shown if words == day.isoformat() else f"{words.capitalize()} · {shown}"
    return app_commands.Choice(name=name[:LONGEST_CHOICE], value=day.isoformat())
