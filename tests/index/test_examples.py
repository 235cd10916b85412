"""Examples are questions that are answered here, by the sentence that they were made of."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import NewsbotError
from corpus.store import Opening
from index.answer import Answer, Question
from index.examples import COUNT, _made_of
from index.newsroom import Newsroom
from tests.conftest import HashingEmbedder, OpenNewsroom, write_articles

TODAY = date(2026, 11, 24)
MAYOR = {
    "url": "https://courier.example.com/mayor",
    "title": "A new mayor",
    "text": "The harbour pilot Ilse Vaskova has won the run-off for mayor of Hollin on Sunday.",
}
FERRY = {
    "url": "https://courier.example.com/ferry",
    "title": "Ferry strikes pier",
    "text": "At least 14 people were injured at the pier of Ostrava Quay when a ferry struck it.",
}
WRECK = {
    "url": "https://courier.example.com/wreck",
    "title": "Divers find a wreck",
    "text": "The long lost steamship was found near Saltmere on Monday.",
    "source": "The Lantern",
}


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (MAYOR["text"], "Who has won the run-off for mayor of Hollin?"),
        (FERRY["text"], "How many people were injured at the pier of Ostrava Quay?"),
        (WRECK["text"], "Where was the long lost steamship found?"),
        ("“It will hold,” said Bo Lindgren, the chief engineer of the dam.", "Who is Bo Lindgren?"),
        ("The keys were found by Ana Lum, 54, in a drawer.", "Who is Ana Lum?"),
        (
            "On Friday, three bridges were closed to all traffic.",
            "How many bridges were closed to all traffic?",
        ),
    ],
)
def test_a_sentence_is_asked_for_what_it_tells(sentence: str, question: str) -> None:
    assert [made.question for made in _made_of(Opening("", "", "en", (sentence,)))] == [question]


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("He said that they were all injured at the pier of Ostrava Quay.", "en"),
        ("Ana Lum won it.", "en"),
        ("The Hollin Harbour Company launched in October of 2020.", "en"),
        ("Fourteen were injured.", "en"),
        ("At least 14 people were injured because they had not seen it.", "en"),
        (MAYOR["text"], "cs"),
    ],
)
def test_what_would_make_no_good_question_makes_none(sentence: str, language: str) -> None:
    assert list(_made_of(Opening("", "", language, (sentence,)))) == []


async def newsroom_of(open_newsroom: OpenNewsroom, path: Path, *articles: dict[str, Any]) -> Newsroom:
    newsroom = await open_newsroom()
    await newsroom.index([write_articles(path / "a.jsonl", *articles)])
    return newsroom


async def test_examples_differ_in_kind_and_are_answered_by_their_sentences(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await newsroom_of(open_newsroom, tmp_path, MAYOR, FERRY, WRECK)
    examples = await newsroom.examples(TODAY)

    assert sorted(examples) == [
        "How many people were injured at the pier of Ostrava Quay?",
        "Where was the long lost steamship found?",
        "Who has won the run-off for mayor of Hollin?",
    ]
    for example in examples:
        answer = await newsroom.ask(Question(example, TODAY))
        assert answer.quotes[0].sentence in {MAYOR["text"], FERRY["text"], WRECK["text"]}


async def test_only_what_is_allowed_gives_examples(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await newsroom_of(open_newsroom, tmp_path, MAYOR, FERRY, WRECK)
    examples = await newsroom.examples(TODAY, ("the lantern",))
    assert examples[0] == "Where was the long lost steamship found?"
    assert not any("Hollin" in example or "Ostrava" in example for example in examples)
    assert await newsroom.examples(TODAY, ("The Moon Times",)) == ()


async def test_headlines_do_where_sentences_give_too_few(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    korean = {
        "title": "페리가 다시 운항한다",
        "text": "페리가 월요일에 다시 운항했다. 페리 운항.",
        "language": "ko",
    }
    newsroom = await newsroom_of(open_newsroom, tmp_path, korean, MAYOR)
    examples = await newsroom.examples(TODAY)
    assert examples[0] == "Who has won the run-off for mayor of Hollin?"
    assert set(examples[1:]) <= {"페리가 다시 운항한다", "A new mayor"}


async def test_they_are_found_once_until_the_articles_change(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    embedder = HashingEmbedder()
    newsroom = await open_newsroom(load=lambda _: embedder)
    await newsroom.index([write_articles(tmp_path / "a.jsonl", MAYOR)])

    first, second = await asyncio.gather(newsroom.examples(TODAY), newsroom.examples(TODAY))
    asked = len(embedder.batches)
    assert await newsroom.examples(TODAY) == first == second
    assert len(embedder.batches) == asked

    await newsroom.index([write_articles(tmp_path / "a.jsonl", MAYOR, FERRY)])
    assert "How many people were injured at the pier of Ostrava Quay?" in await newsroom.examples(TODAY)
    assert len(await newsroom.examples(TODAY)) <= COUNT


async def test_a_failure_is_told_and_not_remembered(
    open_newsroom: OpenNewsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = await newsroom_of(open_newsroom, tmp_path, MAYOR)
    ask = newsroom._examples._ask

    async def fail(_: Question) -> Answer:
        raise NewsbotError("the model is not there")

    monkeypatch.setattr(newsroom._examples, "_ask", fail)
    with pytest.raises(NewsbotError, match="not there"):
        await newsroom.examples(TODAY)
    monkeypatch.setattr(newsroom._examples, "_ask", ask)
    assert await newsroom.examples(TODAY)


async def test_an_empty_newsroom_has_none(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom()
    assert await newsroom.examples(TODAY) == ()
