"""What is one article, however it comes."""

from __future__ import annotations

import random

import pytest

from corpus.errors import NewsbotError
from corpus.feeds import Entry
from corpus.identity import (
    NEAR,
    Known,
    alike,
    bands,
    clean,
    fingerprint,
    key,
    resemblance,
    same_article,
    shared_keys,
    web_address,
)

CHANCE = random.Random(3)
WORDS = [f"word{n}" for n in range(400)]
TEXT = " ".join(CHANCE.choices(WORDS, k=300))
OTHER = " ".join(CHANCE.choices(WORDS, k=300))


class TestAddresses:
    @pytest.mark.parametrize(
        ("written", "address"),
        [
            ("https://example.com/feed", "https://example.com/feed"),
            (" example.com/feed ", "https://example.com/feed"),
            ("example.com", "https://example.com"),
            ("example.com:8080?x", "https://example.com:8080?x"),
            ("feed://example.com/a", "https://example.com/a"),
            ("feed:http://example.com/a", "http://example.com/a"),
            ("localhost:8000/feed", "https://localhost:8000/feed"),
        ],
    )
    def test_are_taken_as_people_write_them(self, written: str, address: str) -> None:
        assert web_address(written) == address

    @pytest.mark.parametrize(
        "written",
        [
            "",
            "news",
            "ftp://example.com",
            "https://",
            "http://[",
            "two words.com",
            "https://a.b:0/",
            "a\nb.c",
        ],
    )
    def test_or_refused_with_an_example(self, written: str) -> None:
        with pytest.raises(NewsbotError, match="write it like https://"):
            web_address(written)

    def test_what_tells_only_where_a_reader_came_from_is_dropped(self) -> None:
        url = "https://example.com/a?id=7&utm_source=rss&fbclid=x&ref=rss#top"
        assert clean(url) == "https://example.com/a?id=7"

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/a?id=7",
            "https://example.com/a?source=city-council",
            "https://example.com/a?b=%C3%A4&c=&d",
            "https://example.com/?p=3&mod=news",
            "not an address",
        ],
    )
    def test_what_may_name_the_article_stays(self, url: str) -> None:
        assert clean(url) == url


class TestKeys:
    @pytest.mark.parametrize(
        "url",
        [
            "http://example.com/news/ferry",
            "https://example.com/news/ferry/",
            "https://www.example.com/news/ferry",
            "https://EXAMPLE.com:443/news//ferry#comments",
            "https://example.com/news/ferry?utm_medium=feed&utm_source=x",
            "https://example.com/news/ferry/index.html",
            "https://example.com/news/%66erry?",
        ],
    )
    def test_ways_to_write_one_address(self, url: str) -> None:
        assert key(url) == "example.com/news/ferry"

    def test_the_order_of_a_query_does_not_count(self) -> None:
        assert key("https://example.com/?b=2&a=1") == key("http://example.com?a=1&b=2")

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ("https://example.com/a", "https://example.com/b"),
            ("https://example.com/a?id=1", "https://example.com/a?id=2"),
            ("https://example.com/a", "https://example.com:8080/a"),
            ("https://example.com/a", "https://news.example.com/a"),
            ("https://example.com/A", "https://example.com/a"),
        ],
    )
    def test_different_addresses(self, one: str, two: str) -> None:
        assert key(one) != key(two)

    @pytest.mark.parametrize(
        "url", ["", "http://[", "words", "http://a:b/", "https://example.com/\udcff%ff%00"]
    )
    def test_anything_has_a_key(self, url: str) -> None:
        assert isinstance(key(url), str)


def known(article: int, guid: str = "", url: str = "", title: str = "", text: str = "") -> Known:
    return Known(article, guid, key(url) if url else "", title, fingerprint(text))


class TestEntries:
    STORED = known(1, "g1", "https://example.com/ferry", "Ferry sails again", TEXT)

    def same(self, entry: Entry, text: str = "", shared: frozenset[str] = frozenset()) -> bool:
        return same_article(entry, fingerprint(text), [self.STORED], shared=shared) is self.STORED

    def test_a_guid_that_changes_daily_does_not_double_an_article(self) -> None:
        assert self.same(Entry(guid="g1-tuesday", url="http://www.example.com/ferry/?utm_source=rss"))

    def test_a_guid_and_an_address_that_both_change_do_not_either(self) -> None:
        assert self.same(Entry(guid="g9", url="https://example.com/ferry;session=5", title="Other"), TEXT)

    def test_a_guid_used_again_does_not_hide_the_next_article(self) -> None:
        entry = Entry(guid="g1", url="https://example.com/budget", title="Council passes budget")
        assert not self.same(entry, OTHER)

    def test_an_article_that_moved_is_known_by_its_guid(self) -> None:
        assert self.same(
            Entry(guid="g1", url="https://example.com/2/ferry", title="The ferry sails again"), OTHER
        )
        rewritten = TEXT + " " + " ".join(OTHER.split()[:60])
        assert self.same(Entry(guid="g1", url="https://example.com/2/x", title="Boat is back"), rewritten)

    def test_an_edited_article_is_the_same_at_its_address(self) -> None:
        assert self.same(Entry(guid="g1", url="https://example.com/ferry", title="Everything new"), OTHER)

    def test_an_address_that_all_entries_share_tells_nothing(self) -> None:
        entries = [
            Entry(guid=f"g{n}", url="https://example.com/live", title=title) for n, title in enumerate("abc")
        ]
        shared = shared_keys(
            [*entries, Entry(guid="z", url="https://example.com/z", title="z"), Entry(), Entry()]
        )
        assert shared == {"example.com/live"}
        stored = known(1, "g0", "https://example.com/live", "a", TEXT)
        assert same_article(entries[1], fingerprint(OTHER), [stored], shared=shared) is None
        assert same_article(entries[0], fingerprint(OTHER), [stored], shared=shared) is stored

    def test_one_article_twice_in_a_feed_shares_nothing(self) -> None:
        twice = [
            Entry(guid="a", url="https://example.com/a", title="Ferry"),
            Entry("b", "http://example.com/a/", "Ferry"),
        ]
        assert not shared_keys(twice)

    def test_few_words_are_no_identity(self) -> None:
        stored = known(1, "", "https://example.com/1", "Photo of the day", "Photo of the day")
        entry = Entry(url="https://example.com/2", title="Photo of the day")
        assert same_article(entry, fingerprint("Photo of the day"), [stored]) is None

    @pytest.mark.parametrize(
        ("one", "two", "same"),
        [
            ("Ferry sails again", "Ferry sails again, at last", True),
            ("Ferry sails again", "FERRY SAILS AGAIN!", True),
            ("Ferry sails again", "Budget passes", False),
            ("", "", True),
            ("", "Budget", False),
        ],
    )
    def test_titles(self, one: str, two: str, same: bool) -> None:
        assert alike(one, two) is same


class TestNearDuplicates:
    def test_a_wire_story_with_another_lead_is_near(self) -> None:
        rewritten = "An own first sentence of this paper. " + TEXT
        one, two = fingerprint(TEXT), fingerprint(rewritten)
        assert resemblance(one, two) > 0.8
        assert set(bands(one)) & set(bands(two))

    def test_case_and_marks_do_not_count(self) -> None:
        assert fingerprint(TEXT) == fingerprint(TEXT.upper().replace(" ", ", "))

    def test_other_stories_are_not(self) -> None:
        one, two = fingerprint(TEXT), fingerprint(OTHER)
        assert resemblance(one, two) < NEAR / 4
        assert not set(bands(one)) & set(bands(two))

    def test_the_estimate_is_close_to_the_share_in_common(self) -> None:
        half = " ".join(TEXT.split()[:200])
        assert abs(resemblance(fingerprint(TEXT), fingerprint(half)) - 197 / 297) < 0.2

    def test_too_few_words_resemble_nothing(self) -> None:
        assert fingerprint("few words") == b""
        assert resemblance(b"", b"") == 0
        assert bands(b"") == []
