"""What the bot sends: always within Discord's limits, and always what the articles say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from discord import ui
from discord.http import handle_message_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import answer_card, reply
from bot.markdown import MOST_LINK, address, escape, plain, size
from corpus.reading import Failure
from corpus.store import SourceCount
from index.answer import Answer, Coverage, Headline, Question, Quote
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


@pytest.fixture(scope="module")
def schema(shared: Callable[[str], Path]) -> Callable[[Any], None]:
    """Checks a message against Discord's own description of its interface."""
    document = json.loads(shared("discord-openapi.json").read_text())
    validator = jsonschema.Draft202012Validator(
        {
            "$ref": "#/components/schemas/IncomingWebhookUpdateRequestPartial",
            "components": document["components"],
        }
    )
    return validator.validate  # type: ignore[no-any-return]


@given(answers)
@settings(deadline=None, max_examples=80)
def test_an_answer_keeps_the_limits_and_the_words(found: Answer) -> None:
    view = answer_card.answer(found)
    check_limits(view)
    check_words(found, items(view))
    check_effects(found, items(view))


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
    text = " ".join(text.split())
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
    text = "\n".join(items(answer_card.answer(make_answer(quote, quote, quote))))
    assert shown(text, "link:https://example.com/a") == "Ferries sail again" * 3


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
        (datetime(2026, 3, 12, 9, 30, tzinfo=UTC), "<t:1773307800:f>"),
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


def check_limits(view: ui.LayoutView) -> None:
    texts = items(view)
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
    for quote, text in zip(found.quotes, quoted, strict=False):
        runs = [run for run in read(text) if "quote" in run.styles]
        assert all(run.styles <= {"quote", "strong"} for run in runs)
        assert bare("".join(run.text for run in runs)) in bare(quote.text)
        bold = bare("".join(run.text for run in runs if "strong" in run.styles))
        assert bold == bare(quote.sentence) or (len(bold) > 60 and bare(quote.sentence).startswith(bold))


def check_effects(found: Answer, texts: list[str]) -> None:
    """Nothing that an article says has an effect, and no link leads elsewhere than to an article."""
    headlines = [*found.headlines, *(other for quote in found.quotes for other in quote.also_in)]
    urls = [quote.link or quote.url for quote in found.quotes] + [headline.link for headline in headlines]
    targets = {address(url) for url in urls} | {address(url.partition("#")[0]) for url in urls}
    allowed = {"quote", "strong", "heading", "subtext", "time", *(f"link:{target}" for target in targets)}
    for text in texts:
        for run in read(text):
            assert run.styles <= allowed


def bare(text: str) -> str:
    """Text without the white space on which Discord has its own views."""
    return "".join(text.split())
