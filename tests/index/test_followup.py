"""What a follow-up takes over from the question before it, and by which articles it is answered."""

from __future__ import annotations

from datetime import date

import pytest

from bot.settings import SAMPLES
from index.answer import Answer, Earlier, Question
from index.followup import carry_over
from index.newsroom import Newsroom
from tests.conftest import OpenNewsroom

TODAY = date(2026, 11, 24)
FIRST = "How many people were hurt when the Hask ferry struck the pier?"


@pytest.mark.parametrize(
    ("follow_up", "searched"),
    [
        ("And when?", "people hurt Hask ferry struck pier: And when?"),
        ("Who was her captain?", "people hurt Hask ferry struck pier: Who was her captain?"),
        ("What about the pier?", "people hurt Hask ferry struck: What about the pier?"),
        ("Who won the regatta in Northreach?", "Who won the regatta in Northreach?"),
        ("When did it leave the harbour of Saltmere?", None),
    ],
)
def test_the_subject_is_carried_over_where_the_follow_up_does_not_say_it(
    follow_up: str, searched: str | None
) -> None:
    assert carry_over(FIRST, follow_up) == (searched or f"people hurt Hask ferry struck pier: {follow_up}")


def test_a_chain_of_follow_ups_does_not_grow_without_end() -> None:
    question = " ".join(f"Name{number}" for number in range(50))
    for _ in range(5):
        question = carry_over(question, "And why?")
    assert len(question.split()) <= 10


def test_names_go_before_other_words() -> None:
    first = "did any of several angry neighbours near the old quiet harbour complain to Ilse Brandvold?"
    assert "Ilse Brandvold" in carry_over(first, "Why?")


def test_a_number_of_one_digit_is_a_part_of_a_name() -> None:
    assert carry_over("When does tram Line 6 open?", "And then?") == "tram Line 6 open: And then?"


def test_without_anything_to_carry_over_it_stays_as_it_is() -> None:
    assert carry_over("And then?", "Why?") == "Why?"


@pytest.fixture
async def newsroom(open_newsroom: OpenNewsroom) -> Newsroom:
    opened = await open_newsroom(articles=[SAMPLES])
    await opened.reindex()
    return opened


async def ask(newsroom: Newsroom, text: str, before: Answer | None = None, **limits: object) -> Answer:
    earlier = before and Earlier(before.question.text, tuple(quote.paragraph for quote in before.quotes))
    return await newsroom.ask(Question(text, TODAY, earlier=earlier, **limits))  # type: ignore[arg-type]


def urls(answer: Answer) -> set[str]:
    return {quote.url for quote in answer.quotes}


async def test_it_is_answered_by_the_articles_that_were_quoted_before(newsroom: Newsroom) -> None:
    first = await ask(newsroom, "When did the Hask ferry strike the pier?")
    alone = await ask(newsroom, "Who was her captain?")
    assert not urls(alone) <= urls(first)

    answer = await ask(newsroom, "Who was her captain?", first)

    assert "Joost Hallander, 58" in answer.quotes[0].sentence
    assert urls(answer) <= urls(first)
    assert answer.question.articles
    assert answer.question.text == "Hask ferry strike pier: Who was her captain?"


async def test_a_word_that_asks_nothing_by_itself_is_on_the_old_subject(newsroom: Newsroom) -> None:
    first = await ask(newsroom, "When did the Hask ferry strike the pier?")
    assert not (await ask(newsroom, "Why?")).answered
    answer = await ask(newsroom, "Why?", first)
    assert answer.answered
    assert urls(answer) <= urls(first)


async def test_a_chain_of_follow_ups_stays_with_the_subject(newsroom: Newsroom) -> None:
    first = await ask(newsroom, "When did the Hask ferry strike the pier?")
    second = await ask(newsroom, "Who was her captain?", first)
    third = await ask(newsroom, "And the hens?", second)
    assert "60 young hens" in third.quotes[0].text
    assert third.question.text == "Hask ferry strike pier captain: And the hens?"


async def test_what_they_do_not_tell_is_asked_of_all_with_the_subject(newsroom: Newsroom) -> None:
    first = await ask(newsroom, "Where was the stolen astrolabe found?")
    answer = await ask(newsroom, "And why?", first)
    assert answer.question == Question("stolen astrolabe found: And why?", TODAY)
    assert urls(answer) - urls(first)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Who won the Orven Cup?", "won the Orven Cup"),
        ("Who coaches Obervint?", "Dagny Ruiz-Holm"),
        ("What does slevna cost?", "€31"),
        ("Is there a film with four asterisks?", "four asterisks"),
    ],
)
async def test_what_is_about_something_else_is_answered_as_if_asked_by_itself(
    newsroom: Newsroom, text: str, right: str
) -> None:
    first = await ask(newsroom, "When did the Hask ferry strike the pier?")
    answer = await ask(newsroom, text, first)
    assert right in answer.quotes[0].text
    assert answer == await ask(newsroom, text)


async def test_in_a_language_that_is_not_understood_it_is_as_if_asked_by_itself(newsroom: Newsroom) -> None:
    first = await ask(newsroom, "When did the Hask ferry strike the pier?")
    answer = await ask(newsroom, "오르벤 컵은 누가 이겼나요?", first)
    assert answer == await ask(newsroom, "오르벤 컵은 누가 이겼나요?")
    assert not answer.answered


async def test_without_articles_to_go_on_from_only_the_subject_is_carried_over(newsroom: Newsroom) -> None:
    first = await ask(newsroom, "When did the Hask ferry strike the pier?")
    await newsroom.remove(sorted(urls(first)))
    answer = await ask(newsroom, "Who was her captain?", first)
    assert answer == await ask(newsroom, "Hask ferry strike pier: Who was her captain?")
    assert not urls(answer) & urls(first)


async def test_outlets_that_may_not_be_seen_do_not_answer(newsroom: Newsroom) -> None:
    first = await ask(newsroom, "When did the Hask ferry strike the pier?", sources=("The Sável Courier",))
    answer = await ask(newsroom, "Who was her captain?", first, allowed=("Radio Orvenmark",))
    assert answer.quotes
    assert {quote.source for quote in answer.quotes} == {"Radio Orvenmark"}
    assert not answer.question.articles
