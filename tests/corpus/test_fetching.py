"""What the fetcher lets through, and what it says of the rest."""

from __future__ import annotations

import asyncio
import gzip
import random
import shutil
import ssl
import subprocess
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from corpus.errors import NewsbotError
from corpus.fetching import Fetched, Fetcher, FetchError, Refused, is_public
from tests.corpus.server import Request, Route, Server, answer, redirect

ALLOWED = ["localhost", "other.test"]
INSIDE = """
    127.0.0.1 127.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 0 0.0.0.0 127.0.0.1.
    10.0.0.1 172.16.5.4 192.168.1.1 169.254.169.254 168.63.129.16 100.64.0.1 224.0.0.1 255.255.255.255
    [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [fe80::1] [fe80::1%25eth0] [fc00::1] [fec0::1]
    [ff02::1] [fd00:ec2::254] [64:ff9b::7f00:1] [2002:7f00:1::] 127。0。0。1 ①②⑦.0.0.1
    inside.test INSIDE.test both.test metadata.test sixth.test
"""
TEXT = """
    text/html text/xml application/xml application/atom+xml;charset=utf-8 application/rss+xml application/json
    application/rdf+xml application/feed+json application/xhtml+xml application/x-rss+xml
    application/octet-stream
"""


async def lookup(host: str) -> list[str]:
    """Names as a hostile name server would give them."""
    names = {
        "localhost": ["127.0.0.1"],
        "other.test": ["127.0.0.1"],
        "inside.test": ["127.0.0.1"],
        "both.test": ["93.184.215.14", "10.0.0.7"],
        "metadata.test": ["169.254.169.254"],
        "sixth.test": ["::ffff:192.168.1.1"],
    }
    if host not in names:
        raise OSError("name or service not known")
    return names[host]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(allowed=ALLOWED, lookup=lookup, contact="https://example.com/bot") as fetcher:
        yield fetcher


async def fetch(fetcher: Fetcher, server: Server, route: Route) -> Fetched:
    server.routes["/"] = route
    return await fetcher.fetch(server.url())


class TestWhatComesThrough:
    async def test_a_page_comes_with_what_is_needed_to_ask_again(
        self, fetcher: Fetcher, server: Server
    ) -> None:
        got = await fetch(
            fetcher,
            server,
            answer(
                "Grüße",
                content_type="text/html; charset=utf-8",
                etag='"a1"',
                last_modified="Mon, 02 Mar 2026 10:00:00 GMT",
                cache_control="public, max-age=900",
            ),
        )
        assert got == Fetched(
            url=server.url(),
            body="Grüße".encode(),
            content_type="text/html; charset=utf-8",
            etag='"a1"',
            last_modified="Mon, 02 Mar 2026 10:00:00 GMT",
            max_age=900,
        )

    async def test_what_has_not_changed_is_not_sent_again(self, fetcher: Fetcher, server: Server) -> None:
        server.routes["/"] = answer(status="304 Not Modified", etag='"a1"')
        got = await fetcher.fetch(server.url(), etag='"a1"', last_modified="Mon, 02 Mar 2026 10:00:00 GMT")
        assert (got.unchanged, got.body) == (True, b"")
        asked = server.requests[0].headers
        assert asked["if-none-match"] == '"a1"'
        assert asked["if-modified-since"] == "Mon, 02 Mar 2026 10:00:00 GMT"

    async def test_site_owners_learn_whom_to_write_to(self, fetcher: Fetcher, server: Server) -> None:
        await fetch(fetcher, server, answer("x", content_type="text/plain"))
        assert server.requests[0].headers["user-agent"].startswith("newsbot/")
        assert server.requests[0].headers["user-agent"].endswith(" (+https://example.com/bot)")

    def test_a_contact_cannot_smuggle_headers_in(self) -> None:
        with pytest.raises(NewsbotError, match="plain ASCII"):
            Fetcher(contact="me\r\nCookie: a=b")

    @pytest.mark.parametrize("squeeze", [gzip.compress, zlib.compress])
    async def test_compressed_pages_are_unpacked(
        self, fetcher: Fetcher, server: Server, squeeze: Callable[[bytes], bytes]
    ) -> None:
        encoding = "gzip" if squeeze is gzip.compress else "deflate"
        page = answer(squeeze(b"news " * 9999), content_type="text/html", content_encoding=encoding)
        assert (await fetch(fetcher, server, page)).body == b"news " * 9999

    @pytest.mark.parametrize(
        "kind",
        [*TEXT.split(), ""],
    )
    async def test_every_kind_of_text_is_read(self, fetcher: Fetcher, server: Server, kind: str) -> None:
        assert (await fetch(fetcher, server, answer("<rss/>", content_type=kind))).body == b"<rss/>"

    async def test_no_cookie_comes_back_to_the_site(self, fetcher: Fetcher, server: Server) -> None:
        page = answer("x", content_type="text/plain", set_cookie="visitor=7; Path=/")
        await fetch(fetcher, server, page)
        await fetch(fetcher, server, page)
        assert "cookie" not in server.requests[1].headers

    async def test_a_host_is_asked_one_thing_at_a_time(self, fetcher: Fetcher, server: Server) -> None:
        server.routes["/"] = answer("x", content_type="text/plain")
        await asyncio.gather(*(fetcher.fetch(server.url()) for _ in range(12)))
        assert (len(server.requests), server.busiest) == (12, 1)

    async def test_waiting_for_a_turn_is_no_reason_to_fail(self, server: Server) -> None:
        async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.06)
            writer.write(answer("x", content_type="text/plain"))

        server.routes["/"] = slowly
        async with Fetcher(allowed=ALLOWED, lookup=lookup, seconds=0.25) as fetcher:
            got = await asyncio.gather(*(fetcher.fetch(server.url()) for _ in range(8)))
        assert len(got) == 8


class TestRedirects:
    async def test_permanent_ones_tell_the_new_address(self, fetcher: Fetcher, server: Server) -> None:
        server.routes |= {
            "/": redirect("/second", "301 Moved Permanently"),
            "/second": redirect(server.url("/third", "other.test"), "308 Permanent Redirect"),
            "/third": redirect("/today", "302 Found"),
            "/today": answer("x", content_type="text/plain"),
        }
        got = await fetcher.fetch(server.url())
        assert got.url == server.url("/today", "other.test")
        assert got.moved == server.url("/third", "other.test")

    async def test_after_a_temporary_one_nothing_is_permanent(self, fetcher: Fetcher, server: Server) -> None:
        server.routes |= {
            "/": redirect("/a"),
            "/a": redirect("/b", "301 Moved Permanently"),
            "/b": answer("x", content_type="text/plain"),
        }
        got = await fetcher.fetch(server.url())
        assert (got.url, got.moved) == (server.url("/b"), "")

    async def test_five_are_followed_and_six_are_not(self, fetcher: Fetcher, server: Server) -> None:
        server.routes |= {f"/{n}": redirect(f"/{n + 1}") for n in range(7)}
        server.routes["/6"] = answer("x", content_type="text/plain")
        assert (await fetcher.fetch(server.url("/1"))).url == server.url("/6")
        with pytest.raises(FetchError, match="more than 5 times"):
            await fetcher.fetch(server.url("/0"))

    async def test_a_circle_ends(self, fetcher: Fetcher, server: Server) -> None:
        server.routes |= {"/": redirect("/a"), "/a": redirect("/")}
        with pytest.raises(FetchError, match="in a circle"):
            await fetcher.fetch(server.url())

    @pytest.mark.parametrize(
        "target",
        ["http://127.0.0.1:{port}/secret", "http://inside.test:{port}/secret", "http://[::1]:{port}/secret",
         "//127.0.0.1:{port}/secret", "http://2130706433:{port}/secret", "http://[::ffff:127.0.0.1]:{port}/secret",
         "file:///etc/hostname", "ftp://localhost/secret", "gopher://localhost:{port}/secret",
         "http://me:word@localhost:{port}/secret", "http://metadata.test/latest", "http://["],
    )  # fmt: skip
    async def test_each_is_checked_anew(self, fetcher: Fetcher, server: Server, target: str) -> None:
        server.routes["/secret"] = answer("secret", content_type="text/plain")
        with pytest.raises(FetchError):
            await fetch(fetcher, server, redirect(target.format(port=server.port)))
        assert [request.path for request in server.requests] == ["/"]

    async def test_one_to_nowhere_says_so(self, fetcher: Fetcher, server: Server) -> None:
        with pytest.raises(FetchError, match="redirects to nowhere: HTTP 302"):
            await fetch(fetcher, server, answer(status="302 Found"))


class TestTheGuard:
    @pytest.mark.parametrize(
        "host",
        INSIDE.split(),
    )
    async def test_nothing_inside_the_network_is_reached(
        self, fetcher: Fetcher, server: Server, host: str
    ) -> None:
        server.routes["/"] = answer("secret", content_type="text/plain")
        with pytest.raises(Refused):
            await fetcher.fetch(f"http://{host}:{server.port}/")
        assert not server.requests

    @pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e"])
    def test_public_addresses_are_public(self, address: str) -> None:
        assert is_public(ip_address(address))

    async def test_a_name_cannot_change_its_mind_after_the_check(self, server: Server) -> None:
        answers = iter([["93.184.215.14", "127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]])

        async def rebinding(host: str) -> list[str]:
            return next(answers)

        server.routes["/"] = answer("secret", content_type="text/plain")
        async with Fetcher(lookup=rebinding) as fetcher:
            with pytest.raises(Refused, match=r"rebind\.test is not on the public internet"):
                await fetcher.fetch(server.url(host="rebind.test"))
        assert not server.requests
        assert len(list(answers)) == 2, "the name is looked up once"

    async def test_the_connection_goes_to_the_address_that_was_looked_up(self, server: Server) -> None:
        asked = []

        async def counting(host: str) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

        server.routes["/"] = answer("x", content_type="text/plain")
        async with Fetcher(allowed=["no-such-name.test"], lookup=counting) as fetcher:
            await fetcher.fetch(server.url(host="no-such-name.test"))
        assert asked == ["no-such-name.test"]

    async def test_without_the_setting_loopback_is_refused(self, server: Server) -> None:
        async with Fetcher() as fetcher:
            with pytest.raises(Refused, match="not on the public internet"):
                await fetcher.fetch(server.url())
        assert not server.requests

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("file:///etc/hostname", "not an http or https address"),
            ("javascript:alert(1)", "not an http or https address"),
            ("example.com", "not an http or https address"),
            ("", "not an http or https address"),
            ("http://", "not an http or https address"),
            ("http://example.com:99999/", "not a web address"),
            ("http://[1", "not a web address"),
            ("https://me:word@example.com/", "user name or password"),
            ("https://me@example.com/", "user name or password"),
        ],
    )
    async def test_what_is_no_web_address_is_refused(self, fetcher: Fetcher, url: str, reason: str) -> None:
        with pytest.raises(Refused, match=reason):
            await fetcher.fetch(url)

    @pytest.mark.parametrize(
        "host", ["no-such-name.test", "a" * 70 + ".test", "..", "exa mple.com", "xn--a.test"]
    )
    async def test_a_name_that_leads_nowhere_is_told(self, fetcher: Fetcher, host: str) -> None:
        with pytest.raises(FetchError):
            await fetcher.fetch(f"http://{host}/")


class TestReasons:
    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            ("403 Forbidden", "the site refuses bots: HTTP 403"),
            ("404 Not Found", "there is nothing at this address: HTTP 404"),
            ("410 Gone", "gone for good: HTTP 410"),
            ("418 Teapot", "no answer for us: HTTP 418"),
            ("500 Oops", "the site has a fault: HTTP 500"),
            ("204 No Content", "no answer for us: HTTP 204"),
            ("304 Not Modified", "no answer for us: HTTP 304"),
        ],
    )
    async def test_a_failure_names_its_reason(
        self, fetcher: Fetcher, server: Server, status: str, reason: str
    ) -> None:
        with pytest.raises(FetchError, match=reason) as caught:
            await fetch(fetcher, server, answer(status=status))
        assert caught.value.status == int(status[:3])

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"retry_after": "120"}, 120),
            ({"retry_after": "Mon, 02 Mar 2026 10:05:00 GMT", "date": "Mon, 02 Mar 2026 10:00:00 GMT"}, 300),
            ({"retry_after": "Mon, 02 Mar 2026 09:00:00 GMT", "date": "Mon, 02 Mar 2026 10:00:00 GMT"}, 0),
            ({"retry_after": "soon"}, None),
            ({"retry_after": "9" * 5000}, None),
            ({}, None),
        ],
    )
    async def test_how_long_to_wait_is_understood(
        self, fetcher: Fetcher, server: Server, headers: dict[str, str], seconds: int | None
    ) -> None:
        with pytest.raises(FetchError, match="come less often: HTTP 429") as caught:
            await fetch(fetcher, server, answer(status="429 Too Many Requests", **headers))
        assert caught.value.retry_after == seconds


def html(rest: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + rest


async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
    """Slow-loris: the head of an answer that never ends, letter by letter."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.02)


async def trickle_body(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.02)


async def say_nothing(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def go_on_for_ever(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


class TestHostileServers:
    @pytest.mark.parametrize("route", [trickle, trickle_body, say_nothing, go_on_for_ever])
    async def test_a_slow_site_is_given_up(
        self, server: Server, route: Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
    ) -> None:
        server.routes["/"] = route
        async with Fetcher(allowed=ALLOWED, lookup=lookup, seconds=0.25) as fetcher:
            with pytest.raises(FetchError, match=r"did not finish its answer within 0\.25 seconds"):
                await fetcher.fetch(server.url())

    async def test_redirects_share_one_time_limit(self, server: Server) -> None:
        async def pause(request: Request, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.1)
            writer.write(redirect(request.path + "0"))

        server.routes |= {"/" + "0" * n: pause for n in range(9)}
        async with Fetcher(allowed=ALLOWED, lookup=lookup, seconds=0.25) as fetcher:
            with pytest.raises(FetchError, match="within"):
                await fetcher.fetch(server.url())

    async def test_an_endless_body_is_cut(self, server: Server) -> None:
        sent = 0

        async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"10000\r\n" + b"a" * 65_536 + b"\r\n")
                await writer.drain()
                sent += 65_536

        server.routes["/"] = endless
        async with Fetcher(allowed=ALLOWED, lookup=lookup, max_bytes=1_000_000) as fetcher:
            with pytest.raises(FetchError, match="longer than 1 MB"):
                await fetcher.fetch(server.url())
        assert sent < 20_000_000

    async def test_100_megabytes_are_refused_unread(self, fetcher: Fetcher, server: Server) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: 100000000\r\n\r\n"
        with pytest.raises(FetchError, match="longer than 5 MB"):
            await fetch(fetcher, server, head)

    @pytest.mark.parametrize("layers", [1, 2])
    async def test_a_bomb_stops_at_the_limit(self, fetcher: Fetcher, server: Server, layers: int) -> None:
        body = gzip.compress(b"\n" * 100_000_000, 9)
        if layers == 2:
            body = gzip.compress(body)
        encoding = ", ".join(["gzip"] * layers)
        with pytest.raises(FetchError):
            await fetch(fetcher, server, answer(body, content_type="text/xml", content_encoding=encoding))

    @pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf", "video/mp4", "application/zip"])
    async def test_what_is_not_text_is_refused_before_its_body(
        self, fetcher: Fetcher, server: Server, kind: str
    ) -> None:
        async def head_only(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 9\r\n\r\n".encode())
            await asyncio.sleep(3600)

        with pytest.raises(Refused, match=f"{kind}, which is not text"):
            await fetch(fetcher, server, head_only)

    async def test_unnamed_bytes_are_judged_by_their_look(self, fetcher: Fetcher, server: Server) -> None:
        with pytest.raises(Refused, match="not text"):
            await fetch(fetcher, server, answer(b"\x7fELF\0\0\0", content_type="application/octet-stream"))
        wide = "<?xml version='1.0'?><rss/>".encode("utf-16")
        got = await fetch(fetcher, server, answer(wide, content_type="application/octet-stream"))
        assert got.body == wide

    @pytest.mark.parametrize(
        "raw",
        [
            html(b"Content-Length: 500\r\n\r\nshort"),
            html(b"Content-Length: 3\r\nConnection: close\r\n\r\nmore than said"),
            html(b"Content-Length: -5\r\n\r\nabc"),
            html(b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
            html(b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
            html(b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"),
            html(b"Content-Encoding: gzip\r\n\r\nnot gzip"),
            html(b"Content-Encoding: br\r\n\r\n\x0b\x02\x80abc\x03"),
            b"HTTP/1.1 200 OK\r\nBroken header\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\nabc",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n",
            b"SSH-2.0-OpenSSH\r\n",
            b"<html>no HTTP at all</html>",
            b"\0\0\0\0",
            b"",
        ],
    )
    async def test_broken_answers_give_a_reason(self, fetcher: Fetcher, server: Server, raw: bytes) -> None:
        with pytest.raises(FetchError) as caught:
            await fetch(fetcher, server, raw)
        assert str(caught.value)
        assert "\n" not in str(caught.value)

    async def test_random_bytes_never_do_worse_than_fail(self, fetcher: Fetcher, server: Server) -> None:
        chance = random.Random(4)
        page = answer(gzip.compress(b"news " * 200), content_type="text/html", content_encoding="gzip")
        for _ in range(150):
            raw = bytearray(page)
            for _ in range(chance.randint(1, 6)):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            with suppress(FetchError):
                await fetch(fetcher, server, bytes(raw))


class TestTls:
    @pytest.fixture
    def own_certificate(self, tmp_path: Path) -> ssl.SSLContext:
        """A certificate for localhost, signed by itself."""
        openssl = shutil.which("openssl")
        if not openssl:
            pytest.skip("needs openssl to make a certificate")
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        names = ["-addext", "subjectAltName=DNS:localhost"]
        subprocess.run(  # noqa: S603
            [openssl, *request.split(), *names, "-keyout", key, "-out", certificate],
            check=True,
            capture_output=True,
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        return context

    async def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, fetcher: Fetcher, own_certificate: ssl.SSLContext
    ) -> None:
        routes = {"/": answer("x", content_type="text/plain")}
        async with Server(routes, tls=own_certificate) as server:
            with pytest.raises(FetchError, match="certificate of localhost is not valid"):
                await fetcher.fetch(server.url())
        assert not server.requests

    async def test_a_server_that_does_not_speak_tls_is_told(self, fetcher: Fetcher) -> None:
        def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer("x", content_type="text/plain"))
            writer.close()

        async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as plain:
            port = plain.sockets[0].getsockname()[1]
            with pytest.raises(FetchError, match="localhost does not speak proper TLS"):
                await fetcher.fetch(f"https://localhost:{port}/")
