"""An article from Markdown, with front matter or without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

import yaml  # type: ignore[import-untyped]
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus import dates, fields, paragraphs
from corpus.article import Article, Kind, Paragraph
from corpus.encoding import storable
from corpus.errors import ReadError

_BLOCKS = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
_INLINE = MarkdownIt("commonmark")
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]{0,500}>", re.DOTALL)
_BREAK = re.compile(r"<br\b", re.IGNORECASE)


def parse(text: str, *, url: str, name: str) -> Article:
    """The article in ``text``.

    Front matter (YAML) may give ``title``, ``date`` or ``published``, ``author`` or ``authors``, ``source``,
    ``url``, ``section`` and ``language``. Without a ``title`` it is the first heading, without one a short
    first paragraph, else ``name``. Paragraphs are what a reader of the rendered page sees: without marks, and
    with spaces where lines of one paragraph end. A date that cannot be read is unknown. Raises ReadError
    where the front matter is no YAML, a field has the wrong type, or there is no text.
    """
    item, body = _front_matter(storable(text))
    parts = [Paragraph(piece, part.kind) for part in _parts(body) for piece in paragraphs.split(part.text)]
    headings = [part.text for part in parts if part.kind is Kind.HEADING]
    title = fields.one_line(_string(item, "title") or next(iter(headings), ""))
    kept = tuple(
        part for part in parts if part.kind is not Kind.HEADING or fields.one_line(part.text) != title
    )
    if not kept:
        raise ReadError("holds no words that can be quoted; put an article into it or take it away")
    return Article(
        url=fields.address(_string(item, "url")) or url,
        title=title or paragraphs.title(kept[0].text, name),
        paragraphs=kept,
        source=fields.one_line(_string(item, "source")),
        authors=_authors(item),
        published=dates.parse(_string(item, "published") or _string(item, "date")),
        section=fields.one_line(_string(item, "section")),
        language=fields.language(_string(item, "language") or _string(item, "lang")),
    )


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields above the text, all of them as they were written, and the text."""
    handler = YAMLHandler()
    if not handler.detect(text):
        return {}, text
    try:
        written, body = handler.split(text)
    except ValueError:
        return {}, text
    try:
        # The base loader leaves a title such as "No" or "1984" the string that it is.
        found = handler.load(written, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        if not mark:
            raise ReadError("has front matter that is not YAML; mend it or put quotes around it") from None
        raise ReadError(
            "has front matter that is not YAML in line {line}; mend it or put quotes around it",
            line=mark.line + 1,
        ) from None
    return (
        ({str(key).lower(): value for key, value in found.items()}, body)
        if isinstance(found, dict)
        else ({}, text)
    )


def _string(item: dict[str, Any], name: str) -> str:
    value = item.get(name, "")
    if not isinstance(value, str):
        raise ReadError("has front matter whose `{name}` is not a string", name=name)
    return "" if value in {"null", "~"} else value


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    value = item.get("authors", item.get("author", []))
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ReadError("has front matter whose `authors` are neither a string nor a list of strings")
    return tuple(bare for name in names if (bare := fields.one_line(name)))


def _parts(text: str) -> Iterator[Paragraph]:
    """The blocks of a document, in order; a row of a table is one, its cells parted by tabs."""
    links: dict[str, Any] = {}
    quotes, kind = 0, Kind.BODY
    row: list[str] | None = None
    for token in _BLOCKS.parse(text, links):
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type in {"heading_open", "heading_close"}:
            kind = Kind.HEADING if token.nesting == 1 else Kind.BODY
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield Paragraph("\t".join(row or []))
            row = None
        elif token.type == "inline" and row is not None:
            row.append(_plain(_runs(token.content, links)))
        elif token.type == "inline":
            runs = _runs(token.content, links)
            yield Paragraph(_plain(runs), Kind.QUOTE if quotes else kind)
            yield from _captions(runs)
        elif token.type in {"fence", "code_block"}:
            yield Paragraph(token.content)
        elif token.type == "html_block":
            yield Paragraph(unescape(_TAG.sub("", token.content)))


def _runs(text: str, links: dict[str, Any]) -> list[Token]:
    """The pieces of a paragraph. One that is too long to be a paragraph is left as it is.

    Unclosed brackets take the parser quadratic time.
    """
    if len(text) > paragraphs.LONGEST:
        return [Token("text", "", 0, content=text)]
    return [run for token in _INLINE.parseInline(text, links) for run in token.children or []]


def _plain(runs: Sequence[Token]) -> str:
    return "".join(map(_run, runs))


def _run(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak" or (token.type == "html_inline" and _BREAK.match(token.content)):
        return "\n"
    return "" if token.type in {"html_inline", "image"} else token.content


def _captions(runs: Sequence[Token]) -> Iterator[Paragraph]:
    """The title or else the description of each picture."""
    for token in runs:
        if token.type == "image":
            yield Paragraph(str(token.attrGet("title") or "") or token.content, Kind.CAPTION)
