"""A page gives its article, described by what the page says of itself."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import trafilatura

from corpus.article import Article, Kind
from corpus.errors import ReadError
from corpus.html import parse

HEAD = """
<link rel="canonical" href="https://courier.example.com/2024/05/03/swing-bridge#top">
<meta property="og:title" content="Northport closes its swing bridge | Northport Courier">
<meta property="og:site_name" content="Northport Courier">
<meta property="article:section" content="Harbour">
<meta name="author" content="Jane Doe">
<meta property="article:published_time" content="2024-05-03T10:15:00+02:00">
"""
BODY = """
<p>Northport's swing bridge will close&nbsp;to traffic on 1 June after councillors voted
   by 14 to 9 to end repairs that have cost <b>£3.2m</b> in five years.</p>
<figure><img src="a.jpg"><figcaption>The bridge on Monday.<br>Photograph: Lena Okafor</figcaption></figure>
<p>The council leader, Ada Brook, said the decision was “the hardest of my life”.</p>
<h2>Nine miles more</h2>
<blockquote><p>We cannot go on paying for rust, whatever the harbour board may say.</p></blockquote>
<ul><li>Lorries over 7.5 tonnes go by way of Kettle Cross.</li><li>Bus 14 runs every twenty minutes.</li></ul>
<p>Line one of the poem<br>line two of the poem, which the mayor read to the council.</p>
<p>Subscribe to our newsletter for the day's stories in your inbox.</p>
"""


def page(head: str = HEAD, body: str = BODY, language: str = "en-GB") -> bytes:
    menu = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/n'>News</a></li></ul></nav>"
    heading = "<h1>Northport closes its swing bridge</h1>"
    foot = "<aside><h2>Most read</h2><a href='/x'>Mayor quits</a></aside><footer>© The Courier</footer>"
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'>{head}</head>"
        f"<body>{menu}<main><article>{heading}{body}</article></main>{foot}</body></html>"
    ).encode()


def read(data: bytes, url: str = "file:///pages/page.html") -> Article:
    return parse(data, url=url, name="page")


def test_a_page_with_all_it_may_say() -> None:
    article = read(page())
    assert article.title == "Northport closes its swing bridge"
    assert article.url == "https://courier.example.com/2024/05/03/swing-bridge"
    assert article.source == "Northport Courier"
    assert article.authors == ("Jane Doe",)
    assert article.published == datetime.fromisoformat("2024-05-03T10:15:00+02:00")
    assert (article.section, article.language) == ("Harbour", "en-GB")
    assert [(paragraph.kind, paragraph.text) for paragraph in article.paragraphs] == [
        (
            Kind.BODY,
            "Northport's swing bridge will close to traffic on 1 June after councillors voted"
            " by 14 to 9 to end repairs that have cost £3.2m in five years.",
        ),
        (Kind.CAPTION, "The bridge on Monday."),
        (Kind.BODY, "The council leader, Ada Brook, said the decision was “the hardest of my life”."),
        (Kind.HEADING, "Nine miles more"),
        (Kind.QUOTE, "We cannot go on paying for rust, whatever the harbour board may say."),
        (Kind.BODY, "Lorries over 7.5 tonnes go by way of Kettle Cross."),
        (Kind.BODY, "Bus 14 runs every twenty minutes."),
        (Kind.BODY, "Line one of the poem"),
        (Kind.BODY, "line two of the poem, which the mayor read to the council."),
    ]


def test_a_page_that_says_nothing_of_itself() -> None:
    article = read(page(head=""))
    assert article.title == "Northport closes its swing bridge"
    assert article.url == "file:///pages/page.html"
    assert article.published is None
    assert (article.source, article.authors, article.section) == ("", (), "")


def test_a_fragment_is_read() -> None:
    article = read(b"<p>The ferry sails at noon.</p>")
    assert [paragraph.text for paragraph in article.paragraphs] == ["The ferry sails at noon."]


def test_the_address_that_was_fetched_stands() -> None:
    assert read(page(), url="https://courier.example.com/b").url == "https://courier.example.com/b"


@pytest.mark.parametrize(
    "address", ["https://courier.example.com/", "/swing-bridge", "mailto:a@example.com", ""]
)
def test_an_address_that_is_no_articles_is_not_believed(address: str) -> None:
    article = read(page(head=f"<link rel='canonical' href='{address}'>"))
    assert article.url == "file:///pages/page.html"


def linked(**item: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps(item)}</script>"


@pytest.mark.parametrize(
    ("head", "published"),
    [
        (linked(**{"@type": "NewsArticle", "datePublished": "2024-05-03"}), date(2024, 5, 3)),
        (
            linked(**{"@graph": [{"@type": "WebPage", "datePublished": "2001-01-01"}]})
            + linked(**{"@type": ["NewsArticle"], "datePublished": "2024-05-03T10:15:00Z"}),
            datetime(2024, 5, 3, 10, 15, tzinfo=UTC),
        ),
        (
            "<script type='application/ld+json'>{broken</script><meta name='date' content='2024-05-03'>",
            date(2024, 5, 3),
        ),
        (f"<script type='application/ld+json'>{'[' * 50_000}</script>", None),
        ("<meta itemprop='datePublished' content='May 3, 2024'>", date(2024, 5, 3)),
        ("<meta property='article:modified_time' content='2024-05-03'>", None),
        ("<meta name='date' content='2999-01-01'>", None),
        (
            "<meta name='date' content='2999-01-01'><meta name='pubdate' content='2024-05-03'>",
            date(2024, 5, 3),
        ),
        ("<link rel='canonical' href='https://courier.example.com/2024/05/03/bridge'>", date(2024, 5, 3)),
        ("<link rel='canonical' href='https://courier.example.com/2024/05/bridge'>", None),
    ],
)
def test_the_date_is_one_that_the_page_states(head: str, published: date | None) -> None:
    assert read(page(head=head)).published == published


@pytest.mark.parametrize(
    ("element", "published"),
    [
        ("<header><time datetime='2024-05-03T10:15:00'>on Friday</time></header>", date(2024, 5, 3)),
        ("<span itemprop='datePublished'>3 May 2024</span>", date(2024, 5, 3)),
        ("<p>The bridge was opened on 3 May 1924 by the harbour board.</p>", None),
        ("<p>Today is 2024-05-03, said the mayor to all who would hear it.</p>", None),
    ],
)
def test_a_day_in_the_text_is_no_date(element: str, published: date | None) -> None:
    assert read(page(head="", body=element + BODY)).published == published


def test_tomorrow_is_no_date_but_today_is() -> None:
    today = datetime.now(UTC).date()
    assert read(page(head=f"<meta name='date' content='{today}'>")).published == today
    later = today + timedelta(days=3)
    assert read(page(head=f"<meta name='date' content='{later}'>")).published is None


def test_a_page_in_a_legacy_encoding_is_read() -> None:
    text = page(
        language="ru", body="<p>Мэр города заявил в среду, что паром будет ходить чаще.</p>" * 2
    ).decode()
    data = text.replace("charset='utf-8'", "charset='windows-1251'").encode("cp1251", errors="replace")
    article = read(data)
    assert article.paragraphs[0].text == "Мэр города заявил в среду, что паром будет ходить чаще."
    assert article.language == "ru"


def test_half_an_emoji_in_the_description_is_replaced() -> None:
    head = linked(**{"@type": "NewsArticle", "headline": "Ferry x sails", "datePublished": "2024-05-03"})
    article = read(page(head=head.replace("x sails", "\\ud83d sails"), body=BODY))
    article.title.encode()
    assert article.published == date(2024, 5, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body><nav><a href='/'>Home</a></nav></body></html>",
        b"<html><head><script>var ferry = 'sails at noon';</script></head><body></body></html>",
        b"<html></html>",
        b"<!-- nothing -->",
        b"<p>" + b"a" * 1_000_000,
    ],
)
def test_a_page_without_article_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError, match="no article text"):
        read(data)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert read(page()).paragraphs


def test_real_pages_are_read_better_than_by_trafilatura_alone(shared: Callable[[str], Path]) -> None:
    folder = shared("pages")
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    ours, plain = [], []
    for name, wanted in truth.items():
        data = gzip.decompress((folder / f"{name}.html.gz").read_bytes())
        article = read(data)
        body = "\n".join(part.text for part in article.paragraphs if part.kind is not Kind.CAPTION)
        ours.append(_f1(body, wanted["articleBody"]))
        plain.append(_f1(trafilatura.extract(data, include_comments=False) or "", wanted["articleBody"]))
    assert sum(ours) / len(ours) > sum(plain) / len(plain)
    assert sum(ours) / len(ours) > 0.96


def _f1(found: str, wanted: str) -> float:
    have, want = _runs(found), _runs(wanted)
    return 2 * (have & want).total() / max(1, have.total() + want.total())


def _runs(text: str) -> Counter[tuple[str, ...]]:
    """The runs of four words in a text."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)))
