"""The vector index finds the nearest, exactly or by codes; its files are intact or as good as none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import vectors
from index.vectors import VectorIndex

DIMENSION = 32
MARK = "store model preparation"
COUNT = 5000


def unit(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


UNITS = np.stack([unit(seed) for seed in range(COUNT + 1001)]).astype("<f2")


def article_of(identity: Any) -> Any:
    """Of one, or of each of an array."""
    return 1 + identity // 10


def put(index: VectorIndex, ids: Sequence[int]) -> None:
    index.replace([], ids, [article_of(one) for one in ids], [UNITS[one].tobytes() for one in ids])


def nearest(question: int, ids: Sequence[int], limit: int) -> list[int]:
    scores = UNITS.astype(np.float32) @ unit(question)
    return sorted(ids, key=lambda one: -float(scores[one]))[:limit]


@pytest.fixture(params=["exact", "coded"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    """5,000 vectors with ids from 1, ten to an article."""
    monkeypatch.setattr(vectors, "_CODED_FROM", COUNT if request.param == "coded" else 2 * COUNT)
    made = VectorIndex(DIMENSION, MARK)
    put(made, range(1, COUNT + 1))
    list(made.change_kind())
    assert made.coded == (request.param == "coded")
    made.generation = 7
    return made


def held(index: VectorIndex, ids: list[int]) -> list[int]:
    numbers = np.array(ids, np.int64)
    return [int(one) for one in numbers[index.holds(numbers)]]


def loaded(path: Path) -> VectorIndex | None:
    return VectorIndex.load(path, DIMENSION, MARK)


def test_the_nearest_come_first_with_their_cosines(index: VectorIndex) -> None:
    ids, scores = index.search(unit(42), 10)
    assert ids[0] == 42
    assert scores[0] == pytest.approx(1, abs=1e-3)
    assert ids.tolist() == nearest(42, range(1, COUNT + 1), 10)
    assert scores == pytest.approx(index.reconstruct(ids) @ unit(42), abs=1e-6)


def test_only_passages_of_the_allowed_articles_are_found(index: VectorIndex) -> None:
    few = np.array([3, 64, 9999])
    ids, _ = index.search(unit(42), 30, few)
    assert ids.tolist() == nearest(42, [*range(20, 30), *range(630, 640)], 30)
    many = np.arange(1, 2 + COUNT // 10, 2)
    ids, _ = index.search(unit(42), 10, many)
    assert ids.tolist() == nearest(42, [one for one in range(1, COUNT + 1) if article_of(one) % 2], 10)
    assert index.search(unit(42), 10, np.array([], np.int64))[0].tolist() == []


def test_an_empty_index_finds_nothing() -> None:
    empty = VectorIndex(DIMENSION, MARK)
    assert empty.search(unit(1), 3)[0].tolist() == []
    assert empty.search(unit(1), 3, np.array([1]))[0].tolist() == []
    assert held(empty, [1]) == []


def test_more_than_there_are_can_be_asked_for(index: VectorIndex) -> None:
    assert sorted(index.search(unit(1), 2 * COUNT)[0].tolist()) == list(range(1, COUNT + 1))


def test_a_vector_that_is_put_in_twice_is_there_once(index: VectorIndex) -> None:
    index.replace([], [42], [article_of(42)], [UNITS[1].tobytes()])
    assert len(index) == COUNT
    assert sorted(index.search(unit(1), 2)[0].tolist()) == [1, 42]


def test_what_is_removed_is_found_no_more(index: VectorIndex) -> None:
    index.replace([42, 47_110], [], [], [])
    assert len(index) == COUNT - 1
    assert held(index, [41, 42, 47_110]) == [41]
    ids, _ = index.search(unit(42), 10)
    assert ids.tolist() == nearest(42, [one for one in range(1, COUNT + 1) if one != 42], 10)
    assert 42 not in index.search(unit(42), 10, np.array([article_of(42)]))[0]


def test_what_is_added_is_found_without_building_anew(index: VectorIndex) -> None:
    put(index, range(COUNT + 1, COUNT + 1001))
    for question in (42, COUNT + 500):
        ids, _ = index.search(unit(question), 10)
        assert ids.tolist() == nearest(question, range(1, COUNT + 1001), 10)


def test_of_very_many_the_lists_that_are_nearest_are_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_CODED_FROM", COUNT)
    monkeypatch.setattr(vectors, "_SCANNED", COUNT // 4)
    chance = np.random.default_rng(7)
    kinds = chance.standard_normal((40, DIMENSION))[np.arange(COUNT) % 40]
    matrix = kinds + 0.3 * chance.standard_normal(kinds.shape)
    matrix = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype("<f2")
    ids = np.arange(1, COUNT + 1)
    made = VectorIndex(DIMENSION, MARK)
    made.replace([], ids.tolist(), article_of(ids).tolist(), [row.tobytes() for row in matrix])
    list(made.change_kind())
    half = np.arange(1, 2 + COUNT // 10, 2)
    for articles, allowed in ((None, ids > 0), (half, article_of(ids) % 2 == 1)):
        found = []
        for question in matrix[:100].astype(np.float32):
            scores = np.where(allowed, matrix.astype(np.float32) @ question, -1)
            best = ids[np.argsort(-scores, kind="stable")[:10]]
            found.append(np.isin(best, made.search(question, 10, articles)[0]).mean())
        assert np.mean(found) >= 0.97


def test_few_vectors_stay_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_CODED_FROM", COUNT)
    few = VectorIndex(DIMENSION, MARK)
    put(few, range(1, COUNT))
    assert list(few.change_kind()) == []
    assert not few.coded


@pytest.mark.parametrize("done", [2, 12])
def test_while_the_kind_changes_everything_goes_on(monkeypatch: pytest.MonkeyPatch, done: int) -> None:
    monkeypatch.setattr(vectors, "_CODED_FROM", COUNT)
    changing = VectorIndex(DIMENSION, MARK)
    put(changing, range(1, COUNT + 1))
    present = set(range(1, COUNT + 1))
    steps = changing.change_kind()
    for _ in range(done):
        next(steps)
    assert not changing.coded
    changing.replace([42], [43], [article_of(43)], [UNITS[44].tobytes()])
    put(changing, [COUNT + 1])
    assert changing.search(unit(44), 2)[0].tolist() == [43, 44]
    list(steps)
    assert changing.coded
    assert len(changing) == COUNT
    assert changing.search(unit(44), 2)[0].tolist() == [43, 44]
    found = changing.search(unit(COUNT + 1), COUNT)[0].tolist()
    assert found[0] == COUNT + 1
    assert set(found) == present - {42} | {COUNT + 1}


def test_the_same_answers_come_after_saving_and_loading(index: VectorIndex, tmp_path: Path) -> None:
    path = tmp_path / "passages.faiss"
    index.replace([7], [], [], [])
    index.save(path)
    again = loaded(path)
    assert again is not None
    assert (again.generation, again.coded, len(again)) == (7, index.coded, len(index))
    for articles in (None, np.arange(1, 200)):
        for before, after in zip(
            index.search(unit(9), 20, articles), again.search(unit(9), 20, articles), strict=True
        ):
            assert before.tolist() == after.tolist()
    put(again, [COUNT + 1])
    assert again.search(unit(COUNT + 1), 1)[0].tolist() == [COUNT + 1]


def test_saving_again_writes_only_the_new_vectors(index: VectorIndex, tmp_path: Path) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    (rows,) = tmp_path.glob("*.rows")
    before = rows.read_bytes()
    put(index, range(COUNT + 1, COUNT + 11))
    index.replace([5], [], [], [])
    index.generation = 8
    index.save(path)
    assert {one.name for one in tmp_path.iterdir()} == {path.name, rows.name}
    assert rows.read_bytes() == before + UNITS[COUNT + 1 : COUNT + 11].tobytes()
    again = loaded(path)
    assert again is not None
    assert again.generation == 8
    assert held(again, [5, COUNT + 10]) == [COUNT + 10]


def test_what_a_write_that_was_cut_off_left_behind_does_no_harm(index: VectorIndex, tmp_path: Path) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    (rows,) = tmp_path.glob("*.rows")
    with rows.open("ab") as file:
        file.write(b"half a vector")
    again = loaded(path)
    assert again is not None
    put(again, [COUNT + 1])
    again.save(path)
    final = loaded(path)
    assert final is not None
    assert final.search(unit(COUNT + 1), 1)[0].tolist() == [COUNT + 1]


def test_a_file_that_another_process_wrote_meanwhile_is_not_added_to(
    index: VectorIndex, tmp_path: Path
) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    other = loaded(path)
    assert other is not None
    put(other, [COUNT + 1])
    other.save(path)
    put(index, [COUNT + 2])
    index.save(path)
    again = loaded(path)
    assert again is not None
    assert held(again, [COUNT + 1, COUNT + 2]) == [COUNT + 2]
    assert other.search(unit(COUNT + 1), 1)[0].tolist() == [COUNT + 1]


def test_a_file_of_mostly_removed_vectors_is_written_anew(index: VectorIndex, tmp_path: Path) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    index.replace(range(1, COUNT), [], [], [])
    index.save(path)
    (rows,) = tmp_path.glob("*.rows")
    assert rows.read_bytes() == UNITS[COUNT].tobytes()
    assert index.search(unit(1), 5)[0].tolist() == [COUNT]
    again = loaded(path)
    assert again is not None
    assert again.search(unit(1), 5)[0].tolist() == [COUNT]


def test_the_stored_vectors_can_be_had(index: VectorIndex) -> None:
    assert np.array_equal(index.reconstruct(np.array([6, 5])), UNITS[[6, 5]].astype(np.float32))


def test_a_file_of_another_model_or_store_does_not_serve(index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "passages.faiss")
    assert VectorIndex.load(tmp_path / "passages.faiss", DIMENSION, "another") is None


def test_a_missing_file_does_not_serve(index: VectorIndex, tmp_path: Path) -> None:
    assert loaded(tmp_path / "passages.faiss") is None
    index.save(tmp_path / "passages.faiss")
    (rows,) = tmp_path.glob("*.rows")
    rows.unlink()
    assert loaded(tmp_path / "passages.faiss") is None


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_file_does_not_serve(index: VectorIndex, tmp_path: Path, tenth: int) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        file.write_bytes(content[: len(content) * tenth // 10])
        assert loaded(path) is None
        file.write_bytes(content)
    assert loaded(path) is not None


def test_a_file_with_a_flipped_bit_does_not_serve(index: VectorIndex, tmp_path: Path) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        for place in (*range(0, len(content), len(content) // 100), *range(len(content) - 44, len(content))):
            damaged = bytearray(content)
            damaged[place] ^= 1 << place % 8
            file.write_bytes(damaged)
            assert loaded(path) is None, place
        file.write_bytes(content)


def test_the_articles_of_vectors_are_known(index: VectorIndex) -> None:
    ids = np.array([42, 7, 5000], np.int64)
    assert index.articles_of(ids).tolist() == [article_of(42), article_of(7), article_of(5000)]
