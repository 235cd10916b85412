"""How well questions are answered that are asked in a reply to an answer.

Invented pairs of a question and what is asked next, all answered by the sample articles, each with words of
the paragraph that answers the second: follow-ups that do not say again what they are about, and replies that
ask something else. With the first of both the rule was made; those to check it were written when it stood.
The second question is asked as it is, with what ``carry_over`` takes from the first, and as a reply:

    python -m benchmarks.followups [DATA]

DATA is a copy of a data folder into which the articles of the development set were indexed; the sample
articles are added. Each development question (NEWSBOT_SHARED/news_qa/dev) is then also asked in a reply to
the answer of another, with which it has nothing to do.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.settings import SAMPLES
from index.answer import Earlier, Question
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

MORE_PAIRS = [
    ("Who won the Golden Plum?", "How long did it take to shoot?", "nineteen nights"),
    ("Who won the Golden Plum?", "When does it open in cinemas?", "opens in cinemas on 3 December"),
    ("What will a bottle of slevna cost?", "Why is it getting dearer?", "brought in 3,850 tonnes"),
    ("What will a bottle of slevna cost?", "How long must it rest?", "ash casks for 18 months"),
    ("How late is the church clock of Nether Quoll?", "Since when?", "since 1953"),
    (
        "How late is the church clock of Nether Quoll?",
        "Who was against the repair?",
        "spoke against the repair",
    ),
    ("When does Storm Berengar reach the coast?", "How high will the water be?", "1.6 metres above normal"),
    ("When does Storm Berengar reach the coast?", "And the schools?", "Schools on the coast|no school on"),
    (
        "When does Storm Berengar reach the coast?",
        "Until when do the ferries run?",
        "Tuesday at 5:15|5:15, the",
    ),
    ("Who noticed the crack in the Hollun Dam?", "How long is it?", "eleven metres long"),
    ("Who noticed the crack in the Hollun Dam?", "When will the lake be full again?", "full by the end of"),
    ("What happened to the cup on the way home?", "What does it cost to mend it?", "for €180"),
    ("When do the night trams start?", "How often do they run?", "every 30 minutes until four"),
    ("When do the night trams start?", "Who is the poet?", "Nobody knows who|Asked if she was the poet"),
    ("How many plums do the growers expect?", "How much sugar did they have?", "24 degrees of sugar"),
]

TURNS = [
    (
        "Where was the stolen astrolabe found?",
        "Who won the Orven Cup?",
        "won the Orven Cup|bring home the Orven",
    ),
    (
        "Where was the stolen astrolabe found?",
        "How many people were hurt on the ferry?",
        "14 people|17 |Seventeen",
    ),
    ("Who won the Orven Cup?", "When does Storm Berengar arrive?", "2 and 4 a.m.|two and four"),
    ("Who won the Orven Cup?", "Who is the captain of the Hask ferry?", "Joost Hallander"),
    ("When did the Hask ferry strike the pier?", "Who is the mayor of Port Sável?", "Ilse Vašková"),
    ("How long did the heat wave last?", "What does slevna cost?", "€31|€5.20"),
    ("Will the hospitals be merged?", "Who coaches Obervint?", "Dagny Ruiz-Holm"),
    ("What did the dockers get?", "How tall is the Hollun Dam?", "64 metres high"),
    ("Who stole the Wolmar astrolabe?", "When is the lake full?", "full by the end of April"),
    ("When does tram Line 6 open?", "What happened to the bananas?", "tonnes of bananas"),
    ("Who was elected mayor of Port Sável?", "Is there a film with four asterisks?", "four asterisks"),
    (
        "How much does mending the Hollun Dam cost?",
        "Is it true that the church clock is slow?",
        "eleven minutes slow",
    ),
    (
        "How many plums do the growers expect?",
        "What did the goats find?",
        "goats found the crack|Àpostol’s goats",
    ),
]

CHECK_PAIRS = [
    ("When does tram Line 6 open?", "What is a ticket?", "single ticket costs €2.40"),
    (
        "How many passengers does Line 6 carry?",
        "Why is it so late?",
        "blames a single set of traffic lights|crawl round the bend",
    ),
    ("Why does the tram squeal at Cooper's Bend?", "How loud is that?", "91 decibels"),
    ("Was Captain Hallander to blame for the accident?", "When will he be back?", "Monday 9 November"),
    (
        "Was Captain Hallander to blame for the accident?",
        "What do the inspectors recommend?",
        "nine recommendations",
    ),
    ("When does the Advent market open?", "How much is the mulled slevna?", "€5.20 a cup"),
    ("What does the fire brigade do about the storm?", "How many are on duty?", "340 people on duty"),
    ("Who beat the Harriers?", "How many people watched?", "attendance was 18,412"),
    ("Who beat the Harriers?", "What is the prize?", "€75,000 in prize money"),
    ("What happened to Alt-Hollun?", "How many families had to leave?", "31 families"),
    ("How old is the Wolmar astrolabe?", "Who made it?", "made in 1583 by Jürgen Wolmar"),
    ("Why did the museum's alarm fail?", "Has anybody resigned?", "offered to resign|resigned in October"),
    ("Who signed the petition for the maternity ward?", "How many births are there?", "712 children"),
    ("How many people voted in the run-off?", "And the turnout before?", "Turnout was 58.3 per cent"),
    ("How much did the bananas weigh?", "Where can I get some?", "at Gate 4"),
]
CHECK_TURNS = [
    ("Who made the film Four Stars?", "How many hens are missing?", "wo of the 60|two hens that have been"),
    ("When does the Advent market open?", "Did the dockers get more pay?", "4.6 per cent"),
    ("Why did the museum's alarm fail?", "Where is the tower of Alt-Hollun?", "ower of Alt-Hollun|ower of d"),
    ("Who beat the Harriers?", "What is wrong with Line 6?", "every fifth tram was more|shriek"),
    ("How many people voted in the run-off?", "Which firm mends the dam?", "Pallister & Znoj"),
    ("How much did the bananas weigh?", "Did it snow in the valley?", "first heavy snow|first snow"),
]

_SETS = {
    "follow-ups": PAIRS,
    "more follow-ups": MORE_PAIRS,
    "something else": TURNS,
    "to check it": CHECK_PAIRS,
    "to check it, else": CHECK_TURNS,
}
_TODAY = date(2026, 11, 24)
_APART = 37  # development questions: after so many they are about another week

Pair = tuple[Question, Question, Sequence[str]]
_WAYS: dict[str, Callable[[Question, Earlier], Question]] = {
    "as it is": lambda then, _: then,
    "carried over": lambda then, earlier: replace(then, text=carry_over(earlier.question, then.text)),
    "as a reply": lambda then, earlier: replace(then, earlier=earlier),
}


async def main() -> None:
    """Prints, for each way to ask, how often the right paragraph is first and is one of three."""
    with TemporaryDirectory() as empty:
        data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(empty)
        async with await Newsroom.open(data, articles=[SAMPLES]) as newsroom:
            await newsroom.reindex()
            for name, pairs in _SETS.items():
                await _measure(newsroom, name, _pairs(pairs))
            if len(sys.argv) > 1:
                await _measure(newsroom, "development questions", _development())


def _pairs(pairs: Sequence[tuple[str, str, str]]) -> list[Pair]:
    return [
        (Question(first, _TODAY), Question(then, _TODAY), right.split("|")) for first, then, right in pairs
    ]


def _development() -> list[Pair]:
    """Each question that can be answered after another; right are the addresses of its articles."""
    file = Path(os.environ.get("NEWSBOT_SHARED", "../shared"), "news_qa", "dev", "questions.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    asked = [
        (Question(line["question"], date.fromisoformat(line["asked"]), as_of=True), line["relevant"])
        for line in lines
        if line["answerable"]
    ]
    return [
        (replace(asked[(place + _APART) % len(asked)][0], asked=then.asked), then, right)
        for place, (then, right) in enumerate(asked)
    ]


async def _measure(newsroom: Newsroom, name: str, pairs: Sequence[Pair]) -> None:
    places: dict[str, list[int]] = {way: [] for way in _WAYS}
    for first, then, right in pairs:
        quotes = (await newsroom.ask(first)).quotes
        earlier = Earlier(first.text, tuple(quote.paragraph for quote in quotes))
        for way, reply in _WAYS.items():
            places[way].append(await _place(newsroom, reply(then, earlier), right))
    for way, found in places.items():
        three = sum(place > 0 for place in found)
        print(f"{name:22} {way:13} first {found.count(1):3}   of three {three:3}   of {len(pairs)}")
    for (first, then, _), place in zip(pairs, places["as a reply"], strict=True):
        if not place and first.asked == _TODAY:
            print(f"  not found: {first.text} {then.text}")


async def _place(newsroom: Newsroom, question: Question, right: Sequence[str]) -> int:
    """Which quote has the right words, or is of a right article, from 1; 0 where none of three is."""
    found = await newsroom.ask(question)
    holds = [any(words in quote.text or words == quote.url for words in right) for quote in found.quotes]
    return holds.index(True) + 1 if True in holds else 0


if __name__ == "__main__":
    asyncio.run(main())
