"""What members voted on, as an evaluation set."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.evaluation import read
from bot.feedback import case_of
from corpus.store import Store
from corpus.store.answerlog import AnswerLog, Given, GivenQuote, Place, Votes
from index.evaluation import Case

QUOTE = GivenQuote(7, 0, 10, 1.5, "https://example.com/ferry", "It sailed at noon.")
GIVEN = Given(
    "When did it sail?",
    date(2026, 3, 20),
    1,
    True,
    (QUOTE, replace(QUOTE, url="https://example.com/other")),
    12,
    datetime(2026, 3, 20, tzinfo=UTC),
    Place(1, 2, 3, private=False),
    votes=Votes(2, 1),
    id=4,
)


def case(**changes: Any) -> Case | None:
    line = case_of(replace(GIVEN, **changes))
    if line is None:
        return None
    (found,) = read("feedback.jsonl", [json.dumps(line).encode()], 3)
    assert isinstance(found, Case)
    return found


def test_a_liked_answer_is_the_right_one() -> None:
    found = case()
    assert found is not None
    assert (found.id, found.question.text, found.question.asked) == (
        4,
        "When did it sail?",
        date(2026, 3, 20),
    )
    assert (found.answer, found.relevant, found.answerable) == ("It sailed at noon.", {QUOTE.url}, True)


@pytest.mark.parametrize(
    "changes", [{"votes": Votes(0, 1)}, {"votes": Votes(1, 0), "answered": False, "quotes": ()}]
)
def test_a_disliked_answer_and_a_liked_refusal_should_be_refused(changes: dict[str, Any]) -> None:
    found = case(**changes)
    assert found is not None
    assert not found.answerable


@pytest.mark.parametrize(
    "changes",
    [
        {"votes": Votes(1, 1)},
        {"votes": Votes(0, 1), "answered": False, "quotes": ()},
        {"since": date(2026, 3, 1)},
        {"sources": ("The Courier",)},
    ],
)
def test_what_the_votes_leave_open_is_left_out(changes: dict[str, Any]) -> None:
    assert case(**changes) is None


def test_the_command_writes_what_eval_reads_and_nobodys_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def vote() -> None:
        store = await Store.open(tmp_path / "newsbot.db")
        log = AnswerLog(store)
        for good in (True, False):
            kept = await log.keep(replace(GIVEN, place=Place(4711, 4712, 4713, private=False), answered=good))
            await log.vote(kept.id, 4714, good)
        await store.close()

    asyncio.run(vote())
    file = tmp_path / "feedback.jsonl"

    assert main(["--data", str(tmp_path), "feedback", "export", str(file)]) == 0

    assert "2 voted on, 1 left out" in capsys.readouterr().err
    assert "471" not in file.read_text(encoding="utf-8")
    (found,) = read(file.name, file.read_bytes().splitlines(), 3)
    assert isinstance(found, Case)
    for standard_output in ([], ["-"]):
        assert main(["--data", str(tmp_path), "feedback", "export", *standard_output]) == 0
        assert capsys.readouterr().out == file.read_text(encoding="utf-8")
