"""What ``newsbot eval`` takes and prints."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from bot.evaluation import evaluation_to_json, read, show_evaluation
from corpus.reading import Failure
from index.answer import Question
from index.evaluation import Case, Result

LINE = {
    "id": "7",
    "asked": "2026-11-24",
    "question": "What did it cost?",
    "answer": "4.2 million",
    "relevant": ["https://example.com/dam"],
    "answerable": False,
}


def read_line(**changes: Any) -> Case | Failure:
    fields = {name: value for name, value in {**LINE, **changes}.items() if value is not ...}
    (one,) = read("q.jsonl", [json.dumps(fields).encode()], 10)
    return one


def results() -> list[Result]:
    def case(number: int, answerable: bool) -> Case:
        return Case(number, Question("Who?", date(2026, 11, 24)), "Lum", frozenset(), answerable)

    return [
        Result(case(1, True), True, 0.9, rank=1, bold=(True,)),
        Result(case(2, True), True, 0.8, rank=5, ranked=True, retrieved=True, bold=(False,)),
        Result(case(3, False), False, 0.1),
    ]


def shown(found: list[Result]) -> list[list[str]]:
    file = io.StringIO()
    show_evaluation(Console(file=file, width=80), found, 10)
    return [line.split("  ") for line in file.getvalue().splitlines()]


def test_a_line_is_a_question_of_its_day_with_its_answer() -> None:
    question = Question("What did it cost?", date(2026, 11, 24), as_of=True, limit=10)
    relevant = frozenset(["https://example.com/dam"])
    assert read_line() == Case("7", question, "4.2 million", relevant, False)


def test_a_question_is_answerable_if_nothing_else_is_said() -> None:
    case = read_line(answerable=...)
    assert isinstance(case, Case)
    assert case.answerable


@pytest.mark.parametrize(
    "changes",
    [
        {"answer": ...},
        {"answer": 4},
        {"relevant": ...},
        {"relevant": "https://example.com/dam"},
        {"relevant": [1]},
        {"answerable": "no"},
        {"question": ...},
        {"asked": "yesterday"},
    ],
)
def test_a_line_that_is_none_is_named(changes: dict[str, Any]) -> None:
    failure = read_line(**changes)
    assert isinstance(failure, Failure)
    assert failure.place == "q.jsonl:1"


def test_figures_and_fates_are_shown() -> None:
    lines = [[part.strip() for part in line if part.strip()] for line in shown(results())]
    assert lines[0] == ["3 questions, 2 of them answerable"]
    assert ["shown@1", "0.500", "0.000 to 1.000"] in lines
    assert ["mrr@10", "0.600", "0.200 to 1.000"] in lines
    assert ["refused", "1.000", "1.000 to 1.000"] in lines
    assert ["The bold sentence holds the answer in 0.500 of 2 right quotes."] in lines
    assert ["what became of them", "first 3", "first 10"] in lines
    assert ["right quote shown", "1", "2"] in lines
    assert ["right paragraph ranked lower", "1", "0"] in lines
    assert ["rightly refused", "1", "1"] in lines


def test_what_cannot_be_measured_is_shown_as_a_dash() -> None:
    lines = [[part.strip() for part in line if part.strip()] for line in shown(results()[:1])]
    assert ["auroc", "–", "– to –"] in lines


def test_json_has_the_figures_and_each_question() -> None:
    found = json.loads(json.dumps(evaluation_to_json(results()[:2], 10), allow_nan=False))
    assert found["figures"]["shown@10"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert found["figures"]["auroc"] == {"value": None, "low": None, "high": None}
    assert found["bold"] == {"right_quotes": 2, "hold_the_answer": 1}
    assert found["fates"]["3"] == {"right quote shown": 1, "right paragraph ranked lower": 1}
    assert [one["rank"] for one in found["results"]] == [1, 5]
    assert found["results"][1]["fate"] == "right paragraph ranked lower"
