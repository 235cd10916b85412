"""Words as ranking sees them."""

import pytest

from index import words as module
from index.words import SHIFT, Mark, Reader, names_and_places, split


def stems(reader: Reader, text: str) -> list[str]:
    return [reader.vocabulary.stems[number] for number in reader.read(text) >> SHIFT]


def test_words_are_split_without_accents_at_whatever_is_no_letter_or_digit() -> None:
    assert split("Gyökeres’s café, 3,500 O’Brien_x") == [
        "Gyokeres",
        "s",
        "cafe",
        "3",
        "500",
        "O",
        "Brien",
        "x",
    ]


@pytest.mark.parametrize(
    "text", ["Gyo\u0308keres sailed…", "Ｇｙöｋｅｒｅｓ “sailed”", "Gyökeres—sailed\u00a0"]
)
def test_a_word_is_the_same_however_it_is_encoded(text: str) -> None:
    assert split(text) == ["Gyokeres", "sailed"]


def test_an_unbroken_string_is_no_word() -> None:
    assert split("x" * 41 + " ferry") == ["ferry"]


def test_forms_of_a_word_have_one_stem() -> None:
    reader = Reader()
    assert len({reader.stem(word) for word in ("ferry", "Ferries", "FERRY")}) == 1


def test_a_text_is_read_with_the_marks_of_each_word() -> None:
    reader = Reader()
    text = "In 1999 Lum sailed three times, in May, to France and to Ohio."
    assert stems(reader, text) == [reader.stem(word) for word in split(text)]
    marked = dict(zip(split(text.lower()), (reader.read(text) & ((1 << SHIFT) - 1)).tolist(), strict=True))
    assert marked["1999"] == Mark.DIGIT
    assert marked["lum"] == Mark.CAPITAL
    assert marked["sailed"] == 0
    assert marked["to"] == Mark.STOP
    assert marked["three"] == Mark.NUMERAL
    assert marked["may"] == Mark.CAPITAL | Mark.CALENDAR
    assert marked["france"] == Mark.CAPITAL | Mark.COUNTRY
    assert marked["ohio"] == Mark.CAPITAL | Mark.STATE


def test_a_stem_has_one_number_in_texts_and_by_itself() -> None:
    reader = Reader()
    (ferry,) = reader.read("ferries") >> SHIFT
    assert reader.vocabulary.numbers([reader.stem("ferry"), "dam"]).tolist() == [ferry, ferry + 1]


def test_a_large_vocabulary_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    reader.read("one ferry")
    reader.renew()
    assert len(reader.vocabulary) == 2
    monkeypatch.setattr(module, "MOST_KNOWN", 1)
    reader.renew()
    assert len(reader.vocabulary) == 0
    assert stems(reader, "one dam, one ferry")[:2] == ["one", "dam"]
    assert stems(reader, "one ferry") == ["one", reader.stem("ferry")]


def test_words_that_stand_in_questions_alone_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    reader.vocabulary.numbers([f"asked{number}" for number in range(20)])
    monkeypatch.setattr(module, "MOST_KNOWN", 10)
    reader.renew()
    assert len(reader.vocabulary) == 0


def test_names_and_places_are_known_by_their_capitals_and_what_stands_before() -> None:
    names, places = names_and_places(Reader().spell("She met Lum in Hollin, near the dam at Quoll."))
    assert names == ["she", "lum", "hollin", "quoll"]
    assert places == ["hollin", "quoll"]
