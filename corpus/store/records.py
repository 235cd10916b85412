"""What the store takes and what it gives, whichever database keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from corpus.article import Article, Paragraph
from corpus.identity import Known
from corpus.polling import State
from corpus.said import NOTHING, Said

_AT_ONCE = datetime.fromtimestamp(0, UTC)


class Outcome(StrEnum):
    """What became of an article that was handed in, or that another one turned out to be."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model as the store knows it. ``id`` is 0 for a model that has no vectors yet."""

    name: str
    fingerprint: str
    dimension: int
    preparation: str
    id: int = 0

    def same_as(self, other: Model) -> bool:
        """Whether the vectors of both can stand in one index."""
        return (self.fingerprint, self.preparation) == (other.fingerprint, other.preparation)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph that can be quoted, with what a reader is told of its article."""

    id: int
    article: int
    text: str
    title: str
    url: str
    source: str
    language: str
    published: date | datetime | None


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What is kept in memory of an article.

    ``day`` is a proleptic ordinal. ``paragraphs`` are the ids of the title and of all paragraphs in order, as
    JSON: of all articles together, so that the event loop need not read them.
    """

    id: int
    day: int | None
    source: str
    paragraphs: str


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What the lexical index holds of an article: its passages as ``(paragraph id, text)``.

    ``day`` is a proleptic ordinal.
    """

    id: int
    title: str
    passages: tuple[tuple[int, str], ...]
    day: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """How an article begins: its first paragraphs."""

    url: str
    title: str
    language: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceCount:
    """An outlet, how many of its articles there are, and the day of the newest."""

    name: str
    articles: int
    newest: date | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the store holds. ``first`` and ``last`` are days of publication, where any is known."""

    articles: int
    passages: int
    first: date | None
    last: date | None


class Entering(StrEnum):
    """What became of an entry."""

    STORED = "stored"
    STUB = "stub"  # stored as far as it could be read; the reason says why not in full
    WAITING = "waiting"  # its page is still to be fetched
    FAILED = "failed"  # nothing of it could be read
    SKIPPED = "skipped"  # older than what was asked for when the feed was added, or removed by hand


@dataclass(frozen=True, slots=True)
class Record(Known):
    """An entry as it is known; ``id`` is 0 for a new one, and ``feed`` 0 for a page that somebody named.

    ``content`` is a mark of what the feed said. ``paged`` tells that the text is the page's and not the
    feed's. The page is fetched ``due`` or later.
    """

    id: int = 0
    feed: int = 0
    url: str = ""
    content: bytes = b""
    state: Entering = Entering.STORED
    reason: Said = NOTHING
    tries: int = 0
    due: datetime = _AT_ONCE
    paged: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry to be stored and, where it brings or changes one, its article.

    With ``record.article`` the article takes the place of that one, whose first address stays. ``near`` is
    the fingerprint of the article's text. A ``shared`` address is that of other articles too. ``whole`` tells
    that the article is all there now, whatever other entries lacked of it. ``merged`` is an article that
    turned out to be this one: what brought it brings this one from now on.
    """

    record: Record
    article: Article | None = None
    near: bytes = b""
    shared: bool = False
    whole: bool = False
    merged: int | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed. ``take`` is how many entries are taken at first, ``None`` for all; ``ttl`` is in seconds."""

    state: State
    title: str = ""
    site: str = ""
    ttl: int | None = None
    take: int | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed with how many of its entries are in each state, and how many have an article."""

    feed: Subscription
    entries: dict[Entering, int]
    articles: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """What an article said until ``replaced``."""

    replaced: datetime
    title: str
    paragraphs: tuple[Paragraph, ...]
