"""A link that opens an article at a sentence.

The text fragment follows the WICG's "URL Fragment Text Directives" (scroll-to-text-fragment):
``#:~:text=start`` or ``#:~:text=start,end``, where ``-``, ``,`` and ``&`` are syntax and so are
percent-encoded.
"""

from __future__ import annotations

from urllib.parse import quote, urldefrag

_WHOLE = 120  # characters of a sentence that are given as they are; longer ones by their ends
_WORDS = 7  # of each end


def link_to(url: str, sentence: str) -> str:
    """The address that opens ``url`` at ``sentence``; empty where the article has no web address."""
    if not url.startswith(("http://", "https://")):
        return ""
    page, fragment = urldefrag(url)
    words = sentence.split()
    if not words:
        return url
    whole = " ".join(words)
    if len(whole) <= _WHOLE or len(words) < 2 * _WORDS:
        directive = _encode(whole)
    else:
        directive = f"{_encode(' '.join(words[:_WORDS]))},{_encode(' '.join(words[-_WORDS:]))}"
    return f"{page}#{fragment}:~:text={directive}"


def _encode(text: str) -> str:
    # quote leaves the hyphen alone, since nothing but this directive gives it a meaning.
    return quote(text, safe="").replace("-", "%2D")
