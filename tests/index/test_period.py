"""The period of a question. All are asked on Friday, 20 November 2026, where nothing else is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.period import Period, read_period

FRIDAY = date(2026, 11, 20)


def read(text: str, asked: date = FRIDAY) -> Period | None:
    return read_period(text, asked)


def shown(period: Period | None) -> str:
    """As in "2026-11-19..", with a question mark where the period is only preferred."""
    if period is None:
        return "-"
    limits = f"{period.since or ''}..{period.until or ''}"
    return limits if period.explicit else f"{limits}?"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did the mayor say yesterday?", "2026-11-19.."),
        ("Who won last night?", "2026-11-19.."),
        ("What happened today?", "2026-11-20.."),
        ("Which bridge was closed this morning?", "2026-11-20.."),
        # weekdays
        ("What did the Sun report on Monday?", "2026-11-16.."),
        ("What happened on Monday?", "2026-11-16.."),
        ("who resigned on wednesday", "2026-11-18.."),
        ("WHO RESIGNED ON WEDNESDAY?", "2026-11-18.."),
        ("Hurricane Berta made landfall Wednesday in which state?", "2026-11-18.."),
        ("Who won the election Tuesday?", "2026-11-17.."),
        ("Who scored twice in Tuesday’s 6-1 win?", "2026-11-17.."),
        ("Which ferry sank in Tuesday's storm?", "2026-11-17.."),
        ("Who was arrested late Tuesday night?", "2026-11-17.."),
        ("What share voted No in the referendum last Saturday?", "2026-11-14.."),
        ("How many were arrested on Monday and Tuesday?", "2026-11-16.."),
        ("What has happened since Monday?", "2026-11-16.."),
        ("What did the minister do after Tuesday's vote?", "2026-11-17.."),
        # weeks, months
        ("Which shop closed last week?", "2026-11-09.."),
        ("Which candidate dropped out last weekend?", "2026-11-14.."),
        ("Who won over the weekend?", "2026-11-14.."),
        ("Who won this past weekend?", "2026-11-14.."),
        ("Which bank failed last month?", "2026-10-01.."),
        ("What happened in November?", "2026-11-01.."),
        ("What happened in August?", "2026-08-01..2026-10-01"),
        ("What happened in March?", "2026-03-01..2026-05-01"),
        ("What happened in early March?", "2026-03-01..2026-04-15"),
        ("What happened in mid-March?", "2026-03-08..2026-04-23"),
        ("What happened at the end of March?", "2026-03-01..2026-05-01"),
        ("What happened in November 2023?", "2023-11-01..2023-12-31"),
        ("What happened in March last year?", "2025-03-01..2025-05-01"),
        ("What happened in March of last year?", "2025-03-01..2025-05-01"),
        ("What has changed since March?", "2026-03-01.."),
        ("How many have been jailed since a crackdown began in March last year?", "2025-03-01.."),
        # days
        ("What happened on 19 September?", "2026-09-19..2026-09-26"),
        ("What happened on the 19th of September?", "2026-09-19..2026-09-26"),
        ("What happened on September 19?", "2026-09-19..2026-09-26"),
        ("What happened on Sept. 19th, 2023?", "2023-09-19..2023-09-26"),
        ("What happened on 2023-09-19?", "2023-09-19..2023-09-26"),
        ("What happened on 19.9.2023?", "2023-09-19..2023-09-26"),
        ("What happened on Tuesday, 19 September 2023?", "2023-09-19..2023-09-26"),
        ("What happened Sept. 19, 2023?", "2023-09-19..2023-09-26"),
        ("How much had burnt by the evening of Aug. 14?", "2026-08-14..2026-08-21"),
        ("What happened on 3 May?", "2026-05-03..2026-05-10"),
        ("What has happened since 3 May?", "2026-05-03.."),
        ("Who was hired three days ago?", "2026-11-17.."),
        ("Who was hired 30 days ago?", "2026-10-21..2026-10-28"),
        ("Who was hired a week ago?", "2026-11-10.."),
        ("Who was hired three months ago?", "2026-08-01..2026-10-01"),
        ("Who resigned in the past three days?", "2026-11-17.."),
        ("Who resigned in the last two weeks?", "2026-11-06.."),
        ("Which currency rose by a fifth over the past week?", "2026-11-13.."),
        ("Who resigned in the last 48 hours?", "2026-11-18.."),
        # ranges
        ("What happened between 3 May and 9 June?", "2026-05-03..2026-06-16"),
        ("What happened between 3 and 7 May?", "2026-05-03..2026-05-14"),
        ("What happened from May 3 to 7, 2024?", "2024-05-03..2024-05-14"),
        ("What happened between March and May?", "2026-03-01..2026-07-01"),
        ("What happened from November to February 2024?", "2023-11-01..2024-03-31"),
        ("What happened between Monday and Wednesday?", "2026-11-16.."),
        # of two periods, both
        ("Who, arrested on 3 May, was freed on 9 June?", "2026-05-03..2026-06-16"),
        # who asks for reports means the day of the report
        ("Show me articles from May 2024", "2024-05-01..2024-05-31"),
        ("news from 2024 on the ferry", "2024-01-01..2024-12-31"),
        ("stories before 3 May about the ferry", "..2026-05-03"),
    ],
)
def test_a_period_that_the_question_sets(question: str, expected: str) -> None:
    assert shown(read(question)) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which animal escaped this week?", "2026-11-13..?"),
        ("What will the council decide this week?", "2026-11-13..?"),
        ("Which lights can be seen this weekend?", "2026-11-13..?"),
        ("What is on tonight?", "2026-11-20..?"),
        ("Who has died this month?", "2026-11-01..?"),
        ("Who won this year’s Nobel Peace Prize?", "2026-01-01..?"),
        ("Who recently retired?", "2026-10-21..?"),
        ("What has happened in recent days?", "2026-11-13..?"),
        ("Who is currently the speaker?", "2026-10-21..?"),
        ("What is the latest on the strike?", "2026-10-21..?"),
        ("Where does he live today?", "2026-11-20..?"),
        # told, counted and compared long after
        ("What did the mayor earn last year?", "2025-01-01..2026-01-31?"),
        ("What was the most searched word in 2025?", "2025-01-01..2026-01-31?"),
        ("What has been built since 2022?", "2022-01-01..?"),
        ("How hot was it last summer?", "2026-06-01..2026-10-01?"),
        ("What did he say in the last few days?", "2026-11-13..?"),
        ("Who was mayor before 3 May?", "..2026-05-10?"),
        ("What happened on 11 September?", "2026-09-11..2026-09-18?"),
        ("Where did the plane land on 3 May 1998?", "1998-05-03..1998-05-10?"),
        ("Who was convicted of the 6 January 2025 riot?", "2025-01-06..2025-01-13?"),
        # said in November, this year's March or last year's
        ("Who left last March?", "2026-03-01..2026-05-01?"),
        ("Is the library open from Monday to Friday?", "2026-11-16..?"),
    ],
)
def test_a_period_that_is_only_preferred(question: str, expected: str) -> None:
    period = read(question)

    assert shown(period) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who won the 2022 World Cup?",
        "Who leads the 2024 presidential race?",
        "What is the word of the year for 2025?",
        "What does Vision 2030 promise?",
        "What will be the leading cause by 2030?",
        "Who will host the games in 2034?",
        "What did shops sell most on Black Friday?",
        "what did shops sell most on black friday",
        "Where do people walk on Good Friday?",
        "Who won most states on Super Tuesday?",
        "How many died on Bloody Sunday?",
        "Who may call itself Taco Tuesday?",
        "Who said that prices may rise?",
        "What did Theresa May say?",
        "Who has led the party since May resigned?",
        "What did May's government decide?",
        "Who spoke at the March on Washington?",
        "Who will march on Rome?",
        "Where is the Fourth of July celebrated most?",
        "How many died in the September 11 attacks?",
        "Who fears Friday the 13th?",
        "Where will next month’s debate take place?",
        "Who speaks next Monday?",
        "What will the council decide on Monday?",
        "When is the match on Saturday?",
        "Who plays on Sunday?",
        "What opens in December?",
        "How much will the bill fall beginning in January?",
        "What must be paid by Friday?",
        "Where are there markets on Saturdays?",
        "What happened on 30 February?",
        "What happened on 31 June 2024?",
        "What happened on 2024-02-30?",
        "Who directed Last Night in Soho?",
        "Who hosts Last Week Tonight?",
        "Who wrote Yesterday?",
        "Who plays Wednesday Addams?",
        "Who hosts Saturday Night Live?",
        "What did the Sunday Times find?",
        "What did USA Today report?",
        "Who wrote a play in August Wilson’s honour?",
        "What happened in the last week of the war?",
        "Which team has not won in 100 years?",
        "Who needs a second opinion on the sat test?",
        "",
        "?",
    ],
)
def test_names_and_what_lies_ahead_are_no_period(question: str) -> None:
    assert read(question) is None


@pytest.mark.parametrize(
    ("question", "asked", "expected"),
    [
        # On a Monday, "Monday" is today or a week ago; "last Wednesday" is this week's or the one before.
        ("What happened on Monday?", date(2026, 11, 16), "2026-11-09.."),
        ("What happened last Wednesday?", FRIDAY, "2026-11-11.."),
        ("Who won last weekend?", date(2026, 11, 15), "2026-11-07.."),
        ("Who won last weekend?", date(2026, 11, 16), "2026-11-14.."),
        ("Which bank failed last month?", date(2026, 1, 31), "2025-12-01.."),
        ("What happened last month?", date(2026, 3, 31), "2026-02-01.."),
        # The nearer of two: December is past in January, and to come in July.
        ("What happened in December?", date(2026, 1, 9), "2025-12-01.."),
        ("What happened in December?", date(2026, 7, 9), "-"),
        ("What happened on 29 February 2024?", date(2024, 3, 1), "2024-02-29.."),
        ("What happened on 12 September?", date(2026, 9, 11), "-"),
    ],
)
def test_the_day_of_asking_counts(question: str, asked: date, expected: str) -> None:
    assert shown(read(question, asked)) == expected


def test_the_words_are_told() -> None:
    question = "Which shop, of all shops, closed last week?"
    period = read(question)

    assert period is not None
    assert question[slice(*period.phrase)] == "last week"


_VOCABULARY = """
since after before between from and to in on the of last this next past three 3 30 31 days weeks months ago
Monday friday March May may february Sept. 2026 2023 2024-02-30 19.9.2023 yesterday today week month year
weekend summer recently now will Black ’s , . ? İ ſ 19th a few 0 999
"""
_WORDS = st.sampled_from(_VOCABULARY.split())
_QUESTIONS = st.one_of(st.text(max_size=80), st.lists(_WORDS, max_size=14).map(" ".join))


@settings(deadline=None)
@given(_QUESTIONS, st.dates())
@example("999 months ago", date.min)
@example("last year in March last year", date.min)
@example("on 31 December 9999 last weekend this winter", date.max)
def test_any_text_gives_an_ordered_period_up_to_the_day_of_asking(text: str, asked: date) -> None:
    period = read_period(text, asked)
    if period is None:
        return
    start, end = period.phrase
    assert 0 <= start < end <= len(text)
    assert (period.since or date.min) <= (period.until or asked)
    assert max(period.since or date.min, period.until or date.min) <= asked
    if period.explicit:
        assert period.since or period.until


@settings(deadline=None)
@given(_QUESTIONS, st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_later_question_never_means_an_earlier_yesterday(text: str, asked: date) -> None:
    period = read_period(f"What happened yesterday? {text}", asked)

    assert period is not None
    assert period.since is None or period.since <= asked - timedelta(days=1)
