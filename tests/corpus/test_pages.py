"""What becomes of a fetched page: an article, or a reason that a person can act on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from corpus.article import Article, Kind, Paragraph
from corpus.errors import ReadError
from corpus.feeds import Entry, Feed
from corpus.pages import Page, believed, better, is_whole, read_entry, read_page

URL = "https://example.com/2026/ferry"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FEED = Feed("The Harbour Gazette", "https://example.com/", "en", None, ())
STORY = [
    "The ferry between the two islands sails again from Monday, the harbour office said on Friday evening.",
    "It had been moored for eleven weeks while divers repaired the rudder, which a log had bent in December.",
    "A ticket costs 4 crowns, as before, and children under seven travel without one on all crossings.",
    "The mayor, Ada Lund, thanked the crew of the mail boat, which had carried 900 people meanwhile.",
    "“We could hear the horn from the school,” said Bo Ek, who teaches on the smaller of the two islands.",
]


def page(*paragraphs: str, head: str = "", title: str = "Ferry sails again") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head><body><nav><a href=/>Home</a>"
        f"<a href=/news>News</a></nav><article><h1>{title}</h1>{body}</article><footer>© Gazette</footer>"
        "</body></html>"
    ).encode()


def texts(article: Article) -> list[str]:
    return [paragraph.text for paragraph in article.paragraphs]


class TestArticles:
    def test_a_page_tells_its_article(self) -> None:
        head = """<link rel=canonical href="/2026/ferry?utm_source=x">
        <meta property=og:site_name content="Gazette">
        <meta name=author content="Ada Lund">
        <meta property="article:published_time" content="2026-02-27T18:00:00+01:00">
        """
        got = read_page(
            page(*STORY, head=head), url="https://m.example.com/f?id=1", content_type="text/html", now=NOW
        )
        assert not got.stub
        assert got.article.url == "https://m.example.com/2026/ferry"
        assert (got.article.title, got.article.source, got.article.language) == (
            "Ferry sails again",
            "Gazette",
            "en",
        )
        assert got.article.authors == ("Ada Lund",)
        assert got.article.published == datetime(2026, 2, 27, 18, tzinfo=timezone(timedelta(hours=1)))
        assert texts(got.article) == STORY

    @pytest.mark.parametrize(
        "canonical",
        ["https://other.example/2026/ferry", "/", "https://example.com/", "javascript:x", "http://[", ""],
    )
    def test_a_canonical_address_elsewhere_is_not_believed(self, canonical: str) -> None:
        head = f'<link rel="canonical" href="{canonical}">'
        assert read_page(page(*STORY, head=head), url=URL, now=NOW).article.url == URL

    def test_the_server_s_charset_counts(self) -> None:
        body = page(*(line.replace("ferry", "färja") for line in STORY)).decode().encode("windows-1252")
        got = read_page(body, url=URL, content_type="text/html; charset=Windows-1252", now=NOW)
        assert "färja" in texts(got.article)[0]

    def test_a_plain_text_is_an_article_too(self) -> None:
        got = read_page("\n\n".join(["Ferry", *STORY]).encode(), url=URL, content_type="text/plain", now=NOW)
        assert texts(got.article) == STORY

    @pytest.mark.parametrize("day", ["2026-03-04T08:00:00Z", "2027-01-01", "2999-12-31"])
    def test_a_date_in_the_future_is_not_believed(self, day: str) -> None:
        head = f'<meta property="article:published_time" content="{day}">'
        assert read_page(page(*STORY, head=head), url=URL, now=NOW).article.published is None

    def test_an_article_about_cookies_is_an_article(self) -> None:
        story = [
            "Regulators fined the shop because its banner let nobody refuse cookies, they said on Friday.",
            "The shop says that it will ask visitors to accept cookies in another way, as the court wishes.",
            *STORY,
        ]
        assert texts(read_page(page(*story), url=URL, now=NOW).article) == story


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (
                page("Please enable JavaScript to view this page and its contents in your browser."),
                "wants JavaScript",
            ),
            (
                b"<html><body><div id=app></div><noscript>It requires JavaScript.</noscript></body></html>",
                "JavaSc",
            ),
            (
                page(
                    "Checking your browser before you go on. This may take a moment.",
                    title="Just a moment...",
                ),
                "human",
            ),
            (
                page(
                    "Press and hold to confirm you are a human and not a bot, please.", title="Access denied"
                ),
                "human",
            ),
            (
                page(
                    "We and our partners use cookies to personalise content. Accept all cookies to go on.",
                    "You may withdraw your consent at any time in the cookie settings on every page.",
                    title="Before you continue",
                ),
                "consent form",
            ),
            (
                page(
                    "Bitte stimmen Sie zu: Wir verwenden Cookies, um Inhalte zu zeigen.", title="Zustimmung"
                ),
                "consent",
            ),
            (
                page("Sign in to read your stories and to follow the topics that you like.", title="Welcome"),
                "login",
            ),
            (
                page("Sorry, the page could not be found. Try our search instead.", title="Error 404"),
                "error page",
            ),
            (b"", "empty page"),
            (b"<html></html>", "no article"),
            (page(), "no article"),
            (page("News", "Sport", "Weather"), "no article"),
        ],
    )
    def test_say_what_is_in_the_way(self, body: bytes, reason: str) -> None:
        with pytest.raises(ReadError, match=reason):
            read_page(body, url=URL, now=NOW)

    def test_a_front_page_is_no_article(self) -> None:
        with pytest.raises(ReadError, match="front page"):
            read_page(page(*STORY), url="https://example.com/", now=NOW)
        as_article = page(*STORY, head='<meta property="og:type" content="article">')
        assert texts(read_page(as_article, url="https://ferry.example.com/", now=NOW).article) == STORY

    @pytest.mark.parametrize("kind", ["application/json", "application/rss+xml", "text/css"])
    def test_what_is_no_page_is_named(self, kind: str) -> None:
        with pytest.raises(ReadError, match=f"is {kind.replace('+', '.')}, not a web page"):
            read_page(b"{}", url=URL, content_type=kind)


class TestPaywalls:
    def test_a_declared_one_is_marked(self) -> None:
        data = json.dumps({"@type": "NewsArticle", "isAccessibleForFree": False})
        head = f'<script type="application/ld+json">{data}</script>'
        assert read_page(page(*STORY[:2], head=head), url=URL, now=NOW).stub

    def test_an_offer_is_marked_and_is_not_part_of_the_article(self) -> None:
        got = read_page(page(*STORY[:3], "Subscribe to continue reading this story."), url=URL, now=NOW)
        assert got.stub
        assert texts(got.article) == STORY[:3]

    def test_a_long_article_is_no_stub_whatever_it_says(self) -> None:
        data = json.dumps({"@type": "NewsArticle", "isAccessibleForFree": "False"})
        head = f'<script type="application/ld+json">{data}</script>'
        long = [f"{line} {line} {line}" for line in STORY]
        assert not read_page(page(*long, head=head), url=URL, now=NOW).stub

    def test_a_free_brief_is_no_stub(self) -> None:
        assert not read_page(page(*STORY), url=URL, now=NOW).stub


class TestEntries:
    def test_the_text_of_an_entry(self) -> None:
        entry = Entry(
            url=URL + "?utm_source=rss",
            title="Ferry sails again",
            content="<h2>At sea</h2><p>One <b>two</b>&nbsp;three.<p>Four<br><br>five."
            "<blockquote>Six</blockquote><figure><img src=a.jpg><figcaption>Seven</figcaption></figure>"
            "<script>eight</script><ul><li>Nine</ul>"
            '<p>The post <a href="/">Ferry</a> appeared first on <a href="/">Gazette</a>.</p>',
            summary="One",
            published=datetime(2026, 3, 2, 8, tzinfo=UTC),
            authors=("Ada Lund",),
        )
        assert read_entry(entry, FEED, now=NOW) == Article(
            url=URL,
            title="Ferry sails again",
            paragraphs=(
                Paragraph("At sea", Kind.HEADING),
                Paragraph("One two\xa0three."),
                Paragraph("Four"),
                Paragraph("five."),
                Paragraph("Six", Kind.QUOTE),
                Paragraph("Seven", Kind.CAPTION),
                Paragraph("Nine"),
            ),
            source="The Harbour Gazette",
            authors=("Ada Lund",),
            published=datetime(2026, 3, 2, 8, tzinfo=UTC),
            language="en",
        )

    def test_an_entry_without_a_title_is_called_by_its_first_words(self) -> None:
        article = read_entry(Entry(summary=" ".join(STORY[:2])), FEED, now=NOW)
        assert article.title.startswith("The ferry between the two islands")
        assert article.title.endswith(" …")
        assert len(article.title) <= 102

    @pytest.mark.parametrize("markup", ["", " ", "<img src=a>", "<!-- -->", "<", "<p>&nbsp;</p>", "\x00"])
    def test_an_entry_without_text_says_so(self, markup: str) -> None:
        with pytest.raises(ReadError, match="no text in the feed"):
            read_entry(Entry(title="Ferry", content=markup, summary=markup), FEED, now=NOW)

    def test_deep_and_broken_markup_is_survived(self) -> None:
        markup = "<div>" * 5_000 + "words in the deep" + "</p></b>" * 100
        with_words = read_entry(Entry(content="<p>First words.</p>" + markup), FEED, now=NOW)
        assert texts(with_words)[0] == "First words."

    def test_the_day_of_an_update_stands_in_for_none(self) -> None:
        article = read_entry(Entry(summary="Words.", updated=NOW), FEED, now=NOW)
        assert article.published == NOW
        assert (
            read_entry(Entry(summary="Words.", published=NOW + timedelta(days=1)), FEED, now=NOW).published
            is None
        )

    @pytest.mark.parametrize(
        ("words", "end", "whole"), [(200, ".", True), (40, ".", False), (200, " […]", False)]
    )
    def test_what_is_the_whole_article(self, words: int, end: str, whole: bool) -> None:
        article = read_entry(Entry(content=f"<p>{'word ' * words}{end}</p>"), FEED, now=NOW)
        assert is_whole(article) is whole


def article(text: str, **fields: object) -> Article:
    return Article(URL, "A title of the page", (Paragraph(text),), **fields)  # type: ignore[arg-type]


class TestBetter:
    def test_the_longer_text_is_kept(self) -> None:
        told, on_page = article("short"), article("long " * 50)
        entry = Entry(title="The headline")
        got = better(told, Page(on_page), entry)
        assert texts(got.article) == texts(on_page)
        assert got.article.title == "The headline"
        assert texts(better(on_page, Page(told, stub=True), entry).article) == texts(on_page)
        assert not better(on_page, Page(told, stub=True), entry).stub
        assert better(told, Page(on_page, stub=True), entry).stub

    def test_without_a_text_in_the_feed_the_page_is_all(self) -> None:
        assert better(None, Page(article("x")), Entry()) == Page(article("x"))

    def test_each_fills_what_the_other_does_not_say(self) -> None:
        told = article("x", source="Feed", authors=("Bo",), language="sv", published=NOW)
        got = better(told, Page(article("x", source="Gazette")), Entry()).article
        assert (got.source, got.authors, got.language, got.published) == ("Gazette", ("Bo",), "sv", NOW)

    @pytest.mark.parametrize(
        ("on_page", "in_feed", "kept"),
        [
            (date(2026, 3, 1), datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC)),
            (date(2026, 2, 1), datetime(2026, 3, 1, 9, tzinfo=UTC), date(2026, 2, 1)),
            (datetime(2026, 3, 1, 8, tzinfo=UTC), NOW, datetime(2026, 3, 1, 8, tzinfo=UTC)),
            (date(2026, 3, 1), None, date(2026, 3, 1)),
        ],
    )
    def test_a_feed_that_dates_anew_does_not_move_an_article(
        self, on_page: date, in_feed: datetime | None, kept: date
    ) -> None:
        got = better(article("x", published=in_feed), Page(article("x", published=on_page)), Entry())
        assert got.article.published == kept


@pytest.mark.parametrize(
    ("published", "kept"),
    [
        (NOW + timedelta(minutes=30), True),
        (NOW + timedelta(hours=2), False),
        (date(2026, 3, 3), True),
        (date(2026, 3, 4), False),
        (None, True),
    ],
)
def test_the_future_begins_after_the_last_time_zone(published: date | datetime | None, kept: bool) -> None:
    assert believed(published, NOW) == (published if kept else None)


class TestRecordedPages:
    def test_none_of_the_real_pages_is_refused(self, shared: Callable[[str], Path]) -> None:
        truth = json.loads(shared("pages/ground-truth.json").read_text())
        stubs = [name for name in truth if self.read(shared, name, truth[name]["url"]).stub]
        assert len(stubs) == 1, "one is cut by a paywall, as its marked body shows too"
        assert len(truth[stubs[0]]["articleBody"].split()) < 100

    def read(self, shared: Callable[[str], Path], name: str, url: str) -> Page:
        address = url if url.startswith("http") else f"https://{url}"
        return read_page(gzip.decompress(shared(f"pages/{name}.html.gz").read_bytes()), url=address, now=NOW)
