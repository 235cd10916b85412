"""A stand-in for Discord on this machine: its gateway, and what a bot calls over HTTP, with faults on demand.

discord.py talks to it over real connections. It keeps Discord's rules: an interaction is answered once,
within three seconds; its token ends; a nonce is known again; who resumes is told what was missed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import yarl
from aiohttp import WSMsgType, web

TOKEN = "MTAx.a-secret.that-nobody-sees"  # noqa: S105
_EPOCH = 1_420_070_400_000  # of Discord's ids, in milliseconds
_WINDOW = 3.0  # seconds
_JSON = {"Content-Type": "application/json"}  # Discord names no charset, and discord.py takes nothing else

_BOT = {"id": "1", "username": "newsbot", "discriminator": "0", "avatar": None, "bot": True}
_APPLICATION = {
    "id": "1",
    "name": "newsbot",
    "icon": None,
    "description": "",
    "bot_public": True,
    "flags": 0,
    "bot_require_code_grant": False,
    "verify_key": "",
    "owner": _BOT,
}
_GUILD = {
    "id": "10",
    "name": "Readers",
    "owner_id": "1",
    "unavailable": False,
    "member_count": 51,
    "roles": [{"id": "10", "name": "@everyone", "permissions": str(0x7FFFFFFF), "position": 0, "color": 0}],
    "channels": [{"id": "11", "type": 0, "name": "news", "position": 0, "permission_overwrites": []}],
    "emojis": [],
    "stickers": [],
    "features": [],
    "members": [],
    "threads": [],
    "presences": [],
    "verification_level": 0,
    "default_message_notifications": 0,
    "explicit_content_filter": 0,
    "mfa_level": 0,
    "nsfw_level": 0,
    "premium_tier": 0,
    "preferred_locale": "en-US",
    "afk_timeout": 60,
}


@dataclass
class Asked:
    """An interaction, as the member who began it sees it. Times are of ``time.monotonic``."""

    id: int
    token: str
    member: int
    sent: float
    kind: int | None = None  # of the response; 5 is a promise
    promised: float | None = None
    ready: float | None = None  # when its answer was sent for the first time, whatever became of that
    shown: list[dict[str, Any]] = field(default_factory=list)  # what its answer was, one after the other
    answered: float | None = None
    others: list[dict[str, Any]] = field(default_factory=list)  # messages besides
    deleted: bool = False
    expired: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Call:
    """What the bot has sent: ``what`` is one of promise, edit, delete, whisper, post or register."""

    what: str
    body: Any


# A fault answers in the place of the stand-in, or before or after it has done its work.
Work = Callable[[], web.StreamResponse]
Fault = Callable[[web.Request, Work], Any]


def status(code: int, *, done: bool = False, html: bool = False, **headers: str) -> Fault:
    """An error of Discord's, perhaps with the work ``done`` all the same, perhaps a page instead of JSON."""

    async def fault(_: web.Request, work: Work) -> web.StreamResponse:
        if done:
            work()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if html:
            return web.Response(status=code, text="<p>Bad gateway", content_type="text/html", headers=named)
        return _json({"message": "no", "code": 0}, code, named)

    return fault


def too_many(seconds: float, *, for_all: bool = False, **headers: str) -> Fault:
    """Discord asks for a pause of this call, or of all."""

    async def fault(_: web.Request, work: Work) -> web.StreamResponse:
        body = {"message": "You are being rate limited.", "retry_after": seconds, "global": for_all}
        return _json(body, 429, headers)

    return fault


def answered(code: int, number: int, *, done: bool = False) -> Fault:
    """Discord says no, for a reason that has this number, perhaps with the work ``done`` all the same."""

    async def fault(_: web.Request, work: Work) -> web.StreamResponse:
        if done:
            work()
        return _error(code, number, "no")

    return fault


def spent(seconds: float) -> Fault:
    """The work is done, and it was the last of its kind for so long."""

    async def fault(_: web.Request, work: Work) -> web.StreamResponse:
        response = work()
        response.headers |= {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": str(seconds)}
        return response

    return fault


def garbled() -> Fault:
    """The work is done, and the receipt is no JSON."""

    async def fault(_: web.Request, work: Work) -> web.StreamResponse:
        work()
        return web.Response(body=b"", headers=_JSON)

    return fault


def dripping(seconds: float) -> Fault:
    """The work is done, and the receipt takes long to arrive."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        receipt = work()
        response = web.StreamResponse(status=receipt.status, headers=_JSON)
        await response.prepare(request)
        body = receipt.body if isinstance(receipt, web.Response) else None
        assert isinstance(body, bytes)
        await response.write(body[:5])
        await asyncio.sleep(seconds)
        await response.write(body[5:])
        return response

    return fault


def broken(*, done: bool) -> Fault:
    """The connection breaks before the work was done, or after it and in the middle of the receipt."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        if done:
            work()
            response = web.StreamResponse(headers=_JSON | {"Content-Length": "999"})
            await response.prepare(request)
            await response.write(b'{"id": ')
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return fault


def slow(seconds: float) -> Fault:
    """The work is done late."""

    async def fault(_: web.Request, work: Work) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return work()

    return fault


class StandIn:
    """What the bot meets. ``faults`` are used up one by one, by what they befall (``Call.what``)."""

    def __init__(self) -> None:
        self.port = 0
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.chance: Callable[[str], Fault | None] = lambda what: None  # of a fault where none is planned
        self.asked: dict[int, Asked] = {}
        self.posts: list[dict[str, Any]] = []
        self.registered: list[dict[str, Any]] = []
        self.servers: list[dict[str, Any]] = []  # as the bot is told of those that it is on
        self.online = asyncio.Event()
        self.says_goodbye = True
        self.heartbeat = 40.0  # seconds
        self.silent = False  # as a connection that is dead without having ended
        self.close_code: int | None = None  # with which it refuses whoever identifies
        self.resumed = 0
        self._ids = itertools.count(1)
        self._sequence = itertools.count(2)
        self._missed: list[dict[str, Any]] = []
        self._socket: web.WebSocketResponse | None = None

    @property
    def api(self) -> str:
        """Where it is called."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway(self) -> yarl.URL:
        """Where it is connected to."""
        return yarl.URL(f"ws://127.0.0.1:{self.port}/gateway/")

    # -- what members do

    async def ask(self, question: str, *, member: int = 100, command: str = "ask", **options: Any) -> Asked:
        """A member uses a slash command."""
        given = {"question": question, **options} if question else options
        kinds = {str: 3, int: 4, bool: 5}
        data = {
            "id": "1000",
            "name": command,
            "type": 1,
            "options": [{"name": n, "type": kinds[type(v)], "value": v} for n, v in given.items()],
        }
        return await self._interact(2, member, data)

    async def click(self, button: str, *, member: int = 100) -> Asked:
        """A member presses the button with this id, under a message of the bot."""
        return await self._interact(3, member, {"custom_id": button, "component_type": 2})

    async def write(self, content: str, *, member: int = 100) -> None:
        """A member writes a message."""
        user = {"id": str(member), "username": f"member{member}", "discriminator": "0", "avatar": None}
        message = self._message({"content": content}) | {"author": user, "guild_id": "10"}
        member_of = {"roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False}
        await self.tell("MESSAGE_CREATE", message | {"member": member_of | {"flags": 0}, "mentions": [_BOT]})

    async def tell(self, event: str, data: dict[str, Any]) -> None:
        """Sends an event, at once or when the bot is back."""
        payload = {"op": 0, "t": event, "s": next(self._sequence), "d": data}
        self._missed.append(payload)
        if self._socket is not None and not self._socket.closed and not self.silent:
            await self._socket.send_json(payload)

    async def drop(self) -> None:
        """Breaks the gateway's connection; the bot may come back and resume."""
        socket, self._socket = self._socket, None
        self.online.clear()
        if socket is not None:
            await socket.close(code=4000)

    async def order(self, op: int, data: Any = None) -> None:
        """Has the bot come back, to resume (7) or with or without its session (9)."""
        socket, self._socket = self._socket, None
        self.online.clear()
        if socket is not None:
            await socket.send_json({"op": op, "d": data, "s": None, "t": None})

    async def tell_again(self) -> None:
        """Tells the bot of everything once more, as after a connection whose end came too early."""
        for payload in list(self._missed):
            if self._socket is not None:
                await self._socket.send_json(payload)

    def fail(self, what: str, *faults: Fault) -> None:
        """Lets these befall the next calls of this kind."""
        self.faults.setdefault(what, deque()).extend(faults)

    # -- HTTP

    async def call(self, request: web.Request, what: str, work: Callable[[Any], web.StreamResponse]) -> Any:
        """Takes a call down and does its ``work``, unless a fault befalls it."""
        body = await request.json() if request.can_read_body else None
        self.calls.append(Call(what, body))
        faults = self.faults.get(what)
        fault = faults.popleft() if faults else self.chance(what)
        return work(body) if fault is None else await fault(request, lambda: work(body))

    async def promise(self, request: web.Request) -> Any:
        def work(body: Any) -> web.Response:
            asked = self.asked.get(int(request.match_info["id"]))
            late = asked is not None and time.monotonic() - asked.sent > _WINDOW
            if asked is None or asked.token != request.match_info["token"] or late or asked.expired:
                return _error(404, 10062, "Unknown interaction")
            if asked.kind is not None:
                return _error(400, 40060, "Interaction has already been acknowledged.")
            asked.kind, asked.promised = body["type"], time.monotonic()
            if asked.kind == 4:
                self._show(asked, body["data"])
            return _json(
                {"interaction": {"id": str(asked.id), "type": 2, "response_message_id": str(asked.id + 1)}}
            )

        return await self.call(request, "promise", work)

    async def original(self, request: web.Request) -> Any:
        for one in self.asked.values():
            if one.token == request.match_info["token"] and one.ready is None:
                one.ready = time.monotonic()

        def work(body: Any) -> web.Response:
            asked = self._with_token(request)
            if isinstance(asked, web.Response):
                return asked
            if asked.deleted:
                return _error(404, 10008, "Unknown Message")
            if request.method == "DELETE":
                asked.deleted = True
                return web.Response(status=204)
            return _json(self._show(asked, body))

        return await self.call(request, "delete" if request.method == "DELETE" else "edit", work)

    async def follow_up(self, request: web.Request) -> Any:
        def work(body: Any) -> web.Response:
            asked = self._with_token(request)
            if isinstance(asked, web.Response):
                return asked
            asked.others.append(body)
            asked.done.set()
            return _json(self._message(body))

        return await self.call(request, "whisper", work)

    async def message(self, request: web.Request) -> Any:
        def work(body: Any) -> web.Response:
            nonce = body.get("nonce")
            known = [
                one for one in self.posts if nonce and body.get("enforce_nonce") and one["nonce"] == nonce
            ]
            if not known:
                self.posts.append({"nonce": nonce, **body})
            return _json(self._message(body))

        return await self.call(request, "post", work)

    async def me(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bot {TOKEN}":
            return _json({"code": 0, "message": "401: Unauthorized"}, status=401)
        return _json(_BOT)

    async def application(self, _: web.Request) -> web.Response:
        return _json(_APPLICATION)

    async def guilds(self, _: web.Request) -> web.Response:
        return _json(self.servers)

    async def guild_commands(self, request: web.Request) -> web.Response:
        (server,) = [one for one in self.servers if one["id"] == request.match_info["guild"]]
        return _error(403, 50001, "Missing Access") if server.get("closed") else _json([])

    async def commands(self, request: web.Request) -> Any:
        def work(body: Any) -> web.Response:
            if request.method == "PUT":
                self.registered = [
                    {"id": str(n), "application_id": "1", "version": "1", **one}
                    for n, one in enumerate(body, 1000)
                ]
            if request.query.get("with_localizations") == "true":
                return _json(self.registered)
            return _json([_without_localizations(one) for one in self.registered])

        return await self.call(request, "register" if request.method == "PUT" else "look", work)

    # -- the gateway

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoclose=self.says_goodbye)
        await socket.prepare(request)
        hello = {"heartbeat_interval": 1000 * self.heartbeat}
        await socket.send_json({"op": 10, "d": hello, "s": None, "t": None})
        async for received in socket:
            if received.type is not WSMsgType.TEXT:
                continue
            payload = received.json()
            match payload["op"]:
                case 1 if not self.silent:
                    await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
                case 2 if self.close_code:
                    await socket.close(code=self.close_code)
                case 2:
                    await self._welcome(socket)
                case 6:
                    self.resumed += 1
                    for missed in [one for one in self._missed if one["s"] > payload["d"]["seq"]]:
                        await socket.send_json(missed)
                    await socket.send_json({"op": 0, "t": "RESUMED", "s": next(self._sequence), "d": {}})
                    self._socket = socket
                    self.online.set()
        if not self.says_goodbye:
            await asyncio.sleep(60)
        return socket

    async def _welcome(self, socket: web.WebSocketResponse) -> None:
        ready = {
            "v": 10,
            "user": _BOT,
            "guilds": [{"id": "10", "unavailable": True}],
            "session_id": "1",
            "resume_gateway_url": f"ws://127.0.0.1:{self.port}/gateway/",
            "application": _APPLICATION,
        }
        await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": ready})
        self._socket = socket
        await self.tell("GUILD_CREATE", _GUILD)
        self.online.set()

    # -- within

    async def _interact(self, kind: int, member: int, data: dict[str, Any]) -> Asked:
        number = self._new_id()
        asked = Asked(number, f"interaction-token-{number}", member, time.monotonic())
        self.asked[number] = asked
        message = {"message": self._message({})} if kind == 3 else {}
        await self.tell("INTERACTION_CREATE", _interaction(asked, kind, data) | message)
        return asked

    def _with_token(self, request: web.Request) -> Asked | web.Response:
        """The interaction, or what Discord answers where there is none to this token."""
        for asked in self.asked.values():
            if asked.token == request.match_info["token"]:
                if asked.expired:
                    return _error(401, 50027, "Invalid Webhook Token")
                if asked.kind is not None:
                    return asked
        return _error(404, 10015, "Unknown Webhook")

    def _show(self, asked: Asked, body: dict[str, Any]) -> dict[str, Any]:
        asked.shown.append(body)
        asked.answered = time.monotonic()
        asked.done.set()
        return self._message(body) | {"id": str(asked.id + 1)}

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        message = {
            "id": str(self._new_id()),
            "channel_id": "11",
            "author": _BOT,
            "content": "",
            "type": 0,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": None,
            "tts": False,
            "flags": 0,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "components": [],
        }
        return message | {name: body[name] for name in ("content", "flags", "components") if body.get(name)}

    def _new_id(self) -> int:
        return (int(time.time() * 1000) - _EPOCH) << 22 | 2 * next(self._ids)


@asynccontextmanager
async def serve() -> AsyncIterator[StandIn]:
    """The stand-in, listening on a free port of this machine."""
    one = StandIn()
    app = web.Application(handler_args={"handler_cancellation": True})
    add = app.router.add_route
    add("GET", "/users/@me", one.me)
    add("GET", "/oauth2/applications/@me", one.application)
    add("GET", "/users/@me/guilds", one.guilds)
    add("GET", "/gateway", one.guilds)
    add("GET", "/applications/1/guilds/{guild}/commands", one.guild_commands)
    add("*", "/applications/1/commands", one.commands)
    add("POST", "/interactions/{id}/{token}/callback", one.promise)
    add("*", "/webhooks/1/{token}/messages/@original", one.original)
    add("POST", "/webhooks/1/{token}", one.follow_up)
    add("POST", "/channels/{channel}/messages", one.message)
    add("GET", "/gateway/", one.connect)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.port = runner.addresses[0][1]
    try:
        yield one
    finally:
        await runner.cleanup()


def texts(components: Sequence[dict[str, Any]]) -> str:
    """All text of a message's components."""
    parts = []
    for component in components:
        parts += [component["content"]] if "content" in component else []
        parts += [texts(component.get("components", []))]
    return "\n".join(filter(None, parts))


def _interaction(asked: Asked, kind: int, data: dict[str, Any]) -> dict[str, Any]:
    user = {
        "id": str(asked.member),
        "username": f"member{asked.member}",
        "discriminator": "0",
        "avatar": None,
    }
    member = {
        "user": user,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
        "permissions": str(0x7FFFFFFF),
    }
    return {
        "id": str(asked.id),
        "application_id": "1",
        "type": kind,
        "token": asked.token,
        "version": 1,
        "data": data,
        "guild_id": "10",
        "guild": {"id": "10", "locale": "en-US", "features": []},
        "channel_id": "11",
        "channel": {"id": "11", "type": 0, "name": "news"},
        "member": member,
        "locale": "en-US",
        "guild_locale": "en-US",
        "app_permissions": "0",
        "entitlements": [],
        "authorizing_integration_owners": {"0": "10"},
        "context": 0,
        "attachment_size_limit": 0,
    }


def _without_localizations(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_localizations(part)
            for name, part in value.items()
            if not name.endswith("_localizations")
        }
    return [_without_localizations(part) for part in value] if isinstance(value, list) else value


def _error(code: int, number: int, message: str) -> web.Response:
    return _json({"code": number, "message": message}, code)


def _json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=json.dumps(data).encode(),
        status=status,
        headers=_JSON | (headers or {}),
    )
