"""Bytes become text only where their encoding can be told."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.encoding import decode, decode_page, storable
from corpus.errors import ReadError

TEXTS = {
    "cp1252": "The treaty – “a turning point” – would cost £40 million. It’s not clear when. ",
    "iso8859-1": "Der Bürgermeister erklärte, die Fähre werde häufiger fahren und wäre größer als üblich. ",
    "cp1250": "Burmistrz powiedział w środę, że prom będzie kursował częściej, a wyspa otrzyma zniżkę. ",
    "cp1251": "Мэр города заявил в среду, что паром будет ходить чаще, а жители острова получат скидку. ",
    "koi8-r": "Мэр города заявил в среду, что паром будет ходить чаще, а жители острова получат скидку. ",
    "cp949": "시장은 수요일에 여객선이 더 자주 운항할 것이며 섬 주민들은 할인을 받게 될 것이라고 말했다. ",
    "shift_jis": "市長は水曜日、フェリーの運航回数を増やし、島の住民には割引を適用すると述べた。",
    "gb18030": "市长星期三表示，渡轮班次将增加，岛上居民将获得折扣。费用尚不清楚。",
    "utf-8": "The “ferry” — 여객선 — паром 🚢.",
    "utf-8-sig": "The “ferry” sails.",
    "utf-16": "The “ferry” sails.",
    "utf-32": "The “ferry” sails.",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_encodings_that_texts_have_are_read(name: str) -> None:
    text = TEXTS[name] * 5
    assert decode(text.encode(name)) == text


def test_a_few_western_letters_are_enough() -> None:
    assert decode("The café at noon – “at last”, said Zoë in a long sentence.".encode("cp1252")).startswith(
        "The café"
    )


@pytest.mark.parametrize(
    "data",
    [
        "Привет".encode("cp1251"),
        "It’s in MacRoman".encode("mac-roman"),
        b"The ferry \xff sails at noon.",
        bytes(range(128, 256)) * 20,
        "The “ferry” sails. ".encode() * 50 + b"\xe2\x80 ",
        b"The ferry\0sails.",
        "The ferry".encode("utf-16-le"),
        b"\xff\xfea",
        b"\1\2\3\4\5\6\7 ferry",
    ],
)
def test_what_cannot_be_told_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(ReadError, match="UTF-8"):
        decode(data)


def test_line_ends_are_those_of_text() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("page", "charset", "text"),
    [
        (b'<meta charset="windows-1251"><p>\xcf\xe0\xf0\xee\xec', "", "Паром"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>\xb6\xc9\xc2\xd6',
            "",
            "渡轮",
        ),
        (b'<meta charset="iso-8859-1"><p>\x93ferry\x94', "", "“ferry”"),
        (b"<p>\xbf\xa9\xb0\xb4\xbc\xb1", "euc-kr", "여객선"),
        (b'<meta charset="utf-8"><p>' + b"The ferry sails. " * 99 + b"\xe2\x80", "", "\ufffd"),
        (b'<meta charset="koi8-r"><p>\xe2\x80\x9cferry\xe2\x80\x9d', "latin-1", "“ferry”"),
        (b'<meta charset="no-such"><p>caf\xe9 at noon, said the mayor', "nor-such", "café"),
        (b"<p>The ferry\0 sails. " + b"The ferry sails. " * 99, "", "ferry\ufffd"),
        ("<p>паром".encode("utf-16"), "", "паром"),
    ],
)
def test_a_page_says_its_encoding(page: bytes, charset: str, text: str) -> None:
    assert text in decode_page(page, charset)


def test_a_page_of_no_encoding_is_refused() -> None:
    with pytest.raises(ReadError):
        decode_page(bytes(range(128, 256)) * 20)


@given(st.binary())
def test_either_there_is_text_that_can_be_stored_or_an_error(data: bytes) -> None:
    for read in (decode, decode_page):
        with contextlib.suppress(ReadError):
            text = read(data)
            assert "\0" not in text
            assert storable(text) == text


@given(st.text(st.characters(exclude_categories=[]) | st.sampled_from("\0\ud800\udfff😀")))
def test_storable_text_is_utf8_and_otherwise_as_it_was(text: str) -> None:
    kept = storable(text)
    kept.encode()
    assert len(kept) == len(text)
    assert all(after in (before, "\ufffd") for before, after in zip(text, kept, strict=True))
    assert storable(kept) == kept
