"""Reading feeds: RSS 0.9 to 2.0, RDF, Atom and JSON Feed to plain data, lists of feeds, and a site's feeds.

Everything here is pure and may take seconds: call it in another process.

FeedError                what was given is no feed, or one that cannot be read
└── NotAFeed             it is something else, a web page for instance
"""

from __future__ import annotations

import calendar
import codecs
import html
import html.entities
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html

from corpus.errors import NewsbotError


class FeedError(NewsbotError):
    """A feed could not be read."""


class NotAFeed(FeedError):
    """What was read as a feed is something else."""


class NoFeed(NotAFeed):
    """It is, and the site that it belongs to has no feed either."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as its feed gives it; every field may be empty.

    ``url`` is absolute. ``content`` and ``summary`` are HTML, of which nothing is safe to show as it is.
    ``published`` and ``updated`` have a time zone.
    """

    guid: str = ""
    url: str = ""
    title: str = ""
    content: str = ""
    summary: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. ``site`` is its home page; ``ttl`` how long it asks to be left alone, in seconds."""

    title: str
    site: str
    language: str
    ttl: int | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class FeedLink:
    """Where a feed is, and what it is called there."""

    url: str
    title: str


def parse_feed(data: bytes, *, url: str, content_type: str = "") -> Feed:
    """Reads a feed of any kind. ``content_type`` is the header it came with, for its charset.

    No entity is expanded and nothing is fetched. Raises FeedError, NotAFeed.
    """
    text = _decode(data, content_type)
    if not text.strip():
        raise FeedError("the feed is empty")
    if text.lstrip().startswith(("{", "[")):
        return _parse_json(text, url)
    if text.count("<") > _MAX_TAGS:
        raise FeedError("the feed has more than {most:,} tags", most=_MAX_TAGS)
    return _parse_xml(_repaired(text), url)


def parse_opml(data: bytes) -> tuple[FeedLink, ...]:
    """The feeds of an OPML list, each once, however deep they are and whatever else is broken.

    Where a line has only the address of a site, that is given: its feed is found when it is first polled.
    Raises FeedError where there are none.
    """
    root = _tree(_repaired(_decode(data, "")), recover=True)
    found: dict[str, FeedLink] = {}
    for outline in [] if root is None else root.iter("{*}outline", "{*}OUTLINE", "{*}Outline"):
        values = {str(name).lower(): str(value).strip() for name, value in outline.attrib.items()}
        url = values.get("xmlurl") or values.get("htmlurl") or ""
        if url and url not in found:
            found[url] = FeedLink(url, values.get("title") or values.get("text") or "")
    if not found:
        raise FeedError("this is not an OPML list, or one without feeds")
    return tuple(found.values())


def write_opml(feeds: Iterable[FeedLink]) -> bytes:
    """An OPML list of feeds."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "newsbot"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        title = _INVALID.sub("", feed.title) or feed.url
        etree.SubElement(body, "outline", type="rss", text=title, title=title, xmlUrl=feed.url)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def find_feeds(data: bytes, *, url: str, content_type: str = "") -> tuple[FeedLink, ...]:
    """The feeds that a web page names in its head, in its order; feeds of comments come last."""
    root = _html_tree(_decode(data, content_type))
    if root is None:
        return ()
    base = urljoin(url, next((str(link) for link in root.xpath("//base/@href")), ""))
    found: dict[str, FeedLink] = {}
    for link in root.iter("link"):
        kind = link.get("type", "").partition(";")[0].strip().lower()
        if (
            "alternate" in link.get("rel", "").lower().split()
            and _FEED_TYPE.fullmatch(kind)
            and link.get("href")
        ):
            address = _join(base, link.get("href", ""))
            found.setdefault(address, FeedLink(address, _line(link.get("title", ""))))
    return tuple(sorted(found.values(), key=lambda feed: "comment" in (feed.title + feed.url).lower()))


def usual_places(url: str) -> tuple[str, ...]:
    """Where a site's feed usually is, below the page and then below the site, where no page names it."""
    folder = urljoin(url, ".")
    names = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json")
    places = [urljoin(base, name) for base in (folder, urljoin(url, "/")) for name in names]
    return tuple(dict.fromkeys(places))


# A feed of 10,000 entries has some 200,000 tags. feedparser takes 40 µs for each.
_MAX_TAGS = 400_000
# Its regular expression for mail addresses takes minutes for an author of 100 KB, and a tag with 100,000
# attributes never ends. What is longer than this is no name, date or category.
_MAX_NAME = 1_000
_MAX_ATTRIBUTES = 64
_MAX_WORD = 300
_LONG_WORD = re.compile(rf"[\w.+-]{{{_MAX_WORD},}}")
_NAMES = re.compile(
    "author|name|email|uri|contributor|creator|publisher|managingeditor|webmaster|owner|rights|copyright|category"
    "|subject|pubdate|date|published|updated|modified|created|issued|guid|id|language|ttl",
    re.IGNORECASE,
)
_ROOT = re.compile("rss|feed|rdf|channel", re.IGNORECASE)
_OPENING = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FEED_TYPE = re.compile(r"(application|text)/((x-)?(rss|atom|rdf)\+xml|feed\+json|xml)")
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]*(\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*>", re.IGNORECASE)
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(#\d+;|#[xX][0-9a-fA-F]+;|\w+;)?", re.DOTALL
)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_OWN_ESCAPES = ("utf-7", "iso2022", "hz")  # charsets that look like ASCII from outside


def _decode(data: bytes, content_type: str) -> str:
    """Text from bytes. What is valid UTF-8 is UTF-8, whatever is said of it: it never is so by chance."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0\0\0", "utf-32-le"),
        (b"\0\0\0<", "utf-32-be"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    declared = _ENCODING.match(data)
    header = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    told = [found for found in (header and header[1], declared and declared[1].decode("ascii")) if found]
    stateful = [name for name in told if _charset(name).startswith(_OWN_ESCAPES)]
    for name in (*stateful, "utf-8", *told):
        with suppress(LookupError, ValueError):
            return data.decode(_charset(name))
    # Undecodable bytes in what is mostly UTF-8 are rather damage than another charset.
    text = data.decode("utf-8", "replace")
    return text if text.count("\ufffd") * 100 < len(text) else data.decode("windows-1252", "replace")


def _charset(name: str) -> str:
    # Browsers read these as the larger sets that their writers meant.
    wider = {
        "iso-8859-1": "windows-1252",
        "latin-1": "windows-1252",
        "us-ascii": "windows-1252",
        "gb2312": "gb18030",
    }
    name = wider.get(name.lower(), name)
    with suppress(LookupError):
        return codecs.lookup(name).name
    return name


def _repaired(text: str) -> str:
    """XML without a document type, and so without entities of its own; common slips are put right."""
    text = _INVALID.sub("", text)
    text = _DECLARATION.sub("", text[max(text.find("<"), 0) :], count=1)
    doctype = re.search(r"<!DOCTYPE", text, re.IGNORECASE)
    found = doctype and _DOCTYPE.match(text, doctype.start())
    if found:
        text = text[: found.start()] + text[found.end() :]
    return _AMPERSAND.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    name = found[1]
    if found[0].startswith("<") or name in ("lt;", "gt;", "amp;", "quot;", "apos;"):
        return found[0]
    if name and name[0] == "#":
        # lxml lets the numbers of no character through, and fails over them later.
        return html.escape(_INVALID.sub("\ufffd", html.unescape(found[0])))
    if name and name in html.entities.html5:
        return html.escape(html.entities.html5[name])
    return "&amp;" + (name or "")


def _tree(text: str, *, recover: bool = False) -> Any:
    """The root of an XML text; ``None`` where it is not well-formed."""
    parser = etree.XMLParser(
        recover=recover, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise FeedError("the feed is nested deeper than any feed is") from None
        return None


def _html_tree(text: str) -> Any:
    try:
        return lxml_html.document_fromstring(
            _INVALID.sub("", text).encode(), lxml_html.HTMLParser(encoding="utf-8")
        )
    except etree.ParserError:  # nothing in it
        return None


def _parse_xml(text: str, url: str) -> Feed:
    root = _tree(text)
    if root is not None:
        # Some feeds are wrapped in a page.
        feed = next((element for element in root.iter("*") if _ROOT.fullmatch(_local(element))), None)
        if feed is None:
            raise _not_a_feed(_local(root))
        _trim(feed)
        text = etree.tostring(feed, encoding="unicode", with_tail=False)
    elif not _OPENING.search(text, 0, 5_000):
        first = re.search(r"<([A-Za-z]+)", text)
        raise _not_a_feed(first[1] if first else "")
    else:
        text = _LONG_WORD.sub(lambda word: word[0][:_MAX_WORD], text)
    import feedparser  # takes a while, and not every process reads feeds

    try:
        parsed = feedparser.parse(
            io.BytesIO(b"<?xml version='1.0' encoding='utf-8'?>" + text.encode()),
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    # feedparser lets out whatever its handlers stumble over, so that any class can come.
    except Exception as error:
        raise FeedError("the feed is too damaged to be read ({kind})", kind=type(error).__name__) from error
    if not parsed.entries and not parsed.version:
        raise _not_a_feed("")
    about = parsed.feed
    return Feed(
        title=_plain(about, "title"),
        site=_join(url, _text(about, "link")),
        language=_line(_text(about, "language"))[:35],
        ttl=_ttl(about),
        entries=tuple(_entry(entry, url) for entry in parsed.entries),
    )


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)


def _not_a_feed(root: str) -> FeedError:
    if root.lower() in ("html", "head", "body", "div", "meta", "script"):
        return NotAFeed("this is a web page, not a feed")
    if root.lower() == "opml":
        return FeedError("this is a list of feeds (OPML), not a feed: newsbot feed import takes such a file")
    return NotAFeed("this is not a feed")


def _trim(root: Any) -> None:
    for element in root.iter("*"):
        if len(element.attrib) > _MAX_ATTRIBUTES:
            for name in list(element.attrib)[_MAX_ATTRIBUTES:]:
                del element.attrib[name]
        long = element.text is not None and len(element.text) > _MAX_NAME
        if long and _NAMES.fullmatch(_local(element)):
            element.text = (element.text or "")[:_MAX_NAME]


def _entry(entry: dict[str, Any], url: str) -> Entry:
    contents = [_html(part) for part in _dicts(dict.get(entry, "content"))]
    guid = _text(entry, "id")
    link = _text(entry, "feedburner_origlink") or _text(entry, "link")
    if not link and guid.startswith(("http://", "https://")):
        link = guid
    authors = [_text(author, "name") for author in _dicts(dict.get(entry, "authors"))]
    return Entry(
        guid=guid,
        url=_join(url, link),
        title=_plain(entry, "title"),
        content=max(contents, key=len, default=""),
        summary=_html(dict.get(entry, "summary_detail") or {"value": _text(entry, "summary")}),
        published=_moment(entry, "published") or _moment(entry, "created"),
        updated=_moment(entry, "updated"),
        authors=tuple(dict.fromkeys(_line(author) for author in authors if author)),
    )


def _text(mapping: dict[str, Any], key: str) -> str:
    # dict.get, because feedparser's own gives other keys' values for some that are missing.
    value = dict.get(mapping, key)
    return _INVALID.sub("", value).strip() if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _html(part: dict[str, Any]) -> str:
    value = _text(part, "value")
    return _as_html(value) if _text(part, "type") == "text/plain" else value


def _as_html(text: str) -> str:
    return "".join(f"<p>{html.escape(line.strip())}</p>" for line in text.splitlines() if line.strip())


def _plain(mapping: dict[str, Any], key: str) -> str:
    """A title as plain text, though many feeds put markup or twice-escaped characters into it."""
    value = _text(mapping, key)
    detail = dict.get(mapping, f"{key}_detail")
    marked = isinstance(detail, dict) and _text(detail, "type") != "text/plain"
    return _line(_unmarked(value) if marked else value)


def _unmarked(value: str) -> str:
    return html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", value))


def _line(text: str) -> str:
    return " ".join(text.split())


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, link.strip()) if link else ""
    except ValueError:
        return ""


def _ttl(about: dict[str, Any]) -> int | None:
    """Seconds from RSS's ``ttl`` (minutes), or from the syndication module's times a period."""
    with suppress(ValueError):
        return max(0, int(_text(about, "ttl")[:6])) * 60
    periods = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
    period = periods.get(_text(about, "sy_updateperiod").lower())
    if period is None:
        return None
    with suppress(ValueError):
        return period // max(1, int(_text(about, "sy_updatefrequency")[:6]))
    return period


def _moment(entry: dict[str, Any], key: str) -> datetime | None:
    """A moment in the time zone that the feed gave; feedparser's reading of it in UTC where that fails."""
    moment = parse_moment(_text(entry, key))
    parsed = dict.get(entry, f"{key}_parsed")
    if moment is None and parsed is not None:
        with suppress(ValueError, OverflowError):
            moment = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    return moment if moment is None or moment.year > 1970 else None


def parse_moment(text: str) -> datetime | None:
    """A moment from ISO 8601 or RFC 2822, in UTC where it names no time zone; ``None`` for anything else.

    Names of months may be in any of the larger languages, as they are in many feeds.
    """
    text = text.strip()[:100]
    for parse in (datetime.fromisoformat, parsedate_to_datetime, _foreign_date):
        with suppress(ValueError, OverflowError, IndexError, TypeError):
            moment = parse(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            moment.astimezone(UTC)  # fails for the first and the last day that there is
            return moment
    return None


def _foreign_date(text: str) -> datetime:
    found = re.search(r"\b(\d{1,2})\.?\s+(?:de\s+)?([^\W\d_]{3,12})\.?\s+(?:de\s+)?(\d{4})\b(.*)", text)
    if not found:
        raise ValueError("no name of a month")
    time = found[4] if ":" in found[4] else "00:00:00"
    return parsedate_to_datetime(f"{found[1]} {_month(found[2].lower())} {found[3]} {time}")


@lru_cache(maxsize=256)
def _month(name: str) -> str:
    """The English name of a month. The library that knows them takes a second to start, so few dates wait."""
    from dateparser.date import DateDataParser

    languages = [
        "pt",
        "es",
        "fr",
        "de",
        "it",
        "nl",
        "pl",
        "ru",
        "uk",
        "tr",
        "id",
        "sv",
        "da",
        "cs",
        "ro",
        "el",
    ]
    settings = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"]}
    found = DateDataParser(languages=languages, settings=settings).get_date_data(f"1 {name} 2000").date_obj
    if not found:
        raise ValueError(f"no month is called {name}")
    return _MONTHS[found.month - 1]


def _parse_json(text: str, url: str) -> Feed:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise FeedError("the feed begins like a JSON Feed, but is not valid JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise NotAFeed("this is JSON, but not a feed")
    return Feed(
        title=_line(_text(data, "title")),
        site=_join(url, _text(data, "home_page_url")),
        language=_text(data, "language")[:35],
        ttl=None,
        entries=tuple(_json_entry(item, url) for item in data["items"] if isinstance(item, dict)),
    )


def _json_entry(item: dict[str, Any], url: str) -> Entry:
    guid = item.get("id")
    people = [*_dicts(item.get("authors")), *_dicts([item.get("author")])]
    return Entry(
        guid=_INVALID.sub("", str(guid)) if isinstance(guid, str | int | float) else "",
        url=_join(url, _text(item, "url") or _text(item, "external_url")),
        title=_line(_text(item, "title")),
        content=_text(item, "content_html") or _as_html(_text(item, "content_text")),
        summary=_as_html(_text(item, "summary")),
        published=parse_moment(_text(item, "date_published")),
        updated=parse_moment(_text(item, "date_modified")),
        authors=tuple(_names(people)),
    )


def _names(people: list[dict[str, Any]]) -> Iterator[str]:
    seen = dict.fromkeys(_line(_text(person, "name")) for person in people)
    return (name for name in seen if name)
