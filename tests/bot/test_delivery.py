"""What a member sees when Discord, or the connection to it, fails. All goes over real connections."""

from __future__ import annotations

import ast
import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest
from aiohttp import web
from discord import ui

from bot import delivery
from bot.client import NewsBot
from bot.delivery import post
from bot.reply import notice
from index.answer import Answer, Question
from tests.bot.conftest import make_answer, make_bot, make_quote, until
from tests.bot.stand_in import (
    TOKEN,
    Asked,
    Fault,
    StandIn,
    Work,
    answered,
    broken,
    dripping,
    garbled,
    slow,
    spent,
    status,
    texts,
    too_many,
)
from tests.conftest import ROOT

QUESTION = "When did the ferries sail again?"
SENTENCE = "first ferry left Saltmere"


class Pauses:
    """Instead of waiting, notes for how long one would have waited."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.endless = False

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        await (asyncio.Event().wait() if self.endless else asyncio.sleep(0))

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """The pauses of the bot and of discord.py between two attempts, none of which is waited for."""
    pauses = Pauses()
    monkeypatch.setattr("bot.delivery.asyncio", pauses)
    monkeypatch.setattr("discord.webhook.async_.asyncio", pauses)
    return pauses


@pytest.fixture
async def bot(stand_in: StandIn, newsroom: MagicMock, pauses: Pauses) -> AsyncIterator[NewsBot]:
    """The bot, online."""
    bot = make_bot(newsroom)
    running = asyncio.create_task(bot.start(TOKEN))
    await asyncio.wait_for(stand_in.online.wait(), 10)
    yield bot
    await bot.close()
    await running


async def ask(stand_in: StandIn, **options: Any) -> Asked:
    """A member asks, and waits until something is shown."""
    asked = await stand_in.ask(QUESTION, **options)
    await asyncio.wait_for(asked.done.wait(), 10)
    return asked


async def settle(bot: NewsBot) -> None:
    """Waits until no command is at work any more."""
    while bot.tree.at_work:
        await asyncio.wait(bot.tree.at_work)


def answers(asked: Asked) -> list[str]:
    """What the member saw in the place of the answer, one after the other."""
    return [texts(body["components"]) for body in asked.shown]


FAULTS: dict[str, list[Fault]] = {
    "an error": [status(500)],
    "a page of the gateway": [status(502, html=True)],
    "many errors": [status(503)] * 7,
    "a connection that breaks": [broken(done=False)],
    "a connection that breaks often": [broken(done=False)] * 5,
    "too many requests": [too_many(0.01, Via="1.1 discord")],
    "too many requests of all": [too_many(0.01, for_all=True, Via="1.1 discord")],
    "too many requests, said by a proxy": [status(429, html=True, Retry_After="2")],
    "too many requests, said through a proxy": [status(429, html=True, Via="1.1 proxy", Retry_After="2")],
    "too many requests, and no more is said": [status(429, Via="1.1 discord")],
    "an answer that is late": [slow(0.1)],
    "the last request for a while": [spent(0.1)],
    "a receipt that drips in": [dripping(0.1)],
}
RECEIPTS: dict[str, list[Fault]] = {
    "an error after the work": [status(500, done=True)],
    "a connection that breaks in the receipt": [broken(done=True)],
    "both": [broken(done=True), status(502, done=True, html=True)],
    "a receipt that is none": [garbled()],
}


@pytest.mark.parametrize("what", ["promise", "edit"])
@pytest.mark.parametrize("faults", (FAULTS | RECEIPTS).values(), ids=(FAULTS | RECEIPTS).keys())
async def test_the_answer_comes_whatever_happens_on_the_way(
    bot: NewsBot, stand_in: StandIn, what: str, faults: list[Fault]
) -> None:
    if what == "promise":
        faults = faults[:4]  # after that its three seconds are over
    stand_in.fail(what, *faults)

    asked = await ask(stand_in)
    await settle(bot)

    assert asked.kind == 5
    assert {SENTENCE in answer for answer in answers(asked)} == {True}
    assert not asked.others
    assert not asked.deleted


async def test_the_pauses_grow_and_those_that_discord_asks_for_are_kept(
    bot: NewsBot, stand_in: StandIn, pauses: Pauses
) -> None:
    stand_in.fail("edit", *[broken(done=False)] * 3, status(429, html=True, Retry_After="9"), too_many(7.5))
    stand_in.fail("edit", *[status(503)] * 5)

    await ask(stand_in)

    assert pauses.taken == [0.25, 0.5, 1, 9, 7.5, 8, 16, 30, 30, 30]


async def test_a_pause_that_discord_asks_of_all_is_kept_by_all(bot: NewsBot, stand_in: StandIn) -> None:
    told: list[float] = []

    async def fault(request: web.Request, work: Work) -> Any:
        told.append(time.monotonic())
        return await too_many(0.3, for_all=True)(request, work)

    stand_in.fail("promise", fault)
    first = await stand_in.ask(QUESTION)
    await until(lambda: told)
    await asyncio.sleep(0.05)  # in which the bot hears of it

    second = await ask(stand_in)
    await asyncio.wait_for(first.done.wait(), 10)

    assert min(one.promised or 0 for one in (first, second)) >= told[0] + 0.3


async def test_what_discord_wants_to_be_kept_later_does_not_hold_up_the_answer(
    bot: NewsBot, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, pauses: Pauses
) -> None:
    monkeypatch.setattr("discord.webhook.async_.asyncio", asyncio)
    monkeypatch.setattr("bot.delivery._QUICK_HOPE", 0.05)
    stand_in.fail("promise", spent(60))
    asked = await ask(stand_in)
    assert [SENTENCE in answer for answer in answers(asked)] == [True]


async def test_whoever_asks_sees_soon_that_the_bot_is_at_work_whatever_happens_on_the_way(
    bot: NewsBot, stand_in: StandIn, pauses: Pauses
) -> None:
    stand_in.fail("promise", status(500), broken(done=False), status(502, html=True))

    await ask(stand_in)

    assert pauses.taken == [0.05, 0.1, 0.2]


async def test_a_promise_that_gets_stuck_on_the_way_does_not_use_up_its_three_seconds(
    bot: NewsBot, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery._QUICK_HOPE", 0.05)
    stand_in.fail("promise", slow(60))

    asked = await ask(stand_in)

    assert [SENTENCE in answer for answer in answers(asked)] == [True]


async def test_while_a_promise_is_slow_on_its_way_the_answer_is_found(
    bot: NewsBot, stand_in: StandIn, newsroom: MagicMock
) -> None:
    found = asyncio.Event()

    async def find(question: Question) -> Answer:
        found.set()
        return make_answer(make_quote())

    newsroom.ask.side_effect = find

    async def fault(_: web.Request, work: Work) -> Any:
        await found.wait()
        return work()

    stand_in.fail("promise", fault)
    asked = await ask(stand_in)

    assert [SENTENCE in answer for answer in answers(asked)] == [True]


async def test_an_error_of_discords_is_logged_without_the_token_of_the_interaction(
    bot: NewsBot, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.fail("promise", status(500))
    stand_in.fail("edit", status(503))

    asked = await ask(stand_in)

    assert "500" in caplog.text
    assert "503" in caplog.text
    assert asked.token not in "".join(record.getMessage() for record in caplog.records if record.levelno > 10)


async def test_it_gives_up_when_the_interaction_is_over(
    bot: NewsBot, stand_in: StandIn, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.fail("edit", *[broken(done=False)] * 100)

    await stand_in.ask(QUESTION)
    await until(lambda: "could not be answered" in caplog.text)

    assert sum(pauses.taken) <= 15 * 60 < sum(pauses.taken) + 30
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("lost", ["forgotten", "expired", "deleted", "not found"])
async def test_a_lost_interaction_is_left_alone(
    bot: NewsBot, stand_in: StandIn, newsroom: MagicMock, caplog: pytest.LogCaptureFixture, lost: str
) -> None:
    async def lose(question: Question) -> Answer:
        (asked,) = stand_in.asked.values()
        asked.expired, asked.deleted = lost == "expired", lost == "deleted"
        if lost == "forgotten":
            asked.token = "another"  # noqa: S105
        if lost == "not found":
            stand_in.fail("edit", answered(404, 0))
        return make_answer(make_quote())

    newsroom.ask.side_effect = lose
    asked = await stand_in.ask(QUESTION)
    await until(lambda: "is gone" in caplog.text)
    await settle(bot)

    assert not asked.shown
    assert not asked.others
    assert not stand_in.posts
    assert [call.what for call in stand_in.calls].count("edit") == 1
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "faults",
    [
        [broken(done=False)] * 10,
        [status(429, Retry_After="4")],
        [answered(404, 10062)],
        [answered(404, 0)],
        [answered(401, 50027)],
    ],
)
async def test_an_interaction_that_was_lost_before_it_was_promised_is_left_alone(
    bot: NewsBot,
    stand_in: StandIn,
    newsroom: MagicMock,
    caplog: pytest.LogCaptureFixture,
    faults: list[Fault],
) -> None:
    stand_in.fail("promise", *faults)

    await stand_in.ask(QUESTION)
    await until(lambda: "could not be answered" in caplog.text or "is gone" in caplog.text)

    newsroom.ask.assert_not_awaited()
    assert {call.what for call in stand_in.calls} <= {"promise", "register", "look"}
    assert "Traceback" not in caplog.text


async def test_a_promise_that_is_taken_already_is_a_promise(bot: NewsBot, stand_in: StandIn) -> None:
    stand_in.fail("promise", answered(400, 40060, done=True))
    asked = await ask(stand_in)
    assert [SENTENCE in answer for answer in answers(asked)] == [True]


async def test_a_promise_that_stays_stuck_is_told_in_a_line(
    bot: NewsBot, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.delivery._QUICK_HOPE", 0.02)
    stand_in.fail("promise", *[slow(60)] * 10)

    await stand_in.ask(QUESTION)
    await until(lambda: "could not be answered" in caplog.text)

    assert "no answer in 0.02 s" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_question_that_is_told_again_is_answered_once(
    bot: NewsBot, stand_in: StandIn, newsroom: MagicMock
) -> None:
    asked = await ask(stand_in)

    await stand_in.tell_again()
    other = await ask(stand_in)

    assert len(asked.shown) == len(other.shown) == 1
    assert newsroom.ask.await_count == 2


async def test_a_question_that_is_asked_while_the_bot_is_away_is_answered_when_it_is_back(
    bot: NewsBot, stand_in: StandIn
) -> None:
    first = await ask(stand_in)

    await stand_in.drop()
    missed = await ask(stand_in)

    assert stand_in.resumed == 1
    assert len(first.shown) == len(missed.shown) == 1


async def test_a_connection_that_breaks_while_a_question_is_being_answered_costs_nothing(
    bot: NewsBot, stand_in: StandIn, newsroom: MagicMock
) -> None:
    async def drop(question: Question) -> Answer:
        await stand_in.drop()
        return make_answer(make_quote())

    newsroom.ask.side_effect = drop

    asked = await ask(stand_in)

    assert SENTENCE in answers(asked)[0]
    await until(stand_in.online.is_set)


@pytest.mark.parametrize(
    ("op", "resumable", "resumed"), [(7, None, 1), (9, True, 1), (9, False, 0)], ids=["7", "9", "9 for good"]
)
async def test_being_sent_away_in_the_middle_of_questions_costs_nothing(
    bot: NewsBot,
    stand_in: StandIn,
    newsroom: MagicMock,
    monkeypatch: pytest.MonkeyPatch,
    op: int,
    resumable: bool | None,
    resumed: int,
) -> None:
    let_go = asyncio.Event()

    async def wait(question: Question) -> Answer:
        await let_go.wait()
        return make_answer(make_quote())

    monkeypatch.setattr("discord.client.asyncio", Pauses())  # it waits for five seconds to begin anew
    newsroom.ask.side_effect = wait
    before = [await stand_in.ask(QUESTION, member=number) for number in range(5)]
    await until(lambda: all(one.promised for one in before))
    await stand_in.order(op, resumable)
    meanwhile = [await stand_in.ask(QUESTION)] if resumed else []
    await until(stand_in.online.is_set)
    let_go.set()
    after = await ask(stand_in)
    await asyncio.gather(*(asyncio.wait_for(one.done.wait(), 10) for one in (*before, *meanwhile)))

    assert stand_in.resumed == resumed
    assert {len(one.shown) for one in (*before, *meanwhile, after)} == {1}
    assert not bot.is_closed()


async def test_a_connection_that_died_without_ending_is_noticed_and_what_was_asked_is_answered(
    stand_in: StandIn, newsroom: MagicMock, pauses: Pauses
) -> None:
    stand_in.heartbeat = 0.05
    bot = make_bot(newsroom)
    bot._connection.heartbeat_timeout = 0.2
    running = asyncio.create_task(bot.start(TOKEN))
    await asyncio.wait_for(stand_in.online.wait(), 10)
    await ask(stand_in)

    stand_in.silent = True
    missed = await stand_in.ask(QUESTION)
    await until(lambda: stand_in.resumed)
    await asyncio.wait_for(missed.done.wait(), 10)
    stand_in.silent = False
    await bot.close()
    await running

    assert [SENTENCE in answer for answer in answers(missed)] == [True]


async def test_a_message_that_is_told_again_is_answered_once(
    bot: NewsBot, stand_in: StandIn, newsroom: MagicMock, caplog: pytest.LogCaptureFixture
) -> None:
    await stand_in.write(f"<@1> {QUESTION}")
    await until(lambda: stand_in.posts)
    await stand_in.tell_again()
    await ask(stand_in)

    assert len(stand_in.posts) == 1
    assert newsroom.ask.await_count == 2
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS.keys())
async def test_an_error_is_told_whatever_happens_on_the_way(
    bot: NewsBot, stand_in: StandIn, faults: list[Fault]
) -> None:
    stand_in.fail("edit", *faults)
    stand_in.fail("delete", *faults)

    asked = await ask(stand_in, source="The Moon Times")
    await settle(bot)

    assert ["no articles of “The Moon Times”" in message["content"] for message in asked.others] == [True]
    assert asked.deleted


async def test_an_error_that_may_have_been_told_is_not_told_twice(bot: NewsBot, stand_in: StandIn) -> None:
    stand_in.fail("whisper", broken(done=True))

    asked = await ask(stand_in, source="The Moon Times")
    await settle(bot)

    assert len(asked.others) == 1
    assert not asked.deleted


@pytest.mark.parametrize("faults", (FAULTS | RECEIPTS).values(), ids=(FAULTS | RECEIPTS).keys())
async def test_a_new_message_is_there_once_whatever_happens_on_the_way(
    bot: NewsBot, stand_in: StandIn, faults: list[Fault], monkeypatch: pytest.MonkeyPatch, pauses: Pauses
) -> None:
    monkeypatch.setattr("discord.http.asyncio", pauses)
    stand_in.fail("post", *faults)

    await post(bot.get_partial_messageable(11), notice("News"), nonce=7)

    assert [texts(message["components"]) for message in stand_in.posts] == ["News"]


async def test_all_who_wait_are_told_when_the_bot_stops(
    bot: NewsBot, stand_in: StandIn, newsroom: MagicMock
) -> None:
    async def never(question: Question) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    newsroom.ask.side_effect = never
    waiting = [await stand_in.ask(QUESTION, member=number) for number in range(20)]
    await until(lambda: all(one.promised for one in waiting))

    await bot.close()

    assert {"Ask again in a minute" in answer for one in waiting for answer in answers(one)} == {True}
    assert {len(one.shown) for one in waiting} == {1}


@pytest.mark.parametrize("received", [True, False], ids=["received", "not received"])
async def test_an_answer_that_is_on_its_way_when_the_bot_stops_is_shown_and_stays(
    bot: NewsBot, stand_in: StandIn, pauses: Pauses, received: bool
) -> None:
    pauses.endless = True
    stand_in.fail("edit", broken(done=received))
    asked = await stand_in.ask(QUESTION)
    await until(lambda: pauses.taken)

    await bot.close()

    assert len(asked.shown) == 1 + received
    assert {SENTENCE in answer for answer in answers(asked)} == {True}
    assert not asked.others


async def test_a_page_that_is_on_its_way_when_the_bot_stops_is_shown_and_stays(
    bot: NewsBot, stand_in: StandIn, pauses: Pauses
) -> None:
    class Buttons(ui.View):
        @ui.button(label="More", custom_id="more")
        async def more(self, interaction: discord.Interaction[NewsBot], _: ui.Button[Any]) -> None:
            await delivery.promise(interaction, in_place=True)
            await delivery.deliver(interaction, notice("The next page"))

    bot.add_view(Buttons(timeout=None))
    pauses.endless = True
    stand_in.fail("edit", broken(done=True))
    clicked = await stand_in.click("more")
    await until(lambda: pauses.taken)

    await bot.close()

    assert answers(clicked) == ["The next page"] * 2
    assert not clicked.others


@pytest.mark.parametrize("faults", (FAULTS | RECEIPTS).values(), ids=(FAULTS | RECEIPTS).keys())
async def test_a_refusal_comes_once_whatever_happens_on_the_way(
    bot: NewsBot, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, faults: list[Fault]
) -> None:
    monkeypatch.setattr(bot.house, "refuse", lambda *_: "Not here.")
    stand_in.fail("promise", *faults[:4])  # after that its three seconds are over

    asked = await ask(stand_in)
    await settle(bot)

    assert [(body["content"], body["flags"]) for body in asked.shown] == [("Not here.", 64)]
    assert not asked.others


async def test_who_waits_for_a_change_of_a_message_keeps_the_message_when_the_bot_stops(
    bot: NewsBot, stand_in: StandIn
) -> None:
    class Buttons(ui.View):
        @ui.button(label="More", custom_id="more")
        async def more(self, interaction: discord.Interaction[NewsBot], _: ui.Button[Any]) -> None:
            await delivery.promise(interaction, in_place=True)
            await asyncio.Event().wait()

    bot.add_view(Buttons(timeout=None))
    clicked = await stand_in.click("more")
    await until(lambda: clicked.promised)

    await bot.close()

    assert clicked.kind == 6
    assert not clicked.shown
    assert ["Ask again in a minute" in message["content"] for message in clicked.others] == [True]


# A form is missing: discord.py has to know which one was opened, so it is opened once or not at all.
_SENDERS = {
    *("defer", "send_message", "edit_message", "followup"),
    *("edit_original_response", "delete_original_response"),
}


def senders(source: str) -> set[str]:
    """What a module uses to answer an interaction past ``bot/delivery.py``."""
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in _SENDERS
    }


def test_nothing_answers_an_interaction_but_by_way_of_delivery() -> None:
    sent = {
        path.relative_to(ROOT).as_posix(): found
        for path in sorted((ROOT / "bot").rglob("*.py"))
        if (found := senders(path.read_text(encoding="utf-8")))
    }
    assert sent == {"bot/delivery.py": _SENDERS - {"edit_message"}}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("async def f(i): await i.response.defer(thinking=True)", {"defer"}),
        ("async def f(i): send = i.followup.send; await send('x')", {"followup"}),
        ("async def f(i, view): await deliver(i, view)", set()),
    ],
)
def test_an_answer_past_delivery_is_seen(source: str, found: set[str]) -> None:
    assert senders(source) == found
