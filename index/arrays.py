"""What numpy lacks, or does slowly."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

_T = TypeVar("_T", np.int32, np.int64)


def distinct(values: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """Each value once, rising. ``np.unique`` (2.4) hashes, which takes ten times as long for thousands."""
    ordered = np.sort(values)
    new = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def looked_up(array: npt.NDArray[_T], places: npt.NDArray[np.int64], filler: int) -> npt.NDArray[_T]:
    """The values at some places, none of them below 0; the filler for those beyond the end."""
    inside = places < len(array)
    return np.where(inside, array[np.where(inside, places, 0)], filler).astype(array.dtype, copy=False)


def grown(array: npt.NDArray[Any], size: int, filler: int) -> npt.NDArray[Any]:
    """An array of at least ``size``: itself, or a copy that has room for more."""
    if size <= len(array):
        return array
    larger = np.full(size + size // 4, filler, array.dtype)
    larger[: len(array)] = array
    return larger
