"""The store: articles, paragraphs, origins and vectors in one SQLite file, which is the truth of everything.

All SQL is in this package; a test keeps it there. Every write to what is searched is one transaction that
ends with a new generation; what it changed carries it, and what it removed is noted with it. What goes in and
out are the records of ``records.py``, so that another database can stand behind the same methods.
"""

from __future__ import annotations

from corpus.store.database import StoreError
from corpus.store.entries import Entries
from corpus.store.records import (
    ArticleFacts,
    ArticleText,
    Counts,
    Entering,
    Listed,
    Model,
    Opening,
    Outcome,
    Passage,
    Record,
    SourceCount,
    Subscription,
    Taken,
    Version,
)
from corpus.store.vectors import Vectors

__all__ = [
    "ArticleFacts",
    "ArticleText",
    "Counts",
    "Entering",
    "Listed",
    "Model",
    "Opening",
    "Outcome",
    "Passage",
    "Record",
    "SourceCount",
    "Store",
    "StoreError",
    "Subscription",
    "Taken",
    "Version",
]


class Store(Entries, Vectors):
    """All of it, over one file."""
