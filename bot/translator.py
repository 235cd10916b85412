"""What Discord shows of the commands themselves, in each language that has a catalogue."""

from __future__ import annotations

from typing import Any

from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.language import catalogue, language_of

_NAMES = {Location.command_name, Location.group_name, Location.parameter_name}


class Translator(app_commands.Translator):
    """Translates names, descriptions and choices."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        message, words = string.message, catalogue(language_of(locale.value))
        # A name stands apart, for it may be a word that a text uses in another sense.
        found = words.pgettext("name", message) if context.location in _NAMES else words.gettext(message)
        return found if found != message else None
