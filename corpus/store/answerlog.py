"""The answers that were given in Discord, for the buttons under them, and what members thought of them.

They are a log, not news: nothing here makes a new generation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime

from corpus.store.columns import read_day
from corpus.store.database import Database


@dataclass(frozen=True, slots=True)
class Place:
    """Who was answered, and where, by Discord's ids; without a ``guild`` it was a direct message.

    What was ``private`` at first may have been ``shared`` by the asker, and then is not private any more.
    """

    asker: int
    guild: int | None
    channel: int | None
    private: bool
    shared: bool = False


@dataclass(frozen=True, slots=True)
class GivenQuote:
    """A quote as it was given: ``sentence`` is ``[start:end]`` of the paragraph of this id.

    ``also_in`` are the ids of the other articles that say the same.
    """

    paragraph: int
    start: int
    end: int
    score: float
    url: str
    sentence: str
    also_in: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Votes:
    """How many members found an answer good, and how many did not."""

    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """A question and what it was answered with, ``size`` quotes of all the ``quotes`` at a time.

    ``wrote`` is what the asker wrote, where the question had to say more than that. ``articles`` are the ids
    of those that alone were searched, none for all; ``headlines`` of those that were shown in the place of an
    answer. ``place`` is ``None`` once it is forgotten.
    """

    question: str
    asked: date
    size: int
    answered: bool
    quotes: tuple[GivenQuote, ...]
    generation: int
    given: datetime
    place: Place | None
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    headlines: tuple[int, ...] = ()
    wrote: str = ""
    articles: tuple[int, ...] = ()
    votes: Votes = Votes()
    id: int = 0


_OF_A_QUOTE = [field.name for field in fields(GivenQuote)]

# What the column ``private`` says.
_PUBLIC, _PRIVATE, _SHARED = range(3)


class AnswerLog:
    """The part of the store that keeps given answers."""

    def __init__(self, store: Database) -> None:
        self._store = store

    async def keep(self, given: Given) -> Given:
        """Keep an answer. Returns it with its id, which no other answer ever gets."""
        place = given.place
        if place is None:
            raise ValueError("an answer is given to somebody")
        cursor = await self._store._alone(
            "INSERT INTO answers (question, wrote, asked, since, until, sources, articles, size,"
            " answered, quotes, headlines, generation, given, asker, guild, channel, private)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                given.question,
                given.wrote,
                given.asked.toordinal(),
                given.since.toordinal() if given.since else None,
                given.until.toordinal() if given.until else None,
                json.dumps(given.sources),
                json.dumps(given.articles),
                given.size,
                given.answered,
                json.dumps([{name: getattr(quote, name) for name in _OF_A_QUOTE} for quote in given.quotes]),
                json.dumps(given.headlines),
                given.generation,
                given.given.timestamp(),
                place.asker,
                place.guild,
                place.channel,
                _PRIVATE if place.private else _PUBLIC,
            ),
        )
        return replace(given, id=cursor.lastrowid or 0)

    async def find(self, answer: int) -> Given | None:
        """The answer of this id, with its votes; ``None`` if it is kept no longer."""
        found = await self._select("WHERE id = ? AND asker IS NOT NULL", answer)
        return found[0] if found else None

    async def judged(self) -> list[Given]:
        """The answers that members voted on, the oldest first."""
        return await self._select(
            "WHERE up + down > 0 OR EXISTS (SELECT 1 FROM votes WHERE answer = answers.id) ORDER BY id"
        )

    async def share(self, answer: int, shared: bool) -> bool:
        """Make a private answer public, or take that back. Returns whether it was the other before."""
        before, after = (_PRIVATE, _SHARED) if shared else (_SHARED, _PRIVATE)
        async with self._store._bookkeeping():
            cursor = await self._store._writer.execute(
                "UPDATE answers SET private = ? WHERE id = ? AND private = ?", (after, answer, before)
            )
        return cursor.rowcount > 0

    async def vote(self, answer: int, member: int, good: bool) -> None:
        """Note a member's vote in the place of an earlier one; the same once more takes it back."""
        async with self._store._bookkeeping():
            cursor = await self._store._writer.execute(
                "DELETE FROM votes WHERE answer = ? AND member = ? AND good = ?", (answer, member, good)
            )
            if not cursor.rowcount:
                await self._store._writer.execute(
                    "REPLACE INTO votes (answer, member, good)"
                    " SELECT id, ?, ? FROM answers WHERE id = ? AND asker IS NOT NULL",
                    (member, good, answer),
                )

    async def sweep(self, before: datetime) -> None:
        """Drop the answers given before a moment. Of those with votes only who and where is dropped."""
        moment = before.timestamp()
        async with self._store._bookkeeping():
            for statement in (
                "DELETE FROM answers WHERE given < ? AND up + down = 0"
                " AND NOT EXISTS (SELECT 1 FROM votes WHERE answer = answers.id)",
                "UPDATE answers SET asker = NULL, guild = NULL, channel = NULL,"
                " up = (SELECT count(*) FROM votes WHERE answer = answers.id AND good),"
                " down = (SELECT count(*) FROM votes WHERE answer = answers.id AND NOT good)"
                " WHERE given < ? AND asker IS NOT NULL",
                "DELETE FROM votes WHERE answer IN (SELECT id FROM answers WHERE given < ?)",
            ):
                await self._store._writer.execute(statement, (moment,))

    async def _select(self, where: str, *parameters: object) -> list[Given]:
        rows = await self._store._reader.execute_fetchall(
            "SELECT question, asked, size, answered, quotes, generation, given, asker, guild, channel,"  # noqa: S608
            " private, since, until, sources, headlines, wrote, articles,"
            " up + (SELECT count(*) FROM votes WHERE answer = answers.id AND good),"
            " down + (SELECT count(*) FROM votes WHERE answer = answers.id AND NOT good), id"
            f" FROM answers {where}",
            parameters,
        )
        return [_given(*row) for row in rows]


def _given(
    question: str,
    asked: int,
    size: int,
    answered: int,
    quotes: str,
    generation: int,
    given: float,
    asker: int | None,
    guild: int | None,
    channel: int | None,
    private: int,
    since: int | None,
    until: int | None,
    sources: str,
    headlines: str,
    wrote: str,
    articles: str,
    up: int,
    down: int,
    identity: int,
) -> Given:
    return Given(
        question,
        date.fromordinal(asked),
        size,
        bool(answered),
        tuple(GivenQuote(**fields | {"also_in": tuple(fields["also_in"])}) for fields in json.loads(quotes)),
        generation,
        datetime.fromtimestamp(given, UTC),
        None if asker is None else Place(asker, guild, channel, private == _PRIVATE, private == _SHARED),
        read_day(since),
        read_day(until),
        tuple(json.loads(sources)),
        tuple(json.loads(headlines)),
        wrote,
        tuple(json.loads(articles)),
        Votes(up, down),
        identity,
    )
