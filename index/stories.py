"""Passages that say the same take one place."""

from __future__ import annotations

from collections.abc import Sequence

from index.words import SHIFT, Words

_SHARED = 0.9  # of the words of the shorter passage


def group(passages: Sequence[Words], limit: int) -> list[tuple[int, list[int]]]:
    """The first ``limit`` places of a ranking that differ, each with the later places that repeat it."""
    stems = [frozenset((words >> SHIFT).tolist()) for words in passages]
    kept: list[tuple[int, list[int]]] = []
    for place, words in enumerate(stems):
        same = next((repeats for first, repeats in kept if _alike(stems[first], words)), None)
        if same is not None:
            same.append(place)
        elif len(kept) < limit:
            kept.append((place, []))
    return kept


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    return len(one & other) > _SHARED * max(1, min(len(one), len(other)))
