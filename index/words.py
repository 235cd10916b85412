"""The words of a text, as ranking sees them: stems, and whether each is a name or a number by its look."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache

import tantivy

_WORD = re.compile(r"[^\W_]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_LONGEST = 40


class Look(IntFlag):
    """How a word is written."""

    CAPITAL = 1
    DIGIT = 2


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order: their stems, and one byte of ``Look`` for each."""

    stems: tuple[str, ...]
    looks: bytes

    def __len__(self) -> int:
        return len(self.stems)


class Reader:
    """Reads texts into words: NFKD without accents, lower case, English stems (Porter 2).

    What was read lately is kept, since the same passages are candidates again and again.
    """

    def __init__(self) -> None:
        stemmer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self.stem: Callable[[str], str] = lru_cache(maxsize=200_000)(lambda word: stemmer.analyze(word)[0])
        self._word = lru_cache(maxsize=200_000)(lambda word: (self.stem(word), int(_look(word))))
        self.read: Callable[[str], Words] = lru_cache(maxsize=20_000)(self.read_once)

    def read_once(self, text: str) -> Words:
        """The words of a text that will not soon be read again."""
        words = [self._word(word) for word in split(text)]
        return Words(tuple([stem for stem, _ in words]), bytes([look for _, look in words]))


def names_and_places(words: Words) -> tuple[list[str], list[str]]:
    """The stems of capitalised words, and of those that follow a word which often stands before a place."""
    capital = [bool(look & Look.CAPITAL) for look in words.looks]
    names = [stem for stem, is_capital in zip(words.stems, capital, strict=True) if is_capital]
    places = [
        stem
        for before, stem, is_capital in zip(words.stems, words.stems[1:], capital[1:], strict=False)
        if is_capital and before in BEFORE_PLACES
    ]
    return names, places


def split(text: str) -> list[str]:
    """The words of a text as they are written, without accents; what is longer than 40 letters is no word."""
    if not text.isascii():
        text = _BEYOND_ASCII.sub(_without_accents, unicodedata.normalize("NFKD", text))
    return [word for word in _WORD.findall(text) if len(word) <= _LONGEST]


def _without_accents(found: re.Match[str]) -> str:
    return "".join([character for character in found[0] if not unicodedata.combining(character)])


def _look(word: str) -> int:
    return Look.CAPITAL if word[0].isupper() else Look.DIGIT if word[0].isdigit() else 0


STOP_WORDS = frozenset(
    _WORD.findall(
        """
    a about after all also am an and any are as at be been before being but by can could did do does doing
    during each for from further had has have having he her here hers him his how i if in into is it its
    itself just me more most my no nor not now of off on once only or other our out over own same she should
    so some such than that the their theirs them then there these they this those through to too under until
    up very was we were what when where which while who whom whose why will with would you your s t re ve ll d
    m
    """
    )
)
COUNTRIES = frozenset(
    _WORD.findall(
        """
    afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain
    bangladesh barbados belarus belgium belize benin bhutan bolivia bosnia botswana brazil britain brunei
    bulgaria burkina burundi cambodia cameroon canada chad chile china colombia comoros congo croatia cuba
    cyprus czech czechia denmark djibouti dominica ecuador egypt england eritrea estonia eswatini ethiopia
    fiji finland france gabon gambia gaza georgia germany ghana greece greenland grenada guatemala guinea
    guyana haiti honduras hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan
    kazakhstan kenya kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein
    lithuania luxembourg madagascar malawi malaysia maldives mali malta mauritania mauritius mexico moldova
    monaco mongolia montenegro morocco mozambique myanmar namibia nepal netherlands zealand nicaragua niger
    nigeria macedonia norway oman pakistan palestine panama paraguay peru philippines poland portugal qatar
    romania russia rwanda samoa senegal serbia seychelles singapore slovakia slovenia somalia korea spain
    sudan suriname sweden switzerland syria taiwan tajikistan tanzania thailand togo tonga tunisia turkey
    turkmenistan uganda ukraine emirates uruguay uzbekistan vatican venezuela vietnam wales scotland yemen
    zambia zimbabwe arabia africa us usa uk
    """
    )
)
STATES = frozenset(
    _WORD.findall(
        """
    alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho
    illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota
    mississippi missouri montana nebraska nevada hampshire jersey york carolina dakota ohio oklahoma oregon
    pennsylvania rhode tennessee texas utah vermont virginia washington wisconsin wyoming
    """
    )
)
CALENDAR = frozenset(
    _WORD.findall(
        """
    january february march april may june july august september october november december jan feb aug sept oct
    nov dec monday tuesday wednesday thursday friday saturday sunday
    """
    )
)
NUMERALS = frozenset(
    _WORD.findall(
        """
    one two three four five six seven eight nine ten eleven twelve dozen hundred thousand million billion
    percent half
    """
    )
)
BEFORE_PLACES = frozenset({"in", "from", "at", "near"})
