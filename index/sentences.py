"""Where the sentences of a paragraph begin and end.

sentencex finds the boundaries; its offsets count characters, as ours do. What it gets wrong on news prose is
put right here, only by rules that hold in general: a boundary is taken back or moved, never added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentencex import get_sentence_boundaries

_WINDOW = 10_000  # characters; sentencex needs quadratic time where quotation marks are never closed

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANK_LINE = re.compile(r"\n\s*\n|\r\s*\r|\u2029")
_WORD = re.compile(r"\w")
_STRAY_CLOSER = re.compile(r"""[)\]}”’»]+(?=\s|$)""")
_STRAY_OPENER = re.compile(r"""\s["“‘«(\[]$""")
_PUNCTUATION = re.compile(r"[,;:]")
_INITIAL = re.compile(r"\b[A-Z]\.$")
_NUMBERING = re.compile(r"\W*\d{1,3}[.)]")
_CALL = re.compile(r"""(?:[!?…]|[.!?…][”’"'»)\]]+)$""")
_GOES_ON = re.compile(r"[—–-]*\s*[^\W\d_A-Z]+(?![^\W\d_])")

# English abbreviations that sentencex does not know, and what they stand before.
_TITLE = re.compile(r"\b(?:Ms|Mx|Rep|Sen|Gov|Govs|Ft|Ste|Cdr|Atty|Amb|Spc|Br|Assoc|Vol|approx|est)\.$")
_HOUR = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
_AFTER_HOUR = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Eastern|Central|Mountain|Pacific|Greenwich"
    r"|(?:Jan|Feb|March|April|May|June|July|Aug|Sep|Oct|Nov|Dec)[a-z]*|[ECMP][SD]?T|[A-Z]{1,3}ST|GMT|UTC|CES?T)\b"
)


def split(text: str, language: str = "en") -> list[tuple[int, int]]:
    """The sentences of ``text`` as ``(start, end)`` character offsets, in order.

    They do not overlap, ``text[start:end]`` is never empty and has no white space at its ends, and whatever
    is not white space lies in exactly one of them. ``language`` is a BCP 47 tag; one that is unknown, or
    empty, is read as English. A "sentence" longer than 10,000 characters is cut.
    """
    primary = language.replace("_", "-").partition("-")[0].lower() or "en"
    sentences: list[tuple[int, int]] = []
    for start, end in _stripped(text, _cuts(text, primary)):
        if not sentences:
            sentences.append((start, end))
            continue
        before = sentences[-1][0]
        closers = _STRAY_CLOSER.match(text, start, end)
        if closers and not _BLANK_LINE.search(text, sentences[-1][1], start):
            sentences[-1] = (before, closers.end())
            if closers.end() == end:
                continue
            start += len(text[start:end]) - len(text[closers.end() : end].lstrip())
        if _STRAY_OPENER.search(text, before, sentences[-1][1]):
            start = sentences[-1][1] - 1
            sentences[-1] = (before, before + len(text[before:start].rstrip()))
        if _belong_together(text, before, sentences[-1][1], start, end, primary):
            sentences[-1] = (before, end)
        else:
            sentences.append((start, end))
    return sentences


def _cuts(text: str, language: str) -> Iterator[int]:
    """Every offset at which a sentence ends, rising, the last one ``len(text)``."""
    clean = _SURROGATE.sub("\ufffd", text)  # lone surrogates cannot be handed to Rust
    begin = 0
    while len(clean) - begin > _WINDOW:
        window = clean[begin : begin + _WINDOW]
        ends = _ends(window, language)
        # The window may have cut its last sentence, so that one is read again with what follows.
        kept = ends[:-1] or [1 + max(window.rfind(" "), window.rfind("\n"))]
        if kept == [0]:
            kept = [_WINDOW]
        yield from (begin + end for end in kept)
        begin += kept[-1]
    yield from (begin + end for end in _ends(clean[begin:], language))


def _ends(text: str, language: str) -> list[int]:
    ends = {boundary["end_index"] for boundary in get_sentence_boundaries(language, text)}
    return sorted(ends | {len(text)})


def _stripped(text: str, cuts: Iterator[int]) -> Iterator[tuple[int, int]]:
    begin = 0
    for cut in cuts:
        piece = text[begin:cut]
        if bare := piece.strip():
            start = begin + len(piece) - len(piece.lstrip())
            yield start, start + len(bare)
        begin = cut


def _belong_together(text: str, before: int, stop: int, start: int, end: int, language: str) -> bool:
    """Whether ``text[before:stop]`` and ``text[start:end]``, cut apart by sentencex, are one sentence."""
    if stop - before > _WINDOW or _BLANK_LINE.search(text, stop, start):
        return False
    first = text[max(before, stop - 40) : stop]
    if not _WORD.search(text, start, end) or not _WORD.search(text, before, stop):
        return True
    if _NUMBERING.fullmatch(text, before, stop) or _PUNCTUATION.match(text, start):
        return True
    if start == stop and _INITIAL.search(first):
        return True
    if _CALL.search(first) and _GOES_ON.match(text, start, end):
        return True
    if language != "en":
        return False
    return bool(_TITLE.search(first) or (_HOUR.search(first) and _AFTER_HOUR.match(text, start, end)))
