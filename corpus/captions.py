"""The words under a picture, told by the credit at their end or by how they begin."""

from __future__ import annotations

import re

_LONGEST = 1_200  # characters

_OWNER = r"[^\W\d_a-z][\w.'’&-]*(?:[ /]{1,3}(?:for |of |via |the )?[^\W\d_a-z][\w.'’&-]*){0,6}"
_PICTURE = r"(?:photo(?:graph)?s?|images?|pictures?|pics?|fotos?|illustrations?|graphics?)"
_BRACKETED = rf"\[{_OWNER}\]|\((?i:(?:\w+ )?{_PICTURE}\b)[^()]{{0,80}}\)|\({_OWNER}\s?/[^()]{{2,60}}\)"
_BARE = (
    rf"(?i:(?:{_PICTURE}|credit)(?: credits?)?(?: by|:| courtesy of:?))\s*{_OWNER}"
    rf"|(?:©|\(c\)|(?i:courtesy of|via))\s*{_OWNER}"
    rf"|(?:AP|AFP|EPA|PA) [Pp]hotos?|Getty Images"
    rf"|{_OWNER}\s?/\s?{_OWNER}"
)
_CREDIT = re.compile(rf"(?:{_BRACKETED}|{_BARE})\.?")
_STOP_THEN_CREDIT = re.compile(rf"[.!?…][”’»\"')]*\s*(?:[-–—|]\s*)?(?:{_BRACKETED}|{_BARE})\.?")
_WORD_THEN_BRACKETS = re.compile(rf"\w\s*(?:{_BRACKETED})\.?")
_BEFORE_CREDIT = re.compile(r"[.!?…]|\w(?=\s*[\[(])")
_OPENING = re.compile(
    rf"(?:(?:file |archive |stock )?{_PICTURE}|pictured|(?:{_PICTURE} )?caption)\s*[:|]\s+(?=\w)"
    rf"|{_PICTURE} caption, ",
    re.IGNORECASE,
)
_ONLY_CREDIT = re.compile(
    rf"(?i:{_PICTURE}|credit|courtesy)(?i: credits?| by| courtesy of| of)*\s*[:/|-]?\s*{_OWNER}\.?"
)


def is_caption(line: str) -> bool:
    """Whether ``line`` (white space collapsed) is the words under a picture, with its credit at the end."""
    if len(line) > _LONGEST:
        return False
    if _OPENING.match(line):
        return True
    starts = [match.start() for match in _BEFORE_CREDIT.finditer(line, max(0, len(line) - 160))]
    return any(
        _STOP_THEN_CREDIT.fullmatch(line, start) or _WORD_THEN_BRACKETS.fullmatch(line, start)
        for start in starts
    )


def is_credit(line: str) -> bool:
    """Whether ``line`` only names who made or owns a picture."""
    return len(line) <= 160 and bool(_CREDIT.fullmatch(line) or _ONLY_CREDIT.fullmatch(line))
