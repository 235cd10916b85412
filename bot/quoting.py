"""Excerpts: slices of a paragraph, of whole sentences, with the answering sentence bold."""

from __future__ import annotations

from typing import Protocol

from bot.card import MOST_TEXT
from bot.markdown import bold, escape, size
from index import sentences

_BEFORE = "-# …\n"
_EXCERPT = 600  # characters, of which an excerpt is short enough to read


class Quoted(Protocol):
    """A text, in which ``[start:end]`` is the answering sentence."""

    @property
    def text(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def excerpt(quote: Quoted, space: int) -> tuple[str, bool]:
    """A part of a quote as a block quotation, and whether the paragraph goes on after it.

    As many whole sentences as are fit to read and go into ``space`` characters.
    """
    left, right = _window(quote, space - len(_BEFORE))
    before = _BEFORE if quote.text[:left].strip() else ""
    return f"{before}{_quotation(quote, left, right)}", bool(quote.text[right:].strip())


def whole(quote: Quoted) -> str:
    """All of a paragraph as a block quotation."""
    return _quotation(quote, 0, len(quote.text))


def beginning(text: str, space: int) -> str:
    """As many first sentences as go into ``space`` characters, quoted; a part of one, where none does."""
    ends = [end for _, end in sentences.split(text[:MOST_TEXT])]
    fitting = [end for end in ends if size(_block(escape(text[:end]))) <= space]
    end = fitting[-1] if fitting else min(len(text), space)
    while (over := size(_block(escape(text[:end]))) - space) > 0:
        end -= max(1, over // 3)
    return _block(escape(text[:end]))


def _block(marked: str) -> str:
    return "\n".join(f"> {line}" for line in marked.split("\n"))


def _window(quote: Quoted, space: int) -> tuple[int, int]:
    """Where the excerpt begins and ends: as many whole sentences as are fit to read.

    An answering sentence that does not go into ``space`` characters by itself is cut at its end.
    """
    left, right = quote.start, quote.end
    if size(_quotation(quote, left, right)) > space:
        return left, _cut(quote, space)
    space = min(space, _EXCERPT)
    starts, ends = _sentences_around(quote)
    while starts or ends:
        if starts and size(_quotation(quote, starts[0], right)) <= space:
            left = starts.pop(0)
        else:
            starts.clear()
        if ends and size(_quotation(quote, left, ends[0])) <= space:
            right = ends.pop(0)
        else:
            ends.clear()
    return left, right


def _sentences_around(quote: Quoted) -> tuple[list[int], list[int]]:
    """Where the sentences before begin and those after end, in both the nearest first."""
    far_left, far_right = max(0, quote.start - MOST_TEXT), quote.end + MOST_TEXT
    before = sentences.split(quote.text[far_left : quote.start])
    after = sentences.split(quote.text[quote.end : far_right])
    starts = [far_left + start for start, _ in reversed(before)]
    ends = [quote.end + end for _, end in after]
    # The outermost may have been cut.
    return starts[: -1 if far_left else None], ends[: -1 if far_right < len(quote.text) else None]


def _cut(quote: Quoted, space: int) -> int:
    """The end, between words if possible, of as much of the answering sentence as ``space`` holds."""
    right = min(quote.end, quote.start + space)
    while (over := size(_quotation(quote, quote.start, right)) - space) > 0 and right > quote.start + 1:
        right -= max(1, over // 3)
    between = max(quote.text.rfind(" ", quote.start, right), quote.text.rfind("\n", quote.start, right))
    return between if between > quote.start else right


def _quotation(quote: Quoted, left: int, right: int) -> str:
    """``quote.text[left:right]`` as a block quotation, the answering sentence bold."""
    end = min(quote.end, right)
    before, sentence, after = (
        quote.text[left : quote.start],
        quote.text[quote.start : end],
        quote.text[end:right],
    )
    marked = escape(before) + bold(escape(sentence)) + escape(after)
    return _block(marked)
