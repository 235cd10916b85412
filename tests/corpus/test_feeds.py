"""What is read from feeds, good and bad."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from corpus.errors import NewsbotError
from corpus.feeds import (
    Entry,
    Feed,
    FeedError,
    FeedLink,
    find_feeds,
    parse_feed,
    parse_moment,
    parse_opml,
    usual_places,
    write_opml,
)

URL = "https://example.com/news/feed.xml"

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Harbour &amp;amp; Gazette</title><link>https://example.com/</link>
<language>en-gb</language><ttl>45</ttl>
<item>
  <title>Ferry &amp; lighthouse reopen</title><link>/2026/ferry?id=1&amp;page=2</link>
  <guid isPermaLink="false">a-1</guid><dc:creator>Ada Lund</dc:creator>
  <pubDate>Mon, 02 Mar 2026 23:30:00 -0500</pubDate>
  <description>Short &lt;b&gt;text&lt;/b&gt;.</description>
  <content:encoded>
  <![CDATA[<p>The ferry sails again.</p><p>Tickets cost 4 crowns.</p>]]>
  </content:encoded>
</item>
<item><title>Second</title><guid>https://example.com/second</guid></item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour</title>
<link rel="self" href="https://example.com/atom"/><link href="https://example.com/"/>
<entry><id>tag:example.com,2026:1</id><title type="html">Ferry &lt;i&gt;Ann&lt;/i&gt; &amp;amp; co</title>
<link rel="enclosure" href="https://example.com/a.mp3"/><link href="https://example.com/ann"/>
<published>2026-03-02T08:00:00+01:00</published><updated>2026-03-03T08:00:00Z</updated>
<author><name>Ada Lund</name></author><author><name>Bo Ek</name></author>
<summary>Two &lt; three</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>She is back.</p></div></content>
</entry></feed>"""

RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://example.com/"><title>Harbour</title><link>https://example.com/</link>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency></channel>
<item rdf:about="https://example.com/1"><title>Ferry</title><link>https://example.com/1</link>
<dc:date>2026-03-02T10:00:00Z</dc:date></item></rdf:RDF>"""

JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Harbour",
    "home_page_url": "https://example.com/",
    "items": [
        {
            "id": 7,
            "url": "/ferry",
            "title": "Ferry",
            "content_html": "<p>It sails.</p>",
            "date_published": "2026-03-02T10:00:00+02:00",
            "authors": [{"name": "Ada Lund"}, {"name": ""}],
        },
        {"id": "8", "content_text": "No title <here>\n\nSecond line"},
        "not an item",
    ],
}


def parse(text: str | bytes, content_type: str = "") -> Feed:
    return parse_feed(text.encode() if isinstance(text, str) else text, url=URL, content_type=content_type)


def rss(items: str, about: str = "") -> str:
    return f'<rss version="2.0"><channel><title>Harbour</title>{about}{items}</channel></rss>'


class TestKinds:
    def test_rss(self) -> None:
        feed = parse(RSS)
        assert (feed.title, feed.site, feed.language) == (
            "The Harbour & Gazette",
            "https://example.com/",
            "en-gb",
        )
        assert feed.ttl == 45 * 60
        assert feed.entries[0] == Entry(
            guid="a-1",
            url="https://example.com/2026/ferry?id=1&page=2",
            title="Ferry & lighthouse reopen",
            content="<p>The ferry sails again.</p><p>Tickets cost 4 crowns.</p>",
            summary="Short <b>text</b>.",
            published=datetime(2026, 3, 2, 23, 30, tzinfo=timezone(timedelta(hours=-5))),
            authors=("Ada Lund",),
        )
        assert feed.entries[1].url == "https://example.com/second", "a guid that is an address is the link"

    def test_atom(self) -> None:
        (entry,) = parse(ATOM).entries
        assert (entry.guid, entry.url) == ("tag:example.com,2026:1", "https://example.com/ann")
        assert entry.title == "Ferry Ann & co"
        assert entry.authors == ("Ada Lund", "Bo Ek")
        assert entry.published == datetime(2026, 3, 2, 7, tzinfo=UTC)
        assert entry.updated == datetime(2026, 3, 3, 8, tzinfo=UTC)
        assert "<p>She is back.</p>" in entry.content
        assert entry.summary == "<p>Two &lt; three</p>"

    def test_rdf(self) -> None:
        feed = parse(RDF)
        assert feed.ttl == 1800
        assert feed.entries[0].updated == datetime(2026, 3, 2, 10, tzinfo=UTC)

    @pytest.mark.parametrize("version", ["0.91", "0.92", "2.0", "9.9"])
    def test_every_rss_version(self, version: str) -> None:
        feed = parse(f'<rss version="{version}"><channel><item><title>A</title></item></channel></rss>')
        assert [entry.title for entry in feed.entries] == ["A"]

    def test_json_feed(self) -> None:
        feed = parse(json.dumps(JSON), "application/feed+json")
        assert [entry.guid for entry in feed.entries] == ["7", "8"]
        assert feed.entries[0].url == "https://example.com/ferry"
        assert feed.entries[0].published == datetime(2026, 3, 2, 8, tzinfo=UTC)
        assert feed.entries[0].authors == ("Ada Lund",)
        assert feed.entries[1].content == "<p>No title &lt;here&gt;</p><p>Second line</p>"

    def test_a_feed_wrapped_in_a_page_is_found(self) -> None:
        page = f"<!DOCTYPE html><html><body>{ATOM.partition('?>')[2]}</body></html>"
        assert [entry.guid for entry in parse(page).entries] == ["tag:example.com,2026:1"]


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "windows-1251", "koi8-r", "utf-8-sig"])
    def test_declared_in_the_feed(self, encoding: str) -> None:
        name = encoding.removesuffix("-sig")
        text = f'<?xml version="1.0" encoding="{name}"?>' + rss("<item><title>Паром вернулся</title></item>")
        assert parse(text.encode(encoding)).entries[0].title == "Паром вернулся"

    def test_told_by_the_server(self) -> None:
        data = rss("<item><title>Паром</title></item>").encode("windows-1251")
        assert parse(data, "text/xml; charset=Windows-1251").entries[0].title == "Паром"

    @pytest.mark.parametrize("claim", ["iso-8859-1", "us-ascii", "no-such-charset", "zlib", "windows-1252"])
    def test_utf_8_under_a_false_name(self, claim: str) -> None:
        text = f'<?xml version="1.0" encoding="{claim}"?>' + rss("<item><title>Fähre – zurück</title></item>")
        assert parse(text.encode(), f"text/xml; charset={claim}").entries[0].title == "Fähre – zurück"

    def test_not_said_at_all(self) -> None:
        data = rss("<item><title>Fähre zurück</title></item>").encode("windows-1252")
        assert parse(data).entries[0].title == "Fähre zurück"

    def test_one_broken_byte_costs_one_letter(self) -> None:
        data = (
            rss("<item><title>Fähre " + "zurück " * 60 + "</title></item>")
            .encode()
            .replace(b"re z", b"r\xff z", 1)
        )
        assert parse(data).entries[0].title.startswith("Fähr\ufffd zurück")


class TestDamage:
    """What is common in the wild, and what should come of it."""

    @pytest.mark.parametrize(
        ("items", "titles"),
        [
            ("<item><title>Salt & pepper</title></item>", ["Salt & pepper"]),
            ("<item><title>caf&eacute;&nbsp;au lait</title></item>", ["café au lait"]),
            ("<item><title>a&unknown;b</title></item>", ["a&unknown;b"]),
            ("<item><title>a&#xD800;b&#0;c&#x80;</title></item>", ["a\ufffdb\ufffdc€"]),
            ("<item><title>bell\x07 and nul\x00</title></item>", ["bell and nul"]),
            ("<item><title>one</title></item><item><title>cut o", ["one", ""]),
            ("<item><title>one</title><foo:bar>x</foo:bar></item>", ["one"]),
            (
                "<item><title>one</title><description>a<br>b</description></item><item><title>two</title></item>",
                ["one", "two"],
            ),
            ("<item></item><item/>", ["", ""]),
        ],
    )
    def test_entries_are_still_found(self, items: str, titles: list[str]) -> None:
        assert [entry.title for entry in parse(rss(items)).entries] == titles

    def test_junk_before_the_declaration_is_passed_over(self) -> None:
        assert len(parse("\n\n PHP Notice: whatever\n" + RSS).entries) == 2

    def test_entries_may_lack_everything(self) -> None:
        feed = parse(rss("<item><description>Only words</description></item>"))
        assert feed.entries == (Entry(summary="Only words"),)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "empty"),
            ("   \n", "empty"),
            ("<!doctype html><html><body><p>Hi</body></html>", "web page"),
            ("<html><head></head><body/></html>", "web page"),
            ("just words", "not a feed"),
            ("<svg xmlns='http://www.w3.org/2000/svg'/>", "not a feed"),
            ("<opml version='2.0'><body/></opml>", "OPML"),
            ('{"a": 1}', "JSON, but not a feed"),
            ("[1, 2]", "JSON, but not a feed"),
            ("{broken", "not valid JSON"),
            ("[" * 200_000, "not valid JSON"),
            ('{"items": 5}', "JSON, but not a feed"),
        ],
    )
    def test_what_is_no_feed_is_named(self, text: str, reason: str) -> None:
        with pytest.raises(FeedError, match=reason):
            parse(text)

    def test_a_feed_without_entries_is_a_feed(self) -> None:
        assert parse(rss("")).entries == ()

    def test_json_of_the_wrong_types_is_survived(self) -> None:
        data = {
            "title": 5,
            "items": [{"id": None, "url": 3, "title": [], "authors": "x", "date_published": {}}, {}],
        }
        assert parse(json.dumps(data)).entries == (Entry(), Entry())

    def test_no_damage_does_worse_than_fail(self) -> None:
        chance = random.Random(11)
        for source in (RSS, ATOM, RDF, json.dumps(JSON)):
            for _ in range(60):
                data = bytearray(source.encode())
                for _ in range(chance.randint(1, 8)):
                    place = chance.randrange(len(data))
                    data[place : place + chance.randint(0, 3)] = chance.choice(
                        [b"<", b">", b"&", b"\xff", b'"', b""]
                    )
                try:
                    feed = parse(bytes(data))
                except FeedError:
                    continue
                assert all(isinstance(entry, Entry) for entry in feed.entries)


class TestHostileFeeds:
    def test_entities_are_not_expanded(self) -> None:
        layers = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(9))
        feed = parse(f"<!DOCTYPE rss [{layers}]>" + rss("<item><title>a &e8; b</title></item>"))
        assert feed.entries[0].title == "a &e8; b"

    def test_files_are_not_included(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("the password")
        feed = parse(
            f'<!DOCTYPE rss [<!ENTITY s SYSTEM "{secret.as_uri()}">\n'
            f'<!ENTITY % p SYSTEM "{secret.as_uri()}"> %p;]>' + rss("<item><title>&s;</title></item>")
        )
        assert "password" not in repr(feed)

    @pytest.mark.parametrize(
        "text",
        [
            "<rss><channel>" + "<a>" * 300_000,
            "<rss><channel><item>" + "<br>" * 30_000 + "</item>",
            rss("<item><description>" + "<div>" * 100_000 + "</div>" * 100_000 + "</description></item>"),
            rss("<item>" * 20_000 + "</item>" * 20_000),
            rss("<item " + " ".join(f'a{n}=""' for n in range(50_000)) + "/>"),
            rss("<item><author>" + "a." * 100_000 + "</author></item>"),
            rss("<item><title>" + "&" * 500_000 + "</title></item>"),
            "<rss><channel><item><author>" + "a." * 100_000,
            "<rss>" + "<![CDATA[" * 100_000,
            "<rss>" + "<!--" * 100_000,
            "<!DOCTYPE [" * 100_000,
            "<" * 500_000,
        ],
    )
    def test_none_takes_for_ever(self, text: str) -> None:
        started = datetime.now(UTC)
        with suppress(FeedError):
            parse(text)
        assert datetime.now(UTC) - started < timedelta(seconds=30)

    def test_more_tags_than_any_feed_has_are_refused(self) -> None:
        with pytest.raises(FeedError, match="400,000 tags"):
            parse("<rss><channel>" + "<a/>" * 400_001)

    def test_ten_thousand_entries_are_read(self) -> None:
        feed = parse(rss("".join(f"<item><guid>{n}</guid><title>t</title></item>" for n in range(10_000))))
        assert [entry.guid for entry in feed.entries] == [str(n) for n in range(10_000)]


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
            ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
            ("Mon, 02 Mar 2026 10:00:00 GMT", datetime(2026, 3, 2, 10, tzinfo=UTC)),
            ("Mon, 02 Mar 2026 10:00:00 EST", datetime(2026, 3, 2, 15, tzinfo=UTC)),
            ("Seg, 2 Mar 2026 10:00:00 -0300", datetime(2026, 3, 2, 13, tzinfo=UTC)),
            ("Mi, 03 Dez 2025 10:00:00 +0100", datetime(2025, 12, 3, 9, tzinfo=UTC)),
            ("3 décembre 2025", datetime(2025, 12, 3, tzinfo=UTC)),
            ("3 de diciembre de 2025", datetime(2025, 12, 3, tzinfo=UTC)),
        ],
    )
    def test_are_read(self, text: str, moment: datetime) -> None:
        assert parse_moment(text) == moment

    @pytest.mark.parametrize(
        "text", ["", "yesterday", "12 foo 2018", "0000-00-00", "9" * 5000, "1 January 10000"]
    )
    def test_or_not_known(self, text: str) -> None:
        assert parse_moment(text) is None

    def test_the_day_is_that_of_the_outlet(self) -> None:
        published = parse(RSS).entries[0].published
        assert published
        assert published.date().isoformat() == "2026-03-02"

    def test_the_beginning_of_time_means_unknown(self) -> None:
        item = "<item><title>a</title><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate></item>"
        assert parse(rss(item)).entries[0].published is None


class TestOpml:
    def test_what_is_written_is_read_again(self) -> None:
        feeds = (
            FeedLink("https://example.com/a?x=1&y=2", 'Salt & "Pepper" <b>'),
            FeedLink("https://example.com/b", "Fähre\x07"),
        )
        read = parse_opml(write_opml(feeds))
        assert [feed.url for feed in read] == [feed.url for feed in feeds]
        assert [feed.title for feed in read] == ['Salt & "Pepper" <b>', "Fähre"]

    @pytest.mark.parametrize(
        "text",
        [
            "<opml><body><outline text='n'><outline text='A' xmlUrl='https://example.com/a'/></outline>"
            "</body></opml>",
            "<opml><body>" + "<outline>" * 150 + "<outline title='A' XMLURL=' https://example.com/a '/>",
            "<opml><body><outline text='A' xmlUrl='https://example.com/a'><outline text=oops></body>",
            "<opml><body><outline text='A' xmlUrl='https://example.com/a'/><outline xmlUrl='https://example.com/a'/>"
            "<outline xmlUrl=''/></body></opml>",
        ],
    )
    def test_nested_broken_and_doubled_lists(self, text: str) -> None:
        assert parse_opml(text.encode()) == (FeedLink("https://example.com/a", "A"),)

    @pytest.mark.parametrize(
        "text", ["", "words", "<opml/>", "<rss/>", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"]
    )
    def test_no_feeds_is_said(self, text: str) -> None:
        with pytest.raises(FeedError, match="OPML"):
            parse_opml(text.encode())


class TestFindingFeeds:
    def test_links_in_the_head(self) -> None:
        page = b"""<html><head><base href="https://cdn.example.com/x/">
        <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
        <link rel="ALTERNATE home" type="application/atom+xml; charset=utf-8"
         title=" All  news " href="all.atom">
        <link rel="alternate" type="application/feed+json" href="https://example.com/feed.json">
        <link rel="alternate" type="application/json" href="/wp-json/posts">
        <link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" type="text/css" href="a.css">
        </head><body>Hi</body></html>"""
        assert find_feeds(page, url="https://example.com/news/today") == (
            FeedLink("https://cdn.example.com/x/all.atom", "All news"),
            FeedLink("https://example.com/feed.json", ""),
            FeedLink("https://cdn.example.com/comments/feed", "Comments"),
        )

    @pytest.mark.parametrize("page", [b"", b"\0", b"<", b"<html>", b"words", b"<link rel=alternate>"])
    def test_a_page_without_links_has_none(self, page: bytes) -> None:
        assert find_feeds(page, url="https://example.com/") == ()

    def test_usual_places_are_looked_up_near_the_page_first(self) -> None:
        places = usual_places("https://example.com/news/today")
        assert places[0] == "https://example.com/news/feed"
        assert "https://example.com/rss.xml" in places
        assert len(places) == len(set(places)) == 14
        assert len(usual_places("https://example.com/")) == 7


# Entries in each of the recorded feeds, as counted by hand from their markup.
RECORDED = {
    "DaringFireball.atom": 48,
    "DaringFireball.json": 48,
    "DuplicateContentAtomFeed.xml": 10,
    "TechCrunch.xml": 20,
    "encoding_WINDOWS-1251.xml": 50,
    "guardian.rss": 55,
    "heise.atom": 15,
    "livemint.xml": 25,
    "macworld.rss": 30,
    "rdf_UTF8.xml": 60,
    "uolNoticias.rss": 15,
    "urdu_UTF8.xml": 26,
}


class TestRecordedFeeds:
    @pytest.mark.parametrize(("name", "count"), RECORDED.items())
    def test_every_entry_is_found(self, shared: Callable[[str], Path], name: str, count: int) -> None:
        feed = parse(shared(f"feeds/{name}").read_bytes())
        assert len(feed.entries) == count
        assert all(entry.title and entry.url.startswith("http") for entry in feed.entries)
        assert all("\ufffd" not in entry.title for entry in feed.entries)

    def test_a_real_list_of_feeds(self, shared: Callable[[str], Path]) -> None:
        data = shared("feeds/Subs.opml").read_bytes()
        assert len(parse_opml(data)) == 207
        with pytest.raises(FeedError, match="OPML"):
            parse(data)


def test_errors_can_be_shown() -> None:
    assert issubclass(FeedError, NewsbotError)
