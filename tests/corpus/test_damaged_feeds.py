"""Feeds that are cut off, flipped, re-encoded or blown up are read or refused with a reason; nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from corpus.entries import Delivery, read_delivery, read_items
from corpus.errors import NewsbotError

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SAMPLES = {
    "rss": b"""<?xml version="1.0" encoding="iso-8859-1"?><!DOCTYPE rss [<!ENTITY hi "x">]>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>The Lamp</title>
<link>https://example.com/</link><ttl>60</ttl><item><title>F\xe4rja &amp; hamn</title><guid>1</guid>
<link>https://example.com/a?b=1&c=2</link><pubDate>Tue, 24 Nov 2026 08:00:00 +0100</pubDate>
<description>&lt;p&gt;The ferry sails.&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>The ferry <b>sails</b> again.</p><ul><li>At noon</li></ul>]]></content:encoded>
</item></channel></rss>""",
    "atom": """<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">The &lt;b&gt;Lamp</title>
<entry><id>tag:example.com,2026:1</id><link href="/a"/><updated>2026-11-24T08:00:00Z</updated>
<title>Fähre</title><author><name>Bo Ek</name></author><content type="xhtml"><div xmlns=
"http://www.w3.org/1999/xhtml"><p>The ferry sails.</p></div></content></entry></feed>""".encode(),
    "json": b"""{"version": "https://jsonfeed.org/version/1.1", "title": "The Lamp", "items": [{"id": 7,
"url": "https://example.com/a", "title": "Ferry \\ud83d", "content_html": "<p>The ferry sails.</p>",
"date_published": "2026-11-24T08:00:00Z", "authors": [{"name": "Bo Ek"}]}]}""",
}


def cut(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flip(data: bytes, chance: Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 20)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def shuffle(data: bytes, chance: Random) -> bytes:
    """Pieces of it in another order, some of them twice."""
    size = max(1, len(data) // 12)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(chance.choices(pieces, k=len(pieces)))


def recode(data: bytes, chance: Random) -> bytes:
    text = data.decode("latin-1")
    return text.encode(chance.choice(["utf-16", "utf-32-be", "utf-7", "cp500", "utf-8"]), "replace")


def nest(data: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(data))
    tag = chance.choice([b"<div>", b"<item>", b"<![CDATA[", b"&lt;b&gt;", b"[", b'{"items":['])
    return data[:place] + tag * chance.choice([50, 3000]) + data[place:]


def swell(data: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(data))
    stuff = chance.choice([b"a" * 50_000, b' x="y"' * 2000, b"&amp;" * 20_000, b"9" * 30_000, b"\0" * 1000])
    return data[:place] + stuff + data[place:]


MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (cut, flip, shuffle, recode, nest, swell)


def take(data: bytes) -> None:
    """Read it as far as it can be read; what comes out must fit into the store."""
    try:
        delivery = read_delivery(data, url="https://example.com/feed", content_type="", take=None)
    except NewsbotError as error:
        refusal = str(error)
    else:
        _check(delivery)
        return
    assert refusal
    assert "\n" not in refusal


def _check(delivery: Delivery) -> None:
    for one in read_items(delivery.items, delivery.feed, NOW):
        told = [one.item.entry.guid, one.item.entry.url, one.item.entry.title, one.item.key, one.reason]
        if one.article:
            told += [one.article.title, one.article.source, one.article.language, *one.article.authors]
            told += [paragraph.text for paragraph in one.article.paragraphs]
        "".join(told).encode()


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_damaged_feed_is_read_or_refused(sample: str, mutate: Callable[[bytes, Random], bytes]) -> None:
    chance = Random(f"{sample} {mutate.__name__}")
    for _ in range(12):
        take(mutate(SAMPLES[sample], chance))


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda one: one.__name__)
def test_a_damaged_recorded_feed_too(
    shared: Callable[[str], Path], mutate: Callable[[bytes, Random], bytes]
) -> None:
    chance = Random(mutate.__name__)
    for path in sorted(shared("feeds").iterdir()):
        take(mutate(path.read_bytes(), chance))
