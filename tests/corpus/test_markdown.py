"""Markdown gives what a reader of the rendered page sees, described by its front matter."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Kind
from corpus.errors import ReadError
from corpus.markdown import parse

FULL = """\
---
title: "Ferry: back on Monday"
date: 2024-05-03
authors: [Jane Doe, "John Roe"]
source: Northport Courier
url: https://example.com/ferry#top
section: Harbour
language: en_GB
---
# Ferry: back on Monday

The *ferry* sails at **noon** from [the quay](https://example.com/q "Quay"), said
the master &amp; crew: 5 \\* 3 `m` <b>wide</b>.[^1]

![A ferry at the quay](x.jpg "The ferry on Monday. Photograph: Jane Doe")

> “We sail,” he said.
>
> Twice.

## Times

- Monday: noon
- Tuesday: one

| Day | Time |
|---|---|
| Mon | 9 |

<p>Raw <i>HTML</i> &amp; more</p>
<!-- a remark -->

---

one line\\
and another
"""


def read(text: str) -> Article:
    return parse(text, url="file:///notes/note.md", name="note")


def test_front_matter_and_every_kind_of_block() -> None:
    article = read(FULL)
    assert article.title == "Ferry: back on Monday"
    assert article.url == "https://example.com/ferry"
    assert article.published == date(2024, 5, 3)
    assert article.authors == ("Jane Doe", "John Roe")
    assert (article.source, article.section, article.language) == ("Northport Courier", "Harbour", "en-GB")
    assert [(paragraph.kind, paragraph.text) for paragraph in article.paragraphs] == [
        (Kind.BODY, "The ferry sails at noon from the quay, said the master & crew: 5 * 3 m wide.[^1]"),
        (Kind.CAPTION, "The ferry on Monday. Photograph: Jane Doe"),
        (Kind.QUOTE, "“We sail,” he said."),
        (Kind.QUOTE, "Twice."),
        (Kind.HEADING, "Times"),
        (Kind.BODY, "Monday: noon"),
        (Kind.BODY, "Tuesday: one"),
        (Kind.BODY, "Day\tTime"),
        (Kind.BODY, "Mon\t9"),
        (Kind.BODY, "Raw HTML & more"),
        (Kind.BODY, "one line"),
        (Kind.BODY, "and another"),
    ]


def test_without_front_matter_the_first_heading_is_the_title() -> None:
    article = read("# Ferry *sails*\n\nAt noon.\n\n## Later\n\nAt one.\n")
    assert article.title == "Ferry sails"
    assert [paragraph.text for paragraph in article.paragraphs] == ["At noon.", "Later", "At one."]


def test_a_note_without_heading_is_called_by_its_first_line_or_its_name() -> None:
    assert read("The ferry sails at noon.").title == "The ferry sails at noon."
    assert read("The ferry sails at noon. " * 20).title == "note"


def test_links_by_reference_are_their_text() -> None:
    article = read("The [ferry][1] sails, ![at noon][1] they say.\n\n[1]: https://example.com/ferry\n")
    assert [paragraph.text for paragraph in article.paragraphs] == ["The ferry sails,  they say.", "at noon"]


@pytest.mark.parametrize(
    ("matter", "field", "value"),
    [
        ("title: No", "title", "No"),
        ("title: 1984", "title", "1984"),
        (
            "published: 2024-05-03T10:15:00+02:00",
            "published",
            datetime.fromisoformat("2024-05-03T10:15+02:00"),
        ),
        ("date: May 3, 2024", "published", date(2024, 5, 3)),
        ("date: soon", "published", None),
        ("date:", "published", None),
        ("author: Jane Doe", "authors", ("Jane Doe",)),
        ("Author: Jane Doe", "authors", ("Jane Doe",)),
        ("url:", "url", "file:///notes/note.md"),
        ("draft: true", "title", "The ferry sails."),
    ],
)
def test_fields_are_read_as_they_were_written(matter: str, field: str, value: object) -> None:
    assert getattr(read(f"---\n{matter}\n---\nThe ferry sails.\n"), field) == value


@pytest.mark.parametrize(
    ("matter", "reason"),
    [
        ("title: [A", "not YAML in line 3"),
        ("title: A: B", "not YAML in line 2"),
        ("title: {a: b}", "`title` is not a string"),
        ("authors: {a: b}", "`authors`"),
        ("url: example.com", "`url` that is not a web address"),
        ("a: &a [x]\n" + "[" * 5_000, "not YAML"),
    ],
)
def test_front_matter_that_cannot_be_used_is_refused(matter: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(f"---\n{matter}\n---\nThe ferry sails.\n")


@pytest.mark.parametrize("text", ["---\n\nThe ferry: a story\n", "***\nThe ferry: a story\n"])
def test_a_rule_at_the_top_is_no_front_matter(text: str) -> None:
    assert read(text).paragraphs[0].text == "The ferry: a story"


@pytest.mark.parametrize(
    "text", ["", "# Only a title\n", "---\ntitle: A\n---\n", "[1]: https://example.com\n"]
)
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match="holds no words"):
        read(text)


@pytest.mark.parametrize("unit", ["[", "![a](", "*a ", "` ", "<a ", "&a", "\\", "a_"])
def test_a_paragraph_that_is_too_long_keeps_its_marks_and_costs_no_time(unit: str) -> None:
    article = read(unit * (400_000 // len(unit)) + " The ferry sails.")
    assert article.paragraphs[-1].text.endswith("The ferry sails.")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*FULL.splitlines(), "", "```", "    code"]) | st.text(max_size=15), max_size=20)
)
def test_every_text_is_an_article_or_refused(lines: list[str]) -> None:
    try:
        article = read("\n".join(lines))
    except ReadError:
        return
    assert article.title
    assert article.paragraphs
    assert article.content_hash
