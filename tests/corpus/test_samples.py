"""The sample articles are what a newcomer sees first: invented, marked as such, and read without loss."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from corpus.article import Article, Kind
from corpus.reading import find, read

SAMPLES = Path(__file__).parents[2] / "corpus" / "samples"
SCRAPED = ".txt"  # a page copied as text, of which neither the address nor the outlet is known

EVENTS = {
    "the ferry accident": "Lady Ottoline",
    "the election of the mayor": "run-off",
    "the dam": "Hollun Dam",
    "the museum theft": "Wolmar astrolabe",
    "the cup final": "Orven Cup",
    "the dockers' strike": "640 dockers",
    "the hospital merger": "Mösterby General",
    "the plum harvest": "tonnes of plums|4,100 tonnes",
    "the new tram line": "Line 6",
    "the heat wave": "39.4",
}


@pytest.fixture(scope="module")
def articles() -> dict[Path, list[Article]]:
    """What the readers make of each sample file; a file that is not read whole fails every test."""
    read_files: dict[Path, list[Article]] = {}
    for file in find(SAMPLES).files:
        read_files[file] = [item for item in read(file) if isinstance(item, Article)]
        assert len(read_files[file]) == _written(file), f"not every article of {file.name} was read"
    return read_files


def _written(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines()) if file.suffix == ".jsonl" else 1


@pytest.fixture(scope="module")
def every(articles: dict[Path, list[Article]]) -> list[Article]:
    return [article for of_file in articles.values() for article in of_file]


def test_every_file_of_the_folder_is_an_article_and_all_formats_are_shown() -> None:
    found = find(SAMPLES)
    assert not found.passed_over
    assert {file.suffix for file in found.files} == {".md", ".html", ".jsonl", ".txt"}


def test_there_are_enough_articles_from_several_outlets_over_several_months(every: list[Article]) -> None:
    assert len(every) >= 25
    outlets = Counter(article.source for article in every if article.source)
    assert len(outlets) >= 4
    assert min(outlets.values()) >= 3
    assert len({(article.day.year, article.day.month) for article in every if article.day}) >= 4


def test_no_address_leads_to_a_place_that_exists(articles: dict[Path, list[Article]]) -> None:
    for file, of_file in articles.items():
        for article in of_file:
            address = urlsplit(article.url)
            if file.suffix == SCRAPED:
                assert address.scheme == "file"
            else:
                assert address.scheme == "https"
                assert str(address.hostname).endswith(".example.com")
        for host in re.findall(r"https?://([^/\s\"')]+)", file.read_text(encoding="utf-8")):
            assert host.endswith(".example.com"), file.name


def test_no_two_articles_share_an_address(every: list[Article]) -> None:
    assert len({article.url for article in every}) == len(every)


def test_every_article_is_marked_as_a_sample(articles: dict[Path, list[Article]]) -> None:
    mark = {
        ".md": r"(?s)\A---\n.*^sample: true\b.*^---\n",
        ".html": r'<meta name="sample" content="true">',
        ".txt": r"This is an invented sample article\.",
    }
    for file in articles:
        written = file.read_text(encoding="utf-8")
        if file.suffix == ".jsonl":
            assert all(json.loads(line)["sample"] is True for line in written.splitlines())
        else:
            assert re.search(mark[file.suffix], written, re.MULTILINE), file.name


def test_the_mark_is_never_quoted(every: list[Article]) -> None:
    assert not [article.title for article in every if "sample article" in _text(article)]


def test_every_article_says_what_it_is_called_who_wrote_it_and_when(
    articles: dict[Path, list[Article]],
) -> None:
    for file, of_file in articles.items():
        for article in of_file:
            assert article.title
            assert article.authors, article.title
            assert article.day, article.title
            assert date(2026, 8, 1) <= article.day <= date(2026, 11, 24)
            assert article.source or file.suffix == SCRAPED, article.title


def test_every_article_has_the_length_of_one(every: list[Article]) -> None:
    for article in every:
        body = [paragraph for paragraph in article.paragraphs if paragraph.kind in {Kind.BODY, Kind.QUOTE}]
        assert 5 <= len(body) <= 14, article.title


def test_what_is_credited_to_a_photographer_is_a_caption(every: list[Article]) -> None:
    credit = re.compile(r"(?:Photograph: .+|Picture: .+|\[SIGNE ODUYA.+\]|\[RADIO ORVENMARK.+\])$")
    credited = [
        paragraph for article in every for paragraph in article.paragraphs if credit.search(paragraph.text)
    ]
    assert len(credited) >= 10
    assert {paragraph.kind for paragraph in credited} == {Kind.CAPTION}


@pytest.mark.parametrize("words", EVENTS.values(), ids=EVENTS)
def test_an_event_is_covered_by_two_outlets_on_different_days(every: list[Article], words: str) -> None:
    about = [article for article in every if article.source and re.search(words, _text(article))]
    assert len({article.source for article in about}) >= 2
    assert len({article.day for article in about}) >= 2


def test_nothing_of_a_page_around_the_article_is_kept(every: list[Article]) -> None:
    text = "\n".join(map(_text, every))
    furniture = (
        "Subscribe for|Sign up for our|Now playing|More from the Courier|Rowing club|Complaints"
        "|Log in to join|Listen to this article|Share this page|All rights reserved|Frequencies"
    )
    assert not [words for words in furniture.split("|") if words in text]


def _text(article: Article) -> str:
    return "\n".join(paragraph.text for paragraph in article.paragraphs)
