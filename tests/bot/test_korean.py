"""What a Korean reads of what goes wrong, from a real newsroom with pages and feeds on loopback."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock
import pytest

from corpus.identity import key
from corpus.polling import Health
from corpus.said import Said
from corpus.store import Entering, Record, Taken
from corpus.workshop import Workshop
from index.newsroom import Newsroom
from tests.bot.conftest import Server, text_of
from tests.bot.discord_markdown import shown
from tests.bot.test_language import speaks_korean
from tests.conftest import OpenNewsroom, write_articles
from tests.corpus.server import Server as Web
from tests.corpus.server import answer

DAM = {
    "url": "https://example.com/1",
    "title": "댐 수리 완료",
    "text": "기술자들이 댐의 균열을 막았다.\n\n수리비는 420만 크로네였다.",
    "source": "등불",
}
FEED = "<rss version='2.0'><channel><title>등불</title></channel></rss>"


@pytest.fixture(autouse=True)
def _korean(monkeypatch: pytest.MonkeyPatch) -> None:
    speaks_korean(monkeypatch)


@pytest.fixture
async def newsroom(
    open_newsroom: OpenNewsroom, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Newsroom:
    """A real one, in the place of the stand-in."""

    async def at_once(_: Workshop, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return work(*arguments, **options)  # another process for each test would take long to start

    monkeypatch.setattr(Workshop, "run", at_once)
    return await open_newsroom(allowed_hosts=["localhost"], threshold=getattr(request, "param", 0.0))


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        yield web


def english_in(text: str) -> list[str]:
    """Its English words, addresses and commands aside."""
    return re.findall(
        r"[A-Za-z]+", re.sub(r"https?://\S+|localhost\S*|</[^>]*>|<t:[^>]*>|HTTP \d+", "", text)
    )


async def test_an_article_that_cannot_be_added(server: Server, web: Web) -> None:
    for route, told in (
        (answer(status="404 Not Found"), "이 주소에는 아무것도 없습니다: HTTP 404."),
        (answer(status="418 Teapot"), "사이트가 답을 주지 않습니다: HTTP 418."),
        (answer(" ", content_type="text/html"), "빈 페이지입니다."),
        (answer("x", content_type="image/png"), "이 주소의 내용은 글이 아니라 image/png입니다."),
    ):
        web.routes["/page"] = route
        refused = await server.editor.slash(server.channel, "add", url=web.url("/page"))
        text = shown(refused.followups[0].content)
        assert text == f"넣지 못했습니다: {web.url('/page')}: {told}"
    server.env.errors.clear()


async def test_what_is_no_address_is_told_once(server: Server) -> None:
    refused = await server.editor.slash(server.channel, "add", url="foo bar")
    text = shown(refused.followups[0].content)
    assert text == "넣지 못했습니다: foo bar: 웹 주소가 아닙니다. https://example.com/news처럼 쓰세요."
    server.env.errors.clear()


async def test_a_feed_that_fails_and_its_entries(server: Server, newsroom: Newsroom, web: Web) -> None:
    item = f"<item><title>댐</title><link>{web.url('/gone')}</link><description>요약.</description></item>"
    web.routes["/feed"] = answer(FEED.replace("</channel>", f"{item}</channel>"), content_type="text/xml")
    await newsroom.add_feed(web.url("/feed"))
    listed = await server.editor.slash(server.channel, "feed list", feed="등불")
    assert "이 주소에는 아무것도 없습니다: HTTP 404" in text_of(listed.response).replace("\\", "")

    for status, told in (
        ("403 No", "사이트가 봇을 거부합니다: HTTP 403"),
        ("599 No", "사이트에 오류가 있습니다: HTTP 599"),
    ):
        web.routes["/feed"] = answer(status=status)
        polled = await server.editor.slash(server.channel, "feed poll", feed="등불")
        assert told in shown(text_of(polled.response))
        assert "추가 0건, 변경 0건, 삭제 0건, 그대로 0건, 실패 1건" in shown(text_of(polled.response))
        listed = await server.editor.slash(server.channel, "feed list")
        assert f"번 실패: {told}" in shown(text_of(listed.response))
        assert english_in(shown(text_of(listed.response))) == []
    (one,) = await newsroom.feeds()
    await newsroom._store.save_feed(replace(one.feed, state=replace(one.feed.state, health=Health.PAUSED)))
    paused = await server.editor.slash(server.channel, "feed list")
    assert re.search(
        r"멈춤: 사이트에 오류가 있습니다: HTTP 599\. </feed poll:\d+> 명령", shown(text_of(paused.response))
    )


@pytest.mark.parametrize(
    ("newsroom", "verdict", "step"),
    [
        (0.0, "인용됨", "✓ 1번 인용입니다."),
        (1.0, "확신 기준에 못 미침", "보다 낮습니다."),
    ],
    indirect=["newsroom"],
)
async def test_why_an_article_is_quoted_or_is_not(
    server: Server, newsroom: Newsroom, tmp_path: Path, verdict: str, step: str
) -> None:
    await newsroom.index([write_articles(tmp_path / "a.jsonl", DAM)])
    found = await server.editor.slash(server.channel, "why", url=DAM["url"], question="댐 수리비는?")
    text = shown(text_of(found.response))
    assert verdict in text
    assert step in text
    assert "“댐 수리 완료”, 등불, 2026년 9월 14일: 문단 2개." in text
    assert english_in(text) == []


async def test_why_an_article_is_not_there(server: Server, newsroom: Newsroom) -> None:
    url = "https://example.com/2"
    reason = Said("cannot connect to {site}: {reason}", site="example.com", reason="?")
    record = Record(None, "", key(url), "", b"", url=url, state=Entering.FAILED, reason=reason)
    await newsroom._store.take_in([Taken(record)], datetime(2026, 11, 24, tzinfo=UTC))
    found = await server.editor.slash(server.channel, "why", url=url, question="댐 수리비는?")
    text = shown(text_of(found.response))
    assert "넣은 기사에 없음" in text
    assert "✗ 페이지를 읽지 못했습니다: example.com에 연결할 수 없습니다: ?." in text


async def test_what_a_run_waits_for(server: Server, tmp_path: Path) -> None:
    with filelock.FileLock(tmp_path / "data" / "indexing.lock"):
        run = await server.editor.slash(server.channel, "reindex")
        await server.env.advance_time(2)
        text = text_of(run.response)
        assert "같은 데이터 폴더에 색인하는 다른 newsbot을 기다립니다." in text
    await server.env.advance_time(2)
    assert "만에 다시 색인했습니다" in text_of(run.response)


async def test_who_may_not_is_told_so(server: Server) -> None:
    (command,) = [one for one in server.env.backend.commands[None].values() if one["name"] == "add"]
    server.reader.guild.set_command_permissions(int(command["id"]), {server.reader: True})
    refused = await server.reader.slash(server.channel, "add", url="https://example.com")
    assert refused.response is not None
    assert refused.response.content == "서버 관리 권한이 있는 멤버만 할 수 있습니다."
    server.env.errors.clear()
