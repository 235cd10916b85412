"""The calls that discord.py makes over HTTP: what befalls them is told at once, and pauses hold for all.

discord.py repeats a call that Discord answers with an error of its own, but only a second later, of the three
that there are for a promise. So where ``bot/delivery.py`` sends again, the error is raised. A pause that
Discord asks of the whole bot discord.py keeps for one interaction only, and what is asked for by a page
instead of JSON it does not understand.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

# With what the addresses end to which nothing is harmed by sending something twice: a promise, its answer.
_ENDS = {"callback", "@original"}
_UNTOLD_PAUSE = 1.0  # seconds, where Discord asks for a pause and does not say for which


class TooMany(aiohttp.ClientError):
    """Discord takes the call after so many seconds."""

    def __init__(self, pause: float) -> None:
        super().__init__(f"429, after {pause:g} s again")
        self.pause = pause


def traced() -> aiohttp.TraceConfig:
    """For the client's ``http_trace``."""
    calls = _Calls()
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(calls.wait)
    trace.on_request_end.append(calls.judge)
    return trace


class _Calls:
    def __init__(self) -> None:
        self._closed_until = 0.0  # for all, by the loop's clock

    async def wait(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        while (rest := self._closed_until - loop.time()) > 0:  # noqa: ASYNC110 - it may grow meanwhile
            await asyncio.sleep(rest)

    async def judge(self, _session: object, _context: object, ended: aiohttp.TraceRequestEndParams) -> None:
        response, is_ours = ended.response, ended.url.name in _ENDS
        if response.status == 429:
            told = await _body(response)
            pause = _seconds(told.get("retry_after"), response.headers.get("Retry-After"))
            if told.get("global") or "X-RateLimit-Global" in response.headers:
                until = asyncio.get_running_loop().time() + pause
                self._closed_until = max(self._closed_until, until)
            # Where it came by Discord's own way and says all, discord.py itself waits, for the whole route.
            if is_ours or not ("retry_after" in told and "Via" in response.headers):
                raise TooMany(pause)
        elif response.status >= 500 and is_ours:
            # Not by raise_for_status(), whose error would say the token that is in the address.
            raise aiohttp.ClientError(f"{response.status} {response.reason}")


async def _body(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The body where it is an object of JSON, else an empty one."""
    try:
        body = json.loads(await response.read())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(*told: Any) -> float:
    """The first of these that is a number."""
    for value in told:
        try:
            return float(value)
        except (TypeError, ValueError):
            continue
    return _UNTOLD_PAUSE
