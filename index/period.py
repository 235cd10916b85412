"""The period that a question speaks of, relative to the day of asking. English only.

The reading is our own: dateparser takes 0.4 s at its first use and 1 ms a phrase, finds phrases in "may" and
"second", and does not know "last weekend", "last March" or "March last year".
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Period:
    """Days of publication, inclusive; ``None`` is no limit on that side, as where a period reaches the day of
    asking. ``explicit`` periods limit what is shown, others are only preferred. ``phrase`` holds the offsets
    of the words, of the first phrase where there are several.
    """

    since: date | None
    until: date | None
    explicit: bool
    phrase: tuple[int, int]


@lru_cache(maxsize=100)
def read_period(text: str, asked: date) -> Period | None:
    """The period of publication that ``text`` speaks of when asked on the day ``asked``.

    An event is in the news on its day and after, so ``until`` is the last day of the event plus a week, or
    plus 31 days where the period is a month or longer. Of several phrases the period covers all. Names
    ("Black Friday", "the 2022 World Cup"), what lies ahead, and days that do not exist are not read: a wrong
    limit hides the answer, a missed one costs little. Never raises; None where there is nothing to read.
    """
    found = _find(text, asked)
    if not found:
        return None
    spans = [span for span, _ in found]
    firsts = [span.first for span in spans if span.first]
    untils = [day for span in spans if (day := _until(span, asked))]
    since = min(firsts) if len(firsts) == len(spans) else None
    until = max(untils) if len(untils) == len(spans) else None
    explicit = [phrase for span, phrase in found if span.explicit]
    return Period(
        since=since,
        until=until,
        explicit=bool(explicit) and (since or until) is not None,
        phrase=(explicit or [found[0][1]])[0],
    )


_AFTERMATH = 7  # days: a weekly paper has an event a week later
_LONG_AFTERMATH = 31  # figures of a month come out in the next
_OLD = 5 * 365  # days: of what was longer ago, anniversaries and histories tell
_RECENT = 30


class _Span(NamedTuple):
    """Days of an event; ``first`` or ``last`` is None where it has no such end."""

    first: date | None
    last: date | None
    aftermath: int = _AFTERMATH
    explicit: bool = True


_Reader = Callable[[re.Match[str], date], _Span | None]


def _until(span: _Span, asked: date) -> date | None:
    if span.last is None or span.last.toordinal() + span.aftermath >= asked.toordinal():
        return None
    return _shift(span.last, span.aftermath)


def _find(text: str, asked: date) -> list[tuple[_Span, tuple[int, int]]]:
    """What the phrases of ``text`` mean, and where they stand; a form of words goes before those below it."""
    taken: list[tuple[int, int]] = []
    found = []
    for pattern, read in _FORMS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < there and here < end for here, there in taken) or _is_name(match):
                continue
            taken.append((start, end))
            if span := _in_context(read(match, asked), match):
                found.append((span, (start, end)))
    return sorted(found, key=lambda item: item[1])


def _in_context(span: _Span | None, match: re.Match[str]) -> _Span | None:
    if span is None or match.re is _VAGUE:
        return span
    if _PUBLISHED.search(match.string, max(0, match.start() - 40), match.start()):
        return span._replace(explicit=True, aftermath=0)
    if not _PAST.search(match[0]) and _AHEAD.search(_sentence(match)):
        return None
    return span


def _is_name(match: re.Match[str]) -> bool:
    """Whether the words are (part of) a name: "Last Night in Soho", "Wednesday Addams", "Freaky Friday"."""
    text, start, end = match.string, match.start(), match.end()
    if text.upper() == text:  # all capitals tell nothing
        return False
    before = text[:start].rstrip()
    opens = not before or before[-1] in ".?!:;"
    for word in _WORD.finditer(text, start + opens, end):
        if word[0][0].isupper() and not _CALENDAR.fullmatch(word[0]):
            return True
    if _CALENDAR_AT_END.search(match[0]) and _CAPITALISED.match(text, end):
        return True
    return bool(_WEEKDAY.match(match[0]) and _AFTER_CAPITALISED.search(text, max(0, start - 40), start))


def _sentence(match: re.Match[str]) -> str:
    """The sentence around the words, as far as it is near."""
    text = match.string
    start = max(0, match.start() - 200)
    start = max((stop.end() for stop in _STOP.finditer(text, start, match.start())), default=start)
    end = match.end() + 200
    stop = _STOP.search(text, match.end(), end)
    return text[start : stop.start() if stop else end]


# Points in time, and how each is read.


def _point(words: str, asked: date) -> _Span | None:
    for pattern, read in _POINTS:
        if match := pattern.fullmatch(words):
            return read(match, asked)
    return None


def _read_date(match: re.Match[str], asked: date) -> _Span | None:
    month, number = _month(match["month"]), int(match["day"])
    named = False
    if written := match["year"]:
        day = _day(_year(written, asked), month, number)
    else:
        day = _day(asked.year, month, number)
        if day and day > asked:
            day = _recent(_day(asked.year - 1, month, number), asked)
        named = (month, number) in _NAMED_DAYS
    if day is None or day > asked:
        return None
    age = (asked - day).days
    return _Span(day, day, explicit=age <= _OLD and not (named and age > _RECENT))


def _read_month(match: re.Match[str], asked: date) -> _Span | None:
    month = _month(match["month"])
    if written := match["year"]:
        first = _day(_year(written, asked), month, 1)
    else:
        first = _day(asked.year, month, 1)
        if first and first > asked:
            first = _day(asked.year - 1, month, 1)
            first = first if match["last"] else _recent(first, asked)
    if first is None or first > asked:
        return None
    last = first.replace(day=monthrange(first.year, first.month)[1])
    match (match["part"] or "").lower().split():
        case ["early"] | [*_, "beginning" | "start", "of"]:
            last = first.replace(day=15)
        case ["late"] | [*_, "end", "of"]:
            first = first.replace(day=15)
        case ["mid" | "mid-"]:
            first, last = first.replace(day=8), first.replace(day=23)
    if first > asked:
        return None
    # Last March, said in May, may be this year's or the one before.
    sure = not match["last"] or first.year < asked.year
    return _Span(first, last, _LONG_AFTERMATH, sure and (asked - last).days <= _OLD)


def _read_weekday(match: re.Match[str], asked: date) -> _Span:
    back = (asked.weekday() - _WEEKDAYS.index(match["weekday"][:3].lower())) % 7
    day = _shift(asked, -back)
    # On a Monday, "Monday" may be today or a week ago; "last Monday" may be this week's or the one before.
    unsure = back == 0 or (match["last"] and back <= asked.weekday())
    return _Span(_shift(day, -7) if unsure else day, day)


def _read_year(match: re.Match[str], asked: date) -> _Span | None:
    """Only preferred: what happened in a year is told, counted and compared in the years after."""
    year = _year(match["year"], asked)
    if year > asked.year:
        return None
    return _Span(_day(year, 1, 1), _day(year, 12, 31), _LONG_AFTERMATH, explicit=False)


def _read_ago(match: re.Match[str], asked: date) -> _Span | None:
    """Weeks are counted loosely, give or take three days; of months the whole month is meant."""
    number, unit = _number(match["number"]), match["unit"].lower()
    if number is None:
        return None
    if unit == "month":
        return _months_before(asked, number)
    if unit == "week":
        return _Span(_shift(asked, -7 * number - 3), _shift(asked, -7 * number + 3))
    day = _shift(asked, -number)
    return _Span(day, day)


def _read_past(match: re.Match[str], asked: date) -> _Span:
    number = _number(match["number"] or "one")
    unit = match["unit"].lower()
    length = {"hour": 1 / 24, "day": 1, "week": 7, "month": 31, "year": 366}[unit]
    days = 7 * length if number is None else max(1, number * length)
    return _Span(_shift(asked, -round(days)), None, explicit=number is not None and unit != "year")


def _read_last(match: re.Match[str], asked: date) -> _Span | None:
    """Yesterday, last night, last week, last month, last year, the weekend."""
    words = match[0].lower().split()
    if "weekend" in words:
        sunday = _shift(asked, -asked.weekday() - 1)
        return _Span(_shift(sunday, -1), asked if asked.weekday() >= 5 else sunday)
    if "week" in words:
        monday = _shift(asked, -asked.weekday() - 7)
        return _Span(monday, _shift(monday, 6))
    if "month" in words:
        return _months_before(asked, 1)
    if "year" in words:
        return _Span(
            _day(asked.year - 1, 1, 1), _day(asked.year - 1, 12, 31), _LONG_AFTERMATH, explicit=False
        )
    yesterday = _shift(asked, -1)
    return _Span(yesterday, yesterday)


def _read_today(match: re.Match[str], asked: date) -> _Span:
    standing = match[0].lower().startswith("today") and _STANDING.search(_sentence(match))
    return _Span(asked, None, explicit=not standing)


# Phrases around points in time.


def _read_phrase(match: re.Match[str], asked: date) -> _Span | None:
    return _point(match["a"], asked)


def _read_named_by(match: re.Match[str], asked: date) -> _Span | None:
    """ "The 6 January 2021 riot": told of at any time since."""
    span = _point(match["a"], asked)
    return span and span._replace(explicit=False)


def _read_open(match: re.Match[str], asked: date) -> _Span | None:
    span = _point(match["a"], asked)
    if span is None:
        return None
    if match["open"].lower() in ("since", "after"):
        return span._replace(last=None)
    # What ended before a day, or had to be done by it, is also told afterwards; a weekday may lie ahead.
    if _WEEKDAY.search(match["a"]):
        return None
    return span._replace(
        first=None, last=span.first if match["open"].lower() == "before" else span.last, explicit=False
    )


def _read_range(match: re.Match[str], asked: date) -> _Span | None:
    first, last = match["a"], match["b"]
    if match.re is _DAY_RANGE:
        month = f"{match['month'] or match['late_month']} {match['year'] or ''}".strip()
        first, last = f"{first} {month}", f"{last} {month}"
    habit = match["lead"].lower() == "from" and _WEEKDAY.fullmatch(first) and _WEEKDAY.fullmatch(last)
    start, end = _point(first, asked), _point(last, asked)
    if (written := _YEAR_AT_END.search(last)) and not _YEAR_AT_END.search(first):
        year = int(written[0])
        start = _point(f"{first} {year}", asked)
        if start and start.first and end and end.first and start.first > end.first:
            start = _point(f"{first} {year - 1}", asked)
    if start is None or start.first is None or (end and end.last and end.last < start.first):
        return None
    explicit = start.explicit and (end is None or end.explicit) and not habit
    return _Span(start.first, end and end.last, (end or start).aftermath, explicit)


def _read_nothing(_match: re.Match[str], _asked: date) -> None:
    """A name, or a time to come."""


def _read_vague(match: re.Match[str], asked: date) -> _Span:
    match _VAGUE_DAYS.findall(match[0].lower()):
        case ["days" | "week" | "weeks" | "weekend"]:
            return _Span(_shift(asked, -7), None, explicit=False)
        case ["tonight"]:
            return _Span(asked, None, explicit=False)
        case ["month"]:
            return _Span(asked.replace(day=1), None, explicit=False)
        case ["months"]:
            return _Span(_shift(asked, -92), None, explicit=False)
        case ["year"]:
            return _Span(asked.replace(month=1, day=1), None, explicit=False)
    return _Span(_shift(asked, -_RECENT), None, explicit=False)


def _read_season(match: re.Match[str], asked: date) -> _Span | None:
    """Only preferred: it is summer at another time in the south."""
    start = _day(asked.year, _SEASONS[match["season"].lower()], 1)
    if start and start > asked:
        start = _day(asked.year - 1, start.month, 1)
    if start and match["which"].lower() == "last" and (asked - start).days < 90:
        start = _day(start.year - 1, start.month, 1)
    return _Span(start, _shift(start, 91), _LONG_AFTERMATH, explicit=False) if start else None


# Days and numbers.


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _shift(day: date, days: int) -> date:
    return date.fromordinal(min(max(1, day.toordinal() + days), date.max.toordinal()))


def _recent(day: date | None, asked: date) -> date | None:
    """``day`` of the year before, unless the one to come is nearer."""
    return day if day and (asked - day).days <= 183 else None


def _months_before(asked: date, count: int) -> _Span | None:
    year, month = divmod(asked.year * 12 + asked.month - 1 - count, 12)
    first = _day(year, month + 1, 1)
    if first is None:
        return None
    return _Span(first, first.replace(day=monthrange(year, month + 1)[1]), _LONG_AFTERMATH)


def _year(words: str, asked: date) -> int:
    return int(words) if words.isdecimal() else asked.year - (words.split()[-2].lower() == "last")


def _month(words: str) -> int:
    return int(words) if words.isdecimal() else 1 + _MONTHS.index(words[:3].lower())


def _number(words: str) -> int | None:
    """None for "a few"."""
    return int(words) if words.isdecimal() else _NUMBERS.get(words.lower())


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_TO_TWELVE = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_NUMBERS = {word: number for number, word in enumerate(re.findall(r"\w+", _TO_TWELVE), 1)} | {"a": 1, "an": 1}
_NAMED_DAYS = {(9, 11), (1, 6), (10, 7), (7, 4)}  # said without a year, they mean the famous one


# The words. Without re.ASCII, (?i) would take "ı" for "i".


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){pattern}", re.IGNORECASE | re.ASCII)


def _unnamed(pattern: str) -> str:
    return re.sub(r"\?P<\w+>", "?:", pattern)


_W = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
_M = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
_M_SHORT = rf"(?:{_M}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_D = r"(?:3[01]|[12][0-9]|0?[1-9])"
_Y = r"(?:19|20)[0-9]{2}\b(?![-.,:][0-9])"
_OF_YEAR = rf"(?:,?\s+(?:of\s+)?(?P<year>{_Y}|(?:last|this)\s+year\b))"
_COUNT = rf"[0-9]{{1,3}}|a|an|{_TO_TWELVE}"
_FEW = r"few|several|couple\s+of"
_ISO = rf"(?P<year>(?:19|20)[0-9]{{2}})-(?P<month>1[0-2]|0[1-9])-(?P<day>{_D})\b"
_DOTTED = rf"(?P<day>{_D})\.\s?(?P<month>1[0-2]|0?[1-9])\.\s?(?P<year>(?:19|20)[0-9]{{2}})\b"
_DAY_MONTH = (
    rf"(?:{_W},?\s+)?(?:the\s+)?(?P<day>{_D})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_M_SHORT}){_OF_YEAR}?"
)
_MONTH_DAY = (
    rf"(?:{_W},?\s+)?(?P<month>{_M_SHORT})\s+(?:the\s+)?"
    rf"(?P<day>{_D})(?:st|nd|rd|th)?\b(?![-.,:%]?[0-9]){_OF_YEAR}?"
)
_DATES = (_ISO, _DOTTED, _DAY_MONTH, _MONTH_DAY)
_PART = r"(?:(?P<part>early|late|mid-?|the\s+(?:beginning|start|end)\s+of)(?:\s+|(?<=-)))"
_OF_MONTH = rf"{_PART}?(?P<last>last\s+)?(?P<month>{_M}){_OF_YEAR}?"
_OF_WEEK = rf"(?P<last>last\s+)?(?P<weekday>{_W})"
_LAST = (
    r"(?:yesterday|last\s+(?:night|week|month|year)|(?:last|the\s+past|this\s+past|over\s+the|at\s+the)\s+weekend)"
    r"\b(?!\s+of\b)"
)
_AGO = rf"(?P<number>{_COUNT}|a\s+(?:{_FEW}))\s+(?P<unit>day|week|month)s?\s+ago\b"
_PAST_TIME = (
    rf"(?:the|this)\s+(?:past|last|previous)\s+(?:(?P<number>{_COUNT}|{_FEW})\s+)?"
    r"(?P<unit>hour|day|week|month|year)(?(number)s?)\b(?!\s+of\b)"
)
_DATE = "|".join(map(_unnamed, _DATES))
_POINT = "|".join(map(_unnamed, (*_DATES, _OF_MONTH, _OF_WEEK, _LAST, _AGO, _Y)))
_FUNCTION = (
    r"(?:about|across|after|against|amid|and|as|at|because|before|between|by|did|do|does|during|following|for|from|"
    r"had|has|have|how|in|is|near|of|on|or|over|than|that|the|to|under|until|was|were|what|when|where|which|while|"
    r"who|why|with|without)\b"
)
_CLOSED = rf"(?=\s*(?:$|[-–—,.;:?!)\"”])|\s+{_FUNCTION})"
_YEAR_GIVEN = r"(?:(?<=[0-9]{4})|(?<=\syear))"

_NAMES = _compiled(
    r"(?:(?:black|good|super|cyber|giving|taco|bloody|ash|palm|easter|shrove|fat|whit|maundy|holy|pancake|casual|"
    rf"freaky|ruby|sheffield|happy|blue|manic|meatless|mothering|every|each|this|any\s+given)\s+{_W}"
    rf"|(?:a|an|the|is|of|called|named)\s+{_W}(?!['’]s)|{_W}\s+the\s+[0-9]+(?:th)?\b"
    r"|(?:the\s+)?(?:fourth|4th|fifth|5th)\s+of\s+(?:july|november)\b(?!,?\s+(?:19|20)[0-9]{2})"
    r"|(?:usa|psychology)\s+today\b|today\s+show\b|(?:of|to|until|till)\s+(?:today|yesterday)\b"
    r"|(?:next|coming|following|later\s+this)\s+"
    rf"(?:{_W}|{_M}|(?:day|night|week|weekend|month|year|spring|summer|autumn|fall|winter)\b)"
    rf"|(?:more\s+than|less\s+than|over|at\s+least)\s+(?:{_unnamed(_AGO)}))"
)
_DAY_RANGE = _compiled(
    rf"(?P<lead>between|from)\s+(?:(?P<month>{_M_SHORT})\s+)?(?P<a>{_D})(?:st|nd|rd|th)?\s+(?:and|to|until)\s+"
    rf"(?P<b>{_D})(?:st|nd|rd|th)?\b(?(month)|\s+(?:of\s+)?(?P<late_month>{_M_SHORT}))(?:,?\s+(?P<year>{_Y}))?"
)
_RANGE = _compiled(
    rf"(?P<lead>between|from|in|on)\s+(?P<a>{_POINT})\s*(?:and|or|to|until|till|through|–)\s+(?:on\s+)?"
    rf"(?P<b>{_POINT})"
)
# Theresa May resigned, and "since May resigned" is not about a month.
_OPEN = _compiled(
    rf"(?P<open>since|after|before|until|till|by)\s+(?P<a>{_POINT})(?:['’]s\b)?"
    rf"(?:(?<!\bmay)(?<!\bmarch)(?<!\bapril)(?<!\bjune)(?<!\baugust)|{_CLOSED})"
)
_EVENT_SINCE = _compiled(rf"(?P<open>since)\s+[^,.;?!]{{1,80}}?\s(?:in|on)\s+(?P<a>{_POINT})")
_NAMED_BY = _compiled(
    rf"(?<!\bon\s)the\s+(?P<a>(?:{_DATE}|{_M}\s+{_Y})(?<=[0-9]{{4}}))(?=\s+(?!{_FUNCTION})[a-z])"
)
_VAGUE = _compiled(
    r"(?:tonight|(?:earlier\s+)?this\s+(?:week|weekend|month|year)|recently|lately|recent\s+(?:days|weeks|months)"
    r"|these\s+days|nowadays|currently|at\s+the\s+moment|now|latest|newest|most\s+recent)\b"
)
_VAGUE_DAYS = re.compile(r"\b(?:days|weeks?|weekend|months?|year|tonight)\b")

_POINTS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    *((_compiled(form), _read_date) for form in _DATES),
    (_compiled(_OF_MONTH), _read_month),
    (_compiled(_OF_WEEK), _read_weekday),
    (_compiled(_LAST), _read_last),
    (_compiled(_AGO), _read_ago),
    (_compiled(rf"(?P<year>{_Y})"), _read_year),
)
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_NAMES, _read_nothing),
    (_DAY_RANGE, _read_range),
    (_RANGE, _read_range),
    (_OPEN, _read_open),
    (_EVENT_SINCE, _read_open),
    (_NAMED_BY, _read_named_by),
    (
        _compiled(rf"(?:(?:on|in|from|of|during)\s+)?(?P<a>{_DATE}|{_unnamed(_OF_MONTH)}){_YEAR_GIVEN}"),
        _read_phrase,
    ),
    (_compiled(rf"(?:on|of|from|dated)\s+(?P<a>{_DATE})(?!\s+(?:attacks?|riots?)\b)"), _read_phrase),
    (_compiled(rf"(?:in|during|throughout|of)\s+(?P<a>{_unnamed(_OF_MONTH)})(?!['’])"), _read_phrase),
    (_compiled(rf"(?P<a>last\s+{_M})(?!['’])"), _read_phrase),
    (_compiled(rf"(?:on\s+(?P<a>{_unnamed(_OF_WEEK)}))"), _read_phrase),
    (_compiled(rf"(?P<a>last\s+{_W}|{_W}(?=['’]s\b))"), _read_phrase),
    (
        _compiled(rf"(?<=\w\s)(?P<a>{_W})(?:{_CLOSED}|(?=\s+(?:morning|afternoon|evening|night)\b))"),
        _read_phrase,
    ),
    (_compiled(_LAST), _read_last),
    (_compiled(_AGO), _read_ago),
    (_compiled(_PAST_TIME), _read_past),
    (_compiled(r"(?:today|this\s+(?:morning|afternoon|evening))\b"), _read_today),
    (_compiled(r"(?P<which>last|this)\s+(?P<season>spring|summer|autumn|fall|winter)\b"), _read_season),
    (_compiled(rf"(?:in|during|throughout|from)\s+(?:(?:early|late|mid-?)\s*)?(?P<year>{_Y})"), _read_year),
    (_VAGUE, _read_vague),
)

_WEEKDAY = re.compile(_W, re.IGNORECASE | re.ASCII)
_YEAR_AT_END = re.compile(r"(?:19|20)[0-9]{2}$")
_WORD = re.compile(r"[A-Za-z]+")
_CALENDAR = re.compile(rf"{_W}|{_M_SHORT}", re.IGNORECASE | re.ASCII)
_CALENDAR_AT_END = re.compile(rf"(?:{_W}|{_M})$", re.IGNORECASE | re.ASCII)
_CAPITALISED = re.compile(r"\s+[A-Z]")
_AFTER_CAPITALISED = re.compile(rf"(?<![\w.?!])(?!(?i:{_FUNCTION}))[A-Z]\w*\s+$")
_STOP = re.compile(r"[.?!][\"”]?\s+(?=[A-Z\"“])")
_PUBLISHED = re.compile(
    r"\b(?:published|printed|articles?|stor(?:y|ies)|news|headlines?|coverage)\s+$", re.IGNORECASE
)
_PAST = re.compile(rf"\b(?:yesterday|last|past|previous|ago|since|after|{_Y})", re.IGNORECASE | re.ASCII)
# Present and future tense: the day is more likely to come.
_AHEAD = re.compile(
    r"\b(?:will|won['’]t|shall|going\s+to|upcoming|scheduled|set\s+to|due\s+(?:to|in|on)|expected|plans?\s+to|planned"
    r"|(?:beginning|starting)\s+(?:in|on)|effective|plays|opens|starts|begins|airs|takes\s+place|kicks\s+off"
    r"|(?:when|where|what\s+time)\s+(?:is|are)"
    r"|do(?:es)?\b.{1,60}\b(?:play|face|meet|open|start|begin|air|happen|take\s+place|end|close|vote))\b|['’]ll\b",
    re.IGNORECASE,
)
_STANDING = re.compile(r"\b(?:is|are|do|does|has|have)\b", re.IGNORECASE)
