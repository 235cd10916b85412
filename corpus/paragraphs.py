"""Where the paragraphs of a plain text begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

LONGEST = 10_000  # characters; no newspaper has such a paragraph, so its line ends were lost

_COLUMNS = range(50, 121)  # the widths at which people and programs wrap lines
_INVISIBLE = "\u200b\u2060\ufeff\u00ad\u200e\u200f"
_STOP = re.compile(r"""[.!?…。！？؟۔।](?:\s?[”’»"')\]」』])*$""")
_SENTENCE_END = re.compile(r"""[.!?…]["”’»)\]]*\s+|[。！？][”’」』]*\s*""")
_SPACE = re.compile(r"\s")
_NO_SPACE = re.compile(r"\S")
_LONGEST_TITLE = 120  # characters

Span = tuple[int, int]


def spans(text: str) -> list[Span]:
    """The paragraphs of ``text`` as ``(start, end)`` offsets, in order, without white space at their ends.

    Blank lines part paragraphs. Lines that follow each other are one paragraph, with its line ends, where the
    text is hard-wrapped (each line is full: the next line's first word would not have fitted); otherwise each
    line is a paragraph. What is longer than ``LONGEST`` is cut, after a sentence if there is one. Left out is
    what has no letter or digit, and an unbroken string of that length, which is data and not words.
    """
    blocks = _blocks(text)
    width = _wrap_width(text, blocks)
    return [
        piece
        for block in blocks
        for start, end in _joined(text, block, width)
        for piece in _cut(text, start, end)
        if any(map(str.isalnum, text[piece[0] : piece[1]]))
    ]


def split(text: str) -> list[str]:
    """The paragraphs of ``text``, each a slice of it: see ``spans``."""
    return [text[start:end] for start, end in spans(text)]


def ends_sentence(line: str) -> bool:
    """Whether ``line`` ends with a full stop or the like, and perhaps closing quotation marks."""
    return bool(_STOP.search(line, max(0, len(line) - 8)))


def title(first: str, name: str) -> str:
    """A title for a text that has none: its first paragraph if that is short, else ``name``."""
    return " ".join(first.split()) if len(first) <= _LONGEST_TITLE else name


def _blocks(text: str) -> list[list[Span]]:
    """Runs of lines that are not blank; each line without the white space around it."""
    blocks: list[list[Span]] = [[]]
    offset = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if bare.strip(_INVISIBLE):
            start = offset + len(line) - len(line.lstrip())
            blocks[-1].append((start, start + len(bare)))
        elif blocks[-1]:
            blocks.append([])
        offset += len(line)
    return [block for block in blocks if block]


def _wrap_width(text: str, blocks: list[list[Span]]) -> int | None:
    """The column at which the whole text is wrapped, None if it is not."""
    width = max((end - start for block in blocks for start, end in block), default=0)
    if width not in _COLUMNS:
        return None
    full = [_is_full(text, line, after, width) for block in blocks for line, after in pairwise(block)]
    return width if sum(full) >= max(2, 0.75 * len(full)) else None


def _is_full(text: str, line: Span, after: Span, width: int) -> bool:
    """Whether the first word of the next line would not have fitted on this one."""
    word = text[after[0] : after[1]].split(maxsplit=1)[0]
    return line[1] - line[0] + 1 + len(word) > width


def _joined(text: str, block: list[Span], width: int | None) -> Iterator[Span]:
    start, end = block[0]
    for line, after in pairwise(block):
        if not _goes_on(text, line, after, width):
            yield start, end
            start = after[0]
        end = after[1]
    yield start, end


def _goes_on(text: str, line: Span, after: Span, width: int | None) -> bool:
    if width is not None:
        return _is_full(text, line, after, width)
    # One wrapped paragraph among others is told by its sentence, which runs on in small letters.
    first, second = text[slice(*line)], text[slice(*after)]
    return 40 <= len(first) <= 120 and len(second) <= 120 and second[0].islower() and not ends_sentence(first)


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > LONGEST:
        piece = text[start : start + LONGEST]
        stop = max((match.end() for match in _SENTENCE_END.finditer(piece)), default=0)
        words = piece.rsplit(maxsplit=1)
        at = start + (stop or (len(words[0]) if len(words) > 1 else 0))
        if at > start:
            yield start, start + len(text[start:at].rstrip())
        else:
            space = _SPACE.search(text, start + LONGEST, end)
            at = space.start() if space else end
        after = _NO_SPACE.search(text, at, end)
        start = after.start() if after else end
    if start < end:
        yield start, end
