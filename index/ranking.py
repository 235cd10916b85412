"""Candidates in the order in which they answer a question, and how sure we may be.

The score is a weighted sum of some figures about a passage, its article and the question. The idea that
carries most: a question names the kind of thing that it wants, the answer is not in the question, and
passages that answer agree on it. So the words of the wanted kind are read from the candidates, each article
votes for them once, and passages that hold what the others hold rise. The weights are fitted by
``benchmarks/fit.py``.

All arrays run along the candidates, their articles, or the distinct words of the candidates (the vocabulary).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from index.arrays import distinct
from index.asked import PLACED, Kind, kind_of
from index.words import SHIFT, STOP_WORDS, Ints, Mark, Reader, Words, laid_out, split

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Votes = dict[int, float]

_FEW = 7  # words that a question is taken to have at least: what has fewer is met as fully
WINDOW = 130  # words of a passage that are looked at: about what a reader is shown of it

FEATURES = (
    "passage",  # BM25 of title and text, as a share of the question's weight
    "article",  # BM25 of the whole article, as a share of the rarity of the question's words among articles
    "dense",  # cosine of question and passage
    "week",  # 1 for today, half of it for 7 days ago, …; as far as the article holds the question's words,
    "fortnight",  # so that news of today does not answer what it has nothing to do with
    "period",  # likewise, 1 where the question speaks of a period and the article is of it
    "outlet",  # 1 where the question names an outlet and the article is of it
    "lead",  # 1, 1/2, 1/3, … by position in the article
    "article_terms",  # share of the question's words, by weight, that the article holds
    "pairs",  # share of the question's word pairs that the passage holds
    "answers",  # log of the number of words of the wanted kind
    "place_answer",  # 1 where a place, time or number is wanted and there is one
    "votes",  # the best vote by other passages for a word of the wanted kind
    "article_votes",  # the best vote, each article voting once
    "near_answer",  # share of the question's words beside a word of the wanted kind
)
SIEVE = (  # what is known of a passage before it is read, named as above;
    "dense",
    "passage",  # BM25 as a share of the best, 0 where the search by words did not bring it
    "article_terms",
    "week",
    "fortnight",
)
SIGNS = ("evidence", "article", "year", "dense", "article_terms", "terms", "size")
CLUES = ("terms", "answers", "votes", "first")


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the corpus says of some words: how rare each is, whether it is a name, whether a place."""

    rarity: Floats
    name: Bools
    place: Bools


@dataclass(frozen=True, slots=True)
class Query:
    """A question, read once. ``terms`` are its stems that carry it, each once, with their ``weights``.

    Where it has only ``stop_words``, these are its terms.
    """

    kind: Kind
    day: int
    terms: tuple[str, ...]
    weights: Floats
    stems: tuple[str, ...]
    stop_words: bool


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages that may answer, and what the indexes know of them.

    Per passage: ``words``, ``article`` (a place in the lists of articles), ``position`` in the article,
    ``dense`` cosine. Per article: ``titles``, ``outlets`` (a number for each), ``paragraphs`` (their number),
    ``days`` (NaN where unknown), ``in_period`` and ``from_outlet`` (whether it is of what the question speaks
    of), ``bm25`` of the whole article, ``held`` (the share of the question's terms, by weight, that it
    holds).
    ``corpus`` is the number of passages in all.
    """

    words: Sequence[Words]
    article: Ints
    position: Ints
    dense: Floats
    titles: Sequence[Words]
    outlets: Ints
    paragraphs: Ints
    days: npt.NDArray[np.float64]
    in_period: Bools
    from_outlet: Bools
    bm25: Floats
    held: Floats
    corpus: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates by score: ``order`` are places in them, best first; the rest is in that order.

    ``features`` has a column for each of ``FEATURES``; ``year`` is the newness with a half-life of a year;
    ``votes`` are those of articles for words, by the number of the stem; ``terms`` is the number of the
    question's.
    """

    order: Ints
    scores: Floats
    features: Floats
    year: Floats
    votes: Votes
    terms: int
    corpus: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What was fitted: a weight for each figure of the sieve, each feature, each sign of confidence, and each
    clue to the sentence."""

    sieve: Floats
    features: Floats
    signs: Floats
    bias: float
    clues: Floats

    @classmethod
    @cache
    def load(cls) -> Weights:
        """The weights that are shipped, from ``weights.json``."""
        values = json.loads(files(__package__).joinpath("weights.json").read_text())
        return cls.of(values)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Weights:
        """Weights by name, as in ``weights.json``."""
        return cls(
            np.array([values["sieve"][name] for name in SIEVE], np.float32),
            np.array([values["features"][name] for name in FEATURES], np.float32),
            np.array([values["signs"][name] for name in SIGNS], np.float32),
            float(values["bias"]),
            np.array([values["clues"][name] for name in CLUES], np.float32),
        )


def read_query(question: str, day: int, reader: Reader, statistics: Callable[[Words], Statistics]) -> Query:
    """Read a question that is asked on a day (a proleptic ordinal)."""
    words = [(reader.stem(word), word.lower() in STOP_WORDS) for word in split(question)]
    stems = tuple(stem for stem, _ in words)
    stop_words = all(stop for _, stop in words)
    carrying = tuple(dict.fromkeys(stem for stem, stop in words if stop_words or not stop))
    rarity = statistics(reader.vocabulary.numbers(carrying)).rarity
    return Query(kind_of(question), day, carrying, rarity, stems, stop_words)


class Scorer:
    """Measures candidates with the statistics of one corpus. What it is given was read by its reader."""

    def __init__(self, reader: Reader, statistics: Callable[[Words], Statistics], weights: Weights) -> None:
        """``statistics`` says of stems, by their numbers, what the corpus says of them."""
        self._reader = reader
        self._statistics = statistics
        self.weights = weights

    def rank(self, query: Query, candidates: Candidates) -> Ranking:
        """Order candidates; a few hundred take some milliseconds."""
        features, votes = self.measure(query, candidates)
        return ranked(query, candidates, features, votes, self.weights.features)

    def measure(self, query: Query, candidates: Candidates) -> tuple[Floats, Votes]:
        """The figures named in ``FEATURES``, a row for each candidate, and the articles' votes."""
        text = self._text(query, candidates.words)
        count, of_article = len(candidates.words), candidates.article
        total = float(query.weights.sum()) or 1.0
        titles, title_row, title_lengths = laid_out(candidates.titles)
        in_titles = _counts(
            _find(titles >> SHIFT, text.terms), title_row, len(title_lengths), len(text.terms)
        )
        lengths = np.array([len(words) for words in candidates.words]) + title_lengths[of_article]
        bm25 = _bm25(text.counts + in_titles[of_article], query.weights, lengths)
        week, fortnight = (recency(query.day, candidates.days, half)[of_article] for half in (7, 14))
        held = candidates.held[of_article]
        has = np.bincount(text.row[text.wanted], minlength=count)
        trust = 8 * _share(bm25) + 4 * _share(candidates.bm25)[of_article] + 3 * fortnight
        trust = np.exp(trust - trust.max())
        by_passage, by_article, votes = _votes(text, trust / trust.sum(), of_article)
        columns = {
            "passage": bm25 / total,
            "article": candidates.bm25[of_article],
            "dense": candidates.dense,
            "week": week * held,
            "fortnight": fortnight * held,
            "period": candidates.in_period[of_article] * held,
            "outlet": candidates.from_outlet[of_article],
            "lead": 1 / (1 + candidates.position),
            "article_terms": held,
            "pairs": _pairs(query, text, count),
            "answers": np.log1p(has),
            "place_answer": (has > 0) * (query.kind in PLACED),
            "votes": by_passage,
            "article_votes": by_article,
            "near_answer": _near(query, text, count) / total,
        }
        features = np.empty((count, len(FEATURES)), np.float32)
        for place, name in enumerate(FEATURES):
            features[:, place] = columns[name]
        return features, votes

    def best_sentences(self, query: Query, votes: Votes, passages: Sequence[Sequence[Words]]) -> list[int]:
        """Which of the sentences of each passage answers; ``votes`` are the ranking's."""
        if not passages:
            return []
        scores = self.measure_sentences(query, votes, passages) @ self.weights.clues
        ends = np.cumsum([len(sentences) for sentences in passages])
        return [int(np.argmax(part)) for part in np.split(scores, ends[:-1])]

    def measure_sentences(self, query: Query, votes: Votes, passages: Sequence[Sequence[Words]]) -> Floats:
        """The figures named in ``CLUES``, a row for each sentence of each passage, which all have some: the
        share of the question's words, the log number of words of the wanted kind, the best vote for one of
        them as a share of that of the passage's best sentence, and whether it is the first."""
        lengths = np.array([len(sentences) for sentences in passages])
        passage = np.repeat(np.arange(len(passages)), lengths)
        text = self._text(query, [words for sentences in passages for words in sentences])
        count = len(passage)
        row, words = text.row[text.wanted], text.words[text.wanted]
        voted = np.fromiter((votes.get(word, 0.0) for word in words.tolist()), np.float32, len(words))
        best = _best(voted, row, count)
        greatest = _best(best, passage, len(passages))
        columns = [
            (text.counts > 0) @ query.weights / (float(query.weights.sum()) or 1.0),
            np.log1p(np.bincount(row, minlength=count)),
            best / np.where(greatest > 0, greatest, 1)[passage],
            np.diff(passage, prepend=-1) > 0,
        ]
        return np.stack(columns, axis=1).astype(np.float32)

    def _text(self, query: Query, texts: Sequence[Words]) -> _Text:
        words, row, lengths = laid_out([one[:WINDOW] for one in texts])
        stems = words >> SHIFT
        # The terms first, since they are the words of the question that are counted one by one.
        known = self._reader.vocabulary.numbers(dict.fromkeys(query.terms + query.stems))
        terms = known[: len(query.terms)]
        place = _find(stems, known)
        asked, term = place >= 0, np.where(place < len(terms), place, -1)
        statistics = self._statistics(stems)
        return _Text(
            terms=terms,
            words=stems,
            rarity=statistics.rarity,
            row=row,
            within=np.arange(len(words)) - np.repeat(np.cumsum(lengths) - lengths, lengths),
            term=term,
            counts=_counts(term, row, len(texts), len(terms)),
            wanted=_wanted(query.kind, words, asked, statistics, row),
        )


def _wanted(kind: Kind, words: Words, asked: Bools, statistics: Statistics, row: Ints) -> Bools:
    """Which words may be the answer."""
    fresh = ~asked & _without(words, Mark.STOP)
    names = fresh & statistics.name & _with(words, Mark.CAPITAL)
    match kind:
        case Kind.COUNTRY:
            return names & _with(words, Mark.COUNTRY)
        case Kind.STATE:
            return names & _with(words, Mark.STATE)
        case Kind.PLACE:
            return names & (statistics.place | _with(words, Mark.COUNTRY | Mark.STATE))
        case Kind.PERSON:  # first and last name
            beside = np.zeros(len(names), bool)
            both = names[:-1] & names[1:] & (row[:-1] == row[1:])
            beside[:-1] |= both
            beside[1:] |= both
            return beside
        case Kind.NAME:
            return names & _without(words, Mark.COUNTRY | Mark.STATE | Mark.CALENDAR)
        case Kind.NUMBER:
            return ~asked & _with(words, Mark.DIGIT | Mark.NUMERAL)
        case Kind.TIME:
            return ~asked & _with(words, Mark.DIGIT | Mark.CALENDAR)
        case Kind.THING:
            return fresh & ~names & (statistics.rarity > 2.5)


def recency(day: int, days: npt.NDArray[np.float64], half: float) -> Floats:
    """1 for today, halved every ``half`` days.

    Articles of unknown day are given the mean of the others, or 1 where no day is known.
    """
    dated = ~np.isnan(days)
    value = 0.5 ** (np.maximum(day - np.where(dated, days, day), 0) / half)
    return np.asarray(np.where(dated, value, value[dated].mean() if dated.any() else 1), np.float32)


def ranked(query: Query, candidates: Candidates, features: Floats, votes: Votes, weights: Floats) -> Ranking:
    """Candidates that were measured, in the order of their scores."""
    scores = features @ weights
    order = np.argsort(-scores, kind="stable")
    year = recency(query.day, candidates.days, 365)[candidates.article][order]
    terms, corpus = len(query.terms), candidates.corpus
    return Ranking(order, scores[order], features[order], year, votes, terms, corpus)


def confidence(ranking: Ranking, weights: Weights) -> float:
    """The estimated probability, 0 to 1, that the corpus holds the answer."""
    if not len(ranking.scores):
        return 0.0
    logit = weights.bias + float(signs(ranking, weights) @ weights.signs)
    return float(1 / (1 + np.exp(-logit)))


def signs(ranking: Ranking, weights: Weights) -> Floats:
    """What confidence is read from: the figures named in ``SIGNS``.

    The best score of the first ten without what it has for being new; means of the first three: BM25 of the
    article, and newness with a half-life of a year; the best of the first ten: cosine, and share of the
    question's words in the article. And what these are to be measured by: the logarithm of the number of
    the question's words, since the same share of more words means more; and the decimal one of the number of
    passages in the corpus, since the more there are, the nearer come some that do not answer.
    """
    features = ranking.features[:10]
    column = FEATURES.index
    new = [column(name) for name in ("week", "fortnight", "period")]
    evidence = ranking.scores[:10] - features[:, new] @ weights.features[new]
    return np.array(
        [
            evidence.max(),
            features[:3, column("article")].mean(),
            ranking.year[:3].mean(),
            features[:, column("dense")].max(),
            features[:, column("article_terms")].max(),
            np.log(max(ranking.terms, _FEW)),
            np.log10(max(ranking.corpus, 1)),
        ],
        np.float32,
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of some texts, one text after the other.

    Along the words: ``words`` (numbers of stems), ``rarity``, ``row`` (which text), ``within`` (where in it),
    ``term`` (which of the question's ``terms``, or -1), ``wanted``. ``counts`` has shape (texts, terms).
    """

    terms: Words
    words: Words
    rarity: Floats
    row: Ints
    within: Ints
    term: Ints
    counts: Ints
    wanted: Bools


def _with(words: Words, marks: int) -> Bools:
    return np.asarray((words & marks) > 0)


def _without(words: Words, marks: int) -> Bools:
    return np.asarray((words & marks) == 0)


def _find(stems: Words, terms: Words) -> Ints:
    """Which of the terms each word is, or -1."""
    place = np.full(1 + max(stems.max(initial=0), terms.max(initial=0)), -1, np.int16)
    place[terms] = np.arange(len(terms))
    return place[stems].astype(np.int64)


def _counts(term: Ints, row: Ints, rows: int, terms: int) -> Ints:
    """How often each of the question's terms stands in each row; terms of -1 are passed over."""
    found = term >= 0
    flat = np.bincount(row[found] * terms + term[found], minlength=rows * terms)
    return flat.astype(np.int64).reshape(rows, terms)


def _bm25(counts: Ints, weights: Floats, lengths: Ints) -> Floats:
    """Okapi BM25 (Robertson and Zaragoza 2009); lengths are compared with the candidates' mean."""
    k1, b = 0.9, 0.4
    share = counts * (k1 + 1) / (counts + k1 * (1 - b + b * lengths / max(1.0, lengths.mean()))[:, None])
    return np.asarray(share @ weights, np.float32)


def _share(values: Floats) -> Floats:
    """Values as shares of the greatest."""
    return np.asarray(values / (float(values.max(initial=0)) or 1.0), np.float32)


def _best(values: Floats, row: Ints, rows: int) -> Floats:
    """The greatest value of each row, 0 for a row that has none; ``row`` rises."""
    best = np.zeros(rows, np.float32)
    if len(row):
        starts = np.flatnonzero(np.diff(row, prepend=-1))
        best[row[starts]] = np.maximum.reduceat(values, starts)
    return best


def _votes(text: _Text, trust: Floats, of_article: Ints) -> tuple[Floats, Floats, Votes]:
    """Each passage's best word by the trust in others that hold it; by that in articles; the latter."""
    words = text.words[text.wanted]
    once = distinct(text.row[text.wanted] << 32 | words)  # by rising row
    row, stems = once >> 32, distinct(words)
    word, given = np.searchsorted(stems, once & (1 << 32) - 1), trust[row]
    rarity = np.zeros(int(words.max(initial=0)) + 1, np.float32)
    rarity[words] = text.rarity[text.wanted]
    rare = np.minimum(rarity[stems] / 8, 1)
    others = np.bincount(word, given)[word] - given
    by_passage = _best((others * rare[word]).astype(np.float32), row, len(trust))
    # An article votes once for a word, by the best of its passages that hold it.
    articles = of_article.max(initial=0) + 1
    ballots = np.zeros(articles * len(stems))
    np.maximum.at(ballots, of_article[row] * len(stems) + word, given)
    votes = ballots.reshape(articles, len(stems)).sum(axis=0) * rare
    by_article = _best(votes[word].astype(np.float32), row, len(trust))
    return by_passage, by_article, dict(zip(stems.tolist(), votes.tolist(), strict=True))


def _pairs(query: Query, text: _Text, count: int) -> Floats:
    found, total = np.zeros(count, np.float32), 0.0
    place = {term: place for place, term in enumerate(query.terms)}
    together = np.flatnonzero((text.term[:-1] >= 0) & (text.term[1:] >= 0) & (text.row[:-1] == text.row[1:]))
    first, second, row = text.term[together], text.term[together + 1], text.row[together]
    for left, right in zip(query.stems, query.stems[1:], strict=False):
        if left not in place or right not in place:
            continue
        weight = float(min(query.weights[place[left]], query.weights[place[right]]))
        total += weight
        hit = row[(first == place[left]) & (second == place[right])]
        found += weight * (np.bincount(hit, minlength=count) > 0)
    return found / (total or 1.0)


def _near(query: Query, text: _Text, count: int) -> Floats:
    """The most weight of the question's words within some twenty words around one of the wanted kind."""
    bins = WINDOW // 10 + 2
    held = np.zeros((count, bins, len(query.terms)), bool)
    found = text.term >= 0
    held[text.row[found], text.within[found] // 10, text.term[found]] = True
    answer = np.zeros((count, bins), bool)
    answer[text.row[text.wanted], text.within[text.wanted] // 10] = True
    weight = (held[:, :-1] | held[:, 1:]) @ query.weights
    return np.asarray((weight * (answer[:, :-1] | answer[:, 1:])).max(axis=1, initial=0), np.float32)
