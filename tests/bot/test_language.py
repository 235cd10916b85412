"""The bot speaks the language of whoever asks, and nothing that it says is left out of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from discord import app_commands

from bot.client import NewsBot
from bot.language import _, explained, plural, speak, told, written
from bot.translator import Translator
from corpus.errors import NewsbotError
from corpus.said import Said, together
from tests.bot.catalogue import CATALOGUES, collected, said_in, speaking, untranslatable_in
from tests.bot.conftest import Server, make_answer, text_of


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """Other tests are not spoken to in the language of the last one."""
    yield
    speak("en")


@pytest.fixture(params=CATALOGUES, ids=lambda file: file.stem)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    file: Path = request.param
    with file.open("rb") as opened:
        return read_po(opened, locale=file.stem)


async def test_everything_that_is_said_is_translated_and_nothing_else(catalogue: Catalog) -> None:
    said = {(message.context, message.id) for message in await collected() if message.id}
    known = {(message.context, message.id) for message in catalogue if message.id and all(message.string)}
    assert known == said  # python -m tests.bot.catalogue writes what is missing


def test_everything_that_is_said_can_be_translated() -> None:
    others = {
        "bot/client.py",  # whose errors are told in the terminal, before the bot is in Discord
        *("corpus/said.py", "corpus/errors.py"),  # which take what others say
    }
    said = {
        (file.name, one)
        for file in speaking()
        if f"{file.parent.name}/{file.name}" not in others
        for one in untranslatable_in(file.read_text(encoding="utf-8"))
    }
    assert said == set()  # put the values behind a template instead: ReadError("has {count} lines", count=9)


@pytest.mark.parametrize(
    "code",
    [
        'raise ReadError(f"has {count} lines")',
        'raise StoreError("has " + lines) from None',
        'on_wait(Said("has {count} lines".format(count=9)))',
        "errors.ReadError(text)",
        'kind = Busy if late else ReadError\nraise kind("it is empty")',
    ],
)
def test_what_is_put_together_before_it_is_said_is_seen(code: str) -> None:
    assert len(list(untranslatable_in(code))) == 1


@pytest.mark.parametrize(
    "code",
    [
        'raise ReadError("has {count} lines", count=9)',
        "raise Busy(reason.template)",
        'raise ValueError(f"{month}")',
        'def no(): return NotAFeed("it is none")\nraise no()',
    ],
)
def test_what_a_catalogue_can_hold_is_let_through(code: str) -> None:
    assert list(untranslatable_in(code)) == []


def test_a_translation_fills_in_the_same_values(catalogue: Catalog) -> None:
    for message in catalogue:
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        for translation in translations:
            assert _fields(translation) == _fields(originals[-1]), originals


def test_what_discord_takes_as_a_name_is_a_name(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.context == "name" and message.id.islower():
            assert re.fullmatch(r"[-_\w]{1,32}", message.string), message.id
            assert message.string == message.string.lower()


async def test_discord_is_sent_the_commands_in_korean(server: Server, simcord_bot: NewsBot) -> None:
    command = simcord_bot.tree.get_command("ask")
    assert isinstance(command, app_commands.Command)
    payload = await command.get_translated_payload(simcord_bot.tree, Translator())
    assert payload["name_localizations"] == {"ko": "질문"}
    assert payload["description_localizations"] == {"ko": "질문에 답하는 문장을 뉴스에서 찾습니다"}
    assert {option["name_localizations"]["ko"] for option in payload["options"]} >= {"질문", "부터", "까지"}


async def test_a_korean_is_answered_in_korean(
    server: Server, newsroom: MagicMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaks_korean(monkeypatch)
    newsroom.ask.return_value = make_answer()
    result = await server.reader.slash(server.channel, "ask", question="Who won the cup?")
    assert "그에 대한 내용을 찾지 못했습니다." in text_of(result.response)


async def test_a_card_for_a_korean_has_no_word_of_english(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaks_korean(monkeypatch)
    result = await server.editor.slash(server.channel, "settings")
    assert "이 서버의 설정" in text_of(result.response)
    assert re.findall("[A-Za-z]+", text_of(result.response)) == []


def test_what_is_said_in_the_middle_of_a_text_is_collected() -> None:
    code = """card.say(f"### {_('Sources')}: {plural('one', 'many', 2)}"); _(name); raise Busy("wait")"""
    assert set(said_in(code)) == {"Sources", ("one", "many"), "wait"}


def speaks_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on everybody's Discord is Korean, which the simulated one knows nothing of."""
    read = discord.Interaction._from_data

    def korean(self: discord.Interaction, data: dict[str, Any]) -> None:
        read(self, {**data, "locale": "ko"})

    monkeypatch.setattr(discord.Interaction, "_from_data", korean)


def test_texts_numbers_and_days_are_korean_to_a_korean() -> None:
    speak("ko")
    assert _("I found nothing on that.") == "그에 대한 내용을 찾지 못했습니다."
    assert plural("{count} article", "{count} articles", 1200) == "1,200건"
    assert written(date(2026, 5, 3)) == "2026년 5월 3일"
    assert written(date(2026, 5, 3), weekday=True) == "2026년 5월 3일 일요일"


@pytest.mark.parametrize(
    ("locale", "day"), [("en-US", "May 3, 2026"), ("en-GB", "3 May 2026"), ("fr", "3 May 2026")]
)
def test_who_speaks_a_language_without_a_catalogue_is_spoken_to_in_english(locale: str, day: str) -> None:
    speak(locale)
    assert _("I found nothing on that.") == "I found nothing on that."
    assert plural("{count} article", "{count} articles", 1) == "1 article"
    assert written(date(2026, 5, 3)) == day
    assert written(date(2026, 5, 3), weekday=True) == f"Sunday, {day}"


def test_an_error_is_told_in_the_language_of_the_asker_with_its_values() -> None:
    error = NewsbotError("there is no day {text}: write year-month-day, like 2026-03-31", text="{2026-02-30}")
    assert explained(error) == "There is no day {2026-02-30}: write year-month-day, like 2026-03-31."
    speak("ko")
    assert explained(error).startswith("{2026-02-30}라는 날짜는 없습니다.")


def test_what_another_room_said_is_told_with_the_values_and_texts_within_it() -> None:
    said = together(
        Said("Its page could not be read: {reason}.", reason=Said("is an empty page")),
        Said(
            "Searched {first} – {last}; the article is of {day}.", first="…", last="…", day=date(2026, 5, 3)
        ),
    )
    assert told(said) == said.replace("2026-05-03", "3 May 2026")
    speak("ko")
    korean = (
        "페이지를 읽지 못했습니다: 빈 페이지입니다."
        " … – … 기간에서 찾았습니다. 기사 날짜는 2026년 5월 3일입니다."
    )
    assert told(said) == korean
    unknown = Said("is a {kind} that no catalogue knows", kind="text")
    assert told(unknown) == unknown
    assert told(Said("")) == ""
    assert told("is an empty page") == "is an empty page"  # the words of a stranger


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
