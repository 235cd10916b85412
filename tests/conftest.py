"""What the tests of all rooms share."""

from __future__ import annotations

import json
import os
import re
import signal
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from corpus.store import Model
from index.encoder import PREPARATION, Vectors
from index.newsroom import Newsroom

ROOT = Path(__file__).parents[1]

# Whoever starts the tests in the background may have them ignore Ctrl-C, which some of them press.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Finds test data that is not part of the project, or skips the test."""
    folder = Path(os.environ.get("NEWSBOT_SHARED", "../shared"))

    def find(name: str) -> Path:
        path = ROOT / folder / name
        if not path.exists():
            pytest.skip(f"needs {name} in NEWSBOT_SHARED")
        return path

    return find


class HashingEmbedder:
    """A tiny deterministic model: the words of a text, each a fixed random direction, added up."""

    openmp = True
    at_once = 16

    def __init__(self, name: str = "hashing", salt: str = "") -> None:
        self._salt = salt
        self.model = Model(name, f"hashing{salt}", 64, PREPARATION)
        self.encoded: list[str] = []
        self.batches: list[int] = []

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(len(texts))
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return self._encode(texts)

    def warm_up(self) -> None:
        pass

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.stack([self._vector(text) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _vector(self, text: str) -> npt.NDArray[np.float64]:
        total = np.full(64, 1e-6)
        for word in re.findall(r"\w+", text.lower()):
            seed = zlib.crc32(f"{self._salt}{word}".encode())
            total += np.random.default_rng(seed).standard_normal(64)
        return total


OpenNewsroom = Callable[..., Awaitable[Newsroom]]


@pytest.fixture
async def open_newsroom(tmp_path: Path) -> AsyncIterator[OpenNewsroom]:
    """Opens newsrooms with the tiny model, by default on one data folder, and closes them after the test."""
    opened: list[Newsroom] = []

    async def open_one(data: Path | None = None, **options: Any) -> Newsroom:
        options.setdefault("load", HashingEmbedder)
        newsroom = await Newsroom.open(data or tmp_path / "data", **{"model": "hashing", **options})
        opened.append(newsroom)
        return newsroom

    yield open_one
    for newsroom in opened:
        await newsroom.close()


def write_articles(path: Path, *articles: dict[str, Any]) -> Path:
    """A JSON Lines file of articles; what an article leaves out is filled in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, article in enumerate(articles):
        full = {
            "url": f"https://courier.example.com/{number}",
            "title": "A title",
            "text": "A text of some words.",
            "published": "2026-09-14",
            "source": "The Courier",
            **article,
        }
        lines.append(json.dumps({name: value for name, value in full.items() if value is not None}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
