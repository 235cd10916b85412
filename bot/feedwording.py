"""What Discord and the terminal say about feeds in the same words."""

from __future__ import annotations

from bot.language import _, plural, written
from corpus.discovery import Discovery
from corpus.errors import NewsbotError
from corpus.store import Entering, Listed

TAKE = 10  # entries of a new feed that are taken in, where nobody says how many


def size(found: Discovery) -> str:
    """How many entries a feed has, and from when the newest is."""
    if not found.entries:
        return _("no entries yet")
    entries = plural("{count} entry", "{count} entries", found.entries)
    if not found.newest:
        return entries
    return _("{entries}, the newest of {day}").format(entries=entries, day=written(found.newest))


def entries(listed: Listed) -> str:
    """What became of the entries of a feed."""
    others = {
        _("{count} not in full"): listed.entries.get(Entering.STUB, 0),
        _("{count} pages still to be fetched"): listed.entries.get(Entering.WAITING, 0),
        _("{count} could not be read"): listed.entries.get(Entering.FAILED, 0),
        _("{count} left out"): listed.entries.get(Entering.SKIPPED, 0),
    }
    told = [words.format(count=f"{number:,}") for words, number in others.items() if number]
    return ", ".join([plural("{count} article", "{count} articles", listed.articles), *told])


def read_take(text: str) -> int | None:
    """How many entries of a new feed to take in: a number, all (``None``) or none. Raises NewsbotError."""
    written = text.strip().casefold()
    if written in {"all", "none"}:
        return None if written == "all" else 0
    if not written.isdecimal() or len(written) > 6:
        raise NewsbotError(
            "“{text}” is not how many entries to take: write a number, all or none", text=text[:40]
        )
    return int(written)
