"""What stands in for functions of numpy gives what they give."""

from __future__ import annotations

import numpy as np

from index.arrays import distinct, grown, looked_up


def test_each_value_is_there_once_and_rising() -> None:
    assert distinct(np.array([7, -1, 7, 3, 3, 2**40])).tolist() == [-1, 3, 7, 2**40]
    assert distinct(np.empty(0, np.int32)).tolist() == []


def test_an_array_grows_with_what_it_holds_and_only_where_it_must() -> None:
    array = np.array([1, 2, 3])
    assert grown(array, 3, -1) is array
    larger = grown(array, 4, -1)
    assert larger[:4].tolist() == [1, 2, 3, -1]


def test_what_lies_beyond_the_end_is_the_filler() -> None:
    assert looked_up(np.array([5, 6], np.int32), np.array([1, 2, 0, 99]), -1).tolist() == [6, -1, 5, -1]
