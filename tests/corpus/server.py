"""A web server on loopback that sends exactly the bytes that a test wants, however wrong they are."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]


Route = bytes | Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Sends each path's bytes, or calls its handler, and closes the connection; a context manager.

    ``requests`` is what was asked, in order, and ``busiest`` the most that was open at one time.
    """

    def __init__(
        self, routes: Mapping[str, Route] | None = None, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.routes = dict(routes or {})
        self.requests: list[Request] = []
        self.busiest = 0
        self._tls = tls
        self._open: set[asyncio.Task[None]] = set()

    def url(self, path: str = "/", host: str = "localhost") -> str:
        """The address of a path, by a name that leads here."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        self.busiest = max(self.busiest, len(self._open))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            self.requests.append(request)
            route = self.routes.get(request.path, answer(status="404 Not Found"))
            if isinstance(route, bytes):
                writer.write(route)
                await writer.drain()
            else:
                await route(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side has had enough, as it should of most of what is sent here
        finally:
            writer.close()


def answer(body: bytes | str = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A correct answer; ``content_type="text/html"`` and the like set headers."""
    body = body.encode() if isinstance(body, str) else body
    fields = {"content_length": str(len(body)), "connection": "close", **headers}
    lines = [f"{name.replace('_', '-').title()}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """An answer that sends the visitor elsewhere."""
    return answer(status=status, location=to)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Request(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
