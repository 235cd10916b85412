"""What kind of thing a question asks for: a person, a country, a number …

The kind is read from the last question word and the noun that follows it ("In which city …"), as in
answer-type classification for question answering (Li and Roth 2002), by a list of nouns instead of a trained
model.
"""

from __future__ import annotations

import re
from enum import StrEnum

from index.words import split


class Kind(StrEnum):
    """What a question asks for."""

    PERSON = "person"
    COUNTRY = "country"
    STATE = "state"
    PLACE = "place"
    NAME = "name"  # of an organisation, a team, a work
    NUMBER = "number"
    TIME = "time"
    THING = "thing"


PLACED = frozenset({Kind.COUNTRY, Kind.STATE, Kind.PLACE, Kind.TIME, Kind.NUMBER})


def kind_of(question: str) -> Kind:
    """What a question asks for; a thing, where nothing tells more."""
    if _ASKS_NUMBER.search(question):
        return Kind.NUMBER
    words = [word.lower() for word in split(question)]
    asking = [place for place, word in enumerate(words) if word in _ASKS or word in {"which", "what"}]
    if not asking:
        return Kind.THING
    last = asking[-1]
    if kind := _ASKS.get(words[last]):
        return kind
    following = words[last + 1 : last + 7]
    if following and following[0] in _AUXILIARIES:  # "What did the mayor say?" asks for no mayor
        return Kind.THING
    kinds = (_kind_of_noun(word) for word in following)
    return next((kind for kind in kinds if kind), Kind.THING)


def _kind_of_noun(word: str) -> Kind | None:
    singulars = (word, word.removesuffix("s"), word.removesuffix("es"), re.sub(r"ies$", "y", word))
    return next((_NOUNS[singular] for singular in singulars if singular in _NOUNS), None)


_ASKS = {
    "who": Kind.PERSON,
    "whom": Kind.PERSON,
    "whose": Kind.PERSON,
    "where": Kind.PLACE,
    "when": Kind.TIME,
}
_AUXILIARIES = frozenset(
    ["did", "do", "does", "has", "have", "had", "will", "would", "can", "could", "should"]
)
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|far|tall|high|big|large|often)\b|\bpercentage|\bfinal score\b|-digit\b"
    r"|\b(?:what|which) (?:percent|year|score|number|amount|share|price)|\bwhat (?:\w+ ){1,8}costs?\b"
    r"|\bwhat (?:is|was|are|were) the (?:\w+ ){0,2}(?:age|amount|cost|height|length|number|percentage"
    r"|population|price|rate|score|share|size|toll|total|value|weight)\b",
    re.IGNORECASE,
)
_KINDS_OF_NOUNS = {
    Kind.COUNTRY: "country nation",
    Kind.STATE: "state",
    Kind.PLACE: """city county island park town location province region destination airport continent
    territory village""",
    Kind.PERSON: """actor actress singer rapper musician candidate lawmaker senator
    politician president governor player golfer star celebrity leader artist figure author minister driver
    athlete queen king prince princess director comedian host billionaire congressman congresswoman
    representative mp justice nominee mogul legend coach quarterback icon official journalist anchor veteran
    gymnast swimmer ceo executive founder chef model writer scientist judge lawyer mayor secretary pope racer
    guest man woman person name""",
    Kind.NAME: """company team bank airline chain retailer platform network
    automaker carrier league organization organisation institution agency university school college store
    restaurant brand group band party union conference franchise studio club publisher newspaper app firm
    maker manufacturer startup festival department service pharmacy grocer show movie film song series album
    book game sitcom musical podcast novel term word track single play videogame program phrase""",
    Kind.TIME: "day month date year holiday weekday",
    Kind.THING: "type kind animal species",
}
_NOUNS = {noun: kind for kind, nouns in reversed(_KINDS_OF_NOUNS.items()) for noun in nouns.split()}
