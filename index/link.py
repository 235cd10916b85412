"""A link that opens an article at a sentence.

The text fragment follows the WICG's "URL Fragment Text Directives" (scroll-to-text-fragment):
``#:~:text=start`` or ``#:~:text=start,end``, where ``-``, ``,`` and ``&`` are syntax and so are
percent-encoded.
"""

from __future__ import annotations

from itertools import accumulate
from urllib.parse import quote, urldefrag

_WHOLE = 120  # characters of a sentence that are given as they are; longer ones by their ends
_WORDS = 7  # of each end,
_END = 100  # in so many characters


def link_to(url: str, sentence: str) -> str:
    """The address that opens ``url`` at ``sentence``; empty where the article has no web address."""
    if not url.startswith(("http://", "https://")):
        return ""
    page, fragment = urldefrag(url)
    words = sentence.split()
    if not words:
        return url
    whole = " ".join(words)
    if len(whole) <= _WHOLE:
        return f"{page}#{fragment}:~:text={_encode(whole)}"
    half = min(_WORDS, len(words) // 2)
    start = " ".join(_fitting(words[:half]))
    end = " ".join(reversed(_fitting(words[::-1][:half])))
    if not start or not end:
        return url
    return f"{page}#{fragment}:~:text={_encode(start)},{_encode(end)}"


def _fitting(words: list[str]) -> list[str]:
    """As many of the first words as go into an end."""
    return [word for word, length in zip(words, accumulate(map(len, words)), strict=True) if length <= _END]


def _encode(text: str) -> str:
    # quote leaves the hyphen alone, since nothing but this directive gives it a meaning.
    return quote(text, safe="").replace("-", "%2D")
