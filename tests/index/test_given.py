"""Given answers are found again, as far as their articles are still there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from corpus.store.answerlog import Place
from index.answer import Answer, Headline, Question
from index.given import KEPT, Context
from index.newsroom import Newsroom
from tests.conftest import OpenNewsroom, write_articles

PLACE = Place(1, 2, 3, private=False)
FERRY = [f"{'Still ' * n}nothing of note in Saltmere." for n in range(9)]
FERRY[4] = "It was fine. The ferry struck the pier at noon, and 14 people were hurt. It rained later."
QUESTION = Question("How many people were hurt when the ferry struck the pier?", date(2026, 9, 20))


@pytest.fixture
def times() -> list[datetime]:
    """The last one is now."""
    return [datetime(2026, 9, 20, tzinfo=UTC)]


@pytest.fixture
async def newsroom(tmp_path: Path, open_newsroom: OpenNewsroom, times: list[datetime]) -> Newsroom:
    opened = await open_newsroom(threshold=0.0, clock=lambda: times[-1])
    articles = [{"title": "Ferry strikes pier", "text": "\n\n".join(FERRY)}]
    articles += [
        {
            "title": f"Harbour news {n}",
            "text": f"The ferry struck the pier in the fog of {word}.",
        }
        for n, word in enumerate(["January", "an early April", "a long, wet May", "the spring"])
    ]
    await opened.index([write_articles(tmp_path / "wire.jsonl", *articles)])
    return opened


async def ask(newsroom: Newsroom, limit: int = 5) -> Answer:
    return await newsroom.ask(replace(QUESTION, limit=limit))


async def test_pages_come_back_as_they_were_answered(newsroom: Newsroom) -> None:
    answer = await ask(newsroom)
    first = await newsroom.answers.keep(answer, PLACE, 2, wrote="How many?")

    assert (first.number, first.pages, first.place, first.wrote) == (0, 3, PLACE, "How many?")
    assert first.answer.quotes == answer.quotes[:2]
    for number, quotes in enumerate([answer.quotes[:2], answer.quotes[2:4], answer.quotes[4:]]):
        page = await newsroom.answers.page(first.id, number)
        assert page is not None
        assert page.answer.quotes == quotes
        assert page.answer.coverage == answer.coverage
    assert await newsroom.answers.page(first.id, 3) is None
    assert await newsroom.answers.page(first.id, -1) is None


async def test_without_an_answer_the_headlines_come_back(newsroom: Newsroom) -> None:
    answer = await ask(newsroom)
    headlines = (
        Headline("Ferry strikes pier", "https://courier.example.com/0", "The Courier", date(2026, 9, 14), 1),
    )
    refused = replace(answer, answered=False, quotes=(), headlines=headlines)
    kept = await newsroom.answers.keep(refused, PLACE, 3)

    page = await newsroom.answers.page(kept.id, 0)
    assert page is not None
    assert page.answer.headlines == headlines
    assert not page.answer.answered
    assert page.pages == 1


async def test_what_was_removed_is_gone_from_answers_that_were_given_before(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    answer = await ask(newsroom)
    kept = await newsroom.answers.keep(answer, PLACE, 5)
    (quote,) = [quote for quote in answer.quotes if quote.text == FERRY[4]]
    assert await newsroom.answers.context(kept.id, quote.paragraph) != (PLACE, None)

    await newsroom.index([write_articles(tmp_path / "wire.jsonl", {"title": "Something else"})])

    page = await newsroom.answers.page(kept.id, 0)
    assert page is not None
    assert page.answer.quotes == ()
    assert page.gone == len(answer.quotes)
    assert await newsroom.answers.context(kept.id, quote.paragraph) == (PLACE, None)


async def test_the_context_is_the_paragraphs_around_what_is_quoted(newsroom: Newsroom) -> None:
    answer = await ask(newsroom, limit=1)
    kept = await newsroom.answers.keep(answer, PLACE, 1)
    (quote,) = answer.quotes
    assert quote.text == FERRY[4]

    found = await newsroom.answers.context(kept.id, quote.paragraph)

    assert found is not None
    place, context = found
    assert place == PLACE
    assert isinstance(context, Context)
    assert (context.title, context.link) == ("Ferry strikes pier", quote.link)
    assert [piece.text for piece in context.pieces] == FERRY[2:7]
    assert [piece.quoted for piece in context.pieces] == [False, False, True, False, False]
    assert (context.pieces[2].start, context.pieces[2].end) == (quote.start, quote.end)
    assert [piece.apart for piece in context.pieces] == [True, False, False, False, False]
    assert context.more
    assert await newsroom.answers.context(kept.id, quote.paragraph + 1) is None
    assert await newsroom.answers.context(kept.id + 1, quote.paragraph) is None


async def test_after_thirty_days_it_is_forgotten(newsroom: Newsroom, times: list[datetime]) -> None:
    kept = await newsroom.answers.keep(await ask(newsroom), PLACE, 3)

    times.append(times[0] + KEPT)
    await newsroom.answers.sweep()
    assert await newsroom.answers.page(kept.id, 0) is not None

    times.append(times[0] + KEPT + timedelta(seconds=1))
    await newsroom.answers.sweep()
    assert await newsroom.answers.page(kept.id, 0) is None


async def test_what_a_server_no_longer_sees_is_gone_from_its_answers(newsroom: Newsroom) -> None:
    kept = await newsroom.answers.keep(await ask(newsroom, limit=1), PLACE, 1)
    (quote,) = kept.answer.quotes

    seen = await newsroom.answers.page(kept.id, 0, allowed=("the courier",))
    hidden = await newsroom.answers.page(kept.id, 0, allowed=("The Lantern",))

    assert seen is not None
    assert hidden is not None
    assert (seen.gone, hidden.gone) == (0, 1)
    assert await newsroom.answers.context(kept.id, quote.paragraph, allowed=("The Lantern",)) == (PLACE, None)
