"""The words of passages, read once and kept in memory: four bytes a word.

The text of a passage never changes (what changes in an article gets another id), so nothing kept here is ever
out of date. But what has gone stays, and so do the words that stood nowhere else: once that is half of all,
everything is read anew.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from index.arrays import grown, looked_up
from index.vectors import Ids
from index.words import MOST_KNOWN, Reader, Words

_MOST = 20_000_000  # words that are kept, 80 MB: those of half a million passages
_FEW = 1000  # texts, which are not worth dropping


class Readings:
    """Words by the ids of passages and titles, as the reader reads them. For one thread only.

    Reading takes some 30 µs a text, looking up what was read less than one.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._begin()

    def _begin(self) -> None:
        self._vocabulary = self._reader.vocabulary
        self._words: Words = np.empty(0, np.int32)
        self._used = 0
        self._start: Words = np.full(1, -1, np.int32)  # by id; below 0 for what was not read
        self._end: Words = np.zeros(1, np.int32)
        self._count = self._gone = 0

    @property
    def full(self) -> bool:
        """Whether nothing more is kept, so that memory has a bound and the vocabulary lasts."""
        return self._used >= _MOST or len(self._vocabulary) > MOST_KNOWN // 2

    @property
    def mostly_gone(self) -> bool:
        """Whether most of what is kept is of texts that have gone."""
        return self._count > _FEW and 2 * self._gone > self._count

    def note_gone(self, count: int) -> None:
        """So many texts have gone; they are taken for some that were read."""
        self._gone += count

    def drop_gone(self) -> None:
        """Where most has gone begin anew, and the vocabulary too. For between two questions."""
        if self.mostly_gone:
            self._reader.begin_anew()
            self._begin()

    def unread(self, ids: Ids) -> list[int]:
        """Those of passages and titles whose words are not known, and whose texts ``of`` needs."""
        if self._vocabulary is not self._reader.vocabulary:
            self._begin()
        unread: list[int] = ids[looked_up(self._start, ids, -1) < 0].tolist()
        return unread

    def of(self, ids: Ids, texts: Mapping[int, str]) -> list[Words]:
        """The words of passages and titles; of those that are unread and have no text there are none."""
        for identity in self.unread(ids):
            if identity in texts and not self.full:
                self._add(identity, self._vocabulary.read(texts[identity]))
        starts, ends = (looked_up(bounds, ids, -1).tolist() for bounds in (self._start, self._end))
        return [
            self._words[start:end] if start >= 0 else self._reader.read(texts.get(identity, ""))
            for identity, start, end in zip(ids.tolist(), starts, ends, strict=True)
        ]

    def _add(self, identity: int, words: Words) -> None:
        start, end = self._used, self._used + len(words)
        self._words = grown(self._words, end, 0)
        self._words[start:end] = words
        self._start, self._end = grown(self._start, identity + 1, -1), grown(self._end, identity + 1, 0)
        self._start[identity], self._end[identity] = start, end
        self._used = end
        self._count += 1
