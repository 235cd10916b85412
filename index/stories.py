"""Passages that say the same take one place."""

from __future__ import annotations

from collections.abc import Sequence

from index.words import Words

_SHARED = 0.9  # of the words of the shorter passage


def group(passages: Sequence[Words], limit: int) -> list[tuple[int, list[int]]]:
    """The first ``limit`` places of a ranking that differ, each with the later places that repeat it."""
    kept: list[tuple[int, frozenset[str], list[int]]] = []
    for place, words in enumerate(passages):
        stems = frozenset(words.stems)
        same = next((one for one in kept if _alike(one[1], stems)), None)
        if same is not None:
            same[2].append(place)
        elif len(kept) < limit:
            kept.append((place, stems, []))
    return [(place, repeats) for place, _, repeats in kept]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) > _SHARED * max(1, min(len(one), len(other)))
