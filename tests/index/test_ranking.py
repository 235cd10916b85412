"""What makes one passage a better answer than another, a figure at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from index.highlight import answering_sentences
from index.ranking import (
    FEATURES,
    SIGNS,
    Candidates,
    Query,
    Scorer,
    Statistics,
    Weights,
    confidence,
    read_query,
    recency,
    signs,
)
from index.words import Reader, Words

READER = Reader()
NAMES = {READER.stem(word) for word in ("lum", "rez", "hollin", "quoll", "courier", "ana", "bo", "monday")}
PLACES = {READER.stem(word) for word in ("hollin", "quoll")}
DAY = 740_000


def statistics(numbers: Words) -> Statistics:
    stems = [READER.vocabulary.stems[number] for number in numbers]
    return Statistics(
        rarity=np.array([1.0 if stem in {"ferri", "the"} else 5.0 for stem in stems], np.float32),
        name=np.array([stem in NAMES for stem in stems], bool),
        place=np.array([stem in PLACES for stem in stems], bool),
    )


@pytest.fixture
def scorer() -> Scorer:
    return Scorer(READER, statistics, Weights.load())


def query(question: str) -> Query:
    return read_query(question, DAY, READER, statistics)


def candidates(*texts: str, articles: Sequence[int] | None = None, **facts: Sequence[float]) -> Candidates:
    """Passages, each of an article of its own unless ``articles`` says otherwise."""
    owner = np.array(articles if articles is not None else range(len(texts)))
    count = int(owner.max()) + 1

    def fact(name: str, default: float, size: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.array(facts.get(name, [default] * size), np.float32)

    return Candidates(
        words=[READER.read(text) for text in texts],
        article=owner,
        position=fact("position", 0, len(texts)).astype(np.int64),
        dense=fact("dense", 0.5, len(texts)),
        titles=[READER.read("A title")] * count,
        outlets=np.zeros(count, np.int64),
        paragraphs=np.full(count, 10),
        days=np.array(facts.get("days", [DAY] * count), np.float64),
        in_period=fact("in_period", 0, count).astype(bool),
        from_outlet=fact("from_outlet", 0, count).astype(bool),
        bm25=fact("bm25", 1, count),
        held=fact("held", 1, count),
        corpus=1000,
    )


def best(scorer: Scorer, question: str, found: Candidates) -> int:
    return int(scorer.rank(query(question), found).order[0])


def figures(scorer: Scorer, name: str, question: str, found: Candidates) -> list[float]:
    features, _ = scorer.measure(query(question), found)
    return features[:, FEATURES.index(name)].tolist()


FILLER = "The harbour was quiet and nobody knew what would come of it."


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("Who steers the ferry?", "The ferry is steered by Ana Lum."),
        ("Where did the ferry land?", "The ferry landed at last in Quoll."),
        ("How many people were on the ferry?", "The ferry carried 12 people."),
        ("When will the ferry sail?", "The ferry will sail on Monday."),
    ],
)
def test_a_passage_with_a_word_of_the_wanted_kind_comes_first(
    scorer: Scorer, question: str, answers: str
) -> None:
    found = candidates("The ferry was steered and landed and carried people, and will sail.", answers)
    assert best(scorer, question, found) == 1


def test_what_the_question_says_itself_is_no_answer(scorer: Scorer) -> None:
    assert figures(scorer, "answers", "Who met Ana Lum?", candidates("Ana Lum sailed.")) == [0.0]


def test_passages_that_agree_rise(scorer: Scorer) -> None:
    found = candidates("The ferry landed in Quoll.", "A ferry, they say, is in Hollin.", "It lies in Quoll.")
    votes = figures(scorer, "article_votes", "Where did the ferry land?", found)
    assert votes[0] == votes[2] > votes[1] > 0
    assert best(scorer, "Where did the ferry land?", found) == 0


def test_an_article_votes_once_however_often_it_says_it(scorer: Scorer) -> None:
    texts = ["The ferry landed in Quoll.", *["The ferry is in Hollin."] * 3]
    one = figures(scorer, "article_votes", "Where is it?", candidates(*texts, articles=[0, 1, 1, 1]))
    many = figures(scorer, "article_votes", "Where is it?", candidates(*texts))
    assert one[1] / one[0] < many[1] / many[0]


def test_the_newer_comes_first_where_nothing_else_tells(scorer: Scorer) -> None:
    assert best(scorer, "ferry", candidates("The ferry.", "The ferry.", days=[DAY - 30, DAY])) == 1


def test_an_unknown_day_is_neither_favoured_nor_hidden() -> None:
    known = recency(DAY, np.array([DAY, DAY - 7]), 7)
    assert known.tolist() == [1.0, 0.5]
    assert recency(DAY, np.array([DAY, np.nan, DAY - 7]), 7)[1] == pytest.approx(0.75)
    assert recency(DAY, np.array([np.nan, np.nan]), 7).tolist() == [1.0, 1.0]


def test_an_article_from_the_period_or_outlet_that_is_named_comes_first(scorer: Scorer) -> None:
    assert best(scorer, "ferry", candidates("The ferry.", "The ferry.", in_period=[0, 1])) == 1
    assert best(scorer, "ferry", candidates("The ferry.", "The ferry.", from_outlet=[0, 1])) == 1


def test_a_paraphrase_is_found_by_its_meaning(scorer: Scorer) -> None:
    assert best(scorer, "When does the boat leave?", candidates(FILLER, FILLER, dense=[0.1, 0.6])) == 1


def test_pairs_of_words_count_where_they_stand_together(scorer: Scorer) -> None:
    found = candidates("The harbour ferry.", "A ferry in the harbour.")
    assert figures(scorer, "pairs", "harbour ferry", found) == [1.0, 0.0]


def test_confidence_rises_with_the_evidence(scorer: Scorer) -> None:
    question = query("Where did the ferry land?")
    weak = scorer.rank(question, candidates(FILLER, dense=[0.1], held=[0], bm25=[0]))
    strong = scorer.rank(
        question,
        candidates(*["The ferry landed in Quoll."] * 2, dense=[0.8] * 2, held=[6] * 2),
    )
    assert 0 <= confidence(weak, scorer.weights) < confidence(strong, scorer.weights) <= 1
    assert len(signs(weak, scorer.weights)) == len(SIGNS)


def test_the_order_does_not_depend_on_the_order_of_the_candidates(scorer: Scorer) -> None:
    texts = ["The ferry landed in Quoll.", "The ferry is in Hollin.", FILLER]
    question = query("Where did the ferry land?")
    forward = [texts[place] for place in scorer.rank(question, candidates(*texts)).order]
    backward = [texts[::-1][place] for place in scorer.rank(question, candidates(*texts[::-1])).order]
    assert forward == backward


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who steers the ferry?", "Ana Lum is at the wheel of the ferry."),
        ("How many people sailed?", "Some 12 people sailed."),
        ("What was sealed?", "Engineers sealed the crack."),
    ],
)
def test_the_sentence_that_answers_is_chosen(scorer: Scorer, question: str, sentence: str) -> None:
    text = (
        "It was a fine day. Ana Lum is at the wheel of the ferry. Some 12 people sailed."
        " Engineers sealed the crack."
    )
    asked = query(question)
    votes = scorer.rank(asked, candidates(text)).votes
    ((start, end),) = answering_sentences([(text, "en")], asked, votes, scorer, READER)
    assert text[start:end] == sentence


def test_the_sentences_of_many_passages_are_those_of_each_alone(scorer: Scorer) -> None:
    texts = [
        ("It was a fine day. Ana Lum is at the wheel of the ferry.", "en"),
        ("—", "en"),
        ("Who knows? The ferry is late. Ana Lum steers the ferry, and Bo Tarn the tug. Bo Tarn waved.", "en"),
        ("Nothing else happened.", "en"),
        (FILLER, "en"),
    ]
    asked = query("Who steers the ferry?")
    votes = scorer.rank(asked, candidates(*(text for text, _ in texts))).votes
    alone = [answering_sentences([one], asked, votes, scorer, READER)[0] for one in texts]
    assert answering_sentences(texts, asked, votes, scorer, READER) == alone
    assert [text[start:end] for (text, _), (start, end) in zip(texts, alone, strict=True)][:3] == [
        "Ana Lum is at the wheel of the ferry.",
        "—",
        "Ana Lum steers the ferry, and Bo Tarn the tug.",
    ]


def test_no_passage_has_no_sentence(scorer: Scorer) -> None:
    assert answering_sentences([], query("ferry"), {}, scorer, READER) == []


def test_a_text_without_a_sentence_is_shown_whole(scorer: Scorer) -> None:
    assert answering_sentences([("—", "en")], query("ferry"), {}, scorer, READER) == [(0, 1)]


def test_a_question_of_stop_words_only_is_still_a_question(scorer: Scorer) -> None:
    found = candidates("Who is it?", FILLER)
    assert query("Who is it?").terms == ("who", "is", "it")
    assert len(scorer.rank(query("Who is it?"), found).order) == 2


def test_weights_have_a_value_for_every_figure() -> None:
    weights = Weights.load()
    assert len(weights.features) == len(FEATURES)
    assert replace(weights, bias=0.0).bias == 0.0
