"""What is asked, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

LONGEST_QUESTION = 2000  # characters


@dataclass(frozen=True, slots=True)
class Limits:
    """Among which articles a question is answered: of days from one to another, and of unknown day, and of
    an outlet of each of these lists; of these ids, where there are any."""

    since: date = date.min
    until: date = date.max
    outlets: tuple[tuple[str, ...], ...] = ()
    articles: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A question, and the ids of the paragraphs that answered it."""

    question: str
    quoted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question put on a day.

    ``asked`` is the day on which "yesterday" and "this week" are read. With ``as_of`` set, nothing that was
    published after that day is seen. ``since`` and ``until`` are inclusive. ``sources`` limits the answer to
    these outlets (compared without regard to case); empty means all. ``allowed`` are the outlets that the
    asker may see at all, in the same way: what is not of these does not exist. ``limit`` is the number of
    quotes. ``articles`` limits the answer to these ids; empty means all. ``earlier`` is what a follow-up goes
    on from: ``index/followup.py`` has how.
    """

    text: str
    asked: date
    as_of: bool = False
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    limit: int = 3
    allowed: tuple[str, ...] = ()
    articles: tuple[int, ...] = ()
    earlier: Earlier | None = None

    @property
    def limits(self) -> Limits:
        """What is seen of the articles."""
        until = self.until or date.max
        return Limits(
            self.since or date.min,
            min(until, self.asked) if self.as_of else until,
            tuple(outlets for outlets in (self.sources, self.allowed) if outlets),
            self.articles,
        )


@dataclass(frozen=True, slots=True)
class Headline:
    """An article by its title. ``link`` is empty where the article has no web address.

    ``article`` is its id in the store.
    """

    title: str
    link: str
    source: str
    published: date | datetime | None
    article: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """A stored paragraph, verbatim, and where in it the answering sentence stands.

    ``text[start:end]`` is the answering sentence. ``url`` is the article's identity (``file:`` where it came
    without an address); ``link`` opens the article at the sentence and is empty where there is nothing to
    open. ``score`` orders quotes of one answer; it is not a probability.
    """

    text: str
    start: int
    end: int
    title: str
    url: str
    link: str
    source: str
    published: date | datetime | None
    score: float
    paragraph: int
    also_in: tuple[Headline, ...] = ()

    @property
    def sentence(self) -> str:
        """The answering sentence, a slice of ``text``."""
        return self.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the corpus holds. ``first`` and ``last`` are days of publication, ``None`` where none is known."""

    articles: int
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes, best first; or, with ``answered`` false, no quotes and the nearest headlines.

    ``confidence`` is the estimated probability, 0 to 1, that the corpus holds the answer.
    """

    question: Question
    answered: bool
    confidence: float
    quotes: tuple[Quote, ...]
    headlines: tuple[Headline, ...]
    coverage: Coverage
