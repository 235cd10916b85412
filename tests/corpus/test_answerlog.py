"""What is kept of given answers, for how long, and how votes are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from corpus.store import Store
from corpus.store.answerlog import AnswerLog, Given, GivenQuote, Place, Votes

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
QUOTE = GivenQuote(7, 0, 10, 1.5, "https://example.com/ferry", "It sailed.", (3, 4))
GIVEN = Given(
    "When did the ferry sail?",
    date(2026, 11, 24),
    3,
    True,
    (QUOTE, replace(QUOTE, paragraph=8, also_in=())),
    12,
    NOW,
    Place(1, 2, 3, private=True),
    since=date(2026, 11, 1),
    sources=("The Courier",),
    headlines=(5,),
    wrote="And when?",
    articles=(6, 2),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "newsbot.db")
    yield opened
    await opened.close()


@pytest.fixture
def log(store: Store) -> AnswerLog:
    return AnswerLog(store)


async def test_an_answer_comes_back_as_it_was_kept(log: AnswerLog) -> None:
    kept = await log.keep(GIVEN)
    assert await log.find(kept.id) == kept == replace(GIVEN, id=kept.id)
    assert await log.find(kept.id + 1) is None


async def test_an_answer_in_a_direct_message_has_no_server(log: AnswerLog) -> None:
    kept = await log.keep(replace(GIVEN, place=Place(1, None, None, private=False), since=None))
    assert await log.find(kept.id) == kept


async def test_what_is_kept_of_answers_is_not_a_change_to_the_news(store: Store, log: AnswerLog) -> None:
    before = await store.generation()
    kept = await log.keep(GIVEN)
    await log.vote(kept.id, 1, good=True)
    await log.sweep(NOW + timedelta(days=1))
    assert await store.generation() == before


async def test_it_is_shared_once_and_that_can_be_taken_back(log: AnswerLog) -> None:
    kept = await log.keep(GIVEN)
    assert await log.share(kept.id, True)
    assert not await log.share(kept.id, True)
    found = await log.find(kept.id)
    assert found is not None
    assert found.place == Place(1, 2, 3, private=False, shared=True)
    assert await log.share(kept.id, False)
    assert await log.find(kept.id) == kept


async def test_a_public_answer_cannot_be_shared(log: AnswerLog) -> None:
    kept = await log.keep(replace(GIVEN, place=Place(1, 2, 3, private=False)))
    assert not await log.share(kept.id, True)
    assert not await log.share(kept.id, False)


async def test_a_member_has_one_vote_which_can_be_changed_and_taken_back(log: AnswerLog) -> None:
    kept = await log.keep(GIVEN)

    async def votes() -> Votes:
        found = await log.find(kept.id)
        assert found is not None
        return found.votes

    await log.vote(kept.id, 10, good=True)
    await log.vote(kept.id, 11, good=True)
    assert await votes() == Votes(2, 0)
    await log.vote(kept.id, 11, good=False)
    assert await votes() == Votes(1, 1)
    await log.vote(kept.id, 11, good=False)
    assert await votes() == Votes(1, 0)


async def test_a_vote_on_what_is_kept_no_longer_is_none(log: AnswerLog) -> None:
    await log.vote(4711, 1, good=True)
    assert await log.judged() == []


async def test_old_answers_go_and_of_those_with_votes_only_what_was_asked_and_thought_stays(
    log: AnswerLog,
) -> None:
    plain, voted = await log.keep(GIVEN), await log.keep(GIVEN)
    young = await log.keep(replace(GIVEN, given=NOW + timedelta(days=1)))
    await log.vote(voted.id, 10, good=True)
    await log.vote(voted.id, 11, good=False)

    for _ in range(2):
        await log.sweep(NOW + timedelta(hours=1))

        assert await log.find(plain.id) is None
        assert await log.find(voted.id) is None
        assert await log.find(young.id) == young
        assert await log.judged() == [replace(voted, place=None, votes=Votes(1, 1))]

    await log.vote(voted.id, 10, good=False)
    assert (await log.judged())[0].votes == Votes(1, 1)


async def test_an_id_is_never_used_twice(log: AnswerLog) -> None:
    first = await log.keep(GIVEN)
    await log.sweep(NOW + timedelta(hours=1))
    assert (await log.keep(GIVEN)).id > first.id
