"""Who wrote it, from a line that says so."""

from __future__ import annotations

import re

from corpus import vocabulary

_LONGEST = 200  # characters
_BY = re.compile(
    r"\(?(?:(?:story|words|text|report(?:ing|ed)?|written|posted|analysis|opinion|review|interview|published)\s+)?"
    r"by\b:?\s+(?P<names>.+)|(?:von|par|por|di|door|af|av)\s+(?P<other>.+)",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"[\[(<{][^\])>}]*[\])>}]+|\S+@\S+|@\w+")
_PIECES = re.compile(r"\s*[|•·;/]\s*|\s+[–—-]\s+")
_BETWEEN = re.compile(r"\s*(?:,|&|\band\b|\bund\b|\bet\b|\by\b)\s*", re.IGNORECASE)
_PARTICLES = vocabulary.words(
    """
    wa de da do dos das del della di la le les van von der den ter ten zu zur al el bin ibn ben abu
    """
)
_ROLE = re.compile(
    r"\b(?:reporters?|correspondents?|editors?|writers?|columnists?|journalists?|staff|chief|desk|bureau|critic|contributors?"
    r"|photographers?|analysts?|team|agency|agencies|service|intern|producer)\b",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_’'`.-]*(?:[’'`.-][^\W\d_]*)*\.?")
_NO_NAME = vocabulary.words(
    """
    the a an any all this that and or but in on at of for with from to my our your their monday friday
    """
)

# Families whose given names are romanised as Ji-eun or Ing-wen: only the first letter is a capital.
_EAST_ASIAN = vocabulary.words(
    """
    ahn an bae baek ban bang byun cha chae chang chen cheng cheon chiang cho choe choi chon chou chu
    chun chung do eom gil go gong gu ha ham han heo ho hong hsieh hsu huang hur hwang hyun im in jang
    jeon jeong ji jin jo joo jung kang kao ki kim ko kong koo ku kuo kwak kwon lai lee li lim lin liu lo
    ma maeng min moon myung na nam noh oh pai pang park pyo ri rim ryu seo seok seol shin sim so sohn
    son song suh sun sung tak tsai tseng um wang wi won woo wu yang yeo yeom yeon yi yim yoo yoon you yu
    yun
    """
)


def authors(line: str) -> tuple[str, ...]:
    """The names in a byline (white space collapsed), empty if ``line`` is none.

    Addresses, roles ("Staff Writer") and what follows a bar are left out. Names in capitals are written as
    names are: SEO JI-EUN is Seo Ji-eun, JEAN-PAUL O'HARA is Jean-Paul O'Hara.
    """
    match = _BY.fullmatch(line) if len(line) <= _LONGEST else None
    if not match:
        return ()
    written = _CONTACT.sub(" ", match["names"] or match["other"])
    first = next((piece for piece in _PIECES.split(written.strip("() ")) if piece.strip()), "")
    names: list[str] = []
    for part in filter(None, _BETWEEN.split(first.strip(" .,:"))):
        if _is_name(part) and not (names and _ROLE.search(part)):
            names.append(_as_name(part))
        elif not names or part[0].islower():
            return ()
    return tuple(names)


def signature(line: str) -> tuple[str, ...]:
    """The name in a line such as "Jane Doe, Political correspondent", empty if ``line`` is none."""
    name, comma, function = line.partition(",")
    signed = comma and 2 <= len(name.split()) <= 4 and _is_name(name) and not _ROLE.search(name)
    return (_as_name(name),) if signed and role(function) else ()


def role(line: str) -> bool:
    """Whether ``line`` is an author's function, such as "Political correspondent"."""
    return len(line.split()) <= 6 and not line.endswith(".") and bool(_ROLE.search(line))


def _is_name(part: str) -> bool:
    words = part.split()
    if not words or len(words) > 6 or words[0].lower() in _NO_NAME or words[0][0].islower():
        return False
    if len(words) == 1 and not (len(part) > 1 and part.isupper()) and not _ROLE.search(part):
        return len(part) > 2 and part[0].isupper() and any(letter.isupper() for letter in part[1:])
    return all(
        _NAME_WORD.fullmatch(word) and (not word[0].islower() or word.lower() in _PARTICLES) for word in words
    )


def _as_name(part: str) -> str:
    words = part.split()
    if not part.isupper() or len(words) == 1:
        return " ".join(words)
    asian = words[0].lower() in _EAST_ASIAN and words[-1].count("-") == 1
    return " ".join(word.capitalize() if asian else _capitalised(word) for word in words)


def _capitalised(word: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda letters: letters[0].capitalize(), word)
