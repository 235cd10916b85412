"""What members see who mention the bot, or reply to its answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest

from corpus.errors import NewsbotError
from corpus.store.answerlog import Given, GivenQuote, Place
from index.answer import Answer, Coverage, Earlier, Question
from index.followup import carry_over
from tests.bot.conftest import Server, make_quote, text_of
from tests.bot.discord_markdown import shown

QUESTION = "When did the ferries sail again?"
BEFORE = Given(
    QUESTION,
    date(2026, 3, 20),
    2,
    True,
    tuple(GivenQuote(paragraph, 0, 4, 1.0, "https://example.com", "Yes.") for paragraph in (7, 5, 9)),
    12,
    datetime(2026, 3, 20, tzinfo=UTC),
    Place(1, 2, 3, private=False),
    since=date(2026, 3, 1),
    sources=("The Saltmere Post",),
    id=1,
)


@pytest.fixture(autouse=True)
def _echo(newsroom: MagicMock) -> None:
    """Whatever is asked is answered, and needs what was asked before."""

    async def ask(question: Question) -> Answer:
        if before := question.earlier:
            question = replace(question, text=carry_over(before.question, question.text), earlier=None)
        return Answer(question, True, 0.9, (make_quote(),), (), Coverage(1, None, None))

    newsroom.ask.side_effect = ask


async def say(server: Server, text: str, **options: Any) -> list[discord.Message]:
    """What the bot says to a message of the reader."""
    before = len(messages(server))
    await server.reader.send(server.channel, text.replace("@bot", me(server)), **options)
    return [one for one in messages(server)[before:] if one.author.bot]


def me(server: Server) -> str:
    return f"<@{server.env.backend.bot_user.id}>"


def messages(server: Server) -> list[discord.Message]:
    return server.channel.history()


def asked(newsroom: MagicMock) -> list[Question]:
    return [call.args[0] for call in newsroom.ask.await_args_list]


@pytest.mark.parametrize("text", [f"@bot {QUESTION}", f"{QUESTION} @bot", f"@bot\n {QUESTION} "])
async def test_a_mention_is_answered_like_a_command_and_without_a_ping(
    server: Server, newsroom: MagicMock, text: str
) -> None:
    (answer,) = await say(server, text)

    assert [question.text for question in asked(newsroom)] == [QUESTION]
    assert shown(text_of(answer), "quote") == make_quote().text
    assert answer.reference is not None
    (sent,) = [call for call in server.env.http_requests if call.path.endswith("/messages")]
    assert sent.json["allowed_mentions"] == {"parse": [], "replied_user": False}
    place = newsroom.answers.keep.await_args.args[1]
    assert (place.asker, place.guild, place.private) == (server.reader.id, server.reader.guild.id, False)


async def test_a_mention_has_its_turn_before_what_it_needs_is_read(
    server: Server, newsroom: MagicMock
) -> None:
    await say(server, f"@bot {QUESTION}")
    calls = [name for name, _, _ in newsroom.mock_calls if name in {"take_turn", "ask"}]
    assert calls == ["take_turn", "ask"]


@pytest.mark.parametrize("text", [QUESTION, "@everyone who?", "<@4711> who?", "no question"])
async def test_what_is_said_to_others_is_none_of_its_business(
    server: Server, newsroom: MagicMock, text: str
) -> None:
    assert await say(server, text) == []
    newsroom.ask.assert_not_awaited()


@pytest.mark.parametrize("text", [QUESTION, f"@bot {QUESTION}"])
async def test_a_direct_message_is_a_question_without_a_mention(
    server: Server, newsroom: MagicMock, text: str
) -> None:
    user = server.reader.user
    await server.env.bot.house.change(server.reader.guild.id, mentions=False, channels=(1,))
    await user.send_dm(text.replace("@bot", me(server)))

    (answer,) = [one for one in user.dm_channel.history() if one.author.bot]
    assert [question.text for question in asked(newsroom)] == [QUESTION]
    assert shown(text_of(answer), "quote") == make_quote().text
    place = newsroom.answers.keep.await_args.args[1]
    assert (place.asker, place.guild, place.private) == (user.id, None, False)


async def test_a_reply_in_direct_messages_asks_on_also_after_a_command(
    server: Server, newsroom: MagicMock
) -> None:
    user = server.reader.user
    first = (await user.slash("ask", question=QUESTION)).response
    newsroom.answers.find.return_value = BEFORE

    reference = {"channel_id": str(first.channel_id), "message_id": str(first.id)}
    await user.send_dm("And why?", reference=reference)

    question = asked(newsroom)[-1]
    assert (question.text, question.since) == ("And why?", BEFORE.since)


async def test_a_direct_message_without_words_is_told_how_to_ask(server: Server, newsroom: MagicMock) -> None:
    user = server.reader.user
    await user.send_dm("?")
    (answer,) = [one for one in user.dm_channel.history() if one.author.bot]
    assert "</ask:" in text_of(answer)
    newsroom.ask.assert_not_awaited()


async def test_a_mention_of_its_role_is_no_question(server: Server, newsroom: MagicMock) -> None:
    roles = server.env.bot.guilds[0].me.roles
    assert await say(server, f"<@&{roles[-1].id}> who?") == []


@pytest.mark.parametrize(
    "text",
    [
        *("@bot", "@bot ?", " @bot @bot ", "@bot 👍"),
        *("@bot thank you!", "Hello @bot", "@bot OK, great", "@bot who are you, and what can you do?"),
        *("@bot 감사합니다 ㅋㅋㅋ", "@bot 안녕하세요!"),
    ],
)
async def test_a_mention_that_asks_nothing_is_told_how_to_ask(
    server: Server, newsroom: MagicMock, text: str
) -> None:
    (answer,) = await say(server, text)
    assert "</ask:" in text_of(answer)
    newsroom.ask.assert_not_awaited()


async def test_thanks_for_an_answer_are_no_follow_up(server: Server, newsroom: MagicMock) -> None:
    (first,) = await say(server, f"@bot {QUESTION}")
    newsroom.answers.find.return_value = BEFORE

    (answer,) = await say(server, "Thanks a lot, that was great!", reply_to=first)
    assert "</ask:" in text_of(answer)
    assert len(asked(newsroom)) == 1

    await say(server, "OK, and who was it?", reply_to=first)
    assert [question.text for question in asked(newsroom)] == [QUESTION, "OK, and who was it?"]


@pytest.mark.parametrize("text", ["ferry", "ok what about the ferries", "Thanksgiving?", "고양이", "港" * 50])
async def test_whatever_can_be_looked_for_is_asked(server: Server, newsroom: MagicMock, text: str) -> None:
    await say(server, f"@bot {text}")
    assert [question.text for question in asked(newsroom)] == [text]


async def test_names_stand_in_the_place_of_mentions(server: Server, newsroom: MagicMock) -> None:
    await say(
        server, f"@bot what does {server.editor.mention} say of {server.channel.mention} <:ferry:4711>?"
    )
    assert asked(newsroom)[0].text == "what does editor say of news ferry ?"


async def test_bots_are_not_answered(server: Server, newsroom: MagicMock) -> None:
    robot = server.reader.guild.add_member(server.env.create_user("robot", bot=True))
    await robot.send(server.channel, f"{me(server)} {QUESTION}")
    newsroom.ask.assert_not_awaited()


async def test_a_reply_asks_on_with_the_subject_and_says_so(server: Server, newsroom: MagicMock) -> None:
    (first,) = await say(server, f"@bot {QUESTION}")
    newsroom.answers.find.return_value = BEFORE

    (answer,) = await say(server, "And with how many passengers?", reply_to=first)

    question = asked(newsroom)[-1]
    assert question.text == "And with how many passengers?"
    assert question.earlier == Earlier(QUESTION, quoted=(7, 5))
    assert (question.since, question.sources) == (date(2026, 3, 1), ("The Saltmere Post",))
    assert shown(text_of(answer), "heading") == "And with how many passengers?"
    assert "searched for “ferries sail again: And with how many passengers?”" in shown(text_of(answer))


async def test_a_reply_to_the_answer_of_a_command_needs_a_mention(
    server: Server, newsroom: MagicMock
) -> None:
    first = await server.reader.slash(server.channel, "ask", question=QUESTION)
    assert first.response is not None
    newsroom.answers.find.return_value = BEFORE

    assert await say(server, "And why?", reply_to=first.response) == []
    assert len(await say(server, "@bot And why?", reply_to=first.response)) == 1
    assert asked(newsroom)[-1].earlier == Earlier(QUESTION, quoted=(7, 5))


async def test_a_reply_to_what_is_kept_no_longer_is_a_question_like_others(
    server: Server, newsroom: MagicMock
) -> None:
    (first,) = await say(server, f"@bot {QUESTION}")
    newsroom.answers.find.return_value = None
    await say(server, "And why?", reply_to=first)
    assert (asked(newsroom)[-1].text, asked(newsroom)[-1].earlier) == ("And why?", None)


async def test_a_server_can_switch_it_off(server: Server, newsroom: MagicMock) -> None:
    await server.env.bot.house.change(server.reader.guild.id, mentions=False)
    assert await say(server, f"@bot {QUESTION}") == []


async def test_the_rules_of_the_server_hold(server: Server, newsroom: MagicMock) -> None:
    await server.env.bot.house.change(server.reader.guild.id, cooldown=60, excerpts=1)
    await say(server, f"@bot {QUESTION}")
    assert newsroom.answers.keep.await_args.args[2] == 1

    (refusal,) = await say(server, f"@bot {QUESTION}")
    assert "You can ask the next question" in text_of(refusal)
    assert len(asked(newsroom)) == 1
    await server.env.advance_time(30)
    assert refusal.id not in [one.id for one in messages(server)]


@pytest.mark.parametrize("right", ["send_messages", "view_channel"])
async def test_where_it_may_not_speak_nothing_happens(
    server: Server, newsroom: MagicMock, right: str
) -> None:
    assert await say(without(server, right), f"@bot {QUESTION}") == []
    assert not server.env.errors


async def test_without_the_history_it_answers_without_a_reference(
    server: Server, newsroom: MagicMock
) -> None:
    (answer,) = await say(without(server, "read_message_history"), f"@bot {QUESTION}")
    assert answer.reference is None


async def test_a_right_that_was_taken_meanwhile_breaks_nothing(server: Server, newsroom: MagicMock) -> None:
    server.env.inject_error("POST", "/channels/*/messages", status=403, code=50013)
    server.env.inject_error("POST", "/channels/*/typing", status=403, code=50013)
    assert await say(server, f"@bot {QUESTION}") == []
    assert len(await say(server, f"@bot {QUESTION}")) == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [(NewsbotError("set it right"), "Set it right."), (ZeroDivisionError(), "The log has more under")],
)
async def test_what_goes_wrong_is_told(
    server: Server, newsroom: MagicMock, error: Exception, told: str
) -> None:
    newsroom.ask.side_effect = error
    (answer,) = await say(server, f"@bot {QUESTION}")
    assert told in shown(text_of(answer))


async def test_who_waits_when_the_bot_stops_is_told(server: Server, newsroom: MagicMock) -> None:
    stop_while_asked(server, newsroom)
    (answer,) = await say(server, f"@bot {QUESTION}")
    assert text_of(answer) == "The bot is being restarted. Ask again in a minute."


async def test_an_answer_under_way_is_waited_for_before_the_bot_stops(
    server: Server, newsroom: MagicMock
) -> None:
    bot = server.env.bot
    settled: list[asyncio.Task[None]] = []
    answering = newsroom.ask.side_effect

    async def ask(question: Question) -> Answer:
        settled.append(asyncio.create_task(bot.promises.settle(60)))
        await asyncio.sleep(0)
        assert not settled[0].done()
        answer: Answer = await answering(question)
        return answer

    newsroom.ask.side_effect = ask
    (answer,) = await say(server, f"@bot {QUESTION}")
    await settled[0]
    assert shown(text_of(answer), "quote") == make_quote().text


def stop_while_asked(server: Server, newsroom: MagicMock) -> None:
    """Lets the bot stop as soon as a question comes, and the question never be answered."""
    bot = server.env.bot
    closing: list[asyncio.Task[None]] = []

    async def ask(_: Question) -> Answer:
        closing.append(asyncio.create_task(bot._end_work()))
        await server.env.external_wait(asyncio.Event().wait(), reason="the answer is being found")
        raise AssertionError

    newsroom.ask.side_effect = ask


def without(server: Server, right: str) -> Server:
    """The server, in a channel where the bot lacks a right."""
    user = server.env.bot.user
    assert user is not None
    rights = {user: discord.PermissionOverwrite(**{right: False})}
    return replace(server, channel=server.reader.guild.create_text_channel("quiet", overwrites=rights))
