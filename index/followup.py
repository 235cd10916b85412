"""Questions that go on from an earlier one, and do not say again what they are about."""

from __future__ import annotations

from index.words import STOP_WORDS, split

_MOST = 8  # words that are carried over
_ENOUGH = 3  # words of its own with which a question tells what it is about

# Words that stand for something that was said before, and those that go on from it.
_POINTING = frozenset(
    split(
        "he she it they him her them his hers its their theirs himself herself itself themselves"
        " this that these those there then one ones both others another"
    )
)
_ASKING = frozenset(split("who whom whose where when what which why how and about many much often long far"))


def carry_over(first: str, follow_up: str) -> str:
    """The follow-up as it is searched for: with names and terms of the ``first`` question before it.

    That is where it points back ("When did it sail?") or says less than three words of its own ("And why?").
    One that can stand by itself is returned as it is.
    """
    words = [word.lower() for word in split(follow_up)]
    own = [word for word in words if not _empty(word)]
    if len(own) >= _ENOUGH and not _POINTING.intersection(words):
        return follow_up
    terms = dict.fromkeys(
        word for word in split(first) if not _empty(word.lower()) and word.lower() not in words
    )
    names = [word for word in terms if word[0].isupper() or word[0].isdigit()]
    chosen = set([*names, *(word for word in terms if word not in names)][:_MOST])
    carried = " ".join(word for word in terms if word in chosen)
    return f"{carried}: {follow_up}" if carried else follow_up


def _empty(word: str) -> bool:
    short = len(word) < 2 and not word.isdigit()  # the 6 of Line 6 tells
    return short or word in STOP_WORDS or word in _POINTING or word in _ASKING
