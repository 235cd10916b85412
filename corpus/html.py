"""An article from a web page: trafilatura finds the article, what the page says of itself describes it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from corpus import captions, dates, fields, furniture, paragraphs
from corpus.article import Article, Kind, Paragraph, day_of
from corpus.encoding import decode_page, storable
from corpus.errors import ReadError

# It reports as errors what is answered for here.
for _library in ("trafilatura", "htmldate"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)

_SHORT = 250  # characters of text below which trafilatura looks again, less strictly
_LONGEST_SECTION = 50  # characters
_BLOCKS = frozenset(["p", "head", "quote", "list", "item", "table", "row", "code", "div"])
_KINDS = {"head": Kind.HEADING, "quote": Kind.QUOTE}
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ARTICLE_TYPE = re.compile(r"Article|Posting|Report|Review|CreativeWork", re.IGNORECASE)
_META_DATES = frozenset(
    [
        "article:published_time",
        "article:published",
        "og:article:published_time",
        "datepublished",
        "pubdate",
        "pub_date",
        "publishdate",
        "publish-date",
        "publication_date",
        "article_date_original",
        "parsely-pub-date",
        "sailthru.date",
        "dc.date",
        "dc.date.issued",
        "dcterms.date",
        "dcterms.issued",
        "citation_publication_date",
        "date",
    ]
)
_DATED_ELEMENTS = (
    "//*[@itemprop='datePublished']",
    "//time[@pubdate]",
    "//time[contains(@class, 'publish') or contains(@class, 'entry-date') or contains(@class, 'post-date')]",
    "//article//header//time[@datetime]",
)
_MOST_PICTURES = 100
_CAPTIONS = "//figcaption[ancestor::article or ancestor::main or ancestor::*[@itemprop='articleBody']]"
_DATE_IN_ADDRESS = re.compile(r"/(\d{4})/(\d{1,2})/(\d{1,2})/")


def parse(page: bytes, *, url: str, name: str, charset: str = "") -> Article:
    """The article on ``page``.

    ``url`` is where the page was fetched; where it is no web address, the page's own canonical address takes
    its place. ``name`` is the title of a page that has none, ``charset`` the encoding that its server named.
    The text is the page's, except that trafilatura writes no-break spaces as spaces. The date is one that
    the page or its address states, never a guess and never in the future. Raises ReadError where the bytes
    cannot be decoded or no article is found.
    """
    tree = _tree(decode_page(page, charset))
    described = _extract(tree)
    title = _title(described)
    parts = list(_paragraphs(described.body, title))
    if not parts:
        raise ReadError(
            "holds no article text that can be told from the page; save the article as .txt or .md"
        )
    title = title or paragraphs.title(parts[0].text, name)
    _insert_captions(parts, tree)
    address = url if urlsplit(url).scheme in {"http", "https"} else _canonical(tree, described.url) or url
    return Article(
        url=address,
        title=title,
        paragraphs=tuple(parts),
        source=_source(described),
        authors=_authors(described.author),
        published=_published(tree, address),
        section=_section(described),
        language=_language(tree),
    )


def _tree(text: str) -> Element:
    from trafilatura.utils import load_html  # takes a while, and not every process reads pages

    tree = load_html(text)
    if tree is None:
        tree = load_html(f"<html><body><div>{text}</div></body></html>")
    if tree is None:
        raise ReadError("is not HTML; give its text as .txt")
    return tree


def _extract(tree: Element) -> Any:
    """trafilatura's document; the strict reading, unless it leaves next to nothing."""
    from trafilatura import bare_extraction

    options: dict[str, Any] = {
        "include_comments": False,
        "with_metadata": True,
        "date_extraction_params": {"extensive_search": False, "original_date": True},
    }
    strict: Any = bare_extraction(tree, favor_precision=True, **options)
    if strict is not None and len("".join(strict.body.itertext())) >= _SHORT:
        return strict
    document: Any = bare_extraction(tree, **options) or strict
    if document is None:
        raise ReadError(
            "holds no article text that can be told from the page; save the article as .txt or .md"
        )
    return document


def _title(document: Any) -> str:
    """The headline, without the outlet's name that many pages put before or behind it."""
    title = fields.one_line(storable(document.title or ""))
    outlet = re.escape(fields.one_line(document.sitename or ""))
    bare = re.sub(rf"\s+[|–—·:-]\s+{outlet}$|^{outlet}\s*[|–—·:-]\s+", "", title, flags=re.IGNORECASE)
    return bare if outlet and len(bare.split()) > 1 else title


def _paragraphs(body: Element, title: str) -> Iterator[Paragraph]:
    for kind, text in _blocks(body, Kind.BODY):
        for piece in paragraphs.split(storable(text)):
            plain = fields.one_line(piece)
            said_again = kind is Kind.HEADING and plain.casefold() == title.casefold()
            if not said_again and not furniture.is_furniture(plain):
                yield Paragraph(piece, kind)


def _blocks(element: Element, kind: Kind) -> Iterator[tuple[Kind, str]]:
    """The text of an element, cut where the blocks in it begin and end; a row's cells are parted by tabs."""
    if element.tag == "row":
        yield kind, "\t".join(_text(cell) for cell in element)
        return
    kind = _KINDS.get(str(element.tag), kind)
    run = _collapsed(element.text)
    for child in element:
        if child.tag in _BLOCKS:
            yield kind, run
            yield from _blocks(child, kind)
            run = ""
        else:
            run += _text(child)
        run += _collapsed(child.tail)
    yield kind, run


def _text(element: Element) -> str:
    if element.tag == "lb":
        return "\n"
    inner = (_text(child) + _collapsed(child.tail) for child in element)
    return _collapsed(element.text) + "".join(inner)


def _collapsed(text: str | None) -> str:
    """Text as a browser shows it, where white space of the source is one space."""
    return _SPACE.sub(" ", text or "")


def _insert_captions(parts: list[Paragraph], tree: Element) -> None:
    """Put the captions of the article's pictures where they stand among its paragraphs.

    trafilatura leaves out all pictures, because it cannot tell which are the article's. One in the page's
    main part, near a paragraph of the article, is.
    """
    for figure in tree.xpath(_CAPTIONS)[:_MOST_PICTURES]:
        said = [fields.one_line(part.text) for part in parts]
        place = _place(figure, said)
        if place is None:
            continue
        for piece in paragraphs.split(storable(_caption(figure))):
            plain = fields.one_line(piece)
            if plain not in said and not captions.is_credit(plain) and not furniture.is_furniture(plain):
                parts.insert(place, Paragraph(piece, Kind.CAPTION))
                place += 1


def _place(figure: Element, said: list[str]) -> int | None:
    """The place of the paragraph before which a picture stands, or after the last one; None if it is far."""
    for axis, beyond in (("following::p[position() <= 4]", 0), ("preceding::p[position() <= 2]", 1)):
        for paragraph in figure.xpath(axis):
            plain = fields.one_line("".join(paragraph.itertext()))
            if plain in said:
                return said.index(plain) + beyond
    return None


def _caption(element: Element) -> str:
    inner = "".join(_caption(child) + _collapsed(child.tail) for child in element)
    ends = "\n" if element.tag in {"p", "div", "br", "li"} else ""
    return f"{ends}{_collapsed(element.text)}{inner}{ends}"


def _canonical(tree: Element, found: str | None) -> str:
    """The address that the page gives as its own, empty if it is none of an article."""
    links = tree.xpath("//link[@rel='canonical']/@href")
    for written in [*links, found or ""]:
        try:
            address = fields.address(str(written))
        except ReadError:
            continue
        parts = urlsplit(address)
        # Some pages name their site's front page, and would all be one article.
        if parts.path.strip("/") or parts.query:
            return address
    return ""


def _source(document: Any) -> str:
    name = fields.one_line(storable(document.sitename or ""))
    return str(document.hostname or "") if "://" in name else name


def _section(document: Any) -> str:
    name = fields.one_line(storable((document.categories or [""])[0]))
    return name if len(name) <= _LONGEST_SECTION else ""  # else it is a list of keywords


def _authors(written: str | None) -> tuple[str, ...]:
    names = (fields.one_line(name) for name in storable(written or "").split(";"))
    return tuple(name for name in names if name and name.lower() != "admin")


def _language(tree: Element) -> str:
    named = "@property='og:locale' or @http-equiv='content-language'"
    said = tree.xpath(f"/html/@lang | //meta[{named}]/@content")
    return next((tag for written in said if (tag := fields.language(str(written)))), "")


def _published(tree: Element, address: str) -> date | datetime | None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    for written in _stated_dates(tree, address):
        found = dates.parse(storable(written))
        if (day := day_of(found)) and day <= tomorrow:
            return found
    return None


def _stated_dates(tree: Element, address: str) -> Iterator[str]:
    """What the page gives as its day of publication, the most reliable first."""
    items = [item for item in _linked_data(tree) if isinstance(item.get("datePublished"), str)]
    items.sort(key=lambda item: not _ARTICLE_TYPE.search(str(item.get("@type"))))
    yield from (item["datePublished"] for item in items)
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if name.lower() in _META_DATES:
            yield meta.get("content") or ""
    for path in _DATED_ELEMENTS:
        for element in tree.xpath(path):
            yield element.get("datetime") or element.get("content") or "".join(element.itertext())
    if match := _DATE_IN_ADDRESS.search(urlsplit(address).path + "/"):
        yield "-".join(match.groups())


def _linked_data(tree: Element) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD, outer ones first."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            waiting = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue  # much JSON-LD is broken, and the page says its date elsewhere too
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, dict):
                yield item
                waiting.extend(item.values())
            elif isinstance(item, list):
                waiting.extend(item)
