"""Lists of words, written as text because hundreds of quotation marks cannot be read."""

from __future__ import annotations


def words(table: str) -> frozenset[str]:
    """The words of ``table``, which white space parts."""
    return frozenset(table.split())
