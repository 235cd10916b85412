"""A question tells what kind of thing it asks for."""

import pytest

from index.asked import Kind, kind_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who won the cup final?", Kind.PERSON),
        ("Whose hat was found?", Kind.PERSON),
        ("Which singer cancelled her tour?", Kind.PERSON),
        ("Which two former mayors met?", Kind.PERSON),
        ("Where did the ferry sink?", Kind.PLACE),
        ("In which city was the parade held?", Kind.PLACE),
        ("Which countries signed the treaty?", Kind.COUNTRY),
        ("Which nation won?", Kind.COUNTRY),
        ("Which states were hit by the storm?", Kind.STATE),
        ("When does the tram start?", Kind.TIME),
        ("On what day does the tram start?", Kind.TIME),
        ("How many people were hurt?", Kind.NUMBER),
        ("What percentage of voters said no?", Kind.NUMBER),
        ("What did the repair of the dam cost?", Kind.NUMBER),
        ("What was the final price of the ship?", Kind.NUMBER),
        ("Which airlines raised their fares?", Kind.NAME),
        ("What movie opened on Friday?", Kind.NAME),
        ("What type of animal escaped?", Kind.THING),
        ("What did the mayor promise?", Kind.THING),
        ("Ferry?", Kind.THING),
        ("", Kind.THING),
        ("After the storm, who paid, and which bank lent the money?", Kind.NAME),
    ],
)
def test_the_kind_is_read_from_the_last_question_word(question: str, kind: Kind) -> None:
    assert kind_of(question) == kind
