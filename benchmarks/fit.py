"""Fit the weights of the ranking, of the confidence and of the choice of the sentence.

    python benchmarks/fit.py DATA [--write]

DATA is a data folder into which the articles of the development set were indexed; the questions lie in
NEWSBOT_SHARED/news_qa/dev (NEWSBOT_SHARED is ../shared by default). Prints the figures of five-fold
cross-validation, and of fitting on one half and checking on the other. With --write the weights that were
fitted on all questions go to index/weights.json.

The ranking is a listwise logistic model: the probability that the softmax of the scores gives to right
passages is maximised, with an L2 penalty on standardised weights. The sentence is fitted in the same way, the
confidence by plain logistic regression.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from index.answer import Question
from index.newsroom import Newsroom
from index.ranking import CLUES, FEATURES, SIGNS, Candidates, Query, Ranking, Scorer, Weights, signs
from index.sentences import split
from index.stories import group

SHOWN = 700  # characters of a quote in which the answer must stand
Floats = npt.NDArray[np.float32]


@dataclass
class Case:
    """A question with its candidates, and which of them are right."""

    id: str
    answerable: bool
    answer: str
    query: Query
    candidates: Candidates
    texts: list[str]
    features: Floats
    right: npt.NDArray[np.bool_]
    votes: dict[str, float]

    def ranking(self, weights: Floats) -> Ranking:
        scores = self.features @ weights
        order = np.argsort(-scores, kind="stable")
        return Ranking(order, scores[order], self.features[order], self.votes)


def main() -> None:
    """Fit, print, and write if asked to."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    questions = Path(os.environ.get("NEWSBOT_SHARED", "../shared")) / "news_qa/dev/questions.jsonl"
    cases, scorer, reader = asyncio.run(_cases(Path(arguments[0]), questions))
    answerable = [case for case in cases if case.answerable]
    found = np.mean([case.right.any() for case in answerable])
    print(f"{len(cases)} questions, {np.mean([len(case.texts) for case in cases]):.0f} candidates each,")
    print(f"a right one among them for {found:.3f} of the answerable")

    show("five-fold", _folds(answerable, lambda case: _hash(case.id) % 5, _fit_ranking))
    show("two halves", _folds(answerable, lambda case: _hash(case.id) % 2, _fit_ranking))
    for half in (0, 1):
        part = [case for case in answerable if _hash(case.id) % 2 == half]
        rest = [case for case in answerable if _hash(case.id) % 2 != half]
        weights = _fit_ranking(rest)
        show(f"  checked on {'AB'[half]}", {case.id: _rank(case, weights) for case in part})
    weights = _fit_ranking(answerable)
    _print_weights(FEATURES, weights)

    clues = _fit_sentences(answerable, scorer, reader, weights)
    _print_weights(CLUES, clues)
    regression, threshold = _fit_confidence(cases)
    _print_weights(SIGNS, regression[:-1])
    if "--write" in sys.argv:
        _write(weights, regression, clues)
        print("written; the default threshold is now to be", threshold)


def show(name: str, ranks: dict[str, int | None]) -> None:
    """Print the figures of the scorer for the rank of the first right quote of each question."""
    values = list(ranks.values())
    at = [np.mean([rank is not None and rank <= k for rank in values]) for k in (1, 3, 10)]
    reciprocal = np.mean([1 / rank if rank else 0 for rank in values])
    print(
        f"{name:<16} @1 {at[0]:.3f}  @3 {at[1]:.3f}  @10 {at[2]:.3f}  mrr {reciprocal:.3f}  n {len(values)}"
    )


async def _cases(data: Path, questions: Path) -> tuple[list[Case], Scorer, Any]:
    async with await Newsroom.open(data) as newsroom:
        await newsroom.warm_up()
        indexes, store = newsroom._indexes, newsroom._store
        scorer = Scorer(indexes.reader, indexes.lexicon.statistics, Weights.load())
        cases = []
        for line in questions.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            question = Question(item["question"], date.fromisoformat(item["asked"]), as_of=True)
            vector = await newsroom._encoder.question(question.text)
            found = indexes.search(question, vector)
            passages = list((await store.passages(found.ids.tolist())).values())
            candidates = indexes.measure(found, passages)
            features, votes = scorer.measure(found.query, candidates)
            relevant = set(item["relevant"])
            right = [p.url in relevant and holds(p.text[:SHOWN], item["answer"]) for p in passages]
            cases.append(
                Case(
                    item["id"],
                    item["answerable"],
                    item["answer"],
                    found.query,
                    candidates,
                    [passage.text for passage in passages],
                    features,
                    np.array(right),
                    votes,
                )
            )
        # The statistics are read from the open index, so all sentences are measured before it is closed.
        for case in cases:
            case.sentences = _sentences(case, scorer, indexes.reader)  # type: ignore[attr-defined]
        return cases, scorer, indexes.reader


def holds(text: str, answer: str) -> bool:
    """Whether a text holds an answer, as the scorer of the development set sees it."""
    return f" {_plain(answer)} " in f" {_plain(text)} "


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[^a-z0-9$%.]+", " ", text.replace("’", "'")).strip()


def _hash(identity: str) -> int:
    return int(hashlib.sha256(identity.encode()).hexdigest(), 16)


def _folds(
    cases: Sequence[Case], fold: Callable[[Case], int], fit: Callable[[Sequence[Case]], Floats]
) -> dict[str, int | None]:
    ranks: dict[str, int | None] = {}
    for number in {fold(case) for case in cases}:
        weights = fit([case for case in cases if fold(case) != number])
        ranks.update({case.id: _rank(case, weights) for case in cases if fold(case) == number})
    return ranks


def _rank(case: Case, weights: Floats) -> int | None:
    order = case.ranking(weights).order
    places = group([case.candidates.words[place] for place in order], 10)
    return next((rank for rank, (place, _) in enumerate(places, 1) if case.right[order[place]]), None)


_FIXED = {"outlet": 1.5}  # hardly a question of the development set names an outlet
_LEAST = {"dense": 3.0}  # lexical candidates hardly need it, a small corpus and a paraphrase do


def _fit_ranking(cases: Sequence[Case], l2: float = 30.0) -> Floats:
    weights = fit_listwise([(case.features, case.right) for case in cases], l2)
    for name, value in _FIXED.items():
        weights[FEATURES.index(name)] = value
    return weights


def fit_listwise(lists: Sequence[tuple[Floats, npt.NDArray[np.bool_]]], l2: float) -> Floats:
    """Weights that give right items the most probability under a softmax over each list."""
    lists = [(features - features.mean(axis=0), right) for features, right in lists if right.any()]
    scale = np.sqrt(np.mean([features.var(axis=0) for features, _ in lists], axis=0)) + 1e-9
    every = np.concatenate([features for features, _ in lists]) / scale
    right = np.concatenate([mask for _, mask in lists])
    lengths = [len(mask) for _, mask in lists]
    starts = np.cumsum(lengths) - lengths
    owner = np.repeat(np.arange(len(lists)), lengths)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scores = every @ weights
        shares = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        total, hit = np.add.reduceat(shares, starts), np.add.reduceat(shares * right, starts) + 1e-12
        gradient = (shares / total[owner] - shares * right / hit[owner]) @ every + l2 * weights
        return float(np.log(total / hit).sum() + l2 * weights @ weights / 2), gradient

    best = minimize(loss, np.zeros(every.shape[1]), jac=True, method="L-BFGS-B")
    return (best.x / scale).astype(np.float32)


def _sentences(case: Case, scorer: Scorer, reader: Any) -> list[tuple[Floats, npt.NDArray[np.bool_]]]:
    measured = []
    for text in (text for text, right in zip(case.texts, case.right, strict=True) if right):
        spans = split(text)
        if len(spans) > 1:
            words = [reader.read(text[start:end]) for start, end in spans]
            held = np.array([holds(text[start:end], case.answer) for start, end in spans])
            measured.append((scorer.measure_sentences(case.query, case.votes, words), held))
    return measured


def _fit_sentences(cases: Sequence[Case], scorer: Scorer, reader: Any, weights: Floats) -> Floats:
    hits: list[float] = []
    single = sum(
        len(split(text)) < 2
        for case in cases
        for text, right in zip(case.texts, case.right, strict=True)
        if right
    )
    for number in range(5):
        train = [one for case in cases if _hash(case.id) % 5 != number for one in case.sentences]  # type: ignore[attr-defined]
        clues = fit_listwise(train, 3.0)
        for case in cases:
            if _hash(case.id) % 5 == number:
                hits += [bool(held[np.argmax(f @ clues)]) for f, held in case.sentences]  # type: ignore[attr-defined]
    share = (sum(hits) + single) / (len(hits) + single)
    print(f"sentence: holds the answer in {share:.3f} of {len(hits) + single} right passages (five-fold)")
    return fit_listwise([one for case in cases for one in case.sentences], 3.0)  # type: ignore[attr-defined]


def _fit_confidence(cases: Sequence[Case]) -> tuple[Floats, float]:
    answerable = [case for case in cases if case.answerable]
    label = np.array([case.answerable for case in cases])
    fold = np.array([_hash(case.id) % 5 for case in cases])
    estimate = np.zeros(len(cases))
    for number in range(5):
        weights = _fit_ranking([case for case in answerable if _hash(case.id) % 5 != number])
        read = np.array([signs(case.ranking(weights)) for case in cases])
        train = fold != number
        model = _logistic(read[train], label[train])
        estimate[~train] = 1 / (1 + np.exp(-(read[~train] @ model[:-1] + model[-1])))
    print(f"confidence: auroc {roc_auc_score(label, estimate):.3f} (five-fold)")
    for share in (0.99, 0.97, 0.95, 0.93, 0.90):
        threshold = float(np.quantile(estimate[label], 1 - share))
        print(
            f"  threshold {threshold:.2f} keeps {share:.2f}, refuses {(estimate[~label] < threshold).mean():.2f}"
        )
    for low in np.arange(0, 1, 0.2):
        inside = (estimate >= low) & (estimate < low + 0.2)
        if inside.any():
            told, true = estimate[inside].mean(), label[inside].mean()
            print(f"  told {told:.2f}, true {true:.2f} ({inside.sum()} questions)")
    weights = _fit_ranking(answerable)
    read = np.array([signs(case.ranking(weights)) for case in cases])
    return _logistic(read, label), round(float(np.quantile(estimate[label], 0.04)), 2)


def _logistic(read: Floats, label: npt.NDArray[np.bool_]) -> Floats:
    mean, scale = read.mean(axis=0), read.std(axis=0) + 1e-9
    model = LogisticRegression(C=0.3).fit((read - mean) / scale, label)
    weights = model.coef_[0] / scale
    return np.append(weights, model.intercept_[0] - weights @ mean).astype(np.float32)


def _print_weights(names: Sequence[str], weights: Floats) -> None:
    print("  " + ", ".join(f"{name} {weight:.2f}" for name, weight in zip(names, weights, strict=True)))


def _write(weights: Floats, regression: Floats, clues: Floats) -> None:
    def named(names: Sequence[str], values: Floats) -> dict[str, float]:
        return {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}

    values = {
        "features": named(FEATURES, weights),
        "signs": named(SIGNS, regression[:-1]),
        "bias": round(float(regression[-1]), 3),
        "clues": named(CLUES, clues),
    }
    path = Path(__file__).parents[1] / "index" / "weights.json"
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
