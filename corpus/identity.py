"""When two addresses, two entries of a feed or two texts are the same article."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import numpy as np

from corpus.errors import NewsbotError
from corpus.feeds import Entry

PERMUTATIONS = 64
NEAR = 0.5  # resemblance from which two texts are versions of one


def web_address(written: str) -> str:
    """An address as a person writes it, with its scheme. Raises NewsbotError where it is none."""
    text = re.sub(r"^feed:(//)?(?=https?:)", "", written.strip()).replace("feed://", "https://", 1)
    if "://" not in text and re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?([/?#]|$)|localhost\b", text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or not text.isprintable() or " " in text:
        raise NewsbotError("this is not a web address: write it like https://example.com/news")
    return text


def clean(url: str) -> str:
    """The address without its fragment and without what only tells where the reader came from."""
    parts = _split(url)
    return urlunsplit(parts._replace(query=_query(parts), fragment="")) if parts else url


def key(url: str) -> str:
    """What stays the same however an address is written: two addresses with one key are one article.

    The scheme, ``www.``, the default port, a slash or ``index.html`` at the end, the order of the query and
    the case of the host do not count; what cannot be read as an address is its own key.
    """
    parts = _split(url)
    if parts is None or not parts.hostname:
        return url
    host = parts.hostname.removeprefix("www.").rstrip(".")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    path = quote(
        unquote(re.sub(r"/{2,}", "/", parts.path), errors="surrogateescape"), errors="surrogateescape"
    )
    path = re.sub(r"/(index|default)\.(html?|php|aspx?)$", "/", path).rstrip("/")
    query = urlencode(sorted(parse_qsl(_query(parts), keep_blank_values=True)))
    return f"{host}{port}{path}{'?' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that was stored before. ``article`` is the article's id, if there is one."""

    article: int | None
    guid: str
    key: str
    title: str
    fingerprint: bytes


K = TypeVar("K", bound=Known)


def same_article(
    entry: Entry, print_: bytes, known: Iterable[K], *, shared: frozenset[str] = frozenset()
) -> K | None:
    """The stored entry that ``entry`` is, among those that have its guid, its key or its fingerprint.

    ``print_`` is the fingerprint of the entry's own title and text. ``shared`` are the keys that several
    entries of this feed have in common (the site's front page, for instance), which therefore tell nothing. A
    guid alone is believed only where title or text agree: some feeds use one again for another article.
    """
    candidates = list(known)
    address = key(entry.url) if entry.url else ""
    for other in candidates:
        if address and address not in shared and other.key == address:
            return other
    for other in candidates:
        if print_ and other.fingerprint == print_:
            return other
    for other in candidates:
        agrees = alike(entry.title, other.title) or resemblance(print_, other.fingerprint) >= NEAR
        if entry.guid and other.guid == entry.guid and agrees:
            return other
    return None


def shared_keys(entries: Iterable[Entry]) -> frozenset[str]:
    """The keys that entries with different guids and titles of one feed have in common."""
    first: dict[str, Entry] = {}
    found = set()
    for entry in entries:
        address = key(entry.url) if entry.url else ""
        other = first.setdefault(address, entry)
        if other.guid != entry.guid and not alike(other.title, entry.title):
            found.add(address)
    return frozenset(found - {""})


def alike(title: str, other: str) -> bool:
    """Whether two titles are versions of one: at least half of all their words are in both."""
    one, two = set(_words(title)), set(_words(other))
    return one == two or 2 * len(one & two) >= len(one | two)


def same_title(title: str, other: str) -> bool:
    """Whether two titles are the same but for what stands around one of them, such as the outlet's name."""
    one, two = set(_words(title)), set(_words(other))
    return bool(one and two) and (one <= two or two <= one)


def fingerprint(text: str) -> bytes:
    """A MinHash of the text's runs of four words: 64 numbers of 32 bits; empty where there are too few words.

    Broder, "On the resemblance and containment of documents" (1997).
    """
    words = _words(text)
    if len(words) < _TELLING:
        return b""
    runs = {" ".join(words[start : start + 4]) for start in range(len(words) - 3)}
    hashes = np.frombuffer(
        b"".join(hashlib.blake2b(run.encode(), digest_size=4).digest() for run in runs), dtype="<u4"
    ).astype(np.uint64)
    permuted = (hashes[:, None] * _FACTORS + _TERMS) % _PRIME
    return bytes(permuted.min(axis=0).astype("<u4").tobytes())


def bands(fingerprint: bytes) -> list[bytes]:
    """16 pieces of a fingerprint; texts that resemble each other by half or more mostly share one of them."""
    return [fingerprint[start : start + 16] for start in range(0, len(fingerprint), 16)]


def resemblance(one: bytes, two: bytes) -> float:
    """The estimated share (0 to 1) of the runs of words that two fingerprinted texts have in common."""
    if not one or not two:
        return 0.0
    return float(np.mean(np.frombuffer(one, dtype="<u4") == np.frombuffer(two, dtype="<u4")))


_TELLING = 25  # words below which two different articles may well have the same text
_PRIME = np.uint64(4_294_967_291)  # the largest below 2 ** 32, so that products fit into 64 bits
_RANDOM = np.random.default_rng(1997)
_FACTORS = _RANDOM.integers(1, int(_PRIME), PERMUTATIONS, dtype=np.uint64)
_TERMS = _RANDOM.integers(0, int(_PRIME), PERMUTATIONS, dtype=np.uint64)
_TRACKING = re.compile(
    r"(utm|itm|mtm|hsa|oly|vero|wt|at|mc|guce|fb|_hs|__hs|__twitter)_\w+|_hs\w+|"
    r"(fbc|gc|dc|yc|twc|msclk|ttc)lid|gbraid|wbraid|igshid|igsh|mkt_tok|xtor|spm|amp|"
    r"cmp|cmpid|icid|ocid|ncid|smid|smtyp|s_cid|ito|ref_src|ref_url|sr_share|traffic_source|wpisrc|wpmm|ftag",
    re.IGNORECASE,
)
_FROM_A_FEED = re.compile(
    r"(rss|feed|atom|newsletter|twitter|facebook|e-?mail|social)[\w.-]*",
    re.IGNORECASE,
)
_ORIGINS = ("source", "src", "from", "ref", "partner", "medium", "campaign", "cid", "output")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        return parts if parts.port is not None or parts.netloc else None
    except ValueError:
        return None


def _query(parts: SplitResult) -> str:
    # Fields are taken out as they are written: to put a query together again would change it.
    return "&".join(field for field in parts.query.split("&") if field and not _tracks(field))


def _tracks(field: str) -> bool:
    name, _, value = field.partition("=")
    if _TRACKING.fullmatch(name):
        return True
    return name.lower() in _ORIGINS and _FROM_A_FEED.fullmatch(value) is not None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
