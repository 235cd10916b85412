"""Rows are the same wherever they lie: in the file, in the nameless one, or in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index import rows as rows_module
from index.rows import Halves, Rows


def some(count: int, seed: int = 0) -> Halves:
    return np.random.default_rng(seed).standard_normal((count, 4)).astype("<f2")


@pytest.mark.parametrize("mapped", [0, 240, 1000])
def test_rows_that_do_not_fit_into_memory_are_found_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapped: int
) -> None:
    monkeypatch.setattr(rows_module, "_CHUNK", 10)
    monkeypatch.setattr(rows_module, "_MAPPED", mapped)
    expected = some(57)
    rows = Rows(4)
    for start in range(0, 57, 4):
        rows.append(expected[start : start + 4])
    order = np.array([56, 0, 13, 12, 40])
    assert len(rows) == 57
    assert np.array_equal(rows.take(order), expected[order])
    rows.save(tmp_path / "rows")
    rows.append(some(3, 1))
    assert np.array_equal(rows.take(np.array([58, 56])), np.stack([some(3, 1)[1], expected[56]]))
    again = Rows.open(tmp_path / "rows", 4, rows.stretches)
    assert again is not None
    assert np.array_equal(again.take(np.arange(57)), expected)
