"""What is told of an article that is quoted for a question, or is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from corpus.article import Article, Paragraph
from corpus.errors import NewsbotError
from corpus.identity import fingerprint, key
from corpus.said import Said
from corpus.store import Entering, Record, Taken
from index.answer import Question
from index.newsroom import Newsroom
from index.ranking import FEATURES
from index.why import Verdict, Why
from tests.conftest import OpenNewsroom, write_articles

DAM: dict[str, Any] = {
    "url": "https://lantern.example.com/dam",
    "title": "Dam at Hollin repaired",
    "text": "Engineers sealed the crack in the Hollin dam.\n\nThe repair cost 4.2 million crowns.",
    "source": "The Lantern",
    "published": "2026-10-02",
}
COPY = {
    **DAM,
    "url": "https://herald.example.com/dam",
    "title": "Weather",
    "text": "The repair cost 4.2 million crowns.",
    "published": "2020-01-01",
}
QUESTION = Question("What did the repair of the Hollin dam cost?", date(2026, 11, 24))


async def fill(newsroom: Newsroom, folder: Path, *articles: dict[str, Any]) -> None:
    await newsroom.index([write_articles(folder / "a.jsonl", *articles)])


async def why(newsroom: Newsroom, url: str = DAM["url"], text: str = QUESTION.text, **options: Any) -> Why:
    return await newsroom.why(replace(QUESTION, text=text, **options), url)


async def test_an_article_that_is_quoted_passed_each_step(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM)
    found = await why(newsroom)
    assert found.verdict is Verdict.SHOWN
    assert all(step.passed for step in found.steps)
    assert [step.name for step in found.steps] == [
        *("corpus", "period", "source", "search", "threshold", "shown")
    ]
    assert "“Dam at Hollin repaired”, The Lantern, 2026-10-02: 2 passages" in found.steps[0].text
    answer = await newsroom.ask(QUESTION)
    best = found.passages[0]
    assert best.text == answer.quotes[0].text
    assert (best.quote, best.repeats) == (1, False)
    assert best.ranked
    assert best.ranked.rank == 1
    assert best.ranked.score == pytest.approx(answer.quotes[0].score)
    assert best.dense
    assert best.lexical
    assert sorted(one.dense.rank for one in found.passages if one.dense) == [1, 2]


async def test_what_the_features_add_is_the_score(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM, COPY)
    found = await why(newsroom, COPY["url"])
    assert {share.feature for share in found.shares} == {*FEATURES}
    assert found.passages[0].ranked
    points = sum(share.points for share in found.shares)
    assert points == pytest.approx(found.passages[0].ranked.score, rel=1e-3)
    first = (await newsroom.ask(QUESTION)).quotes[0].score
    assert sum(share.best for share in found.shares) == pytest.approx(first, rel=1e-3)


async def test_an_address_that_is_not_there_is_said_to_be_unknown(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    for _ in range(2):  # in an empty corpus, and in one that holds others
        found = await why(newsroom, "https://lantern.example.com/nothing")
        assert found.verdict is Verdict.UNKNOWN
        assert [(step.passed, step.text) for step in found.steps] == [
            (False, "Nothing is known of this address.")
        ]
        await fill(newsroom, tmp_path, DAM)


async def test_the_link_of_a_quote_leads_to_its_article(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM)
    link = (await newsroom.ask(QUESTION)).quotes[0].link
    assert "#" in link
    found = await why(newsroom, link)
    assert (found.verdict, found.url) == (Verdict.SHOWN, DAM["url"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"since": date(2026, 10, 3)}, "Searched 2026-10-03 – …; the article is of 2026-10-02."),
        ({"until": date(2026, 10, 1)}, "Searched … – 2026-10-01; the article is of 2026-10-02."),
        (
            {"as_of": True, "asked": date(2026, 10, 1)},
            "Searched … – 2026-10-01; the article is of 2026-10-02.",
        ),
    ],
)
async def test_an_article_outside_the_period(
    open_newsroom: OpenNewsroom, tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM, {**COPY, "published": None})
    found = await why(newsroom, **options)
    assert found.verdict is Verdict.OUTSIDE
    assert told in found.steps[-1].text
    assert found.passages[0].ranked is None
    undated = await why(newsroom, COPY["url"], **options)
    assert undated.verdict is Verdict.SHOWN
    assert "without a date is in any period" in undated.steps[1].text


@pytest.mark.parametrize("edge", [{"since": date(2026, 10, 2)}, {"until": date(2026, 10, 2)}])
async def test_both_ends_of_a_period_are_in_it(
    open_newsroom: OpenNewsroom, tmp_path: Path, edge: dict[str, Any]
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM)
    assert (await why(newsroom, **edge)).verdict is Verdict.SHOWN


async def test_a_period_that_the_question_names_is_told_as_such(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM, {**COPY, "published": "2026-11-05"})
    found = await why(newsroom, text="What did the repair of the Hollin dam cost in November 2026?")
    assert found.verdict is Verdict.OUTSIDE
    assert "The question names this period." in found.steps[-1].text


async def test_an_article_of_another_outlet(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM)
    found = await why(newsroom, sources=("The Courier",))
    assert found.verdict is Verdict.OTHER_SOURCE
    assert found.steps[-1].text == "Searched The Courier; the article is of The Lantern."
    assert (await why(newsroom, sources=("the lantern",))).verdict is Verdict.SHOWN


async def test_an_article_that_no_search_found(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    others = [
        {
            "url": f"https://courier.example.com/{number}",
            "title": f"Hollin dam repair cost {number}",
            "text": f"The repair of the Hollin dam cost {number} crowns.",
        }
        for number in range(400)
    ]
    ferry = {"url": "https://courier.example.com/ferry", "title": "Ferry", "text": "Twelve gulls rode along."}
    await fill(newsroom, tmp_path, *others, ferry)
    found = await why(newsroom, ferry["url"])
    assert found.verdict is Verdict.NOT_FOUND
    assert found.steps[-1].text.startswith("0 of its passages made it among the")
    (passage,) = found.passages
    assert passage.dense
    assert passage.dense.rank > 150
    assert (passage.lexical, passage.ranked) == (None, None)
    assert found.shares == ()


async def test_an_article_that_was_found_but_sieved_out(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    others = [
        {
            "url": f"https://courier.example.com/{number}",
            "title": f"Hollin dam repair cost {number}",
            "text": f"The repair of the Hollin dam cost {number} crowns.",
            "published": "2026-11-23",
        }
        for number in range(100)
    ]
    gulls = {
        "url": "https://courier.example.com/gulls",
        "title": "Gulls",
        "text": "What gulls eat cost nobody a night of sleep until they came to town and ate from the bins.",
        "published": "2019-01-01",
    }
    await fill(newsroom, tmp_path, *others, gulls)
    found = await why(newsroom, gulls["url"])
    assert found.verdict is Verdict.SIEVED
    assert "The searches found 1:" in found.steps[-1].text
    (passage,) = found.passages
    assert passage.lexical
    assert passage.lexical.rank == 101
    assert passage.ranked is None
    assert (await why(newsroom, others[0]["url"])).verdict is not Verdict.NOT_FOUND


async def test_an_article_of_a_question_that_is_refused(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=1.0)
    await fill(newsroom, tmp_path, DAM)
    found = await why(newsroom)
    assert found.verdict is Verdict.REFUSED
    assert found.threshold == 1.0
    assert found.steps[-1].text.endswith("below the threshold of 1.00.")
    assert f"{found.confidence:.2f}" in found.steps[-1].text


async def test_an_article_that_says_the_same_as_another(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    await fill(newsroom, tmp_path, DAM, COPY)
    found = await why(newsroom, COPY["url"])
    assert found.verdict is Verdict.GROUPED
    assert f"quote 1, “Dam at Hollin repaired” ({DAM['url']})" in found.steps[-1].text
    assert (found.passages[0].quote, found.passages[0].repeats) == (1, True)


async def test_an_article_that_comes_after_those_that_are_shown(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    ferry = {"url": "https://courier.example.com/ferry", "title": "Ferry", "text": "Twelve gulls rode along."}
    await fill(newsroom, tmp_path, DAM, ferry)
    found = await why(newsroom, ferry["url"], limit=2)
    assert found.verdict is Verdict.LOWER
    assert found.steps[-1].text == "Its best passage is number 3 of the candidates; 2 quotes are shown."


async def test_a_question_that_cannot_be_asked_cannot_be_explained(open_newsroom: OpenNewsroom) -> None:
    with pytest.raises(NewsbotError, match="empty"):
        await why(await open_newsroom(), text=" ")


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        (Entering.FAILED, "the site refuses bots: HTTP 403", "could not be read: the site refuses bots"),
        (Entering.WAITING, "", "waits to be fetched"),
        (Entering.WAITING, "the site answers HTTP 503", "tried again on 2026-11-24 at 12:30 UTC: the site"),
        (Entering.SKIPPED, "", "older than what was taken"),
        (Entering.SKIPPED, "removed by hand", "It was removed by hand."),
    ],
)
async def test_an_address_that_brought_no_article_is_told_why(
    open_newsroom: OpenNewsroom, state: Entering, reason: str, told: str
) -> None:
    newsroom = await open_newsroom()
    url, due = "https://example.com/dam", datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    record = Record(None, "", key(url), "", b"", url=url, state=state, reason=Said(reason), due=due)
    await newsroom._store.take_in([Taken(record)], due)
    found = await why(newsroom, f"{url}?utm_source=feed")
    assert found.verdict is Verdict.UNKNOWN
    assert told in found.steps[-1].text


async def test_what_nearly_says_the_same_at_other_outlets_is_named(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom(threshold=0.0)
    text = " ".join(f"Word {number} of the dam at Hollin." for number in range(30))
    outlets = ("Lantern", "Herald", "Courier", "Mirror", "Echo")
    taken = []
    for name in outlets:
        url = f"https://{name.lower()}.example.com/dam"
        article = Article(url, f"Dam, {name}", (Paragraph(text),), source=f"The {name}")
        record = Record(None, name, key(url), article.title, b"", url=url)
        taken.append(Taken(record, article, fingerprint(text)))
    await newsroom._store.take_in(taken, datetime(2026, 11, 24, tzinfo=UTC))
    await newsroom.index([])
    about = (await why(newsroom, "https://lantern.example.com/dam")).steps[0].text
    assert about.partition(" Nearly the same: ")[2] == (
        "The Herald https://herald.example.com/dam, The Courier https://courier.example.com/dam,"
        " The Mirror https://mirror.example.com/dam and 1 more"
    )
    about = (
        await why(newsroom, "https://lantern.example.com/dam", allowed=("the lantern", "the echo"))
    ).steps[0]
    assert about.text.endswith("Nearly the same: The Echo https://echo.example.com/dam")
    about = (await why(newsroom, "https://lantern.example.com/dam", allowed=("The Lantern",))).steps[0]
    assert "Nearly" not in about.text
