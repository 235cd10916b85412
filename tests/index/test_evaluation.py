"""The figures of an evaluation, held against the scorer that defines them and against invented answers."""

from __future__ import annotations

import importlib.util
import json
import math
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from index.answer import Question
from index.evaluation import Case, Fate, Figure, Result, bold, evaluate, fates, figures, is_right
from tests.conftest import OpenNewsroom, write_articles

ASKED = date(2026, 11, 24)
DAM = "https://lantern.example.com/dam"
FERRY = "https://courier.example.com/ferry"


def case(number: int = 1, text: str = "Who?", answer: str = "4.2 million", **fields: object) -> Case:
    usual = Case(number, Question(text, ASKED, limit=10), answer, frozenset([DAM]), True)
    return replace(usual, **fields)  # type: ignore[arg-type]


def result(number: int = 1, rank: int | None = None, **fields: object) -> Result:
    answerable = bool(fields.pop("answerable", True))
    usual = Result(case(number, answerable=answerable), True, 0.5, rank)
    return replace(usual, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "text", "right"),
    [
        (DAM, "The repair cost 4.2 million crowns.", True),
        (f"{DAM}#:~:text=cost", "It cost “4.2 Million” crowns.", True),
        (FERRY, "The repair cost 4.2 million crowns.", False),
        (DAM, "The repair cost 14.2 million crowns.", False),
        (DAM, f"{'word ' * 140}4.2 million", False),
        (DAM, f"{'word ' * 130}4.2 million", True),
        (DAM, "It cost **4.2 million** crowns.", True),
    ],
)
def test_a_right_quote_is_of_a_relevant_article_and_holds_the_answer(
    url: str, text: str, right: bool
) -> None:
    assert is_right(case(), url, text) is right


def test_the_figures_of_a_few_answers() -> None:
    found = figures(
        [
            result(1, 1, confidence=0.9),
            result(2, 4, confidence=0.6),
            result(3, None, confidence=0.4),
            result(4, None, answered=False, confidence=0.1),
            result(5, answerable=False, confidence=0.5),
            result(6, answerable=False, answered=False, confidence=0.1),
        ]
    )
    assert {name: round(figure.value, 4) for name, figure in found.items()} == {
        "shown@1": 0.25,
        "shown@3": 0.25,
        "shown@5": 0.5,
        "shown@10": 0.5,
        "mrr@10": 0.3125,  # (1 + 1/4) / 4
        "auroc": 0.6875,  # of the eight pairs five are in order and one is even
        "kept": 0.75,
        "refused": 0.5,
    }


def test_intervals_hold_the_figure_narrow_with_more_questions_and_stay_the_same() -> None:
    few, many = ([result(n, 1 if n % 2 else None) for n in range(count)] for count in (20, 2000))
    one, other = figures(few)["shown@1"], figures(many)["shown@1"]
    assert one.low < one.value == other.value == 0.5 < one.high
    assert other.high - other.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 2000), rel=0.1)
    assert figures(few) == figures(few)


def test_what_cannot_be_measured_is_no_number() -> None:
    only_answerable = figures([result(1, 1)])
    assert only_answerable["shown@1"] == Figure(1, 1, 1)
    assert math.isnan(only_answerable["auroc"].value)
    assert math.isnan(only_answerable["refused"].value)
    assert math.isnan(figures([result(1, answerable=False)])["shown@1"].value)


@pytest.mark.parametrize(
    ("one", "fate"),
    [
        (result(rank=3), Fate.SHOWN),
        (result(rank=4, ranked=True, retrieved=True), Fate.LOWER),
        (result(grouped=3, ranked=True, retrieved=True), Fate.GROUPED),
        (result(rank=5, grouped=2, ranked=True, retrieved=True), Fate.GROUPED),
        (result(grouped=4, ranked=True, retrieved=True), Fate.LOWER),
        (result(retrieved=True), Fate.WRONG_PARAGRAPH),
        (result(), Fate.NOT_RETRIEVED),
        (result(answered=False, ranked=True, retrieved=True), Fate.REFUSED),
        (result(answerable=False), Fate.WRONGLY_ANSWERED),
        (result(answerable=False, answered=False), Fate.RIGHTLY_REFUSED),
    ],
)
def test_each_question_meets_one_fate(one: Result, fate: Fate) -> None:
    assert one.fate(3) is fate
    assert fates([one], 3) == {fate: 1}


def test_each_right_quote_tells_whether_its_bold_sentence_holds_the_answer() -> None:
    results = [result(1, 1, bold=(True, False)), result(2), result(3, 2, bold=(True,))]
    assert bold(results) == (2, 3)


def test_questions_fall_into_two_halves_by_their_ids() -> None:
    halves = [case(number).half for number in range(400)]
    assert halves == [case(number).half for number in range(400)]
    assert 160 < halves.count("A") < 240
    assert {*halves} == {"A", "B"}


async def test_questions_are_asked_as_anybody_asks_them(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await newsroom.index(
        [
            write_articles(
                tmp_path / "a.jsonl",
                {
                    "url": DAM,
                    "title": "Dam at Hollin repaired",
                    "text": "Engineers sealed it. The repair cost 4.2 million crowns.\n\nThe dam is old.",
                },
                {"url": FERRY, "title": "Ferry sails again", "text": "Twelve passengers were on board."},
                {
                    "url": "https://herald.example.com/dam",
                    "title": "Dam at Hollin repaired",
                    "text": "The dam at Hollin will cost five crowns to repair, a later article says.",
                    "published": "2026-11-30",
                },
            )
        ]
    )
    asked = Question("What did the repair of the Hollin dam cost?", ASKED, as_of=True, limit=10)
    cases = [
        case(1, question=asked),
        case(2, question=asked, answer="five crowns"),
        case(3, question=asked, relevant=frozenset(["https://herald.example.com/dam"]), answer="five crowns"),
    ]
    results = [one async for one in evaluate(newsroom, cases)]
    assert [one.rank for one in results] == [1, None, None]
    assert [one.fate(3) for one in results] == [Fate.SHOWN, Fate.WRONG_PARAGRAPH, Fate.NOT_RETRIEVED]
    assert results[0].bold == (True,)
    assert results[0].confidence == (await newsroom.ask(asked)).confidence


async def test_a_right_paragraph_whose_double_is_shown_is_grouped_away(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    text = "The repair of the Hollin dam cost 4.2 million crowns."
    other = "https://courier.example.com/dam"
    await newsroom.index(
        [
            write_articles(
                tmp_path / "a.jsonl",
                {"url": other, "title": "Dam at Hollin repaired", "text": text},
                {"url": DAM, "title": "Weather", "text": text, "published": "2020-01-01"},
            )
        ]
    )
    asked = Question("What did the repair of the Hollin dam cost?", ASKED, limit=10)
    (found,) = [one async for one in evaluate(newsroom, [case(1, question=asked)])]
    assert [quote.url for quote in (await newsroom.ask(asked)).quotes] == [other]
    assert found.fate(3) is Fate.GROUPED


# Against the scorer


@pytest.fixture
def scorer(shared: Callable[[str], Path]) -> ModuleType:
    path = shared("news_qa/score.py")
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_answers(cases: list[Case], texts: Callable[[Case], str]) -> list[dict[str, object]]:
    random.seed(7)
    answers: list[dict[str, object]] = []
    for one in cases:
        urls = [*sorted(one.relevant), "https://example.com/other"]
        quotes = [{"url": f"{random.choice(urls)}#x", "text": texts(one)} for _ in range(12)]
        answered = random.random() < 0.8
        confidence = round(random.random(), 1)
        answers.append(
            {
                "id": one.id,
                "answered": answered,
                "confidence": confidence,
                "quotes": quotes if answered else [],
            }
        )
    return answers


def scored(cases: list[Case], answers: list[dict[str, object]]) -> list[Result]:
    results = []
    for one, answer in zip(cases, answers, strict=True):
        quotes: list[dict[str, str]] = answer["quotes"]  # type: ignore[assignment]
        right = [is_right(one, quote["url"], quote["text"]) for quote in quotes]
        rank = right.index(True) + 1 if any(right) else None
        results.append(Result(one, bool(answer["answered"]), float(str(answer["confidence"])), rank))
    return results


def check(scorer: ModuleType, cases: list[Case], texts: Callable[[Case], str]) -> None:
    questions = [
        {"id": one.id, "answer": one.answer, "relevant": [*one.relevant], "answerable": one.answerable}
        for one in cases
    ]
    answers = random_answers(cases, texts)
    theirs = scorer.score(questions, answers)
    assert theirs.pop("questions") == len(cases)
    ours = figures(scored(cases, answers))
    assert {*theirs} == {*ours}
    for name, value in theirs.items():
        assert ours[name].value == pytest.approx(value, abs=1e-9), name


def test_the_figures_are_the_scorers_on_invented_answers(scorer: ModuleType) -> None:
    cases = [case(number, answer="Ó Briain’s 5 %", answerable=number % 4 > 0) for number in range(60)]
    fillers = [
        "nothing",
        "Ó Briain's 5 %!",
        "BRIAIN'S 5 %",
        "ó briain’s **5 %**",
        f"{'x ' * 349}Ó Briain’s 5 %",
    ]
    check(scorer, cases, lambda _: random.choice(fillers))


def test_the_figures_are_the_scorers_on_the_development_questions(
    scorer: ModuleType, shared: Callable[[str], Path]
) -> None:
    cases = []
    for line in shared("news_qa/dev/questions.jsonl").read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        question = Question(item["question"], ASKED)
        answerable = item["answerable"]
        cases.append(Case(item["id"], question, item["answer"], frozenset(item["relevant"]), answerable))
    answers = sorted(one.answer for one in cases)
    check(scorer, cases, lambda one: f"Before {random.choice([one.answer, *answers])}, after")
