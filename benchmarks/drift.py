"""Whether lists and codes that were learnt from old news still find the nearest among newer ones.

    PYTHONPATH=. python benchmarks/drift.py DATA QUESTIONS.npy

DATA is a data folder, QUESTIONS.npy holds vectors of questions, float32, shape (any, dimension). The passages
come in the order of their days. One index learns from the first 50,000, as the bot does, the other from all.
Printed is recall against exact search, with all lists scanned and, as in an index of millions, a quarter.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

from index import vectors
from index.vectors import Scores, VectorIndex

_STEP = 5000


def main(data: Path, questions: Scores) -> None:
    """Measure and print."""
    with closing(sqlite3.connect(f"{data.absolute().as_uri()}/newsbot.db?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT vector FROM vectors JOIN paragraphs ON paragraphs.id = paragraph JOIN articles"
            " ON articles.id = article WHERE kind <> 'title' ORDER BY day, articles.id, position"
        )
        stored = [vector for (vector,) in rows]
    matrix = np.frombuffer(b"".join(stored), "<f2").reshape(len(stored), -1).astype(np.float32)
    nearest = np.argsort(-(questions @ matrix.T), axis=1)[:, :150] + 1
    for name, learnt in (("the first 50,000", vectors._CODED_FROM), ("all", len(stored))):
        index = _index(stored, matrix.shape[1], learnt)
        for scanned in (len(stored), len(stored) // 4):
            vectors._SCANNED = scanned
            found = [index.search(question, 150)[0] for question in questions]
            recall = {
                k: np.mean(
                    [np.isin(near[:k], ids[:k]).mean() for near, ids in zip(nearest, found, strict=True)]
                )
                for k in (10, 150)
            }
            print(f"learnt from {name}, {scanned} scanned: @10 {recall[10]:.4f}, @150 {recall[150]:.4f}")


def _index(stored: list[bytes], dimension: int, learnt: int) -> VectorIndex:
    vectors._CODED_FROM = learnt
    index = VectorIndex(dimension, "benchmark")
    for first in range(0, len(stored), _STEP):
        part = stored[first : first + _STEP]
        ids = list(range(first + 1, first + 1 + len(part)))
        index.replace([], ids, ids, part)
        for _ in index.change_kind():
            pass
    return index


if __name__ == "__main__":
    main(Path(sys.argv[1]), np.load(sys.argv[2]))
