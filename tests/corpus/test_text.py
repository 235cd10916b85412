"""Plain text: the article is found on pages as people scrape them, and a plain note stays whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Kind
from corpus.errors import ReadError
from corpus.text import parse

BRITISH = """\
Skip to main content
Menu
News
Sport
Weather
Sign in
Subscribe

POLITICS

Northport council votes to close the old swing bridge

Drivers face a nine-mile detour until a new crossing opens in 2028

By Jane Doe, Harbour Correspondent
Published 3 May 2024 10:15 GMT | Updated 4 May 2024 12:40 GMT
4 min read
Share
Facebook
X
WhatsApp
Copy link

Listen to this article
3:42

The swing bridge at Northport seen from the fish quay. Photograph: Lena Okafor/Northport Courier

Northport's swing bridge will close to traffic on 1 June after councillors voted by 14 to 9 to end repairs.

Advertisement

The council leader, Ada Brook, said the decision was “the hardest of my life”.

“We cannot go on paying for rust,” she said.

Nine miles more

Lorries over 7.5 tonnes will be sent by way of Kettle Cross.

Read more: Who paid for the bridge nobody wanted

Bus 14 will run every twenty minutes instead of every hour, the operator said.

Sign up to our morning newsletter for the day's stories in your inbox.

Is it the end? Not quite.

Related
Ferry timetable for summer published
Mayor quits after harbour dispute
Most read
1
Storm Edda floods the fish market
2
School wins prize for kites
12 comments
Join the conversation
© 2024 Northport Courier Ltd. All rights reserved.
Terms of use
"""

AMERICAN = """\
The Valley Ledger | Farmers fear dry summer as reservoir falls to 31 percent
Farmers fear dry summer as reservoir falls to 31 percent
BY TOM IBARRA-O'NEIL AND SUE PAK | STAFF WRITERS
May 14, 2025
Share on Facebook Share on Twitter Email Print
COPPER VALLEY -- Farmers along the canal may get half their usual water, the irrigation board said Wednesday.
"I have never seen the mud at the intake before," said Rosa Finch, who grows onions on 80 acres.
The district's board meets again June 2 at 7 p.m. in the grange hall.
Onion acreage by year:
2023: 1,200
2024: 1,150
2025: 610
The reservoir stood at 31 percent of capacity Tuesday, down from 64 percent a year earlier.
The district says it will:
Close the upper gates at night
Lend pumps to growers
Have a news tip? Email newsroom@example.com.
Thank you for reading! Please log in, or sign up for a new account to continue reading.
Log In
Sign Up
"""

KOREAN_STYLE = """\
Choir of the salt mines sings for the first time in forty years

Home > Culture > Music

dictionary print

Choir of the salt mines sings for the first time in forty years

Audio version: read by a machine


A choir member holds a lamp in the old shaft on Sunday. [KORVA PRESS]

A choir member holds a lamp in the old shaft on Sunday. [KORVA PRESS]

\u00a0
The singers went down in the cage at nine, forty of them,\u00a0with lamps on their helmets.\u00a0\u00a0
\u00a0
Nobody had sung in the Korva mine since 1985, when the last shift ended.
\u00a0
"It smelled of my father," said one of the basses.

BY KIM DA-HYE, PARK MIN-SEO [[email\u00a0protected]]
Log in to your account to connect
with the Korva Post
help-image Comment?
s
lock icon

To write comments, please log in to one of the accounts.

House Rules Policy (0/250 characters)
"""

HONG_KONG_STYLE = """\
Advertisement

Dragon boats return to Lantern Bay after six-year gap

PUBLISHED : Sunday, 08 June, 2025, 6:30pm
UPDATED : Sunday, 08 June, 2025, 9:12pm

Mei Tan

Rowers wait for the starting gun at Lantern Bay on Sunday. Photo: Mei Tan
Rowers wait for the starting gun at Lantern Bay on Sunday.

Eleven crews raced across Lantern Bay on Sunday in the first regatta since the harbour was dredged.

The Red Sail crew won in four minutes and two seconds.

“We trained on a lake of ducks,” its drummer, Bo Lim, said.

Related Articles
Why the bay is blue again after fifty years
Ducks delay the morning ferry to Pearl Point

The next race will be held on the river in September.

Additional reporting by Kit Wong
Discover more stories on
MORE FROM LANTERN POST
Why the bay is blue again
"""

HANGUL = """\
경제 > 산업

솔바람항, 여객선 증편… 섬 주민 할인

입력 2024.05.03 10:15
수정 2024.05.04 11:20

솔바람항 여객선이 6월부터 하루 여섯 차례 운항한다고 항만청이 3일 밝혔다.

섬 주민은 요금의 절반만 내면 된다. 비용은 아직 정해지지 않았다.
"""


def read(text: str) -> Article:
    return parse(text, url="file:///notes/page.txt", name="page")


def shown(article: Article, *kinds: Kind) -> list[str]:
    return [paragraph.text for paragraph in article.paragraphs if paragraph.kind in (kinds or Kind)]


def test_a_british_page() -> None:
    article = read(BRITISH)
    assert article.title == "Northport council votes to close the old swing bridge"
    assert article.section == "POLITICS"
    assert article.authors == ("Jane Doe",)
    assert article.published == date(2024, 5, 3)
    assert article.source == ""
    assert [(paragraph.kind.value, paragraph.text[:24]) for paragraph in article.paragraphs] == [
        ("body", "Drivers face a nine-mile"),
        ("caption", "The swing bridge at Nort"),
        ("body", "Northport's swing bridge"),
        ("body", "The council leader, Ada "),
        ("body", "“We cannot go on paying "),
        ("heading", "Nine miles more"),
        ("body", "Lorries over 7.5 tonnes "),
        ("body", "Bus 14 will run every tw"),
        ("body", "Is it the end? Not quite"),
    ]


def test_an_american_page_without_blank_lines() -> None:
    article = read(AMERICAN)
    assert article.title == "Farmers fear dry summer as reservoir falls to 31 percent"
    assert article.authors == ("Tom Ibarra-O'Neil", "Sue Pak")
    assert article.published == date(2025, 5, 14), "the date stands beside the byline"
    assert [text[:22] for text in shown(article)] == [
        "COPPER VALLEY -- Farme",
        '"I have never seen the',
        "The district's board m",
        "Onion acreage by year:",
        "2023: 1,200",
        "2024: 1,150",
        "2025: 610",
        "The reservoir stood at",
        "The district says it w",
        "Close the upper gates ",
        "Lend pumps to growers",
    ]
    assert {paragraph.kind for paragraph in article.paragraphs} == {Kind.BODY}


def test_a_page_that_says_its_headline_and_its_captions_twice() -> None:
    article = read(KOREAN_STYLE)
    assert article.title == "Choir of the salt mines sings for the first time in forty years"
    assert article.section == "Music"
    assert article.authors == ("Kim Da-hye", "Park Min-seo")
    assert article.published is None
    assert shown(article, Kind.CAPTION) == [
        "A choir member holds a lamp in the old shaft on Sunday. [KORVA PRESS]"
    ]
    assert shown(article, Kind.BODY) == [
        "The singers went down in the cage at nine, forty of them,\u00a0with lamps on their helmets.",
        "Nobody had sung in the Korva mine since 1985, when the last shift ended.",
        '"It smelled of my father," said one of the basses.',
    ]
    assert len(article.paragraphs) == 4


def test_a_page_with_related_articles_amid_the_text() -> None:
    article = read(HONG_KONG_STYLE)
    assert article.title == "Dragon boats return to Lantern Bay after six-year gap"
    assert article.published == date(2025, 6, 8)
    assert shown(article, Kind.CAPTION) == [
        "Rowers wait for the starting gun at Lantern Bay on Sunday. Photo: Mei Tan"
    ]
    assert [text[:20] for text in shown(article, Kind.BODY, Kind.HEADING)] == [
        "Eleven crews raced a",
        "The Red Sail crew wo",
        "“We trained on a lak",
        "The next race will b",
    ]


def test_a_heading_below_related_articles_stays() -> None:
    prose = "The ferry sailed at noon on Monday, the harbour board said."
    links = "Related Article\nFerry strikes pier in fog on Sunday\nBoard to meet about the ferry"
    more = "The board will meet again in June, when the council has told it how much the new pier may cost."
    article = read(
        "\n\n".join(["Ferry sails again after eleven days in dock", prose, links, "What comes next", more])
    )
    assert shown(article) == [prose, "What comes next", more]
    assert shown(article, Kind.HEADING) == ["What comes next"]


def test_a_label_above_the_headline_is_no_headline() -> None:
    article = read(
        "OPINION\n\nGuest essay\n\nWhy I stopped counting ferries\n\nJune 2, 2025, 5:00 a.m. ET\n\n"
        "By Lena Okafor\n\nShare\n\nA ferry is a promise, and one does not count promises but keeps them.\n"
    )
    assert (article.title, article.section) == ("Why I stopped counting ferries", "OPINION")
    assert (article.authors, article.published) == (("Lena Okafor",), date(2025, 6, 2))
    assert len(article.paragraphs) == 1


def test_a_page_in_another_script() -> None:
    article = read(HANGUL)
    assert article.title == "솔바람항, 여객선 증편… 섬 주민 할인"
    assert article.section == "산업"
    assert article.published == date(2024, 5, 3)
    assert len(article.paragraphs) == 2


def test_the_seed_page(shared: Callable[[str], Path]) -> None:
    path = shared("samples/000_538343c7113698d9.txt")
    written = path.read_text(encoding="utf-8")
    article = read(written)
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    assert article.title == lines[0]
    assert article.section == "North Korea"
    assert article.authors == ("Seo Ji-eun",)
    assert article.published is None
    kept = shown(article)
    assert kept == [line for line in dict.fromkeys(lines) if line in kept], "in order, each once, as written"
    assert [text for text in kept if text.endswith("]")] == shown(article, Kind.CAPTION)
    assert len(shown(article, Kind.CAPTION)) == 3
    assert len(shown(article, Kind.BODY)) == 15
    assert len(kept) == 18
    body = {line for line in lines if line.endswith((".", "”", '."')) and len(line) > 60}
    assert body == set(shown(article, Kind.BODY)), "no sentence of the article is lost, nothing else is kept"


def test_a_sentence_alone_is_an_article() -> None:
    article = read("The ferry sails at noon.")
    assert (article.title, shown(article)) == ("The ferry sails at noon.", ["The ferry sails at noon."])
    assert article.published is None


def test_a_few_words_alone_are_an_article() -> None:
    article = read("Ferry at noon\n")
    assert (article.title, shown(article)) == ("Ferry at noon", ["Ferry at noon"])


def test_a_note_keeps_every_line() -> None:
    lines = ["Harbour notes", "", "Ferry at noon", "Bread from Ada", "Please register with your teacher."]
    article = read("\n".join(lines))
    assert article.title == "Harbour notes"
    assert shown(article) == lines[2:]


def test_a_long_first_paragraph_is_no_title() -> None:
    article = read("The ferry sails at noon, " * 10 + "and that is all.")
    assert article.title == "page"


def test_lines_of_a_wrapped_paragraph_stay_together_as_written() -> None:
    wrapped = (
        "The harbour board met on Tuesday evening and agreed that the winter\n"
        "ferry will sail at noon from Monday. Tickets cost four crowns, and\n"
        "children travel free."
    )
    article = read(f"Notes from the harbour meeting\n\n{wrapped}\n\nAda Brook will write to the school.\n")
    assert shown(article) == [wrapped, "Ada Brook will write to the school."]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("By Jane Doe and John O'Roe, Staff Writers", ("Jane Doe", "John O'Roe")),
        ("BY JEAN-PAUL O'HARA", ("Jean-Paul O'Hara",)),
        ("BY TSAI MEI-LING [mei@example.com]", ("Tsai Mei-ling",)),
        ("Words by Ludwig van der Meer", ("Ludwig van der Meer",)),
        ("By Jane Doe | The Harbour Times | @janedoe", ("Jane Doe",)),
        ("(Reporting by Jane Doe; Editing by John Roe)", ("Jane Doe",)),
        ("By AFP", ("AFP",)),
        ("Jane Doe, Political correspondent", ("Jane Doe",)),
    ],
)
def test_a_byline_names_the_authors_and_is_no_paragraph(line: str, names: tuple[str, ...]) -> None:
    article = read(
        f"Ferry sails again\n\n{line}\n\nThe ferry sailed at noon on Monday, the harbour board said.\n"
    )
    assert article.authors == names
    assert len(article.paragraphs) == 1


@pytest.mark.parametrize("line", ["By the time the ferry sailed", "By Monday", "By land or by sea"])
def test_by_alone_makes_no_byline(line: str) -> None:
    article = read(
        f"Ferry sails again\n\n{line}\n\nThe ferry sailed at noon on Monday, the harbour board said.\n"
    )
    assert article.authors == ()
    assert line in shown(article)


@pytest.mark.parametrize(
    "line",
    [
        "Published: 14 September 2026",
        "Updated 14 Sept. 2026, 8:05 p.m. KST",
        "Posted on September 14th, 2026 at 20:05",
        "First published on Mon 14 Sep 2026 06.00 BST",
        "Date: 2026-09-14",
    ],
)
def test_a_line_that_states_the_day_gives_the_date(line: str) -> None:
    article = read(
        f"Ferry sails again\n\n{line}\n\nThe ferry sailed at noon on Monday, the harbour board said.\n"
    )
    assert article.published == date(2026, 9, 14)
    assert len(article.paragraphs) == 1


@pytest.mark.parametrize(
    "line",
    [
        "Monday, September 14, 2026",  # as a page's head shows today
        "Published in the gazette of 14 September 2026 was a list of ferries.",
        "The ferry sailed on 14 September 2026.",
        "Published: 3/4/2026",
    ],
)
def test_no_other_day_is_taken_for_the_date(line: str) -> None:
    article = read(
        f"Ferry sails again\n\n{line}\n\nThe ferry sailed at noon on Monday, the harbour board said.\n"
    )
    assert article.published is None


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "Story continues below advertisement",
        "Share Tweet Email Print",
        "15 comments",
        "1.2K views",
        "5 min read",
        "Listen to this article",
        "Read more: The ferry that never came",
        "RELATED: The ferry that never came",
        "You may also like",
        "Subscribe to our newsletter for more stories like this.",
        "Get the latest in your inbox.",
        "We use cookies to improve this site.",
        "Follow us on Facebook and X",
        "Follow the Courier on Twitter: @courier.",
        "Download our app for alerts.",
        "© 2024 The Courier. All rights reserved.",
        "Photo: Jane Doe/The Courier",
        "news@example.com",
    ],
)
def test_furniture_goes_wherever_it_stands(line: str) -> None:
    prose = [f"The ferry sailed at noon on day {day}, the harbour board said." for day in range(3)]
    article = read("\n\n".join(["Ferry sails again", line, prose[0], line, prose[1], prose[2], line]))
    assert article.title == "Ferry sails again"
    assert shown(article) == prose


@pytest.mark.parametrize(
    "line",
    [
        "“No,” he said.",
        "“Subscribe to my newsletter and I will tell you,” the mayor said.",
        "Subscribers lost £4 each when the newspaper closed its website.",
        "The company said users may log in without a password from Monday.",
        "Comments by the mayor were cut from the minutes.",
        "Please, he said, let the ferry sail.",
        "Cookies sold out at the fair by noon on Saturday.",
        "Copyright law was last changed in 1998, the judge said.",
        "More: that is what the islanders want.",
        "Share prices fell by a third.",
        "Photos of the ferry were shown to the board.",
        "By Friday the ferry had sailed.",
        "To comment, the board said, would be premature.",
        "He listened. [He did not answer.]",
    ],
)
def test_reporting_that_sounds_like_furniture_stays(line: str) -> None:
    prose = [f"The ferry sailed at noon on day {day}, the harbour board said." for day in range(3)]
    article = read("\n\n".join(["Ferry sails again", "Advertisement", prose[0], line, *prose[1:], "Log in"]))
    assert line in shown(article)


@pytest.mark.parametrize(
    "line",
    [
        "Workers clear snow in Northport on Monday. [NORTHPORT NEWS]",
        "Workers clear snow in Northport on Monday. (AP Photo/Jane Doe)",
        "Workers clear snow in Northport on Monday. Jane Doe/Courier",
        "Workers clear snow in Northport on Monday (Picture: Jane Doe)",
        "Image caption, Workers clear snow in Northport on Monday",
        "Pictured: workers clear snow in Northport on Monday.",
    ],
)
def test_words_with_a_credit_are_a_caption(line: str) -> None:
    article = read(
        f"Snow again\n\n{line}\n\nSnow fell on the harbour on Monday, and the ferry stayed in port.\n"
    )
    assert shown(article, Kind.CAPTION) == [line]
    assert len(article.paragraphs) == 2


def test_a_picture_described_and_captioned_is_one_caption() -> None:
    article = read(
        "Snow again\n\nWorkers clear snow on Monday\nWorkers clear snow on Monday. [NORTHPORT NEWS]\n\n"
        "Snow fell on the harbour on Monday, and the ferry stayed in port.\n"
    )
    assert shown(article, Kind.CAPTION) == ["Workers clear snow on Monday. [NORTHPORT NEWS]"]


def test_lone_surrogates_and_nul_are_replaced() -> None:
    assert shown(read("The ferry \ud83d sails \0 at noon.")) == ["The ferry \ufffd sails \ufffd at noon."]


@pytest.mark.parametrize("text", ["", " \n\u00a0\n", "* * *\n---\n", "a" * 1_000_000])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match="holds no words"):
        read(text)


def test_a_page_without_article_is_refused() -> None:
    with pytest.raises(ReadError, match="holds no article text"):
        read("Menu\nHome\nSign in\nSubscribe to our newsletter\n© 2024 The Courier\n")


def test_many_lines_take_linear_time() -> None:
    def seconds(lines: int) -> float:
        begun = time.process_time()
        read("Read more\nFerry at noon from the quay\n" * lines + "The ferry sails.")
        return time.process_time() - begun

    seconds(100)
    assert seconds(8_000) < 24 * seconds(1_000), (
        "eight times the lines would take 64 times as long if quadratic"
    )


LINES = st.sampled_from((BRITISH + AMERICAN + KOREAN_STYLE + HONG_KONG_STYLE + HANGUL).splitlines())


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.lists(LINES | st.text(max_size=20), max_size=30).map("\n".join)))
def test_whatever_is_read_is_slices_of_the_text_in_order(text: str) -> None:
    try:
        article = read(text)
    except ReadError:
        return
    assert article.paragraphs
    assert article.title == " ".join(article.title.split())
    for paragraph in article.paragraphs:
        assert paragraph.text in text.replace("\0", "\ufffd")
        assert paragraph.text == paragraph.text.strip() != ""


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=40))
def test_a_long_paragraph_is_never_lost_however_a_page_is_mixed(lines: list[str]) -> None:
    prose = (
        "The harbour board said on Tuesday that the winter ferry would sail at noon from Monday, that tickets"
        " would cost four crowns, and that the children of the island would travel free until the spring."
    )
    article = read("\n".join([*lines[:20], prose, *lines[20:]]))
    assert prose in shown(article)
