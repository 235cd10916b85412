"""What a run of indexing tells: how far it is, and what it changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from corpus.reading import Failure
from corpus.said import Said
from corpus.store import Outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: articles while reading, passages while encoding. ``total`` is known when encoding."""

    stage: Literal["reading", "encoding"]
    done: int
    total: int | None
    articles: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What a run of indexing changed: URLs of articles, failures with their reasons, files of other kinds."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    passed_over: tuple[str, ...] = ()


Report = Callable[[Progress], None]
Notice = Callable[[Said], None]


@dataclass
class Run:
    """A run of indexing as it goes on, of which ``report`` is told."""

    report: Report | None = None
    outcomes: dict[Outcome, dict[str, None]] = field(default_factory=lambda: {one: {} for one in Outcome})
    removed: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    articles: int = 0
    searchable: int = 0
    total: int = 0
    done: int = 0

    def note(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        for url, outcome in outcomes:
            if outcome is not Outcome.REMOVED:
                self.outcomes[outcome][url] = None
            elif url in self.outcomes[Outcome.ADDED]:  # by this run, which then learned that it is another
                del self.outcomes[Outcome.ADDED][url]
            else:
                self.removed.append(url)
        self.articles += len(outcomes)
        self._tell(Progress("reading", self.articles, None, self.articles))

    def encode(self, passages: int) -> None:
        self.total = passages
        self._tell(Progress("encoding", 0, passages, self.articles))

    def encoded(self, passages: int) -> None:
        self.done += passages
        self._tell(Progress("encoding", self.done, self.total, self.articles))

    def diff(self) -> Diff:
        return Diff(
            added=tuple(self.outcomes[Outcome.ADDED]),
            changed=tuple(self.outcomes[Outcome.CHANGED]),
            removed=tuple(self.removed),
            unchanged=tuple(self.outcomes[Outcome.UNCHANGED]),
            failed=tuple(self.failed),
            passed_over=tuple(self.passed_over),
        )

    def news(self) -> Diff:
        """What came in by itself: a feed's summary and then the page that it is of are one addition."""
        diff = self.diff()
        return replace(diff, changed=tuple(url for url in diff.changed if url not in diff.added))

    def _tell(self, progress: Progress) -> None:
        if self.report:
            self.report(progress)
