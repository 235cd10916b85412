"""Questions that have an answer here, as examples: made of sentences in new articles, and asked to be sure.

A question asks for the subject, the number, the place or the role in a sentence, by patterns that hold for
how English news is written. A pattern may misread a sentence, and so each question is put to the bot itself:
an example is only what is answered by the very sentence that it was made of. Where there are too few,
headlines have to do.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from itertools import chain, islice, zip_longest
from typing import NamedTuple

from corpus.store import Opening, Store
from index import sentences
from index.answer import Answer, Question

COUNT = 3
_ARTICLES = 400  # the newest, of which examples are made,
_PARAGRAPHS = 5  # and as many of each
_TRIED = 24  # questions that are put to the bot
_MOST_KEPT = 50  # choices of outlets for which examples are remembered


class Examples:
    """Finds examples, and remembers them until the articles change."""

    def __init__(self, store: Store, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        self._store = store
        self._ask = ask
        self._found: dict[tuple[str, ...], tuple[int, asyncio.Task[tuple[str, ...]]]] = {}

    async def get(self, today: date, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Up to three questions, all different in kind if possible.

        Whoever waits may give up: what is being found is found for the next.
        """
        generation = await self._store.text_generation()
        known = self._found.pop(allowed, None)
        if known is None or known[0] != generation or _failed(known[1]):
            known = generation, asyncio.create_task(self._find(today, allowed), name="examples")
        self._found[allowed] = known
        if len(self._found) > _MOST_KEPT:
            self._found.pop(next(iter(self._found)))[1].cancel()
        return await asyncio.shield(known[1])

    async def close(self) -> None:
        """Stop what is being found."""
        tasks = [task for _, task in self._found.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find(self, today: date, allowed: tuple[str, ...]) -> tuple[str, ...]:
        openings = await self._store.openings(_ARTICLES, _PARAGRAPHS, allowed)
        good: dict[str, list[str]] = {}
        for made in await asyncio.to_thread(_candidates, openings):
            if len(good.get(made.kind, ())) < COUNT and await self._is_answered(made, today, allowed):
                good.setdefault(made.kind, []).append(made.question)
            if len(good) == COUNT:
                break
        found = [one for one in chain.from_iterable(zip_longest(*good.values())) if one]
        headlines = (_Made("headline", one.title, "", one.url) for one in openings[:_TRIED])
        while len(found) < COUNT and (headline := next(headlines, None)):
            if await self._is_answered(headline, today, allowed):
                found.append(headline.question)
        return tuple(found[:COUNT])

    async def _is_answered(self, made: _Made, today: date, allowed: tuple[str, ...]) -> bool:
        answer = await self._ask(Question(made.question, today, allowed=allowed, limit=1))
        best = answer.quotes[0] if answer.answered else None
        return best is not None and best.url == made.url and made.sentence in " ".join(best.sentence.split())


def _failed(task: asyncio.Task[tuple[str, ...]]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


class _Made(NamedTuple):
    """A question, and the sentence that it was made of, without its last point, and the article's address."""

    kind: str
    question: str
    sentence: str
    url: str


def _candidates(openings: Sequence[Opening]) -> list[_Made]:
    """At most one an article, kinds by turns."""
    by_kind: dict[str, list[_Made]] = {kind: [] for kind in _KINDS}
    for opening in openings:
        for made in islice(_made_of(opening), 1):
            by_kind[made.kind].append(made)
    return [made for row in zip_longest(*by_kind.values()) for made in row if made][:_TRIED]


def _made_of(opening: Opening) -> Iterator[_Made]:
    """What its sentences answer; nothing where they are not English."""
    if opening.language and not opening.language.lower().startswith("en"):
        return
    for text in opening.paragraphs:
        for start, end in sentences.split(text):
            sentence = " ".join(text[start:end].rstrip(".").split())
            for kind, make in _KINDS.items():
                question = make(sentence)
                if _SHORTEST <= len(question) <= _LONGEST and not _VAGUE.search(question):
                    yield _Made(kind, question, sentence, opening.url)
                    break


_LONGEST = 90  # characters of a question
_SHORTEST = 12

_REST = r"[^,;:()“”\"—]*"  # of a clause
_NAME = r"(?:[A-Z][\w’'.-]+(?:\s+(?:of|de|van|von|al|bin|da|del)\s+|\s+)){1,3}[A-Z][\w’'-]+"
_DID = (
    r"won|beat|defeated|founded|invented|discovered|designed|built|wrote|bought|directed|acquired|launched"
    r"|unveiled|opened|resigned|scored|set|broke|leads|received|joined|replaced|succeeded|led|owns|runs"
    r"|is the|will (?:lead|replace)|has (?:won|resigned)"
    r"|(?:was|has been) (?:elected|appointed|named|awarded|arrested|charged|killed|sentenced|fired)"
)
_NUMBER = (
    r"(?:\d[\d,.]*(?: (?:hundred|thousand|million|billion))?|(?:dozens|hundreds|thousands) of"
    r"|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
)
_WHO = re.compile(
    rf"^(?:[\w’'-]+ ){{0,4}}{_NAME}(?:,[^,]{{3,60}},)? (?!\w+ (?:in|on|at|to|by|from|off|up|with) )"
    rf"(?P<rest>(?:{_DID})\b{_REST})"
)
_HOW_MANY = re.compile(
    r"^(?:(?:In|On|At)\b[^,]{2,40}, )?"
    rf"(?i:(?:at least |more than |about |some |nearly |almost |around |over |up to )?{_NUMBER}) "
    rf"(?P<what>(?:[a-z-]+ ){{0,2}}(?:[a-z]+s|people|children|women|men)) "
    rf"(?P<rest>(?:were|are|have|had|will) {_REST})"
)
_WHERE = re.compile(
    r"^(?P<what>(?:The|A|An)(?: [\w’'-]+){2,4}) (?P<be>was|were|will be|is)"
    rf" (?P<done>[a-z]+ed|found|held|built|shot|seen|born) (?:in|at|near|outside|off) (?:the )?[A-Z]{_REST}"
)
_ROLE = re.compile(
    r"(?:^|[a-z,] )(?P<name>[A-Z][a-zà-ÿ]+ (?:[A-Z]\. )?[A-Z][a-zà-ÿ]+(?:-[A-Z][a-zà-ÿ]+)?),"
    r" (?:aged )?(?:\d\d,|who "
    r"|(?:an?|the) (?:[\w’'-]+ ){0,4}?[a-z]+(?:er|or|ist|ian|man|ent|chief|head|coach)\b)"
)
# What ends the part of a sentence that makes a question: where and when are for the answer to tell.
_TAIL = re.compile(
    r" (?:on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|yesterday|today|last (?:week|month|year|night)"
    r"|this (?:week|month|year|morning)|earlier|after|when|while|because|as|amid|according|despite|which|who"
    r"|where|but|and then|so that|since)\b.*$"
)
_VAGUE = re.compile(
    r"\b(?:more|other|he|she|they|it|his|her|their|its|this|that|these|those|here|there|him|them|I|we|our|my)\b"
)


def _who(sentence: str) -> str:
    found = _WHO.match(sentence)
    if not found:
        return ""
    rest = _TAIL.sub("", found["rest"]).strip()
    return f"Who {rest}?" if len(rest.split()) > 3 else ""


def _how_many(sentence: str) -> str:
    found = _HOW_MANY.match(sentence)
    if not found:
        return ""
    rest = _TAIL.sub("", found["rest"]).strip()
    return f"How many {found['what']} {rest}?" if len(rest.split()) > 2 else ""


def _where(sentence: str) -> str:
    found = _WHERE.match(sentence)
    if not found:
        return ""
    what = found["what"][0].lower() + found["what"][1:]
    be, _, later = found["be"].partition(" ")
    return f"Where {be} {what} {f'{later} ' if later else ''}{found['done']}?"


def _who_is(sentence: str) -> str:
    found = _ROLE.search(sentence)
    return f"Who is {found['name']}?" if found else ""


_KINDS: dict[str, Callable[[str], str]] = {
    "how many": _how_many,
    "where": _where,
    "who": _who,
    "who is": _who_is,
}
