"""What a member sees who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import MagicMock

import pytest
import simcord

from bot.delivery import promise
from bot.settings import SAMPLES
from corpus.errors import NewsbotError
from corpus.store import SourceCount
from index.answer import Answer, Coverage, Headline, Question
from tests.bot.conftest import SOURCES, Server, controls, make_answer, make_bot, make_quote, text_of
from tests.bot.discord_markdown import read, shown
from tests.conftest import OpenNewsroom

QUESTION = "When did the ferries sail again?"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a Friday."""
    for module in ("bot.options", "bot.commands.ask"):
        monkeypatch.setattr(f"{module}.today", lambda: date(2026, 3, 20))


def asked(newsroom: MagicMock) -> Question:
    newsroom.ask.assert_awaited_once()
    question = newsroom.ask.await_args.args[0]
    assert isinstance(question, Question)
    return question


async def test_the_answer_is_bold_within_its_paragraph(server: Server) -> None:
    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    text = text_of(result.response)
    quote = make_quote()
    assert not result.ephemeral
    assert shown(text, "heading") == QUESTION
    assert shown(text, "quote") == quote.text
    assert "".join(run.text for run in read(text) if {"quote", "strong"} <= run.styles) == quote.sentence
    assert shown(text, f"link:{quote.link}") == "Ferries sail again"
    assert "The Saltmere Post · March 12, 2026" in text


async def test_three_quotes_come_best_first_with_the_newest_date(server: Server, newsroom: MagicMock) -> None:
    newsroom.ask.return_value = make_answer(
        make_quote(title="Best", url="https://example.com/1", paragraph=2, published=date(2026, 3, 1)),
        make_quote(title="Second", published=datetime(2026, 3, 14, 8, tzinfo=UTC)),
        make_quote(title="Third", url="https://example.com/3", paragraph=3, published=None),
    )

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    text = shown(text_of(result.response))
    assert text.index("Best") < text.index("Second") < text.index("Third")
    assert "date unknown" in text
    assert text.endswith("Newest evidence: <t:1773475200:D>")


async def test_other_outlets_with_the_story_are_named(server: Server, newsroom: MagicMock) -> None:
    others = (
        Headline("The ferry is back", "https://example.org/1", "Fjord Weekly", date(2026, 3, 12)),
        Headline("The ferry is back, again", "https://example.org/2", "Fjord Weekly", None),
        Headline("Ferry", "", "Harbour Radio", None),
        Headline("Ferries: the pictures", "", make_quote().source, None),
    )
    newsroom.ask.return_value = make_answer(make_quote(also_in=others))

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    text = text_of(result.response)
    assert "Also in Fjord Weekly, Harbour Radio, “Ferries: the pictures”" in shown(text)
    assert shown(text, "link:https://example.org/1") == "Fjord Weekly"


async def test_without_an_answer_it_says_so_and_shows_what_is_near(
    server: Server, newsroom: MagicMock
) -> None:
    near = Headline(
        "Ferry prices to rise", "https://example.com/prices", "The Saltmere Post", date(2026, 2, 1)
    )
    newsroom.ask.return_value = make_answer(headlines=(near,))

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    text = text_of(result.response)
    assert "I found nothing on that." in text
    assert shown(text, "link:https://example.com/prices") == "Ferry prices to rise"
    assert "27 articles, January 3, 2026 to March 14, 2026" in text
    assert not shown(text, "quote")


async def test_titles_are_shown_without_the_outlet_that_stands_below(
    server: Server, newsroom: MagicMock
) -> None:
    quote = make_quote(title="Ferries sail again | The Saltmere Post", source="The Saltmere Post")
    newsroom.ask.return_value = make_answer(quote)

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert shown(text_of(result.response), f"link:{quote.link}") == "Ferries sail again"


async def test_without_articles_it_says_what_to_do(server: Server, newsroom: MagicMock) -> None:
    question = Question(QUESTION, date(2026, 3, 20))
    newsroom.ask.return_value = Answer(question, False, 0.0, (), (), Coverage(0, None, None))

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert "There are no articles" in text_of(result.response)
    assert "Whoever looks after them can take some in with /reindex" in text_of(result.response)


async def test_where_the_outlets_of_a_server_have_no_articles_it_says_so(
    server: Server, newsroom: MagicMock
) -> None:
    question = Question(QUESTION, date(2026, 3, 20), allowed=("The Moon Times",))
    newsroom.ask.return_value = Answer(question, False, 0.0, (), (), Coverage(0, None, None))
    await server.env.bot.house.change(server.reader.guild.id, sources=question.allowed)

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert "None of the outlets that this server has chosen has articles." in text_of(result.response)
    assert "/reindex" not in text_of(result.response)


async def test_a_private_answer_is_for_the_asker_alone(server: Server) -> None:
    result = await server.reader.slash(server.channel, "ask", question=QUESTION, private=True)

    assert result.ephemeral
    assert result.response is not None
    assert result.response.ephemeral


async def test_nobody_can_be_pinged(server: Server) -> None:
    await server.reader.slash(server.channel, "ask", question="@everyone <@1> where are you?")

    (sent,) = [call.json for call in server.env.http_requests if call.path.endswith("@original")]
    assert sent["allowed_mentions"] == {"parse": []}


async def test_it_is_promised_at_once_and_given_when_the_model_is_there(
    server: Server, newsroom: MagicMock
) -> None:
    loaded = asyncio.Event()
    newsroom.ask.side_effect = _after(server.env, loaded)

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)
    assert result.deferred
    assert result.response is not None
    assert not result.response.components

    loaded.set()
    await server.env.settle()
    assert shown(text_of(result.response), "quote")


async def test_a_question_has_its_turn_before_discord_takes_the_promise(
    server: Server, newsroom: MagicMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def promised(*given: Any, **options: Any) -> None:
        done.append("promise")
        await promise(*given, **options)

    monkeypatch.setattr("bot.delivery.promise", promised)
    newsroom.take_turn.side_effect = lambda: done.append("turn")
    await server.reader.slash(server.channel, "ask", question=QUESTION)
    assert done == ["turn", "promise"]


async def test_a_reindex_under_way_holds_up_nobody(server: Server, newsroom: MagicMock) -> None:
    async def reindex(**_: object) -> None:
        await server.env.external_wait(asyncio.Event().wait(), reason="indexing")

    newsroom.reindex.side_effect = reindex
    await server.editor.slash(server.channel, "reindex")

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert shown(text_of(result.response), "quote")


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-03-04", "2026-03-05", (date(2026, 3, 4), date(2026, 3, 5))),
        ("yesterday", "today", (date(2026, 3, 19), date(2026, 3, 20))),
        ("last week", "last week", (date(2026, 3, 9), date(2026, 3, 15))),
        ("February 2026", "february 2026", (date(2026, 2, 1), date(2026, 2, 28))),
        ("2024", "Q3 2025", (date(2024, 1, 1), date(2025, 9, 30))),
    ],
)
async def test_days_may_be_written_as_people_write_them(
    server: Server, newsroom: MagicMock, since: str, until: str, expected: tuple[date, date]
) -> None:
    await server.reader.slash(server.channel, "ask", question=QUESTION, since=since, until=until)

    question = asked(newsroom)
    assert (question.since, question.until) == expected
    assert question.asked == date(2026, 3, 20)


async def test_the_answer_shows_how_its_limits_were_understood(server: Server, newsroom: MagicMock) -> None:
    async def echo(question: Question) -> Answer:
        return Answer(question, True, 0.9, (make_quote(),), (), Coverage(1, None, None))

    newsroom.ask.side_effect = echo
    result = await server.reader.slash(
        server.channel, "ask", question=QUESTION, since="march 2026", source="the saltmere post"
    )

    assert asked(newsroom).sources == ("The Saltmere Post",)
    assert "only The Saltmere Post, since March 1, 2026" in text_of(result.response)


@pytest.mark.parametrize("words", ["the 5th", "soon", "12", "2026-02-30", "a", "…"])
async def test_what_is_no_date_is_refused_for_the_asker_alone(
    server: Server, newsroom: MagicMock, words: str
) -> None:
    result = await server.reader.slash(server.channel, "ask", question=QUESTION, since=words)

    assert result.ephemeral
    assert result.response is not None
    assert words in shown(result.response.content)
    newsroom.ask.assert_not_awaited()
    assert len(server.env.errors) == 1


async def test_an_unknown_source_is_refused_for_the_asker_alone(server: Server, newsroom: MagicMock) -> None:
    result = await server.reader.slash(server.channel, "ask", question=QUESTION, source="The Moon Times")

    assert result.response is None
    (message,) = result.followups
    assert message.ephemeral
    assert "There are no articles of “The Moon Times”." in message.content
    newsroom.ask.assert_not_awaited()
    assert len(server.env.errors) == 1


@pytest.mark.parametrize("private", [False, True])
async def test_what_a_person_can_act_on_is_told_to_the_asker_alone(
    server: Server, newsroom: MagicMock, private: bool
) -> None:
    newsroom.ask.side_effect = NewsbotError("the model x is not known: set NEWSBOT_MODEL to another")

    result = await server.reader.slash(server.channel, "ask", question=QUESTION, private=private)

    assert result.response is None
    (message,) = result.followups
    assert message.ephemeral
    assert shown(message.content) == "The model x is not known: set NEWSBOT_MODEL to another."
    assert len(server.env.errors) == 1


async def test_a_defect_is_logged_under_the_number_that_the_asker_sees(
    server: Server, newsroom: MagicMock, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.ask.side_effect = ZeroDivisionError("secret")

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    (message,) = result.followups
    assert message.ephemeral
    assert "secret" not in message.content
    (record,) = [record for record in caplog.records if record.name == "bot.errors"]
    number = record.getMessage().split()[1]
    assert number in message.content
    assert "ZeroDivisionError: secret" in caplog.text
    assert len(server.env.errors) == 1


async def test_the_answer_is_sent_again_when_discord_fails(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.env.inject_error("PATCH", "/webhooks/*/@original", status=503, times=2)

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert shown(text_of(result.response), "quote")
    assert len([record for record in caplog.records if "again" in record.getMessage()]) == 2


async def test_who_waits_when_the_bot_is_closed_is_told_to_ask_again(
    server: Server, newsroom: MagicMock
) -> None:
    newsroom.ask.side_effect = _after(server.env, asyncio.Event())
    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    await server.env.bot.close()

    assert "Ask again in a minute" in text_of(result.response)


async def test_a_lost_interaction_is_logged_and_leaves_the_bot_well(
    server: Server, newsroom: MagicMock, caplog: pytest.LogCaptureFixture
) -> None:
    server.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)

    lost = await server.reader.slash(server.channel, "ask", question=QUESTION)
    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert not lost.acknowledged
    assert "is gone" in caplog.text
    assert shown(text_of(result.response), "quote")
    assert len(server.env.errors) == 1


async def test_sources_are_completed(server: Server, newsroom: MagicMock) -> None:
    newsroom.sources.return_value = [*SOURCES, *(SourceCount(f"Paper {n}", 1, None) for n in range(40))]

    everything = await server.reader.autocomplete(server.channel, "ask", "source", "")
    some = await server.reader.autocomplete(server.channel, "ask", "source", " herald")

    assert len(everything) == 25
    assert everything[0]["value"] == "The Saltmere Post"
    assert [choice["value"] for choice in some] == ["Northreach Herald"]


@pytest.mark.parametrize(
    ("option", "typed", "expected"),
    [
        ("since", "feb 2026", [("Feb 2026 · Sunday, February 1, 2026", "2026-02-01")]),
        ("until", "feb 2026", [("Feb 2026 · Saturday, February 28, 2026", "2026-02-28")]),
        ("since", "2026-03-04", [("Wednesday, March 4, 2026", "2026-03-04")]),
        ("since", "yes", [("Yesterday · Thursday, March 19, 2026", "2026-03-19")]),
        ("since", "nonsense", []),
    ],
)
async def test_days_are_completed(
    server: Server, option: str, typed: str, expected: list[tuple[str, str]]
) -> None:
    choices = await server.reader.autocomplete(server.channel, "ask", option, typed)

    assert [(choice["name"], choice["value"]) for choice in choices] == expected


async def test_days_are_suggested_before_anything_is_typed(server: Server) -> None:
    choices = await server.reader.autocomplete(server.channel, "ask", "since", "")

    assert choices[0] == {"name": "Today · Friday, March 20, 2026", "value": "2026-03-20"}
    assert len(choices) > 3


async def test_the_real_newsroom_answers_from_its_articles(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom(articles=[SAMPLES])
    await newsroom.reindex()

    bot = make_bot(newsroom)
    async with simcord.run(bot) as env:
        server = Server.of(env)
        result = await server.reader.slash(
            server.channel, "ask", question="How many people were hurt when the ferry struck the pier?"
        )
        await bot.close()

    text = text_of(result.response)
    assert "injuring at least 14 people" in shown(text, "quote")
    assert "injuring at least 14 people" in shown(text, "strong")
    assert "The Sável Courier" in text
    assert text.count("](https://courier.example.com/2026/09/03/ferry-strikes-pier#:~:text=") > 0


def _after(env: simcord.Env, event: asyncio.Event) -> Callable[[Question], Awaitable[Answer]]:
    async def ask(question: Question) -> Answer:
        await env.external_wait(event.wait(), reason="the model is loading")
        return make_answer(make_quote())

    return ask


async def test_an_answer_that_cannot_be_kept_is_shown_all_the_same(
    server: Server, newsroom: MagicMock
) -> None:
    newsroom.answers.keep.side_effect = NewsbotError("there is no room")

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert shown(text_of(result.response), "quote") == make_quote().text
    assert not {"custom_id"} & {name for button in controls(result.response) for name in button}


async def test_an_answer_does_not_wait_until_a_busy_database_is_free(
    server: Server, newsroom: MagicMock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.asking._KEEP_SECONDS", 0.001)

    async def wait(*_: object) -> None:
        while "keeps the database busy" not in caplog.text:  # noqa: ASYNC110 - of which nobody tells
            await asyncio.sleep(0.001)

    newsroom.answers.keep.side_effect = wait

    result = await server.reader.slash(server.channel, "ask", question=QUESTION)

    assert shown(text_of(result.response), "quote") == make_quote().text
    assert not {"custom_id"} & {name for button in controls(result.response) for name in button}
