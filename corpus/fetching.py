"""Getting things from the web without fetching what should not be fetched.

FetchError               the address could not be fetched; the message says why
└── Refused              the guard did not let it through: asking again changes nothing
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast
from weakref import WeakValueDictionary

from yarl import URL

from corpus.errors import NewsbotError
from corpus.said import Said

if TYPE_CHECKING:
    # Takes a third of a second to import, and whoever only asks fetches nothing.
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult

MAX_BYTES = 5_000_000
MAX_REDIRECTS = 5
MAX_SECONDS = 20.0
_KEPT_SECONDS = 1.0  # that a connection waits for the next page of its site, which is not long in coming

Lookup = Callable[[str], Awaitable[list[str]]]


class FetchError(NewsbotError):
    """An address could not be fetched.

    ``status`` is the HTTP status, where there was one. ``retry_after`` is what the site asks us to wait, in
    seconds. ``host`` is one that does not answer at all, so that its other addresses would not do better.
    """

    def __init__(
        self,
        message: str,
        /,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        host: str = "",
        **values: object,
    ) -> None:
        super().__init__(message, **values)
        self.status = status
        self.retry_after = retry_after
        self.host = host


class Refused(FetchError):
    """The address, or what it leads to, is not fetched at all."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave.

    ``url`` is where the redirects ended. ``moved`` is the address to use from now on, where permanent
    redirects said so, and else empty. ``content_type`` is the header as sent. ``etag`` and ``last_modified``
    are for the next fetch; ``max_age`` is how long the site calls this fresh, in seconds. With
    ``unchanged``, nothing is new since the etag and date that were given, and ``body`` is empty.
    """

    url: str
    body: bytes
    content_type: str
    moved: str = ""
    etag: str = ""
    last_modified: str = ""
    max_age: int | None = None
    unchanged: bool = False


class Fetcher:
    """Fetches http and https addresses of the public internet, one connection a host; a context manager.

    ``contact`` tells site owners whom to write to. Hosts named in ``allowed`` may be inside this network: for
    tests. ``lookup`` gives the addresses of a name.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        allowed: Collection[str] = (),
        seconds: float = MAX_SECONDS,
        max_bytes: int = MAX_BYTES,
        lookup: Lookup | None = None,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed)
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._resolver = _Resolver(self._allowed, lookup or _lookup)
        self._agent = _user_agent(contact)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._session: aiohttp.ClientSession | None = None
        self._entered = False

    async def __aenter__(self) -> Self:
        self._entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered = False
        if self._session:
            await self._session.close()

    async def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        """Fetches an address; with an etag or a date of an earlier answer, only if it has changed since.

        The time limit counts from when the host's turn has come. Raises Refused and FetchError.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        address = self._checked(url)
        seen, moved, seconds = {address}, "", self._seconds
        permanent = True
        while True:
            async with self._turn(address):
                started = asyncio.get_running_loop().time()
                answer = await self._get(address, headers, seconds)
                seconds -= asyncio.get_running_loop().time() - started
            if isinstance(answer, Fetched):
                return replace(answer, moved=moved)
            address = self._checked(answer.location)
            if address in seen:
                raise FetchError("the site redirects in a circle")
            if len(seen) > MAX_REDIRECTS:
                raise FetchError("the site redirects more than {most} times", most=MAX_REDIRECTS)
            seen.add(address)
            permanent = permanent and answer.permanent
            if permanent:
                moved = str(address)

    def _turn(self, address: URL) -> asyncio.Lock:
        return self._turns.setdefault(address.raw_host or "", asyncio.Lock())

    def _checked(self, url: str) -> URL:
        """The address to ask for, if it may be asked for. Names are looked up later, when connecting."""
        try:
            address = URL(url.strip()).with_fragment(None)
        except ValueError:
            raise Refused("this is not a web address: {address}", address=_shown(url)) from None
        if address.scheme not in ("http", "https") or not address.raw_host:
            raise Refused("this is not an http or https address: {address}", address=_shown(url))
        if address.raw_user is not None or address.raw_password is not None:
            raise Refused(
                "the address holds a user name or password, and these are never sent on: leave them out"
            )
        host = address.raw_host
        if host not in self._allowed and _is_numeric(host):
            try:
                number = ip_address(host)
            except ValueError:
                raise Refused(
                    "{site} is a number in disguise, not the name of a site", site=_shown(host)
                ) from None
            if not is_public(number):
                raise _inside(host)
        return address

    def _begin(self) -> aiohttp.ClientSession:
        import aiohttp

        return aiohttp.ClientSession(
            # Names are looked up once for each connection, by our resolver, and the connection goes to the
            # addresses that it checked: a name that changes its mind in between gains nothing.
            connector=aiohttp.TCPConnector(
                resolver=cast("AbstractResolver", self._resolver),
                use_dns_cache=False,
                keepalive_timeout=_KEPT_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            headers={
                "User-Agent": self._agent,
                "Accept": "application/atom+xml, application/rss+xml, application/feed+json, "
                "text/html;q=0.9, */*;q=0.5",
                "Accept-Encoding": "gzip, deflate",
            },
            # Content-Security-Policy alone often needs more than the 8 KB that aiohttp would take.
            max_field_size=65_536,
        )

    async def _get(self, address: URL, headers: dict[str, str], seconds: float) -> Fetched | _Redirect:
        """One request and its answer, with everything that can go wrong turned into a FetchError."""
        import aiohttp

        if not self._entered:
            raise RuntimeError("the fetcher is used as a context manager")
        if self._session is None:
            self._session = self._begin()
        host = address.raw_host or ""
        site = _shown(host)
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.get(address, headers=headers, allow_redirects=False) as response,
            ):
                return await self._answer(response, conditional=bool(headers))
        except TimeoutError:
            raise FetchError(
                "the site did not finish its answer within {seconds:g} seconds",
                seconds=self._seconds,
                host=host,
            ) from None
        except aiohttp.ClientConnectorCertificateError as error:
            why = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
            raise FetchError(
                "the certificate of {site} is not valid: {reason}", site=site, reason=_shown(str(why))
            ) from error
        except aiohttp.ClientSSLError as error:
            raise FetchError("{site} does not speak proper TLS", site=site) from error
        except aiohttp.ClientConnectorDNSError as error:
            raise FetchError("no site called {site} is found", site=site, host=host) from error
        except aiohttp.ClientConnectorError as error:
            raise FetchError(
                "cannot connect to {site}: {reason}",
                site=site,
                reason=os.strerror(error.errno or 0),
                host=host,
            ) from error
        except aiohttp.ClientPayloadError as error:
            raise FetchError("the answer broke off or is damaged") from error
        except aiohttp.ServerDisconnectedError as error:
            raise FetchError("the site hung up without an answer") from error
        except aiohttp.ClientResponseError as error:
            raise FetchError(
                "the answer is not proper HTTP: {reason}", reason=_shown(error.message.partition(":")[0])
            ) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError("the connection failed: {reason}", reason=_shown(str(error))) from error

    async def _answer(self, response: aiohttp.ClientResponse, *, conditional: bool) -> Fetched | _Redirect:
        if response.status in _REDIRECTS:
            return _Redirect(_location(response), permanent=response.status in (301, 308))
        if response.status not in (200, 203) and not (response.status == 304 and conditional):
            raise _failure(response)
        unchanged = response.status == 304
        return Fetched(
            url=str(response.url),
            body=b"" if unchanged else await self._body(response),
            content_type=response.headers.get("Content-Type", ""),
            etag=response.headers.get("ETag", ""),
            last_modified=response.headers.get("Last-Modified", ""),
            max_age=_max_age(response.headers.get("Cache-Control", "")),
            unchanged=unchanged,
        )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, decompressed bit by bit so that a bomb is dropped as soon as it is too long."""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind and kind not in _UNKNOWN and not _TEXT.fullmatch(kind):
            raise Refused("the address gives {kind}, which is not text", kind=_shown(kind))
        too_long = Refused("what the address gives is longer than {limit:g} MB", limit=self._max_bytes / 1e6)
        if (response.content_length or 0) > self._max_bytes:
            raise too_long
        body = bytearray()
        async for chunk in response.content.iter_any():
            if not body and b"\0" in chunk and not chunk.startswith(_WIDE):
                raise Refused("the address gives something that is not text")
            body += chunk
            if len(body) > self._max_bytes:
                raise too_long
        return bytes(body)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet, seen through the ways to wrap IPv4 in IPv6."""
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            wrapped = IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
        if address.is_site_local or address.scope_id:
            return False
    special = address.is_multicast or address.is_reserved or any(address in network for network in _SPECIAL)
    return address.is_global and not special


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str
    permanent: bool


class _Resolver:
    """aiohttp's AbstractResolver: looks a name up, and gives its addresses if every one of them is public."""

    def __init__(self, allowed: frozenset[str], lookup: Lookup) -> None:
        self._allowed = allowed
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        from aiohttp.abc import ResolveResult

        addresses = await self._lookup(host)
        if host not in self._allowed and not all(is_public(ip_address(address)) for address in addresses):
            raise _inside(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


async def _lookup(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label of more than 63 letters
        raise OSError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


_REDIRECTS = (301, 302, 303, 307, 308)
_TEXT = re.compile(r"text/.+|application/(.+\+)?(xml|json|xhtml)(-.+)?|application/x-(rss|atom|rdf).*")
# Servers say this of files that they do not know, feeds among them; their first bytes decide.
_UNKNOWN = ("application/octet-stream", "binary/octet-stream", "application/x-unknown")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0", b"\0\0\xfe\xff", b"\0\0\0<")
_NAT64 = IPv6Network("64:ff9b::/96")
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, the metadata service of one cloud among them
    IPv4Network("192.88.99.0/24"),  # relays into other networks, no longer in use
    IPv4Network("168.63.129.16/32"),  # metadata service of another cloud, within public space
    IPv6Network("64:ff9b:1::/48"),  # translation inside a network
)
# What resolvers read as an IPv4 address in the end: the rule by which browsers tell it from a name.
_LAST_LABEL_NUMERIC = re.compile(r"(.*\.)?(\d+|0[xX][0-9a-fA-F]*)\.?")
_REASONS = {
    400: Said("the site does not understand the request: HTTP 400"),
    401: Said("the site asks for a login: HTTP 401"),
    402: Said("the site asks for payment: HTTP 402"),
    403: Said("the site refuses bots: HTTP 403"),
    404: Said("there is nothing at this address: HTTP 404"),
    406: Said("the site has nothing that we could read: HTTP 406"),
    410: Said("the site says that this is gone for good: HTTP 410"),
    429: Said("the site asks us to come less often: HTTP 429"),
    451: Said("the site may not show this for legal reasons: HTTP 451"),
    503: Said("the site is out of service for now: HTTP 503"),
}


def _is_numeric(host: str) -> bool:
    return ":" in host or _LAST_LABEL_NUMERIC.fullmatch(host) is not None


def _inside(host: str) -> Refused:
    return Refused("{site} is not on the public internet, and only that is fetched from", site=_shown(host))


def _failure(response: aiohttp.ClientResponse) -> FetchError:
    status = response.status
    wait = _retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    if told := _REASONS.get(status):
        return FetchError(told.template, status=status, retry_after=wait)
    if status >= 500:
        return FetchError("the site has a fault: HTTP {code}", code=status, status=status, retry_after=wait)
    return FetchError(
        "the site has no answer for us: HTTP {code}", code=status, status=status, retry_after=wait
    )


def _location(response: aiohttp.ClientResponse) -> str:
    location = response.headers.get("Location", "").strip()
    if not location:
        raise FetchError("the site redirects to nowhere: HTTP {code}", code=response.status)
    try:
        return str(response.url.join(URL(location)))
    except ValueError:
        raise FetchError(
            "the site redirects to what is not an address: {address}", address=_shown(location)
        ) from None


def _max_age(cache_control: str) -> int | None:
    found = re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})\b", cache_control, re.IGNORECASE)
    return int(found[1]) if found else None


def _retry_after(value: str, sent: str) -> int | None:
    """Seconds to wait, from a number or from a date, which is compared with the site's own clock."""
    if re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        return int(value)
    until, now = _http_date(value), _http_date(sent) or datetime.now(UTC)
    return max(0, round((until - now).total_seconds())) if until else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _user_agent(contact: str) -> str:
    name = f"newsbot/{version('newsbot')}"
    if not contact:
        return name
    if not re.fullmatch(r"[\x20-\x7e]+", contact):
        raise NewsbotError("the contact for site owners must be plain ASCII: a web or mail address")
    return f"{name} (+{contact})"


def _shown(text: str) -> str:
    """Foreign text for a message: one line, not too long."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= 120 else line[:119] + "…"
