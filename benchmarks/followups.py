"""How well questions are answered that go on from an earlier one and do not say again what they are about.

Thirty pairs of a question and a follow-up to the sample articles, each with words of the paragraph that
answers the follow-up. It is asked as it is, with what ``carry_over`` takes from the first question,
and with all of that:

    python -m benchmarks.followups
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.settings import SAMPLES
from index.answer import Question
from index.followup import carry_over
from index.newsroom import Newsroom

PAIRS = [
    ("Where was the stolen astrolabe found?", "Who found it?", "ornate trap for mice"),
    ("Where was the stolen astrolabe found?", "What was the reward?", "reward of €25,000"),
    ("Where was the stolen astrolabe found?", "When does it return to the museum?", "Saturday, 5 December"),
    ("Where was the stolen astrolabe found?", "How much is it worth?", "about €2.4 million"),
    ("Who stole the Wolmar astrolabe?", "And how did they get in?", "unscrewed a pane of glass"),
    ("Who stole the Wolmar astrolabe?", "Were they arrested?", "a brother and a sister"),
    ("When did the Hask ferry strike the pier?", "How many were hurt?", "at least 14 people|17 people"),
    ("When did the Hask ferry strike the pier?", "Who was her captain?", "Joost Hallander, 58"),
    ("When did the Hask ferry strike the pier?", "Why?", "rolled across the console|steel coffee flask"),
    ("When did the Hask ferry strike the pier?", "What happened to the hens?", "60 young hens|Two of the 60"),
    ("When did the Hask ferry strike the pier?", "When did she sail again?", "resumed her service"),
    ("When did the Hask ferry strike the pier?", "How fast was she?", "nine knots"),
    ("How much did the repair of the ferry cost?", "And who pays for it?", "the insurer pays all but"),
    ("Who won the Orven Cup?", "What was the score?", "5–4 on penalties"),
    ("Who won the Orven Cup?", "Who coaches them?", "Dagny Ruiz-Holm"),
    ("Who won the Orven Cup?", "How old is their goalkeeper?", "the 41-year-old goalkeeper"),
    ("Who was elected mayor of Port Sável?", "With how many votes?", "51.7 per cent|2,914 votes"),
    ("Who was elected mayor of Port Sável?", "When will she be sworn in?", "sworn in on Monday"),
    ("Who was elected mayor of Port Sável?", "Where is her office?", "disused ferry waiting room"),
    (
        "Who was elected mayor of Port Sável?",
        "What did she promise?",
        "free for everybody under 16|Other plans",
    ),
    ("What did the dockers get?", "How long was the strike?", "shut the harbour for five days"),
    ("What did the dockers get?", "Who was the mediator?", "Sister Benedikta Roux"),
    ("What did the dockers get?", "And what did they want?", "seven per cent more pay"),
    ("How long did the heat wave last?", "How many people died?", "At least 23 people died"),
    ("How long did the heat wave last?", "How hot was it?", "39.4 degrees|39.2 degrees"),
    ("Will the hospitals be merged?", "How much will that save?", "€9 million a year|€14 million a year"),
    ("Will the hospitals be merged?", "What becomes of the maternity ward?", "maternity ward in Mösterby"),
    ("How much does mending the Hollun Dam cost?", "Who does the work?", "Pallister & Znoj"),
    ("When does tram Line 6 open?", "How long is it?", "7.4 kilometres"),
    ("When does tram Line 6 open?", "And what did it cost?", "€148 million"),
]

_WAYS: dict[str, Callable[[str, str], str]] = {
    "as it is": lambda _, follow_up: follow_up,
    "carried over": carry_over,
    "after the first": lambda first, follow_up: f"{first} {follow_up}",
}


async def main() -> None:
    """Prints, for each way to ask, how often the right paragraph is first and is one of three."""
    with TemporaryDirectory() as data:
        async with await Newsroom.open(Path(data), articles=[SAMPLES]) as newsroom:
            await newsroom.reindex()
            for name, way in _WAYS.items():
                places = [await _place(newsroom, way(first, then), right) for first, then, right in PAIRS]
                first, three = places.count(1), sum(0 < place <= 3 for place in places)
                print(f"{name:16} first {first}/{len(PAIRS)}   of three {three}/{len(PAIRS)}")
                if name == "carried over":
                    missed = [pair for pair, place in zip(PAIRS, places, strict=True) if not 0 < place <= 3]
            for one, then, _ in missed:
                print(f"  not found: {one} {then} → {carry_over(one, then)}")


async def _place(newsroom: Newsroom, text: str, right: str) -> int:
    """Which quote holds the right words, from 1; 0 where none does."""
    found = await newsroom.ask(Question(text, date(2026, 11, 24)))
    holds = [any(words in quote.text for words in right.split("|")) for quote in found.quotes]
    return holds.index(True) + 1 if True in holds else 0


if __name__ == "__main__":
    asyncio.run(main())
