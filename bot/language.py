"""In which language the bot speaks to whom.

Fixed texts are written in English in the code and looked up in gettext catalogues, ``locales/LANGUAGE.po``.
The language is that of whoever clicked or typed; it belongs to the task that handles the interaction.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.said import Said

if TYPE_CHECKING:
    from corpus.errors import NewsbotError

_FOLDER = Path(__file__).with_name("locales")
_ENGLISH = "en"
_AMERICAN = "en-US"

_locale: ContextVar[str] = ContextVar("locale", default=_ENGLISH)


def speak(locale: str) -> None:
    """From here on this task speaks the language of ``locale``, such as ``en-GB`` or ``ko``, or English."""
    _locale.set(locale)


def _(message: str) -> str:
    """``message`` in the language of this task."""
    return catalogue(language_of(_locale.get())).gettext(message)


def pgettext(context: str, message: str) -> str:
    """The same of a word that has another sense elsewhere."""
    return catalogue(language_of(_locale.get())).pgettext(context, message)


def plural(one: str, many: str, number: int) -> str:
    """``one`` or ``many``, as ``number`` asks for, with the number in the place of ``{count}``."""
    found = catalogue(language_of(_locale.get())).ngettext(one, many, number)
    return found.format(count=f"{number:,}")


def told(text: str) -> str:
    """What another room said, in the language of this task; what it did not say is left as it is."""
    if not isinstance(text, Said) or not text:
        return text
    values = {name: _value(value) for name, value in text.values.items()}
    return _(text.template).format(**values) if values else _(text.template)


def _value(value: object) -> object:
    """A value of what is told, with days as this task's locale writes them."""
    match value:
        case str():
            return told(value)
        case date():
            return written(value)
        case _:
            return value


def explained(error: NewsbotError) -> str:
    """What an error says, as a sentence in the language of this task."""
    return sentence(told(error.said))


def sentence(text: str) -> str:
    """``text`` with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def written(day: date, *, weekday: bool = False) -> str:
    """A day as this task's locale writes it, as Discord writes its timestamps there: 3 May 2026."""
    locale = _locale.get()
    language = language_of(locale)
    if language == _ENGLISH:
        shown = f"{day:%B} {day.day}, {day.year}" if locale == _AMERICAN else f"{day.day} {day:%B %Y}"
        return f"{day:%A}, {shown}" if weekday else shown
    from babel.dates import format_date  # takes a while to import, and the terminal speaks English

    return format_date(day, "full" if weekday else "long", locale=language)


@cache
def languages() -> frozenset[str]:
    """The languages that there are catalogues of, beside English."""
    return frozenset(file.stem for file in _FOLDER.glob("*.po"))


def language_of(locale: str) -> str:
    """The language of ``locale`` if there is a catalogue of it, else English."""
    language = locale.partition("-")[0]
    return language if language in languages() else _ENGLISH


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations into a language; English is what stands in the code."""
    if language == _ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (_FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
