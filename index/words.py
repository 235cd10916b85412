"""The words of a text, as ranking sees them: stems, and marks of their look and of what they are.

In ranking a word is one number, so that all words of hundreds of passages are measured at once: the number of
its stem in the reader's vocabulary, shifted left by ``SHIFT``, and below it the bits of ``Mark``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import tantivy

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]
"""The words of a text in order, shape ``(words,)``."""

SHIFT = 7

_WORD = re.compile(r"[^\W_]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
# Neither ASCII nor the punctuation that newspapers are full of, which is in no word.
_TO_DECOMPOSE = re.compile(r"[^\x00-\x7f\u00a0\u2010-\u2015‘’“”…•]")
_LONGEST = 40
_KEPT = 2_000  # texts that were read lately
_STEMMED = 10_000  # words whose stems are kept: spelling is a quarter faster so, and with more no faster
MOST_KNOWN = 500_000  # words, of some 250 bytes each, before the vocabulary is begun anew


class Mark:
    """How a word is written, and the classes that its stem is in: bits, and plain numbers, since numpy needs
    microseconds for each flag of an enum."""

    CAPITAL = 1
    DIGIT = 2
    STOP = 4
    COUNTRY = 8
    STATE = 16
    CALENDAR = 32
    NUMERAL = 64


class Reader:
    """Reads texts into words: NFKD without accents, lower case, English stems (Porter 2).

    What was read lately is kept, since the same passages are candidates again and again. ``stem`` and
    ``spell`` are for any thread, the other methods for one only.
    """

    def __init__(self) -> None:
        stemmer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self.stem: Callable[[str], str] = lru_cache(maxsize=_STEMMED)(lambda word: stemmer.analyze(word)[0])
        self.begin_anew()

    def begin_anew(self) -> None:
        """Begin the vocabulary anew.

        For between two questions: what was read before is of the vocabulary of before.
        """
        self.vocabulary = Vocabulary(self.stem)
        self.read: Callable[[str], Words] = lru_cache(maxsize=_KEPT)(self.vocabulary.read)

    def renew(self) -> None:
        """Begin the vocabulary anew where it has grown large, so that memory has a bound."""
        if len(self.vocabulary) > MOST_KNOWN:
            self.begin_anew()

    def spell(self, text: str) -> list[tuple[str, bool]]:
        """The stem of each word of a text, and whether the word is written with a capital."""
        return [(self.stem(word), word[0].isupper()) for word in split(text)]


class Vocabulary:
    """Numbers for stems, given as they are met."""

    def __init__(self, stem: Callable[[str], str]) -> None:
        self.stems: list[str] = []
        self._stem = stem
        self._numbers: dict[str, int] = {}
        self._words = _Written(self._word)
        self._classes = {
            mark: frozenset(stem(word) for word in words)
            for mark, words in (
                (Mark.STOP, STOP_WORDS),
                (Mark.COUNTRY, COUNTRIES),
                (Mark.STATE, STATES),
                (Mark.CALENDAR, CALENDAR),
                (Mark.NUMERAL, NUMERALS),
            )
        }

    def __len__(self) -> int:
        """How many words are known: written ones, or stems, if questions have brought more of these."""
        return max(len(self._words), len(self.stems))

    def read(self, text: str) -> Words:
        """The words of a text."""
        words = split(text)
        return np.fromiter(map(self._words.__getitem__, words), np.int32, len(words))

    def numbers(self, stems: Iterable[str]) -> Words:
        """The numbers of stems."""
        return np.array([self._number(stem) for stem in stems], np.int32)

    def _number(self, stem: str) -> int:
        number = self._numbers.setdefault(stem, len(self.stems))
        if number == len(self.stems):
            self.stems.append(stem)
        return number

    def _word(self, word: str) -> int:
        stem = self._stem(word)
        marks = Mark.CAPITAL if word[0].isupper() else Mark.DIGIT if word[0].isdigit() else 0
        for mark, stems in self._classes.items():
            if stem in stems:
                marks |= mark
        return self._number(stem) << SHIFT | marks


class _Written(dict[str, int]):
    """Words as they are written; one that is new is read once."""

    def __init__(self, read: Callable[[str], int]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, word: str) -> int:
        found = self[word] = self._read(word)
        return found


def laid_out(texts: Sequence[Words]) -> tuple[Words, Ints, Ints]:
    """All words, one text after the other, the row of each, and the lengths of the texts."""
    lengths = np.array([len(words) for words in texts], np.int64)
    words = np.concatenate([*texts, np.empty(0, np.int32)])
    return words, np.repeat(np.arange(len(texts)), lengths), lengths


def names_and_places(words: list[tuple[str, bool]]) -> tuple[list[str], list[str]]:
    """The stems of capitalised words, and of those that follow a word which often stands before a place."""
    names = [stem for stem, capital in words if capital]
    places = [stem for (before, _), (stem, capital) in pairwise(words) if capital and before in BEFORE_PLACES]
    return names, places


def has_words(text: str) -> bool:
    """Whether there is more than spaces, punctuation and signs."""
    return _WORD.search(text) is not None


def split(text: str) -> list[str]:
    """The words of a text as they are written, without accents; what is longer than 40 letters is no word."""
    if not text.isascii() and _TO_DECOMPOSE.search(text):
        text = _BEYOND_ASCII.sub(_without_accents, unicodedata.normalize("NFKD", text))
    words: list[str] = _WORD.findall(text)
    if max(map(len, words), default=0) > _LONGEST:
        return [word for word in words if len(word) <= _LONGEST]
    return words


def _without_accents(found: re.Match[str]) -> str:
    return "".join([character for character in found[0] if not unicodedata.combining(character)])


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
