"""A second look at the best passages, where a cross-encoder is named for that.

A cross-encoder reads question and passage together (Nogueira and Cho, Passage Re-ranking with BERT, 2019). It
orders better than vectors that were made apart, and takes some ten milliseconds for each passage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from corpus.errors import NewsbotError
from corpus.said import Said
from index.encoder import quiet_libraries
from index.model_folder import SAFE, refuse_pickles
from index.ranking import Ranking

_LOOKED_AT = 20  # passages
_NAME_ANOTHER = Said("set NEWSBOT_RERANKER to a cross-encoder's name or folder, or leave it out")


class CrossEncoding(Protocol):
    """A cross-encoder at work. Called from one thread only."""

    def scores(self, question: str, passages: Sequence[str]) -> npt.NDArray[np.float32]:
        """How well each passage answers the question, shape ``(len(passages),)``; higher is better."""


class Reranker:
    """Puts the best of a ranking into a better order. Loads its model when it is first needed."""

    def __init__(self, name: str, load: Callable[[str], CrossEncoding]) -> None:
        self._name = name
        self._load = load
        self._model: CrossEncoding | None = None

    def load(self) -> CrossEncoding:
        """The model, loaded now if it is not yet. For the worker thread only. Raises NewsbotError."""
        if self._model is None:
            self._model = self._load(self._name)
        return self._model

    def rerank(self, question: str, passages: Sequence[tuple[str, str]], ranking: Ranking) -> Ranking:
        """``ranking`` with its first twenty in the order of the cross-encoder.

        ``passages`` are the candidates, title and text, as they were measured. How sure an answer is does not
        change, for that was learned from the ranking's own scores, which stay where they are. For the worker
        thread only.
        """
        best = ranking.order[:_LOOKED_AT]
        texts = [_titled(*passages[place]) for place in best]
        order = np.arange(len(ranking.order))
        order[: len(best)] = np.argsort(-self.load().scores(question, texts), kind="stable")
        return replace(ranking, order=ranking.order[order], features=ranking.features[order])


def _titled(title: str, text: str) -> str:
    return f"{title}. {text}" if title else text


def load_cross_encoder(name: str) -> CrossEncoding:
    """A sentence-transformers cross-encoder by name or path. Raises NewsbotError where there is none."""
    return _SentenceTransformersCrossEncoder(name)


class _SentenceTransformersCrossEncoder:
    def __init__(self, name: str) -> None:
        local = Path(name).exists()
        refuse_pickles(name)
        quiet_libraries(local=local)
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(name, device="cpu", local_files_only=local, **SAFE)
        except (OSError, ValueError) as error:
            reason = str(error).strip().split("\n", 1)[0]
            raise NewsbotError(
                "the reranker {name} cannot be loaded ({reason}): {remedy}",
                name=name,
                reason=reason,
                remedy=_NAME_ANOTHER,
            ) from error
        if self._model.num_labels != 1:
            raise NewsbotError(
                "the reranker {name} gives {count} scores, not one: {remedy}",
                name=name,
                count=self._model.num_labels,
                remedy=_NAME_ANOTHER,
            )

    def scores(self, question: str, passages: Sequence[str]) -> npt.NDArray[np.float32]:
        pairs = [(question, passage) for passage in passages]
        return np.asarray(self._model.predict(pairs, show_progress_bar=False), np.float32)
