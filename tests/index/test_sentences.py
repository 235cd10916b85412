"""Sentences of news prose, by their offsets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import split


def sentences(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in split(text, language)]


@pytest.mark.parametrize(
    "expected",
    [
        ["The ferry sailed.", "It was noon."],
        ["Dr. Lum met Ms. Rez at 5 p.m. on Monday.", "They talked."],
        ["It cost $4.2 million, i.e. a lot.", "Nobody paid."],
        ["“We waited,” she said.", "“Then it came.”"],
        ["“Where is it?” he asked.", "Nobody knew."],
        ["The U.S. sent aid.", "So did the E.U. on Friday."],
        ["“We won,” she said.", '“Nobody failed when it failed to act."'],
        ['"We won," he said.', '"Nobody thought it."'],
        ["More:Rep. Lum won’t run again, says Sens. Rez, R-N.C., and Oda, D-Calif.; both wait."],
        ["What are burn pits? :Why were they used?"],
        ["One sentence without an end"],
    ],
)
def test_news_prose_is_split_where_a_reader_would(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_white_space_belongs_to_no_sentence() -> None:
    assert sentences("  One.\n\n  Two.\t") == ["One.", "Two."]


def test_there_is_no_sentence_in_nothing() -> None:
    assert split("") == []
    assert split(" \n ") == []


def test_an_unknown_language_is_read_as_english() -> None:
    assert sentences("One. Two.", "tlh") == ["One.", "Two."]
    assert sentences("One. Two.", "") == ["One.", "Two."]


def test_a_megabyte_without_a_break_is_cut() -> None:
    spans = split("x" * 1_000_000)
    assert "".join(["x" * (end - start) for start, end in spans]) == "x" * 1_000_000
    assert max(end - start for start, end in spans) <= 10_000


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_whatever_is_not_white_space_lies_in_exactly_one_sentence(text: str) -> None:
    spans = split(text)
    assert spans == sorted(spans)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    inside = "".join(text[start:end] for start, end in spans)
    assert "".join(inside.split()) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
