"""Passages that say the same take one place."""

from index.stories import group
from index.words import Reader, Words

FERRY = "The ferry sailed at noon on Monday with twelve passengers on board."
WIRE = "The ferry sailed at noon on Monday with twelve passengers on board, the agency said."
DAM = "The dam holds 3,500 tonnes of water and a great many trout."


def read(*texts: str) -> list[Words]:
    reader = Reader()
    return [reader.read(text) for text in texts]


def test_a_repetition_goes_with_the_first_that_said_it() -> None:
    assert group(read(FERRY, DAM, WIRE), 10) == [(0, [2]), (1, [])]


def test_no_more_than_the_limit_are_kept_but_all_repetitions_are_told() -> None:
    assert group(read(FERRY, DAM, WIRE), 1) == [(0, [2])]


def test_different_passages_each_have_a_place() -> None:
    assert group(read(FERRY, DAM), 10) == [(0, []), (1, [])]


def test_texts_without_words_do_not_break_it() -> None:
    assert (2, []) in group(read("—", "…", FERRY), 10)
