"""What makes an article the same article."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from corpus.article import Article, Kind, Paragraph

ARTICLE = Article(
    url="https://courier.example.com/ferry",
    title="Ferry to Ostrava Quay sails again",
    paragraphs=(Paragraph("The ferry sailed at noon."), Paragraph("Ferry at noon", Kind.CAPTION)),
    published=date(2026, 9, 14),
)


@pytest.mark.parametrize(
    "edited",
    [
        replace(ARTICLE, title="Ferry sails"),
        replace(ARTICLE, published=None),
        replace(ARTICLE, paragraphs=ARTICLE.paragraphs[::-1]),
        replace(ARTICLE, paragraphs=(Paragraph("The ferry sailed at noon."), Paragraph("Ferry at noon"))),
    ],
    ids=["title", "date", "order", "kind"],
)
def test_whatever_a_reader_would_see_changes_the_content_hash(edited: Article) -> None:
    assert edited.content_hash != ARTICLE.content_hash


def test_another_address_leaves_the_content_hash_alone() -> None:
    assert replace(ARTICLE, url="file:///ferry.txt").content_hash == ARTICLE.content_hash


def test_a_moment_of_publication_has_a_day() -> None:
    moment = datetime(2026, 9, 14, 23, 30, tzinfo=UTC)
    assert replace(ARTICLE, published=moment).day == date(2026, 9, 14)
    assert replace(ARTICLE, published=None).day is None
