"""From a fetched page, or a feed's entry, to an article, or to the reason why there is none.

Everything here is pure and may take a second: call it in another process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml import html as lxml_html

from corpus import furniture, html, paragraphs
from corpus import text as plain_text
from corpus.article import Article, Kind, Paragraph
from corpus.encoding import decode, decode_page, storable
from corpus.errors import ReadError
from corpus.feeds import Entry, Feed
from corpus.fields import one_line
from corpus.identity import clean
from corpus.obstacles import leads_on, obstacle, offers_subscription
from corpus.said import Said


@dataclass(frozen=True, slots=True)
class Page:
    """An article from the web. ``stub`` tells that it is only what a paywall leaves free."""

    article: Article
    stub: bool = False


def read_page(body: bytes, *, url: str, content_type: str = "", now: datetime | None = None) -> Page:
    """The article of a page that was fetched from ``url``, under the page's own canonical address.

    Raises ReadError where there is none, with the reason: a consent form, a page that wants JavaScript or
    asks whether we are human, a site's front page.
    """
    kind, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", parameters)
    if kind.strip() == "text/plain":
        return Page(_sane(plain_text.parse(decode(body), url=clean(url), name=url), now))
    if kind.strip() not in ("", "text/html", "application/xhtml+xml", "application/octet-stream"):
        raise ReadError("is {kind}, not a web page; add a feed by its own command", kind=one_line(kind)[:60])
    if not body.strip():
        raise ReadError("is an empty page")
    tree = _tree(decode_page(body, charset[1] if charset else ""))
    _refuse_front_page(tree, url)
    address = _canonical(tree, url)
    try:
        article = html.parse(body, url=address, name=address, charset=charset[1] if charset else "")
    except ReadError:
        reason = obstacle(_visible(tree)) or _NO_ARTICLE
        raise ReadError(reason.template) from None
    article, cut = _without_offers(article)
    _refuse_obstacle(article, tree)
    words = _words(article)
    stub = words < _STUB and (cut or _says_paywalled(tree))
    stub = stub or (words < _FORM and offers_subscription(_visible(tree)))
    if not any(_is_prose(paragraph.text) for paragraph in article.paragraphs):
        reason = Said("is behind a paywall, and nothing of it is free") if stub else _NO_ARTICLE
        raise ReadError(reason.template)
    return Page(_sane(article, now), stub)


def read_entry(entry: Entry, feed: Feed, *, now: datetime | None = None) -> Article:
    """The article as far as the feed itself tells it. Raises ReadError where that is no text."""
    found = [_fragment(part) for part in (entry.content, entry.summary) if part]
    parts = max(found, key=_length, default=())
    if not parts:
        raise ReadError("has no text in the feed")
    return _sane(
        Article(
            url=clean(entry.url) if entry.url else "",
            title=storable(entry.title) or _short(parts[0].text),
            paragraphs=parts,
            source=storable(feed.title),
            authors=tuple(storable(name) for name in entry.authors),
            published=entry.published or entry.updated,
            language=feed.language,
        ),
        now,
    )


def is_whole(article: Article) -> bool:
    """Whether a feed gives this article in full, so that its page need not be fetched."""
    last = article.paragraphs[-1].text.rstrip(" \n)]")
    return _words(article) >= _WHOLE and not last.endswith(("...", "…"))


def says_more(one: Article, other: Article) -> bool:
    """Whether one version of an article is so much longer that the other must be a part of it."""
    return _words(one) > 1.1 * _words(other)


def better(told: Article | None, page: Page, entry: Entry) -> Page:
    """The page's article or what the feed ``told``, whichever says more, described by both.

    The headline is the feed's, because a page's often has the outlet's name in it; outlet, authors and
    language are the page's where it says them. The day is the page's, and the hour the feed's if it means
    that day.
    """
    if told is None:
        return page
    article = page.article
    texts = told if says_more(told, article) else article
    moment, day = told.published, article.day
    near = isinstance(moment, datetime) and day is not None and abs(moment.date() - day) <= timedelta(days=1)
    keeps_day = day is not None and not (near and not isinstance(article.published, datetime))
    return Page(
        replace(
            article,
            title=storable(entry.title) or article.title,
            paragraphs=texts.paragraphs,
            source=article.source or told.source,
            authors=article.authors or told.authors,
            published=article.published if keeps_day else moment,
            language=article.language or told.language,
        ),
        stub=page.stub and texts is article,
    )


def believed(published: date | datetime | None, now: datetime) -> date | datetime | None:
    """``published``, unless it lies in the future. Clocks may be wrong by an hour; days begin in the east."""
    if isinstance(published, datetime):
        return published if published <= now + timedelta(hours=1) else None
    return published if published is None or published <= (now + timedelta(hours=14)).date() else None


_STUB = 220  # words; a paywall leaves a paragraph or two
_WHOLE = 150  # words; summaries are shorter
_OBSTACLE = 400  # words; longer texts are articles, whatever they speak of
_FORM = 80  # words; what stands beside so few counts
_NO_ARTICLE = Said("holds no article that can be told from the page")
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|d[dlt]|details|div|fieldset|figcaption|figure|footer|h[1-6r]|header|html|li"
    "|main|ol|p|pre|section|summary|table|tbody|t[dhr]|thead|ul"
)
_UNREAD = re.compile("script|style|iframe|svg|form|button|nav|noscript|head|template|object|select|textarea")
_KINDS = {
    "blockquote": Kind.QUOTE,
    "figcaption": Kind.CAPTION,
    **{f"h{level}": Kind.HEADING for level in range(1, 7)},
}


def _tree(text: str) -> Any:
    try:
        return lxml_html.document_fromstring(
            storable(text).encode(),
            lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True),
        )
    except etree.ParserError:
        raise ReadError("is an empty page") from None


def _canonical(tree: Any, url: str) -> str:
    """The address that the page gives as its own, if it is one of the same site and no front page."""
    written = tree.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
    for link in written:
        try:
            address = urljoin(url, str(link).strip())
            own, other = urlsplit(url), urlsplit(address)
        except ValueError:
            continue
        if (
            other.scheme in ("http", "https")
            and _site(own.hostname) == _site(other.hostname)
            and other.path.strip("/")
        ):
            return clean(address)
    return clean(url)


def _site(host: str | None) -> str:
    return re.sub(r"^(www\d?|m|mobile|amp)\.", "", host or "")


def _refuse_front_page(tree: Any, url: str) -> None:
    parts = urlsplit(url)
    kinds = tree.xpath("//meta[@property='og:type']/@content")
    if not parts.path.strip("/") and not parts.query and "article" not in map(str.lower, kinds):
        raise ReadError("is the front page of a site; give an article's address, or add the site's feed")


def _visible(tree: Any) -> str:
    """The title and text of a page without its scripts, but with what they who run none are told."""
    texts = tree.xpath("//text()[not(ancestor::script or ancestor::style or ancestor::template)]")
    return one_line(" ".join(map(str, texts))[:100_000])


def _refuse_obstacle(article: Article, tree: Any) -> None:
    """Refuses a text that speaks to the visitor of the page and not of the world."""
    words = _words(article)
    if words > _OBSTACLE:
        return
    if words <= _FORM and (reason := obstacle(article.title)):
        raise ReadError(reason.template)
    reasons = [(paragraph, obstacle(one_line(paragraph.text))) for paragraph in article.paragraphs]
    speaking = [paragraph for paragraph, reason in reasons if reason]
    said = any(_is_prose(paragraph.text) for paragraph, reason in reasons if not reason)
    if speaking and (not said or 2 * _length(speaking) >= _length(article.paragraphs)):
        reason = next(reason for _, reason in reasons if reason)
        raise ReadError(reason.template)
    if not said and (reason := obstacle(_visible(tree))):
        raise ReadError(reason.template)


def _without_offers(article: Article) -> tuple[Article, bool]:
    """The article without paragraphs that offer a subscription for the rest; whether there were any."""
    kept = tuple(
        paragraph
        for paragraph in article.paragraphs
        if len(paragraph.text) > 400 or not offers_subscription(one_line(paragraph.text))
    )
    return replace(article, paragraphs=kept), len(kept) < len(article.paragraphs)


def _says_paywalled(tree: Any) -> bool:
    data = " ".join(map(str, tree.xpath("//script[contains(@type, 'ld+json')]/text()")))
    tiers = tree.xpath("//meta[@property='article:content_tier' or @name='article:content_tier']/@content")
    return re.search(r'"isAccessibleForFree"\s*:\s*"?false', data, re.IGNORECASE) is not None or any(
        str(tier).lower() in ("locked", "metered") for tier in tiers
    )


def _is_prose(text: str) -> bool:
    return len(text) >= 200 or (len(text) >= 40 and paragraphs.ends_sentence(text))


def _words(article: Article) -> int:
    return sum(len(paragraph.text.split()) for paragraph in article.paragraphs)


def _length(parts: Sequence[Paragraph]) -> int:
    return sum(len(paragraph.text) for paragraph in parts)


def _sane(article: Article, now: datetime | None) -> Article:
    return replace(article, published=believed(article.published, now or datetime.now(UTC)))


def _short(text: str) -> str:
    """A title for what has none: its first words."""
    line = one_line(text)
    return line if len(line) <= 100 else line[:100].rpartition(" ")[0] + " …"


def _fragment(markup: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a piece of HTML that is all article."""
    try:
        root = _tree(f"<div>{markup}</div>")
    except ReadError:
        return ()
    return tuple(
        Paragraph(piece, kind)
        for kind, text in _blocks(root)
        for piece in paragraphs.split(text)
        if not furniture.is_furniture(one_line(piece)) and not leads_on(one_line(piece))
    )


def _blocks(root: Any) -> Iterator[tuple[Kind, str]]:
    """The text between the beginnings and ends of blocks; a loop, because feeds can be nested very deep."""
    kinds, run, unread = [Kind.BODY], "", 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = str(element.tag)
        if _BLOCK.fullmatch(name):
            yield kinds[-1], run
            run = ""
        if event == "start":
            kinds.append(_KINDS.get(name, kinds[-1]))
            unread += _UNREAD.fullmatch(name) is not None
            run += "\n" if name == "br" else ""
            run += "" if unread else _collapsed(element.text)
        else:
            kinds.pop()
            unread -= _UNREAD.fullmatch(name) is not None
            run += "" if unread else _collapsed(element.tail)
    yield kinds[-1], run


def _collapsed(text: str | None) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text or "")
