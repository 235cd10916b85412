"""The FAISS file is a cache: found intact it serves, otherwise it is as if it were not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.vectors import VectorIndex

DIMENSION = 8
MARK = "store model preparation"


def unit(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def blobs(ids: list[int]) -> list[bytes]:
    return [unit(identity).astype("<f2").tobytes() for identity in ids]


@pytest.fixture
def index() -> VectorIndex:
    made = VectorIndex(DIMENSION, MARK)
    ids = list(range(1, 101))
    made.replace([], ids, blobs(ids))
    made.generation = 7
    return made


def test_the_nearest_come_first_with_their_cosines(index: VectorIndex) -> None:
    ids, scores = index.search(unit(42), 5)
    assert ids[0] == 42
    assert scores[0] == pytest.approx(1, abs=1e-3)
    exact = sorted(range(1, 101), key=lambda one: -float(unit(one) @ unit(42)))[:5]
    assert ids.tolist() == exact


def test_only_what_is_allowed_is_found(index: VectorIndex) -> None:
    ids, _ = index.search(unit(42), 10, np.array([3, 64, 99]))
    assert sorted(ids.tolist()) == [3, 64, 99]
    assert index.search(unit(42), 10, np.array([], np.int64))[0].tolist() == []


def test_an_empty_index_finds_nothing() -> None:
    assert VectorIndex(DIMENSION, MARK).search(unit(1), 3)[0].tolist() == []


def test_a_vector_that_is_put_in_twice_is_there_once(index: VectorIndex) -> None:
    index.replace([], [42], [unit(1).astype("<f2").tobytes()])
    assert len(index) == 100
    assert sorted(index.search(unit(1), 2)[0].tolist()) == [1, 42]


def test_what_is_removed_is_found_no_more(index: VectorIndex) -> None:
    index.replace([42, 4711], [], [])
    assert len(index) == 99
    assert 42 not in index.search(unit(42), 99)[0]


def test_the_same_answers_come_after_saving_and_loading(index: VectorIndex, tmp_path: Path) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    loaded = VectorIndex.load(path, DIMENSION, MARK)
    assert loaded is not None
    assert loaded.generation == 7
    for before, after in zip(index.search(unit(9), 20), loaded.search(unit(9), 20), strict=True):
        assert before.tolist() == after.tolist()
    assert [file.name for file in tmp_path.iterdir()] == ["passages.faiss"]
    loaded.replace([], [101], blobs([101]))
    assert loaded.search(unit(101), 1)[0].tolist() == [101]


def test_the_stored_vectors_can_be_had(index: VectorIndex) -> None:
    assert np.allclose(index.reconstruct(np.array([5, 6])), [unit(5), unit(6)], atol=1e-3)


def test_a_file_of_another_model_or_store_does_not_serve(index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "passages.faiss")
    assert VectorIndex.load(tmp_path / "passages.faiss", DIMENSION, "another") is None


def test_a_missing_file_does_not_serve(tmp_path: Path) -> None:
    assert VectorIndex.load(tmp_path / "passages.faiss", DIMENSION, MARK) is None


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_file_does_not_serve(index: VectorIndex, tmp_path: Path, tenth: int) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * tenth // 10])
    assert VectorIndex.load(path, DIMENSION, MARK) is None


def test_a_file_with_a_flipped_bit_does_not_serve(index: VectorIndex, tmp_path: Path) -> None:
    path = tmp_path / "passages.faiss"
    index.save(path)
    content = path.read_bytes()
    for place in range(0, len(content), len(content) // 100):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        assert VectorIndex.load(path, DIMENSION, MARK) is None, place
