"""The outlets of the corpus, as people name them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple


def named_outlets(text: str, outlets: Iterable[str]) -> tuple[str, ...]:
    """Those of ``outlets`` that a question names, spelt as in ``outlets``, in the order of the question.

    Case, accents, spaces and a leading "the" do not matter, and a web address is named by its name:
    "USA Today" is usatoday.com. A name of several words, or of capitals only ("CNN"), counts wherever it
    stands. Any other single word may be an ordinary one ("Time", "The Sun"): it counts with a capital, and
    only where something is said to be reported there ("according to …", "… reported", "…’s report").
    """
    known, beginnings = _by_key(tuple(outlets))
    words = _words(text)
    named: dict[str, None] = {}
    at = 0
    while at < len(words):
        for end in _ends(words, at, beginnings):
            if (names := known.get(_key(words[at:end]))) and _is_meant(text, words, at, end, names):
                named.update(dict.fromkeys(names))
                at = end - 1
                break
        at += 1
    return tuple(named)


def may_see(source: str, allowed: Sequence[str]) -> bool:
    """Whether articles of an outlet may be seen where only those ``allowed`` are; empty means all."""
    return not allowed or source.casefold() in {name.casefold() for name in allowed}


def suggest(prefix: str, outlets: Iterable[str], limit: int = 25) -> list[str]:
    """At most ``limit`` of ``outlets`` for what has been typed of a name, best first.

    First those that begin with it, a leading "the" aside, then those of which a later word begins with it,
    then those that hold it anywhere, spaces aside. Case and accents do not matter. Of equals the order of
    ``outlets`` is kept; nothing typed gives the first ones.
    """
    typed = _folded(" ".join(prefix.split()))
    ranked = [(rank, name) for name in outlets if (rank := _rank(typed, _folded(name))) is not None]
    return [name for _, name in sorted(ranked, key=lambda pair: pair[0])[:limit]]


def bare_title(title: str, outlet: str) -> str:
    """A title without the name of its outlet at the end: "Dam repaired | CNN Business" of cnn.com.

    Behind a bar a section with a capital may follow the name; behind a dash the name must stand alone.
    """
    ending = _ENDING.fullmatch(title)
    if not ending or not outlet:
        return title
    words = _words(ending["name"])
    shortest = 1 if ending["bar"] == "|" else len(words)
    names = {
        _key(words[:length])
        for length in range(shortest, len(words) + 1)
        if not any(word.text[0].islower() for word in words[length:])
    }
    return ending["bare"] if names & _keys(outlet) and len(words) <= _LONGEST_ENDING else title


class _Word(NamedTuple):
    text: str
    folded: str
    start: int
    end: int


def _words(text: str) -> list[_Word]:
    return [_Word(match[0], _folded(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]


_MOST_WORDS = 8
_LONGEST_ENDING = 5  # words
_ENDING = re.compile(r"(?P<bare>.*\S)\s+(?P<bar>[|–—-])\s+(?P<name>[^|]*)", re.DOTALL)
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?P<name>(?:[\w-]+\.)*?[\w-]+)(?:\.(?:com?|org|net|gov|ac))?\.[a-z]{2,6}/?"
)

_SAYS = r"(?:reports?|reported|reporting|says?|said|writes|wrote|claims|claimed|found|revealed|published)"
_PIECE = (
    r"(?:report|reporter|story|article|interview|editorial|column|columnist|journalist|poll|survey"
    r"|investigation)s?"
)
_CUE_BEFORE = re.compile(
    r"\b(?:according\s+to|as\s+per"
    r"|(?:reported|published|printed|quoted|cited|written|revealed|interviewed|claimed|said)\s+(?:by|in|on|to)"
    rf"|(?:told|tells)|{_PIECE}\s+(?:in|by|from|of|with))\s+(?:the\s+)?[\"“‘']?$",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    rf"[\"”]?(?:\s+(?:has\s+|have\s+|had\s+|newspaper\s+|magazine\s+)?{_SAYS}\b|(?:['’]s?)?\s+{_PIECE}\b"
    r"|\s+(?:newspaper|magazine)\b)"
)
_OPENS_SENTENCE = re.compile(r"(?:^|[.?!:;,\"“‘(])\s*$")
# Words that may have a capital before a name, and are not part of it.
_LOOSE = {
    *(
        "a",
        "according",
        "an",
        "and",
        "at",
        "by",
        "did",
        "do",
        "does",
        "from",
        "had",
        "has",
        "how",
        "in",
        "is",
        "of",
    ),
    *("on", "per", "the", "to", "was", "were", "what", "when", "where", "which", "who", "why", "with"),
}


@lru_cache(maxsize=4)
def _by_key(outlets: tuple[str, ...]) -> tuple[dict[str, list[str]], frozenset[str]]:
    """The outlets by what they are matched by, and all that this can begin with."""
    known: dict[str, list[str]] = {}
    for name in outlets:
        for key in _keys(name):
            known.setdefault(key, []).append(name)
    return known, frozenset(key[:length] for key in known for length in range(1, len(key) + 1))


def _ends(words: list[_Word], at: int, beginnings: frozenset[str]) -> list[int]:
    """Where the name of an outlet may end that begins at a word, the farthest first."""
    ends: list[int] = []
    begun = ""
    for end in range(at, min(len(words), at + _MOST_WORDS)):
        if end > at or words[at].folded != "the":
            begun += words[end].folded
            if begun not in beginnings:
                break
        ends.append(end + 1)
    return ends[::-1]


@lru_cache(maxsize=10_000)
def _keys(name: str) -> frozenset[str]:
    """What a name is matched by: its letters and digits, without "the", and of an address the name in it."""
    keys = {_key(_words(name))}
    if address := _ADDRESS.fullmatch(name.strip().lower()):
        label = _key(_words(address["name"]))
        keys |= {label, label.removeprefix("the")}
    return frozenset(keys - {""})


def _key(words: list[_Word]) -> str:
    if len(words) > 1 and words[0].folded == "the":
        words = words[1:]
    return "".join(word.folded for word in words)


def _is_meant(text: str, words: list[_Word], at: int, end: int, names: list[str]) -> bool:
    """Whether ``words[at:end]`` stand for an outlet, and not for something else or a part of another name."""
    said = text[words[at].start : words[end - 1].end]
    if any(said.casefold() == name.casefold() for name in names) and "." in said:
        return True  # the address itself
    if words[at].folded == "the" and end - at > 1:
        at += 1
    own = [word.text for word in words[at:end]]
    shouting = text.upper() == text
    typed_small = text.lower() == text
    if not shouting and not typed_small and _goes_on(text, words, at, end):
        return False
    capital = own[0][0].isupper()
    if len(own) > 1 and (capital or typed_small):
        return True
    if own[0].isupper() and len(own[0]) > 1 and not shouting:
        return True
    cued = bool(_CUE_BEFORE.search(text[: words[at].start]) or _CUE_AFTER.match(text, words[end - 1].end))
    return cued and (len(own) > 1 or capital or typed_small or any(name.isupper() for name in names))


def _goes_on(text: str, words: list[_Word], at: int, end: int) -> bool:
    """Whether a longer name holds the words: "Vancouver Sun", "Time Warner"."""
    before = words[at - 1] if at else None
    if before and text[before.end : words[at].start].isspace() and before.folded not in _LOOSE:
        opens = _OPENS_SENTENCE.search(text[: before.start])
        if before.text[0].isupper() and not opens and not words[at].text.isupper():
            return True
    after = words[end] if end < len(words) else None
    return bool(
        after
        and end - at == 1
        and not words[at].text.isupper()
        and text[words[end - 1].end : after.start].isspace()
        and after.text[0].isupper()
    )


def _rank(typed: str, name: str) -> int | None:
    bare = name.removeprefix("the ")
    if bare.startswith(typed) or name.startswith(typed):
        return 0
    if re.search(rf"(?<![^\W_]){re.escape(typed)}", name):
        return 1
    return 2 if typed.replace(" ", "") in name.replace(" ", "") else None


def _folded(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))
