"""Words as ranking sees them."""

from index.words import Look, Reader, names_and_places, split


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


def test_an_unbroken_string_is_no_word() -> None:
    assert split("x" * 41 + " ferry") == ["ferry"]


def test_forms_of_a_word_have_one_stem() -> None:
    reader = Reader()
    assert len({reader.stem(word) for word in ("ferry", "Ferries", "FERRY")}) == 1


def test_a_text_is_read_with_the_look_of_each_word() -> None:
    words = Reader().read("In 1999 Lum sailed.")
    assert words.stems == ("in", "1999", "lum", "sail")
    assert list(words.looks) == [Look.CAPITAL, Look.DIGIT, Look.CAPITAL, 0]


def test_names_and_places_are_known_by_their_capitals_and_what_stands_before() -> None:
    names, places = names_and_places(Reader().read("She met Lum in Hollin, near the dam at Quoll."))
    assert names == ["she", "lum", "hollin", "quoll"]
    assert places == ["hollin", "quoll"]
