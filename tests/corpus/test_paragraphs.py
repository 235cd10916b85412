"""Paragraphs are slices of a text that lose none of its words."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.paragraphs import LONGEST, ends_sentence, spans, split

PROSE = (
    "The harbour board met on Tuesday evening and agreed that the winter ferry will sail at noon from Monday."
    " Tickets cost four crowns, and children travel free. Nobody objected to the new landing stage."
)


def test_blank_lines_part_paragraphs() -> None:
    assert split("One.\n\nTwo a.\n \u00a0\nThree.\r\n\r\nFour.\n\u200b\nFive.") == [
        "One.",
        "Two a.",
        "Three.",
        "Four.",
        "Five.",
    ]


def test_lines_that_are_not_wrapped_are_paragraphs() -> None:
    assert split("One.\nTwo.\nThree.") == ["One.", "Two.", "Three."]
    assert split(f"{PROSE}\n{PROSE}") == [PROSE, PROSE]
    assert split("Kim\nPark\nLee\n") == ["Kim", "Park", "Lee"]


@pytest.mark.parametrize("width", [60, 72, 80, 100])
def test_lines_of_wrapped_text_belong_together(width: int) -> None:
    wrapped = [textwrap.fill(text, width) for text in (PROSE, PROSE[41:], "Short one.", PROSE[68:])]
    assert split("\n\n".join(wrapped)) == wrapped


def test_a_heading_above_wrapped_text_is_apart() -> None:
    assert split(f"Harbour notes\n{textwrap.fill(PROSE, 72)}") == ["Harbour notes", textwrap.fill(PROSE, 72)]


def test_a_sentence_that_runs_on_below_is_one_paragraph() -> None:
    broken = "The harbour board met on Tuesday evening and\nagreed that the ferry will sail."
    assert split(f"{broken}\nTickets cost four crowns.") == [broken, "Tickets cost four crowns."]


def test_what_is_no_word_is_left_out() -> None:
    assert split("* * *\n\nOne.\n\n-----\n🚢\n• Two\n") == ["One.", "• Two"]


def test_a_paragraph_without_end_is_cut_after_sentences() -> None:
    text = f"{PROSE} " * 300
    pieces = split(text)
    assert len(pieces) == 6
    assert all(len(piece) <= LONGEST and piece.endswith("stage.") for piece in pieces[:-1])
    assert " ".join(pieces) == text.strip()


def test_without_sentences_it_is_cut_between_words() -> None:
    pieces = split("ferry " * 5_000)
    assert all(len(piece) <= LONGEST for piece in pieces)
    assert " ".join(pieces) == ("ferry " * 5_000).strip()


def test_an_unbroken_string_is_no_word() -> None:
    assert split("a" * 1_000_000) == []
    assert split(f"One. {'a' * 100_000} Two.") == ["One.", "Two."]


@pytest.mark.parametrize("line", ["So.", "“So.”", "So?", "(So.)", "So…", "그렇다.", "そう。", "‘“So.” ’"])
def test_what_ends_a_sentence(line: str) -> None:
    assert ends_sentence(line)


@pytest.mark.parametrize("line", ["So", "So [AGENCY]", "So:", "“So”", ""])
def test_what_does_not(line: str) -> None:
    assert not ends_sentence(line)


PIECES = st.sampled_from(
    ["The ferry", " sails", ".", "\n", "\n\n", "\r\n", "\u00a0", "  ", "\u2028", "a" * 9_000, PROSE]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)))
def test_spans_are_in_order_bare_and_lose_no_word(text: str) -> None:
    end = 0
    for start, stop in spans(text):
        assert end <= start < stop
        assert text[start:stop] == text[start:stop].strip()
        assert not any(map(str.isalnum, text[end:start])) or "a" * 9_000 in text[end:start]
        end = stop
    assert not any(map(str.isalnum, text[end:])) or "a" * 9_000 in text[end:]
