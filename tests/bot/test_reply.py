"""What the bot sends: always within Discord's limits, and always what the articles say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from discord import ui
from discord.http import handle_message_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import answer_card, context_card, coverage_card, reply
from bot.markdown import MOST_LINK, address, escape, plain, size
from corpus.reading import Failure
from corpus.store import SourceCount
from corpus.store.answerlog import Place, Votes
from index.answer import Answer, Coverage, Headline, Question, Quote
from index.coverage import Article, Found
from index.given import Context, Page, Piece
from index.newsroom import Diff, Progress, Stats
from index.sentences import split
from tests.bot.conftest import make_answer, make_quote
from tests.bot.discord_markdown import read, shown

# What means something to Discord, beside what articles are made of.
_PIECES = st.sampled_from(
    [
        *r"\*_~|`><#-+=[]():@&!…“”’.?",
        *("1. ", "2) ", " ", "\n", "\r", "\r\n", "\t", "\u2028", "\u200b", "\u202e", "\xa0", "\n\n"),
        *("**", "__", "~~", "||", "```", "\n> ", "\n- ", "\n-# ", ">>> ", "\n# ", "@everyone", "@here"),
        *("<@1>", "<@&1>", "<#1>", "<t:1:R>", "<:a:1>", ":smile:", "</ask:1>", "<id:home>", "¯\\_(ツ)_/¯"),
        *(
            "https://evil.example/",
            "<https://a.b>",
            "[here](https://evil.example)",
            "](https://evil.example)",
        ),
        *("The ferry sailed.", "Nobody knew why. ", "said Ilse Brandvold, ", "word ", "a" * 300),
        *("🇰🇷", "👩‍👩‍👧", "é", "김정은"),
    ]
)
texts = st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join)
names = st.lists(_PIECES, max_size=8).map("".join)
published = (
    st.none() | st.dates() | st.datetimes(min_value=datetime(2, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
)
urls = st.one_of(
    st.just(""),
    st.builds("https://example.com/{}#:~:text={}".format, names, names),
    st.builds("file:{}".format, names),
    st.integers(1, 700).map(lambda times: "https://example.com/" + "a%(*)" * times),
    names,
)
headlines = st.builds(Headline, title=names, link=urls, source=names, published=published)
coverages = st.builds(Coverage, st.integers(0, 10**9), st.none() | st.dates(), st.none() | st.dates())
questions = st.builds(
    Question,
    text=texts,
    asked=st.dates(),
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
    sources=st.lists(names, max_size=9).map(tuple),
)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    text = draw(texts.filter(str.strip))
    start, end = draw(st.sampled_from(split(text)))
    others = draw(st.lists(headlines, max_size=6))
    return Quote(
        text,
        start,
        end,
        draw(names),
        draw(urls),
        draw(urls),
        draw(names),
        draw(published),
        1.0,
        0,
        tuple(others),
    )


answers = st.builds(
    Answer,
    question=questions,
    answered=st.booleans(),
    confidence=st.floats(0, 1),
    quotes=st.lists(quotes(), max_size=6).map(tuple),
    headlines=st.lists(headlines, max_size=5).map(tuple),
    coverage=coverages,
)
diffs = st.builds(
    Diff,
    *[st.lists(urls, max_size=30).map(tuple)] * 4,
    st.lists(st.builds(Failure, names, texts), max_size=30).map(tuple),
    st.lists(names, max_size=30).map(tuple),
)
sources = st.builds(SourceCount, names, st.integers(0, 10**9), st.none() | st.dates())


@st.composite
def pages(draw: st.DrawFn) -> Page:
    number, more = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    place = Place(
        draw(st.integers(1, 2**63)), draw(st.none() | st.just(2)), 3, draw(st.booleans()), draw(st.booleans())
    )
    votes = draw(st.builds(Votes, st.integers(0, 10**9), st.integers(0, 10**9)))
    wrote, gone = draw(st.just("") | texts), draw(st.integers(0, 3))
    found = draw(answers)
    numbered = tuple(replace(quote, paragraph=number) for number, quote in enumerate(found.quotes, 1))
    return Page(
        draw(st.integers(1, 2**63 - 1)),
        replace(found, quotes=numbered),
        number,
        number + more,
        place,
        votes,
        wrote,
        gone,
    )


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    found = draw(st.lists(quotes(), min_size=1, max_size=9))
    told = draw(st.sets(st.integers(0, len(found) - 1), min_size=1))
    pieces = tuple(
        Piece(one.text, *((one.start, one.end) if place in told else (0, 0)), draw(st.booleans()))
        for place, one in enumerate(found)
    )
    first = found[0]
    return Context(
        first.title, first.url, first.link, first.source, first.published, pieces, draw(st.booleans())
    )


@given(answers)
@settings(deadline=None, max_examples=80)
def test_an_answer_keeps_the_limits_and_the_words(found: Answer) -> None:
    view = answer_card.answer(found)
    check_limits(view)
    check_words(found, items(view))
    check_effects(found, items(view))


@given(pages(), st.integers(1, 2**63))
@settings(deadline=None, max_examples=60)
def test_an_answer_with_buttons_keeps_the_limits_and_the_words(page: Page, pager: int) -> None:
    view = answer_card.answer(page.answer, page, pager=pager)
    check_limits(view)
    check_words(page.answer, items(view))
    check_effects(page.answer, items(view))
    assert any(button.get("emoji") for button in buttons(view))


@given(contexts())
@settings(deadline=None, max_examples=40)
def test_a_context_keeps_the_limits_and_the_words(found: Context) -> None:
    view = context_card.context(found)
    check_limits(view)
    for text in items(view):
        runs = read(text)
        quoted = bare("".join(run.text for run in runs if "quote" in run.styles))
        assert any(quoted in bare(piece.text) for piece in found.pieces)
        allowed = {"quote", "strong", "subtext", "time", *links_to(found.link or found.url)}
        assert all(run.styles <= allowed for run in runs)
    strong = bare(
        "".join(run.text for text in items(view)[1:] for run in read(text) if "strong" in run.styles)
    )
    assert strong


articles = st.builds(Article, headline=headlines, url=urls, lead=texts)
coverings = st.builds(Found, st.none() | articles, answers, st.lists(headlines, max_size=5).map(tuple))


@given(coverings, texts)
@settings(deadline=None, max_examples=60)
def test_coverage_keeps_the_limits_and_the_words(found: Found, text: str) -> None:
    view = coverage_card.coverage(found, text)
    check_limits(view)
    allowed = {"quote", "strong", "heading", "subtext", "time"}
    headlines = [*found.related, *(other for quote in found.answer.quotes for other in quote.also_in)]
    headlines += [found.article.headline] if found.article else []
    for url in [*(one.link for one in headlines), *(one.link or one.url for one in found.answer.quotes)]:
        allowed |= links_to(url)
    quoted = [quote.text for quote in found.answer.quotes] + ([found.article.lead] if found.article else [])
    for text in items(view):
        runs = read(text)
        assert all(run.styles <= allowed for run in runs)
        shown_quote = bare("".join(run.text for run in runs if "quote" in run.styles))
        assert not shown_quote or any(shown_quote in bare(one) for one in quoted)


@given(found=coverings)
@settings(deadline=None, max_examples=15)
def test_coverage_is_what_discord_takes(schema: Callable[[Any], None], found: Found) -> None:
    schema(payload(coverage_card.coverage(found, "text")))


@given(found=pages(), around=contexts())
@settings(deadline=None, max_examples=20)
def test_an_answer_with_buttons_and_a_context_are_what_discord_takes(
    schema: Callable[[Any], None], found: Page, around: Context
) -> None:
    schema(payload(answer_card.answer(found.answer, found, pager=found.place.asker)))
    schema(payload(context_card.context(around)))


@given(diffs, texts)
@settings(deadline=None, max_examples=25)
def test_a_diff_keeps_the_limits(found: Diff, heading: str) -> None:
    check_limits(reply.diff(heading, found))


@given(
    st.builds(
        Stats,
        coverages,
        *[st.integers(0, 10**9)] * 2,
        names,
        st.none() | st.integers(1, 9999),
        st.integers(0, 10**9),
        st.lists(sources, max_size=40).map(tuple),
        st.integers(0),
    )
)
@settings(deadline=None, max_examples=25)
def test_an_introduction_keeps_the_limits(stats: Stats) -> None:
    check_limits(reply.about(stats, "1.0", "</ask:1>"))


@given(
    st.none()
    | st.builds(
        Progress,
        st.sampled_from(["reading", "encoding"]),
        st.integers(0, 10**9),
        st.none() | st.integers(0, 10**9),
        st.integers(0, 10**9),
    ),
    texts,
)
@settings(deadline=None, max_examples=25)
def test_progress_and_notices_keep_the_limits(progress: Progress | None, text: str) -> None:
    check_limits(reply.underway(text, progress, text))
    check_limits(reply.notice(text + "."))


@given(found=answers)
@settings(deadline=None, max_examples=20)
def test_an_answer_is_what_discord_takes(schema: Callable[[Any], None], found: Answer) -> None:
    schema(payload(answer_card.answer(found)))


@given(diffs)
@settings(deadline=None, max_examples=20)
def test_a_diff_is_what_discord_takes(schema: Callable[[Any], None], found: Diff) -> None:
    schema(payload(reply.diff("Re-indexed", found)))


def test_what_discord_would_read_as_markdown_is_read_as_such_by_these_tests() -> None:
    source = (
        "**a** *b* _c_ __d__ ~~e~~ ||f|| `g` <@1> :h: https://i.jk [l](https://m.no)\n> p\n- q\n-# r\n# s"
    )
    styles = {name for run in read(source) for name in run.styles}
    assert styles == {
        *("strong", "emphasis", "underline", "strike", "spoiler", "code", "mention", "emoji", "autolink"),
        *("link:https://m.no", "quote", "list", "subtext", "heading"),
    }


@given(texts)
def test_escaped_text_is_shown_as_it_is_written(text: str) -> None:
    runs = read(escape(text))
    assert not any(run.styles for run in runs)
    assert bare("".join(run.text for run in runs)) == bare(text)


@given(texts, st.integers(1, 300))
def test_plain_text_is_cut_at_its_end_only(text: str, most: int) -> None:
    escaped = plain(text, most)
    text = " ".join(re.sub("[\u202a-\u202e\u2066-\u2069]", "", text).split())
    assert size(escaped) <= most
    assert shown(escaped) == text or text.startswith(shown(escaped).removesuffix("…"))


def test_a_long_paragraph_is_shown_as_whole_sentences_around_the_answering_one() -> None:
    before, after = "Not yet at all. " * 60, " Later it did." * 60
    quote = make_quote(f"{before}It sailed.{after}", "It sailed.")

    (item, dots) = [
        item for item in items(answer_card.answer(make_answer(quote))) if "sailed" in item or item == "-# …"
    ]

    quoted = shown(item, "quote")
    assert 400 < len(quoted) < 700
    assert quoted.startswith("Not yet at all. ")
    assert quoted.endswith(" Later it did.")
    assert "-# …\n> " in item
    assert dots == "-# …"


def test_a_paragraph_that_fits_is_shown_whole_and_without_dots() -> None:
    text = "\n".join(items(answer_card.answer(make_answer(make_quote()))))
    assert shown(text, "quote") == make_quote().text
    assert "…" not in text


def test_a_sentence_that_is_too_long_for_a_message_is_cut_between_words() -> None:
    sentence = "word " * 1900 + "end."
    (item,) = [
        item
        for item in items(answer_card.answer(make_answer(make_quote(sentence, sentence))))
        if shown(item, "quote")
    ]
    assert shown(item, "quote").endswith("word")
    assert len(shown(item, "quote")) > 3000


def test_five_long_quotes_share_the_room() -> None:
    text = "The ferry sailed at noon. " * 400
    quote = make_quote(text, "The ferry sailed at noon.")
    view = answer_card.answer(make_answer(*[quote] * 5))
    shown_quotes = [item for item in items(view) if shown(item, "quote")]
    assert len(shown_quotes) == 5
    assert all(len(shown(item, "quote")) > 300 for item in shown_quotes)


def test_a_link_too_long_for_its_card_leads_to_the_article_without_the_sentence() -> None:
    quote = make_quote(link="https://example.com/a#:~:text=" + "%EA%B9%80" * 400)
    quotes = [replace(quote, url=f"https://example.com/{number}") for number in range(3)]
    text = "\n".join(items(answer_card.answer(make_answer(*quotes))))
    assert shown(text, "link:https://example.com/a") == "Ferries sail again" * 3


def test_three_excerpts_of_one_article_say_its_title_once() -> None:
    found = make_answer(
        make_quote(),
        make_quote(url="https://example.org/other", link="https://example.org/other", title="Other"),
        make_quote(),
    )
    text = "\n".join(items(answer_card.answer(found)))
    assert text.count("Ferries sail again") == 1
    assert text.index("In the same article") < text.index("Other")
    assert shown(text, f"link:{make_quote().link}") == "Ferries sail againIn the same article"


def test_two_articles_of_one_outlet_are_told_apart_by_their_buttons() -> None:
    found = make_answer(
        make_quote(),
        make_quote(url="https://example.org/other", link="https://example.org/other", title="Other"),
    )
    assert [button["label"] for button in buttons(answer_card.answer(found))] == [
        "Ferries sail again",
        "Other",
    ]


def test_a_button_cannot_turn_its_label_around() -> None:
    found = make_answer(make_quote(source="Pap\u202eer\u200b" + "x" * 100))
    (button,) = buttons(answer_card.answer(found))
    assert button["label"].startswith("Pap er xxx")
    assert button["label"].endswith("x…")


def test_an_article_without_an_address_is_named_by_its_file() -> None:
    quote = make_quote(url="file:///srv/news/a%20page.txt", link="", source="", published=None)
    (item,) = [item for item in items(answer_card.answer(make_answer(quote))) if "Ferries" in item]
    assert "a page.txt · date unknown" in shown(item)
    assert "/srv/news" not in item
    assert not any(name.startswith("link:") for run in read(item) for name in run.styles)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (date(2026, 3, 12), "12 March 2026"),
        (datetime(2026, 3, 12, 9, 30, tzinfo=UTC), "<t:1773307800:D>"),
        # Midnight stands for a day without a time, which no reader's time zone may move.
        (datetime(2026, 3, 12, tzinfo=UTC), "12 March 2026"),
        (None, "date unknown"),
    ],
)
def test_a_moment_is_shown_in_the_readers_zone_and_a_day_as_it_is(
    moment: date | datetime | None, expected: str
) -> None:
    text = "\n".join(items(answer_card.answer(make_answer(make_quote(published=moment)))))
    assert f"-# The Saltmere Post · {expected}\n" in text


def test_a_headline_that_looks_like_an_address_does_not_hide_where_it_leads() -> None:
    quote = make_quote(title="https://bank.example", link="https://evil.example/x")
    text = "\n".join(items(answer_card.answer(make_answer(quote))))
    assert shown(text, "link:https://evil.example/x") == "open"


def test_brackets_in_a_headline_do_not_break_its_link() -> None:
    quote = make_quote(title="[Video] Storm :] hits")
    text = "\n".join(items(answer_card.answer(make_answer(quote))))
    assert shown(text, f"link:{quote.link}") == "(Video) Storm :) hits"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a#:~:text=a%20b", "https://example.com/a#:~:text=a%20b"),
        ("https://example.com/a_(b)*c|d e", "https://example.com/a_%28b%29%2Ac%7Cd%20e"),
        ("https://example.com/é?q=[1]", "https://example.com/%C3%A9?q=%5B1%5D"),
        ("https://zürich.example/", "https://xn--zrich-kva.example/"),
        ("HTTPS://Example.com:8443/A", "https://example.com:8443/A"),
        ("https://bank.example@evil.example/", ""),
        ("javascript:alert(1)", ""),
        ("file:a.txt", ""),
        ("https://", ""),
        ("https://localhost/", ""),
        ("https://[::1", ""),
        ("https://example.com:port/", ""),
        ("https://example.com/" + "a" * MOST_LINK, ""),
    ],
)
def test_only_an_address_that_discord_opens_becomes_a_link(url: str, expected: str) -> None:
    assert address(url) == expected


def test_a_title_cannot_turn_the_words_beside_it_around() -> None:
    quote = make_quote(title="\u202emoc.elpmaxe\u2066 is down", source="Pa\u202eper")
    text = "\n".join(items(answer_card.answer(make_answer(quote))))
    assert shown(text, f"link:{quote.link}") == "moc.elpmaxe is down"
    assert "Paper · 12 March 2026" in text


def test_long_lists_say_how_many_more_there_are() -> None:
    urls = tuple(f"https://example.com/{number}" for number in range(1000))
    failed = tuple(Failure(f"/a/{number}.txt", "is empty") for number in range(1000))
    text = shown("\n".join(items(reply.diff("Re-indexed", Diff(urls, (), (), (), failed)))))
    assert "example.com/9and 990 more" in text
    assert "9.txt: is emptyand 990 more" in text


def payload(view: ui.LayoutView) -> Any:
    """What is sent for ``view``."""
    with handle_message_parameters(view=view) as parameters:
        return parameters.payload


def items(view: ui.LayoutView) -> list[str]:
    """The texts of a card, from its top."""
    return list(_texts(view.to_components()))


def _texts(components: list[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        if "content" in component:
            yield component["content"]
        yield from _texts(component.get("components", []))


def buttons(view: ui.LayoutView) -> list[dict[str, Any]]:
    """The buttons of a card, from its top."""
    return list(_buttons(view.to_components()))


def _buttons(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        if component["type"] == 2:
            yield component
        yield from _buttons(component.get("components", []))
        yield from _buttons([component["accessory"]] if "accessory" in component else [])


def check_limits(view: ui.LayoutView) -> None:
    texts = items(view)
    ids = [button["custom_id"] for button in buttons(view) if "custom_id" in button]
    assert len(ids) == len({*ids})
    assert all(len(one) <= 100 for one in ids)
    for button in buttons(view):
        assert len(button.get("label") or "") <= 80
        assert button.get("label") or button.get("emoji")
        assert len(button.get("url") or "") <= 512
    assert all(text.strip() for text in texts)
    assert sum(len(text.encode("utf-16-le")) // 2 for text in texts) <= 4000
    assert view.total_children_count <= 40
    for text in texts:
        for run in read(text):
            for style in run.styles:
                assert len(style.removeprefix("link:")) <= 2048


def check_words(found: Answer, texts: list[str]) -> None:
    """A quotation is of the paragraph, word for word, and the answering sentence in it is bold."""
    quoted = [text for text in texts if shown(text, "quote")]
    assert len(quoted) == (min(5, len(found.quotes)) if found.answered else 0)
    shown_quotes = found.quotes[:5]
    urls = [quote.url for quote in shown_quotes]
    in_order = sorted(shown_quotes, key=lambda quote: urls.index(quote.url))
    for quote, text in zip(in_order, quoted, strict=False):
        runs = [run for run in read(text) if "quote" in run.styles]
        assert all(run.styles <= {"quote", "strong"} for run in runs)
        assert bare("".join(run.text for run in runs)) in bare(quote.text)
        bold = bare("".join(run.text for run in runs if "strong" in run.styles))
        assert bold == bare(quote.sentence) or (len(bold) > 60 and bare(quote.sentence).startswith(bold))


def check_effects(found: Answer, texts: list[str]) -> None:
    """Nothing that an article says has an effect, and no link leads elsewhere than to an article."""
    headlines = [*found.headlines, *(other for quote in found.quotes for other in quote.also_in)]
    urls = [quote.link or quote.url for quote in found.quotes] + [headline.link for headline in headlines]
    allowed = {"quote", "strong", "heading", "subtext", "time", "mention"}
    allowed |= {style for url in urls for style in links_to(url)}
    for text in texts:
        for run in read(text):
            assert run.styles <= allowed


def links_to(url: str) -> set[str]:
    """The styles that a link to an address may have, with its fragment or without."""
    return {f"link:{address(url)}", f"link:{address(url.partition('#')[0])}"}


def bare(text: str) -> str:
    """Text without the white space on which Discord has its own views."""
    return "".join(text.split())
