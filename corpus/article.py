"""An article and its paragraphs, as they were written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What part a paragraph plays in its article."""

    BODY = "body"
    CAPTION = "caption"
    QUOTE = "quote"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; its position is its place in the article. The text is never normalised."""

    text: str
    kind: Kind = Kind.BODY


@dataclass(frozen=True, slots=True)
class Article:
    """One article.

    ``url`` is a web address, or a ``file:`` address where the text came without one.
    ``published`` is a day, or a moment with its time zone; ``None`` means unknown.
    ``source`` is the outlet as a reader would name it, ``language`` a BCP 47 tag; both empty if unknown.
    """

    url: str
    title: str
    paragraphs: tuple[Paragraph, ...]
    source: str = ""
    authors: tuple[str, ...] = ()
    published: date | datetime | None = None
    section: str = ""
    language: str = ""

    @property
    def day(self) -> date | None:
        """The calendar day of publication, in the article's own time zone."""
        return day_of(self.published)

    @property
    def content_hash(self) -> bytes:
        """32 bytes that change when anything that a reader sees of the article changes."""
        seen = [
            self.title,
            self.source,
            self.section,
            self.language,
            self.published.isoformat() if self.published else "",
            *self.authors,
            *(f"{paragraph.kind}:{paragraph.text}" for paragraph in self.paragraphs),
        ]
        return hashlib.sha256(json.dumps(seen).encode()).digest()


def day_of(published: date | datetime | None) -> date | None:
    """The calendar day of a day or a moment, in the moment's own time zone."""
    return published.date() if isinstance(published, datetime) else published
