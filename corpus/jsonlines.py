"""Articles from JSON Lines, one object a line."""

from __future__ import annotations

import json
from typing import Any

from corpus import dates, fields, paragraphs
from corpus.article import Article, Kind, Paragraph
from corpus.encoding import storable
from corpus.errors import ReadError

_SHORT = 40  # characters


def parse(line: bytes, *, url: str, name: str) -> Article:
    """The article in one line of UTF-8 JSON.

    ``url`` and ``name`` stand in where the object has no ``url`` or no ``title``. ``text`` is split into
    paragraphs as ``corpus.paragraphs`` does; nothing of it is taken for furniture. A ``published`` that
    cannot be read leaves the date unknown: an article without its date is worth more than none. Raises
    ReadError where the line is no such object or a field has the wrong type.
    """
    item = _object(line)
    text = _string(item, "text")
    parts = _paragraphs(text)
    if not parts:
        raise ReadError("has no text; put the article's words into the field `text`")
    return Article(
        url=fields.address(_string(item, "url")) or url,
        title=fields.one_line(_string(item, "title")) or paragraphs.title(parts[0].text, name),
        paragraphs=parts,
        source=_string(item, "source").strip(),
        authors=_authors(item),
        published=dates.parse(_string(item, "published")),
        section=_string(item, "section").strip(),
        language=fields.language(_string(item, "language")),
    )


def _paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs; a short line that ends no sentence is a heading, unless there is nothing but such."""
    parts = paragraphs.split(text)
    heads = [len(part) < _SHORT and not paragraphs.ends_sentence(part) for part in parts]
    if all(heads):
        return tuple(Paragraph(part) for part in parts)
    return tuple(
        Paragraph(part, Kind.HEADING if head else Kind.BODY) for part, head in zip(parts, heads, strict=True)
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise ReadError(
            "is not UTF-8 at byte {place:,}; JSON Lines must be UTF-8", place=error.start
        ) from None
    except json.JSONDecodeError as error:
        raise ReadError(
            "is not JSON: {reason} at column {place:,}; mend the line", reason=error.msg, place=error.colno
        ) from None
    except (ValueError, RecursionError):
        raise ReadError("holds a number or a nesting beyond what JSON readers take; mend the line") from None
    if not isinstance(value, dict):
        raise ReadError("is not a JSON object; write one article a line as {…}")
    return value


def _string(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ReadError("has a `{name}` that is not a string", name=name)
    return storable(value)


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    value = item.get("authors")
    names = [value] if isinstance(value, str) else value or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ReadError("has `authors` that are neither a string nor a list of strings")
    return tuple(bare for name in names if (bare := fields.one_line(storable(name))))
