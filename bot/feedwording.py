"""What Discord and the terminal say about feeds in the same words."""

from __future__ import annotations

from collections.abc import Mapping

from bot import wording
from corpus.discovery import Discovery
from corpus.errors import NewsbotError
from corpus.feedstore import Entering

TAKE = 10  # entries of a new feed that are taken in, where nobody says how many


def size(found: Discovery) -> str:
    """How many entries a feed has, and from when the newest is."""
    if not found.entries:
        return "no entries yet"
    newest = f", the newest of {wording.day(found.newest)}" if found.newest else ""
    return f"{found.entries:,} {'entry' if found.entries == 1 else 'entries'}{newest}"


def entries(counts: Mapping[Entering, int]) -> str:
    """What became of the entries of a feed."""
    stored, stub = counts.get(Entering.STORED, 0), counts.get(Entering.STUB, 0)
    parts = [wording.count(stored + stub, "article") + (f" ({stub:,} not in full)" if stub else "")]
    for state, words in (
        (Entering.WAITING, "waiting to be fetched"),
        (Entering.FAILED, "could not be read"),
        (Entering.SKIPPED, "left out"),
    ):
        if number := counts.get(state, 0):
            parts.append(f"{number:,} {words}")
    return ", ".join(parts)


def read_take(text: str) -> int | None:
    """How many entries of a new feed to take in: a number, all (``None``) or none. Raises NewsbotError."""
    written = text.strip().casefold()
    if written in {"all", "none"}:
        return None if written == "all" else 0
    if not written.isdecimal() or len(written) > 6:
        raise NewsbotError(f"“{text[:40]}” is not how many entries to take: write a number, all or none")
    return int(written)
