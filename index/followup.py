"""Questions that go on from an earlier one, and do not say again what they are about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from index.answer import LONGEST_QUESTION, Earlier, Question
from index.retriever import Trace
from index.words import STOP_WORDS, split

_MOST = 8  # words that are carried over
_ENOUGH = 3  # words of its own with which a question tells what it is about,
_SOME = 2  # and with which it may

# Words that stand for something that was said before, and those that go on from it.
_POINTING = frozenset(
    split(
        "he she it they him her them his hers its their theirs himself herself itself themselves"
        " this that these those there then one ones both others another"
    )
)
_AFTER_HOW = frozenset(["many", "much", "often", "long", "far"])


async def follow_up(
    question: Question,
    earlier: Earlier,
    articles: Sequence[int],
    find: Callable[[Question], Awaitable[Trace]],
) -> Trace:
    """Answer a question from the ``articles`` that were quoted before, or else from all.

    It is asked of all with the subject of the ``earlier`` question. Where it may be about something else, it
    is also asked by itself, and that is the answer unless one of the others is as sure. Whatever needs the
    earlier subject has it in the question of its answer, and so can be followed up in its turn.
    """
    alone = replace(question, earlier=None)
    whole = replace(alone, text=carry_over(earlier.question, question.text)[:LONGEST_QUESTION])
    if whole == alone:
        return await find(alone)
    # With a word or none it always finds something: among enough articles there is one for "How long is it?".
    rival = await find(alone) if len(_own(question.text)) >= _SOME else None
    least = rival.answer.confidence if rival else 0.0
    if articles:
        among = tuple(articles)
        trace = await find(replace(alone, articles=among))
        if trace.answer.answered and trace.answer.confidence >= least:
            return replace(trace, answer=replace(trace.answer, question=replace(whole, articles=among)))
    trace = await find(whole)
    return rival if rival and rival.answer.confidence > trace.answer.confidence else trace


def carry_over(first: str, follow_up: str) -> str:
    """The follow-up as it is searched for: with names and terms of the ``first`` question before it.

    That is where it points back ("When did it sail?") or says less than three words of its own ("And why?").
    One that can stand by itself is returned as it is.
    """
    words = {word.lower() for word in split(follow_up)}
    if len(_own(follow_up)) >= _ENOUGH and not _POINTING & words:
        return follow_up
    terms = dict.fromkeys(
        word for word in split(first) if not _empty(word.lower()) and word.lower() not in words
    )
    names = [word for word in terms if word[0].isupper() or word[0].isdigit()]
    chosen = set([*names, *(word for word in terms if word not in names)][:_MOST])
    carried = " ".join(word for word in terms if word in chosen)
    return f"{carried}: {follow_up}" if carried else follow_up


def _own(question: str) -> list[str]:
    """The words that tell what a question is about."""
    return [word for word in split(question) if not _empty(word.lower())]


def _empty(word: str) -> bool:
    short = len(word) < 2 and not word.isdigit()  # the 6 of Line 6 tells
    return short or word in STOP_WORDS or word in _POINTING or word in _AFTER_HOW
