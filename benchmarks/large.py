"""How search by meaning grows: latency, recall, memory and what a change costs, from 10,000 to 5 million.

    python benchmarks/large.py DATA QUESTIONS.npy [SIZE]

DATA is a data folder with an index, of whose vectors more are made: to one of them, the difference of two
others of the same neighbourhood is added, scaled by .28 to .66. Such a vector is to its origin as a paragraph
to its nearest in real news (cosine .91 at the median, .87 there), in directions that real ones have.
QUESTIONS.npy holds vectors of questions, float32, shape (any, dimension). Everything goes through
VectorIndex, as in the bot; recall is held against a full float32 product. Filters are half of the articles,
and one in fifty. Memory is that of this process, its own and the files that it maps. Before, both kinds of
index are compared at sizes around that at which one takes the other's place; their size is that of what FAISS
keeps in memory. Prints two tables and writes large.svg beside this file.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from index import stamped, vectors
from index.rows import Halves, Rows
from index.vectors import VectorIndex

SIZES = (10_000, 30_000, 130_000, 500_000, 1_500_000, 5_000_000)
KINDS = (10_000, 20_000, 50_000, 100_000, 200_000)
CHANGED = vectors._CODED_FROM
STEP = 8192
DEPTH = 150  # what a question asks for
EACH = 30  # passages to an article
FILTERS: dict[str, Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]]] = {
    "all": lambda articles: articles > 0,
    "half": lambda articles: articles % 2 == 1,
    "fiftieth": lambda articles: articles % 50 == 1,
}
Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


def main(data: Path, questions: Floats, largest: int) -> None:
    """Grow an index, measure at every size, print and draw."""
    real = _real(data / "passages.faiss", questions.shape[1])
    _compare(real, questions)
    index = VectorIndex(questions.shape[1], "benchmark")
    exact = {name: Nearest(len(questions)) for name in FILTERS}
    rows: list[dict[str, float]] = []
    print(f"{'passages':>9} " + " ".join(f"{name:>15}" for name in COLUMNS), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "passages.faiss"
        for first, matrix in _made(real, [size for size in SIZES if size <= largest]):
            ids = np.arange(first + 1, first + 1 + len(matrix))
            articles = 1 + ids // EACH
            halves = matrix.astype("<f2")
            _put(index, ids, articles, halves)
            scores = questions @ halves.astype(np.float32).T
            for name, chosen in FILTERS.items():
                exact[name].add(ids[chosen(articles)], scores[:, chosen(articles)])
            if ids[-1] in SIZES:
                row = _measure(index, questions, exact, path)
                rows.append({"passages": float(len(index)), **row})
                print(f"{len(index):>9,} " + " ".join(f"{row[name]:>15.4g}" for name in COLUMNS), flush=True)
    Path(__file__).with_suffix(".svg").write_text(draw(rows, PANELS))


def _compare(real: Floats, questions: Floats) -> None:
    names = ("ms", "cpu ms", "@10", "@150", "MB", "change s", "step s")
    print(f"{'passages':>9} {'kind':>6}" + "".join(f"{name:>9}" for name in names))
    for size in KINDS:
        matrix = np.concatenate([part for _, part in _made(real, [size])]).astype("<f2")
        ids = np.arange(1, size + 1)
        exact = Nearest(len(questions))
        exact.add(ids, questions @ matrix.astype(np.float32).T)
        index = VectorIndex(questions.shape[1], "benchmark")
        for coded in (False, True):
            vectors._CODED_FROM = size if coded else size + 1
            if not coded:
                for first in range(0, size, STEP):
                    part = ids[first : first + STEP]
                    _put(index, part, 1 + part // EACH, matrix[first : first + STEP])
            steps = _steps(index)
            _ask(index, questions, None)
            times, cpu, found = _ask(index, questions, None)
            at = [
                float(np.mean([np.isin(n[:k], i[:k]).mean() for n, i in zip(exact.ids, found, strict=True)]))
                for k in (10, DEPTH)
            ]
            memory = faiss.serialize_index(index._index).nbytes / 1e6
            figures = (np.median(times), np.median(cpu), *at, memory, sum(steps), max(steps, default=0))
            kind = "codes" if coded else "exact"
            print(f"{size:>9,} {kind:>6}" + "".join(f"{figure:>9.4g}" for figure in figures), flush=True)
    vectors._CODED_FROM = CHANGED


def _steps(index: VectorIndex) -> list[float]:
    """Seconds of each step of the change to codes."""
    took, began = [], time.perf_counter()
    for _ in index.change_kind():
        took.append(time.perf_counter() - began)
        began = time.perf_counter()
    return took


COLUMNS = (
    *("ms", "ms p99", "cpu ms", "recall@10", "recall@150"),
    *("half cpu ms", "half @10", "fiftieth cpu ms", "fiftieth @10"),
    *("add 1000 ms", "remove 1000 ms", "save s", "load s", "MB memory"),
)


class Nearest:
    """The nearest so far of each question."""

    def __init__(self, questions: int) -> None:
        self.ids = np.zeros((questions, DEPTH), np.int64)
        self._scores = np.full((questions, DEPTH), -9, np.float32)

    def add(self, ids: npt.NDArray[np.int64], scores: Floats) -> None:
        """Take in the scores of passages, of shape (questions, passages)."""
        depth = min(DEPTH, scores.shape[1])
        best = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
        every = np.concatenate([self._scores, np.take_along_axis(scores, best, 1)], 1)
        order = np.argsort(-every, axis=1, kind="stable")[:, :DEPTH]
        self.ids = np.take_along_axis(np.concatenate([self.ids, ids[best]], 1), order, 1)
        self._scores = np.take_along_axis(every, order, 1)


def _real(file: Path, dimension: int) -> Floats:
    with file.open("rb") as opened:
        stamp = stamped.read(opened)
    if stamp is None:
        raise SystemExit(f"{file} is of another version: run newsbot reindex")
    rows = Rows.open(
        file.with_name(stamp.facts["rows"]), dimension, tuple(map(tuple, stamp.facts["stretches"]))
    )
    if rows is None:
        raise SystemExit(f"the vectors of {file} are damaged")
    order = np.argsort(np.frombuffer(stamp.parts[0], np.int64), kind="stable")
    return rows.take(order).astype(np.float32)


def _made(real: Floats, sizes: list[int]) -> Iterator[tuple[int, Floats]]:
    random = np.random.default_rng(1)
    start = 0
    for size in sizes:
        while start < size:
            end = min(start + STEP, size, len(real) if start < len(real) else size)
            if start < len(real):
                yield start, real[start:end]
            else:
                yield start, moved(real, end - start, random)
            start = end


def moved(real: Floats, count: int, random: np.random.Generator) -> Floats:
    """Vectors like real ones: each is one, moved by the difference of two others of one neighbourhood."""
    origin, other = random.integers(0, len(real), (2, count))
    third = (other + random.integers(5, 20, count)) % len(real)
    scale = random.uniform(0.275, 0.66, (count, 1)).astype(np.float32)
    made = real[origin] + scale * (real[other] - real[third])
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True))


def _put(index: VectorIndex, ids: Numbers, articles: Numbers, matrix: Halves) -> None:
    index.replace([], ids.tolist(), articles.tolist(), [row.tobytes() for row in matrix])
    for _ in index.change_kind():
        pass


def _measure(
    index: VectorIndex, questions: Floats, exact: dict[str, Nearest], path: Path
) -> dict[str, float]:
    result = {"save s": _timed(lambda: index.save(path))}
    every = np.arange(1, int(index.ids.max()) // EACH + 2)
    for name, chosen in FILTERS.items():
        times, cpu, found = _ask(index, questions, None if name == "all" else every[chosen(every)])
        pairs = list(zip(exact[name].ids, found, strict=True))
        recall = {
            k: float(np.mean([np.isin(nearest[:k], ids[:k]).mean() for nearest, ids in pairs]))
            for k in (10, DEPTH)
        }
        if name == "all":
            result |= {"ms": float(np.median(times)), "ms p99": float(np.quantile(times, 0.99))}
            result |= {"cpu ms": float(np.median(cpu)), "recall@10": recall[10], "recall@150": recall[DEPTH]}
        else:
            result |= {f"{name} cpu ms": float(np.median(cpu)), f"{name} @10": recall[10]}
    new = index.ids.max() + np.arange(1, 1001)
    added = index.reconstruct(index.ids[:1000]).astype("<f2")
    result["add 1000 ms"] = 1000 * _timed(lambda: _put(index, new, new, added))
    result["remove 1000 ms"] = 1000 * _timed(lambda: index.replace(new.tolist(), [], [], []))
    result["MB memory"] = memory()
    result["load s"] = _timed(lambda: VectorIndex.load(path, index.dimension, index.mark))
    return result


def _ask(
    index: VectorIndex, questions: Floats, allowed: Numbers | None
) -> tuple[list[float], list[float], list[Numbers]]:
    """Milliseconds by the clock, those of this thread, and what was found, for each question."""
    times, cpu, found = [], [], []
    for question in questions:
        began, worked = time.perf_counter(), time.thread_time()
        ids, _ = index.search(question, DEPTH, allowed)
        times.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.thread_time() - worked))
        found.append(ids)
    return times, cpu, found


def _timed(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def memory() -> float:
    """Megabytes of this process, its own and the files that it maps."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


Panel = tuple[str, str, float, float, float]
PANELS: tuple[Panel, ...] = (  # title, column, values at the bottom and at the top, limit
    ("search by meaning, ms of CPU", "cpu ms", 0.0, 60.0, 50.0),
    ("recall@10", "recall@10", 0.9, 1.0, 0.97),
    ("memory of the process, MB", "MB memory", 0.0, 4500.0, 4096.0),
)


def draw(rows: list[dict[str, float]], panels: Sequence[Panel]) -> str:
    """Panels of what the rows hold against the size that is their "passages"."""
    style = 'width="900" height="250" font-family="sans-serif" font-size="11"'
    drawn = "".join(_panel(50 + 300 * number, rows, *panel) for number, panel in enumerate(panels))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {style}><rect {style} fill="white"/>{drawn}</svg>\n'


def _panel(
    left: int, rows: list[dict[str, float]], title: str, key: str, low: float, top: float, limit: float
) -> str:
    def height(value: float) -> float:
        return round(220 - 180 * (min(value, top) - low) / (top - low), 1)

    def across(size: float) -> float:
        return round(left + 220 * float(np.log10(size) - 4) / float(np.log10(5e6) - 4), 1)

    points = [(across(row["passages"]), height(row[key]), _short(row["passages"])) for row in rows]
    return (
        f'<text x="{left}" y="25" font-weight="bold">{title}</text>'
        f'<path d="M{left} 40V220H{left + 220}" fill="none" stroke="gray"/>'
        f'<path d="M{left} {height(limit)}h220" stroke="crimson" stroke-dasharray="4"/>'
        f'<text x="{left - 5}" y="224" text-anchor="end">{low:g}</text>'
        f'<text x="{left - 5}" y="44" text-anchor="end">{top:g}</text>'
        + "".join(
            f'<circle cx="{x}" cy="{y}" r="3" fill="steelblue"/>'
            f'<text x="{x}" y="236" text-anchor="middle" font-size="9">{name}</text>'
            for x, y, name in points
        )
        + f'<polyline points="{" ".join(f"{x},{y}" for x, y, _ in points)}" fill="none" stroke="steelblue"/>'
    )


def _short(size: float) -> str:
    return f"{size / 1e6:g}M" if size >= 1e6 else f"{size / 1e3:g}k"


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else SIZES[-1])
