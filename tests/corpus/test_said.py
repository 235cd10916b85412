"""Texts that can be said in other languages."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from corpus.errors import ReadError
from corpus.said import NOTHING, Said, from_column, to_column, together


def test_it_is_its_english_words_wherever_text_is_wanted() -> None:
    said = Said("{count:,} pages of {site}", count=1200, site="example.com")
    assert said == "1,200 pages of example.com"
    assert f"{said}." == "1,200 pages of example.com."
    assert json.dumps(said) == '"1,200 pages of example.com"'


def test_without_values_braces_are_braces() -> None:
    assert Said("write it as {…}") == "write it as {…}"
    assert not NOTHING


def test_texts_of_texts_are_said_one_behind_the_other() -> None:
    told = together(Said("It failed: {reason}.", reason=Said("it is empty")), Said("That is all {…}."))
    assert told == "It failed: it is empty. That is all {…}."


@pytest.mark.parametrize(
    "said",
    [
        NOTHING,
        Said("it is empty"),
        Said("{limit:g} MB of “{name}”", limit=2.5, name='["'),
        Said("{…}"),
        Said('["404"]'),
    ],
)
def test_it_comes_back_from_a_column_another_process_and_a_copy(said: Said) -> None:
    for back in (from_column(to_column(said)), pickle.loads(pickle.dumps(said)), copy.deepcopy(said)):  # noqa: S301
        assert (back, back.template, back.values) == (said, said.template, said.values)


def test_what_an_older_newsbot_stored_is_read_as_it_is() -> None:
    old = "has moved to https://example.com/{a}, which is a feed already: remove this one"
    assert from_column(old) == old
    assert to_column(Said("the site refuses bots: HTTP 403")) == "the site refuses bots: HTTP 403"


def test_an_error_brings_its_template_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(ReadError("has a `{name}` that is not a string", name="url")))  # noqa: S301
    assert str(error) == "has a `url` that is not a string"
    assert error.said.values == {"name": "url"}
