"""Many questions from JSON Lines, asked together and answered in their order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from bot.dates import read_day, today
from corpus.errors import NewsbotError
from corpus.reading import Failure
from index.answer import Answer, Question

if TYPE_CHECKING:
    from index.newsroom import Newsroom

_TOGETHER = 64  # questions that are asked at once, and so encoded at once


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the file: its place (``file:line``), the id to be given back, and all of its ``fields``."""

    place: str
    id: Any
    question: Question
    fields: dict[str, Any]


def read(name: str, lines: Iterable[bytes], limit: int) -> Iterator[Asked | Failure]:
    """The questions of a file, each for ``limit`` quotes.

    A line is an object of ``id``, ``question`` and perhaps ``asked``, the day as of which it is answered. A
    line that is none becomes a Failure; blank ones are passed over.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            place = f"{name}:{number}"
            try:
                yield _asked(place, line, limit)
            except NewsbotError as error:
                yield Failure(place, error.said)


async def answer(
    newsroom: Newsroom, questions: Iterable[Asked | Failure]
) -> AsyncIterator[tuple[Asked, Answer] | Failure]:
    """The answers, in the order of the questions; what cannot be answered is a Failure."""
    waiting = iter(questions)
    while group := await asyncio.to_thread(list, islice(waiting, _TOGETHER)):
        async with asyncio.TaskGroup() as tasks:
            results = [tasks.create_task(_answer(newsroom, question)) for question in group]
        for result in results:
            yield result.result()


async def _answer(newsroom: Newsroom, asked: Asked | Failure) -> tuple[Asked, Answer] | Failure:
    if isinstance(asked, Failure):
        return asked
    try:
        return asked, await newsroom.ask(asked.question)
    except NewsbotError as error:
        return Failure(asked.place, error.said)


def _asked(place: str, line: bytes, limit: int) -> Asked:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NewsbotError(f"is not JSON: {error}") from None
    if not isinstance(fields, dict) or "id" not in fields or not isinstance(fields.get("question"), str):
        raise NewsbotError('is not of the form {"id": …, "question": "…", "asked": "YYYY-MM-DD"}')
    day = fields.get("asked")
    asked = today() if day is None else read_day(str(day))
    question = Question(fields["question"], asked, as_of=day is not None, limit=limit)
    return Asked(place, fields["id"], question, fields)
