"""The outlets that a question names, and what is offered while one is typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.outlets import bare_title, named_outlets, suggest

OUTLETS = [
    "CNN",
    "usatoday.com",
    "The Week",
    "TIME",
    "The Sun",
    "Mirror",
    "The Courier",
    "Korea JoongAng Daily",
    "The Sunday Times",
    "El País",
    "bbc.co.uk",
    "Daily News",
    "Radio 4",
]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("According to CNN, who won?", ["CNN"]),
        ("according to cnn, who won?", ["CNN"]),
        ("Who won, according to cnn?", ["CNN"]),
        ("What did CNN’s reporter see?", ["CNN"]),
        ("Who won, CNN says?", ["CNN"]),
        ("Who resigned, by USA Today?", ["usatoday.com"]),
        ("What does usa today say about it?", ["usatoday.com"]),
        ("What does usatoday.com say about it?", ["usatoday.com"]),
        ("What does the BBC say about it?", ["bbc.co.uk"]),
        ("Which plan was praised in the Korea JoongAng Daily?", ["Korea JoongAng Daily"]),
        ("WHICH PLAN WAS PRAISED IN THE KOREA JOONGANG DAILY?", ["Korea JoongAng Daily"]),
        ("Who struck, the Courier reports?", ["The Courier"]),
        ("Which ferry sank, according to Courier?", ["The Courier"]),
        ("What did The Week report on it?", ["The Week"]),
        ("In The Week's report, who is to blame?", ["The Week"]),
        ("Who was named in an article in Time?", ["TIME"]),
        ("Who lied, as reported by the Mirror?", ["Mirror"]),
        ("Which minister, the Sun reported, resigned?", ["The Sun"]),
        ("Who told the Sun that he would go?", ["The Sun"]),
        ("What did the Sunday Times find?", ["The Sunday Times"]),
        ("¿Quién ganó? asks El Pais.", ["El País"]),
        ("What did Radio 4 say?", ["Radio 4"]),
        ("Do CNN and USA Today agree, CNN?", ["CNN", "usatoday.com"]),
    ],
)
def test_an_outlet_is_named(question: str, expected: list[str]) -> None:
    assert named_outlets(question, OUTLETS) == tuple(expected)


@pytest.mark.parametrize(
    "question",
    [
        "Which probe flew to the Sun?",
        "How far is the sun from us, it was reported?",
        "Which mirror broke?",
        "Which day of the week is it?",
        "Which bank failed this week, it reported?",
        "What time is it?",
        "Who was hired by Time Warner, reports said?",
        "What did the Vancouver Sun report?",
        "What did the New York Daily News report?",
        "Who brings daily news to the usa today?",
        "Who is the courier that reported to the police?",
        "Who sang Mirror Mirror?",
        "Who uses the word scnn?",
        "",
    ],
)
def test_ordinary_words_and_other_names_are_no_outlet(question: str) -> None:
    assert named_outlets(question, OUTLETS) == ()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("cou", ["The Courier"]),
        ("the cou", ["The Courier"]),
        ("SUN", ["The Sun", "The Sunday Times"]),
        ("ti", ["TIME", "The Sunday Times"]),
        ("da", ["Daily News", "Korea JoongAng Daily", "usatoday.com", "The Sunday Times"]),
        ("joongang d", ["Korea JoongAng Daily"]),
        ("usa today", ["usatoday.com"]),
        ("pais", ["El País"]),
        ("EL PAÍS", ["El País"]),
        ("nothing of the kind", []),
        ("(", []),
    ],
)
def test_what_is_typed_is_completed_best_first(typed: str, expected: list[str]) -> None:
    assert suggest(typed, OUTLETS) == expected


def test_nothing_typed_offers_the_first() -> None:
    assert suggest(" ", OUTLETS, limit=3) == OUTLETS[:3]


@settings(deadline=None)
@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=5))
def test_any_text_is_taken(text: str, outlets: list[str]) -> None:
    assert set(named_outlets(text, outlets)) <= set(outlets)
    assert set(suggest(text, outlets)) <= set(outlets)


@settings(deadline=None)
@given(st.sampled_from(["CNN", "Korea JoongAng Daily", "The Sunday Times"]), st.text(max_size=20))
def test_after_according_to_a_name_is_found(name: str, words: str) -> None:
    assert name in named_outlets(f"{words} - according to {name}", OUTLETS)


@pytest.mark.parametrize(
    ("title", "outlet", "bare"),
    [
        ("Dam repaired | CNN", "cnn.com", "Dam repaired"),
        ("Dam repaired | Opinion | CNN Business", "cnn.com", "Dam repaired | Opinion"),
        ("Why the dam broke | The Week UK", "theweek.co.uk", "Why the dam broke"),
        ("Dam repaired - El Pais", "El País", "Dam repaired"),
        ("Dam repaired — The Courier", "the courier", "Dam repaired"),
        ("Dam repaired", "cnn.com", "Dam repaired"),
        ("Dam repaired | CNN", "", "Dam repaired | CNN"),
        ("Dam repaired | CNN", "bbc.co.uk", "Dam repaired | CNN"),
        ("The year in pictures - CNN heroes", "CNN", "The year in pictures - CNN heroes"),
        ("Dam repaired | cnn", "CNN", "Dam repaired"),
        ("Live | CNN asks why", "CNN", "Live | CNN asks why"),
        ("In pictures | Sun sets on coal", "The Sun", "In pictures | Sun sets on coal"),
        ("Live | CNN On Trial Over The Hollin Dam", "CNN", "Live | CNN On Trial Over The Hollin Dam"),
        ("| CNN", "CNN", "| CNN"),
    ],
)
def test_a_title_is_shown_without_its_outlet_at_the_end(title: str, outlet: str, bare: str) -> None:
    assert bare_title(title, outlet) == bare
