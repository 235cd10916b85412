"""What a feed gave at one time, and what its entries say.

Everything here is pure and may take seconds: call it in another process.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from corpus.article import Article
from corpus.errors import ReadError
from corpus.feeds import Entry, Feed, parse_feed
from corpus.identity import fingerprint, key, shared_keys
from corpus.pages import is_whole, read_entry
from corpus.polling import newest
from corpus.said import NOTHING, Said


@dataclass(frozen=True, slots=True)
class Item:
    """An entry with its key, and a mark of what it says, whatever its dates and its guid are.

    ``wanted`` tells that it is among the newest, which are taken of a feed that was not read yet.
    """

    entry: Entry
    key: str
    content: bytes
    wanted: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a feed gave at one time: the feed without its entries, these, and the keys that tell nothing."""

    feed: Feed
    items: tuple[Item, ...]
    shared: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """An item as far as its feed tells it; where that is no text, ``reason`` says so.

    The item's entry is without its texts. ``fingerprint`` is that of title and text, ``whole`` tells that the
    page need not be fetched.
    """

    item: Item
    fingerprint: bytes
    article: Article | None
    whole: bool
    reason: Said


def read_delivery(body: bytes, *, url: str, content_type: str, take: int | None) -> Delivery:
    """A feed from the bytes that its address gave. Raises FeedError, NotAFeed."""
    return deliver(parse_feed(body, url=url, content_type=content_type), take)


def deliver(feed: Feed, take: int | None) -> Delivery:
    """A feed's entries, of which the newest ``take`` are wanted, all with ``None``."""
    wanted = set(map(id, newest(feed.entries, take)))
    items = tuple(
        Item(entry, key(entry.url) if entry.url else "", _content(entry), id(entry) in wanted)
        for entry in feed.entries
    )
    # The address of a front page tells nothing even where one entry alone has it.
    front = {item.key for item in items if item.key and not re.search("[/?]", item.key)}
    return Delivery(replace(feed, entries=()), items, shared_keys(feed.entries) | front)


def read_items(items: Sequence[Item], feed: Feed, now: datetime) -> list[Reading]:
    """What these items say."""
    return [_read(item, feed, now) for item in items]


def _read(item: Item, feed: Feed, now: datetime) -> Reading:
    entry = item.entry
    bare = replace(item, entry=replace(entry, content="", summary=""))
    try:
        article = read_entry(entry, feed, now=now)
    except ReadError as error:
        return Reading(bare, fingerprint(entry.title), None, False, error.said)
    text = " ".join(paragraph.text for paragraph in article.paragraphs)
    return Reading(bare, fingerprint(f"{entry.title} {text}"), article, is_whole(article), NOTHING)


def _content(entry: Entry) -> bytes:
    text = re.sub(r"<[^>]*>", " ", f"{entry.title} {entry.content} {entry.summary}")
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).digest()
