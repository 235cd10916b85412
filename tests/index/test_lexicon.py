"""Words find passages and articles, whatever their case, accents and endings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from corpus.store import ArticleText
from index import lexicon as module
from index.answer import Limits
from index.lexicon import Lexicon
from index.ranking import Query, Statistics, read_query
from index.words import Reader

FERRY = ArticleText(
    1,
    "Ferry sails again",
    ((11, "The ferry sailed at noon."), (12, "Gyökeres was on board.")),
    date(2026, 10, 2).toordinal(),
    "The Lantern",
)
DAM = ArticleText(
    2,
    "Dam repaired",
    ((21, "The dam holds 3,500 tonnes of water."), (22, "Nobody sailed there.")),
    date(2026, 11, 24).toordinal(),
    "Courier",
)
UNDATED = ArticleText(3, "Boat", ((31, "Nobody knows when it sailed."),), None, "Herald")
STORE = 4711
READER = Reader()


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    made = Lexicon(tmp_path / "lexicon", STORE, READER)
    made.update([], [[FERRY], [DAM]], 5)
    made.reload()
    return made


def query(lexicon: Lexicon, question: str) -> Query:
    return read_query(question, 0, READER, lexicon.statistics)


def statistics(lexicon: Lexicon, *stems: str) -> Statistics:
    return lexicon.statistics(READER.vocabulary.numbers(stems))


def passages(lexicon: Lexicon, question: str, limits: Limits | None = None) -> list[int]:
    return lexicon.passages(query(lexicon, question).terms, 10, limits)[0].tolist()


def articles(lexicon: Lexicon, question: str) -> list[int]:
    return lexicon.articles(query(lexicon, question).terms, 10)[0].tolist()


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("When did the FERRIES sail?", 11),
        ("gyokeres", 12),
        ("ＧＹＯ̈ＫＥＲＥＳ", 12),
        ("How much water?", 21),
        ("3,500", 21),
    ],
)
def test_a_passage_is_found_by_its_words(lexicon: Lexicon, question: str, first: int) -> None:
    assert passages(lexicon, question)[0] == first


def test_the_title_finds_all_passages_of_its_article(lexicon: Lexicon) -> None:
    assert set(passages(lexicon, "ferry")) == {11, 12}


def test_an_article_is_found_by_words_from_anywhere_in_it(lexicon: Lexicon) -> None:
    assert articles(lexicon, "Was Gyökeres on the ferry at noon?") == [1]
    assert articles(lexicon, "tonnes") == [2]


@pytest.mark.parametrize("question", ['"AND OR NOT', "title:ferry* ^2 ~", "(((", "NEAR(a b)", "?", "😀", ""])
def test_no_question_is_syntax(lexicon: Lexicon, question: str) -> None:
    passages(lexicon, question)


def test_stop_words_carry_a_question_only_when_it_has_nothing_else(lexicon: Lexicon) -> None:
    assert query(lexicon, "Who was on the ferry?").terms == ("ferri",)
    assert query(lexicon, "Who was it?").terms == ("who", "was", "it")
    assert query(lexicon, "ferry, ferry, ferries").terms == ("ferri",)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(), {11, 12, 22, 31}),
        (Limits(since=date(2026, 10, 3)), {22, 31}),
        (Limits(until=date(2026, 10, 2)), {11, 12, 31}),
        (Limits(since=date(2026, 10, 2), until=date(2026, 11, 24)), {11, 12, 22, 31}),
        (Limits(outlets=(("the lantern",),)), {11, 12}),
        (Limits(outlets=(("Lantern",),)), set()),
        (Limits(outlets=(("The Lantern", "COURIER"), ("Herald", "courier"))), {22}),
        (Limits(until=date(2026, 10, 2), outlets=(("Herald", "Courier"),)), {31}),
    ],
)
def test_only_what_the_limits_let_through_is_found(
    lexicon: Lexicon, limits: Limits, expected: set[int]
) -> None:
    lexicon.update([], [[UNDATED]], 6)
    lexicon.reload()
    assert set(passages(lexicon, "sailed", limits)) == expected
    terms = query(lexicon, "sailed").terms
    assert set(lexicon.articles(terms, 10, limits)[0].tolist()) == {one // 10 for one in expected}


def test_limits_change_no_score(lexicon: Lexicon) -> None:
    terms = query(lexicon, "sailed").terms
    free, limited = (
        lexicon.passages(terms, 10, limits) for limits in (None, Limits(until=date(2026, 10, 2)))
    )
    scores = dict(zip(free[0].tolist(), free[1].tolist(), strict=True))
    assert limited[1].tolist() == pytest.approx([scores[one] for one in (11, 12)])


def test_passages_of_some_articles_alone_can_be_searched(lexicon: Lexicon) -> None:
    def among(articles: list[int]) -> list[int]:
        return lexicon.passages(["sail"], 10, articles=np.array(articles, np.int64))[0].tolist()

    assert among([2]) == [22]
    assert among([]) == []
    assert among([*range(2, 500)]) == [22]


def test_what_little_is_let_through_is_found_behind_much_that_is_not(tmp_path: Path) -> None:
    lexicon = Lexicon(tmp_path / "lexicon", STORE, Reader())
    many = [
        ArticleText(
            n, "Storm", ((n, "storm " * (1 + (n < 690))),), source="Lantern" if n >= 690 else "Herald"
        )
        for n in range(1, 701)
    ]
    lexicon.update([], [many], 1)
    lexicon.reload()
    ids, _ = lexicon.passages(["storm"], 3, Limits(outlets=(("Lantern",),)))
    assert len(ids) == 3
    assert set(ids.tolist()) <= {*range(690, 701)}


def test_a_changed_article_replaces_what_was_there(lexicon: Lexicon) -> None:
    lexicon.update([], [[ArticleText(1, "Airship lands", ((13, "It landed at six."),))]], 6)
    lexicon.reload()
    assert passages(lexicon, "ferry") == []
    assert passages(lexicon, "airship") == [13]
    assert len(lexicon) == 2
    assert lexicon.generation == 6


def test_a_removed_article_is_found_no_more(lexicon: Lexicon) -> None:
    lexicon.update([1], [], 6)
    lexicon.reload()
    assert passages(lexicon, "ferry") == []
    assert articles(lexicon, "ferry") == []


def test_all_goes_when_it_is_made_anew(lexicon: Lexicon) -> None:
    lexicon.update([], [[DAM]], 2, anew=True)
    lexicon.reload()
    assert len(lexicon) == 1
    assert lexicon.generation == 2


def test_what_was_written_is_there_after_a_restart(lexicon: Lexicon, tmp_path: Path) -> None:
    again = Lexicon(tmp_path / "lexicon", STORE, READER)
    assert again.generation == 5
    assert set(passages(again, "ferry")) == {11, 12}


def test_a_lexicon_of_another_store_is_emptied(lexicon: Lexicon, tmp_path: Path) -> None:
    again = Lexicon(tmp_path / "lexicon", STORE + 1, READER)
    assert again.generation == -1
    assert passages(again, "ferry") == []


def test_a_damaged_lexicon_is_emptied_and_can_be_filled(lexicon: Lexicon, tmp_path: Path) -> None:
    for meta in (tmp_path / "lexicon").rglob("meta.json"):
        meta.write_text("{")
    again = Lexicon(tmp_path / "lexicon", STORE, READER)
    assert again.generation == -1
    again.update([], [[FERRY]], 5)
    again.reload()
    assert set(passages(again, "ferry")) == {11, 12}


def test_two_writers_do_not_fight(lexicon: Lexicon, tmp_path: Path) -> None:
    other = Lexicon(tmp_path / "lexicon", STORE, Reader())
    writer = other._passages.writer(20_000_000, 1)
    with pytest.raises(BlockingIOError):
        lexicon.update([], [[FERRY]], 6)
    writer.wait_merging_threads()
    del writer


def test_rare_words_weigh_more_than_common_ones(lexicon: Lexicon) -> None:
    sail, dam, unknown = statistics(lexicon, "sail", "dam", "zzz").rarity
    assert sail < dam < unknown


def test_what_is_said_of_words_changes_with_the_passages(lexicon: Lexicon) -> None:
    sail, dam = statistics(lexicon, "sail", "dam").rarity
    assert sail < dam
    lexicon.update([], [[ArticleText(3, "", tuple((number, "A dam.") for number in range(31, 36)))]], 6)
    lexicon.reload()
    sail, dam = statistics(lexicon, "sail", "dam").rarity
    assert sail > dam


def test_names_and_places_are_known_by_how_they_are_written(tmp_path: Path) -> None:
    lexicon = Lexicon(tmp_path / "lexicon", STORE, READER)
    texts = ["Lum flew to Hollin.", "Lum lives in Hollin.", "The dam in Hollin was built by Lum.", "A dam."]
    lexicon.update([], [[ArticleText(1, "", tuple(enumerate(texts, start=1)))]], 1)
    lexicon.reload()
    found = statistics(lexicon, "lum", "hollin", "dam")
    assert found.name.tolist() == [True, True, False]
    assert found.place.tolist() == [False, True, False]


def test_the_article_of_a_passage_is_known(lexicon: Lexicon) -> None:
    assert lexicon.articles_of(np.array([22, 11, 99, 12], np.int64)).tolist() == [2, 1, 0, 1]
    assert lexicon.articles_of(np.empty(0, np.int64)).tolist() == []


def test_articles_are_measured_whether_they_match_or_not(lexicon: Lexicon) -> None:
    weights = np.array([2.0, 3.0], np.float32)
    articles = np.array([2, 1, 99])
    assert lexicon.held(["ferri", "sail"], weights, articles).tolist() == [3.0, 5.0, 0.0]
    bm25 = lexicon.relevance(["ferri", "sail"], articles)
    assert bm25[1] > bm25[0] > bm25[2] == 0


def test_after_many_changes_the_folder_is_opened_anew_and_found_as_before(
    lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHANGES", 3)
    opened = []
    for number in range(8):
        article = ArticleText(100 + number, "Boat", ((1000 + number, f"The boat{number} sank."),))
        lexicon.update([99 + number], [[article]], 6 + number)
        lexicon.reload()
        lexicon.reload()
        assert passages(lexicon, f"boat{number}") == [1000 + number]
        assert lexicon.generation == 6 + number
        opened.append(lexicon._passages)
    assert len(set(map(id, opened))) == 4
    assert articles(lexicon, "sank") == [107]
