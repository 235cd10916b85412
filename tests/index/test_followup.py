"""What a follow-up takes over from the question before it."""

from __future__ import annotations

import pytest

from index.followup import carry_over

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
