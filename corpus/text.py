"""An article from plain text: a note that somebody wrote, or a newspaper's page as it was scraped.

What a scraped page holds besides the article is told by known furniture (menus, share bars, date lines), by
repetition (a headline said twice, a picture's description beside its caption), and by place: before the first
and after the last paragraph of prose, short pieces that are no sentences belong to the page. Within the
article only known furniture goes. Where nothing tells of a scraped page, all is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from corpus import bylines, captions, dates, furniture, paragraphs, vocabulary
from corpus.article import Article, Kind, Paragraph
from corpus.encoding import storable
from corpus.errors import ReadError

_PROSE = 8  # words that make a sentence long enough to be the article's first or last
_RUNNING = 30  # words that are prose even without a full stop
_LONGEST_HEADLINE = 300  # characters
_LONGEST_HEADING = 15  # words
_HEAD = 100  # lines above the article among which the headline is looked for
_STANDFIRST = 4  # words by which a headline may be shorter than the standfirst
_LINKS = 10  # titles of other stories that stand together amid an article, at most
_EARLY = 5  # lines of the article among which the byline may stand
_SCRAP = 4  # words that, without a full stop at the head of a scraped page, are no standfirst
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_CRUMB = re.compile(r"\s*[>›»→]\s*|\s+[/|]\s+")
_ARROW = re.compile("[>›»→]")
_CLOCK = re.compile(r"\d:\d\d")
_HOME = vocabulary.words(
    """
    home homepage frontpage front news start startseite accueil inicio início
    """
)
_OUTLET = re.compile(r"\s+[|–—•·-]\s+\S.{0,60}|\S.{0,60}\s+[|–—•·-]\s+")
_LISTED = re.compile(r"^[•·*–—>-]\s|[\d:,]")
_LIST_ITEM = re.compile(r"[•·*–—-]\s|\(?\d{1,3}[.)]\s")
_TIME_WORDS = vocabulary.words(
    """
    am pm a p m o clock at on and by first last originally hours h hrs gmt utc z est edt et cst cdt ct
    mst mdt mt pst pdt pt bst ist cet cest eet eest msk kst jst sgt hkt pht wib aest aedt acst awst nzst
    nzdt sast wat eat published posted updated modified created issued released uploaded edited date
    time input monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs
    fri sat sun january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec st nd rd th of veröffentlicht aktualisiert am um
    uhr publié mis à jour le publicado actualizado el pubblicato aggiornato il gepubliceerd op 입력 등록 발행
    게시 수정 최종수정 기사입력 公開 更新 发布 發布
    """
)
_PUBLISHED = re.compile(
    r"(?:(?:first|originally|date) )?(?:published|posted|issued|released|date|input|veröffentlicht|publié"
    r"|publicado|pubblicato|gepubliceerd|(?:기사)?입력|등록|발행|게시|公開|发布|發布)\b",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"(?:last )?(?:updated|modified|edited|aktualisiert|mis à jour|actualizado|aggiornato"
    r"|(?:최종)?수정|更新)\b",
    re.IGNORECASE,
)


class _Role(Enum):
    """What a line looks like, wherever it stands."""

    PROSE = auto()
    SENTENCE = auto()  # cannot tell where the article begins and ends
    FRAGMENT = auto()
    CAPTION = auto()
    BYLINE = auto()
    DATE = auto()
    CRUMBS = auto()
    FURNITURE = auto()
    NOTICE = auto()


_PAGE = {_Role.FURNITURE, _Role.NOTICE, _Role.CRUMBS}
_WORDS = {_Role.PROSE, _Role.SENTENCE, _Role.CAPTION}


@dataclass(slots=True)
class _Line:
    """A paragraph as written, and with its white space collapsed for matching."""

    text: str
    plain: str
    words: int
    role: _Role


def parse(text: str, *, url: str, name: str) -> Article:
    """The article in ``text``, whose paragraphs are slices of it.

    ``name`` is the title where there is neither a headline nor a short first line. The date is known only
    where a line of its own says that the article was published or updated then. Raises ReadError where
    nothing is left to quote.
    """
    text = storable(text)
    lines = [_line(part) for part in paragraphs.split(text)]
    if not lines:
        raise ReadError("holds no words that can be quoted; put an article into it or take it away")
    page = _Page(_without_repeats(lines))
    kept = page.paragraphs()
    if not kept:
        raise ReadError(
            "holds no article text, only what surrounds one on a page; copy the article's own words"
        )
    return Article(
        url=url,
        title=page.title or paragraphs.title(kept[0].text, name),
        paragraphs=kept,
        authors=page.authors(),
        published=page.published(),
        section=page.section(),
    )


def _line(text: str) -> _Line:
    plain = " ".join(text.split())
    words = len(_WORD.findall(plain)) + len(_UNSPACED.findall(plain)) // 2
    return _Line(text, plain, words, _role(plain, words))


def _role(plain: str, words: int) -> _Role:
    if furniture.is_furniture(plain) or captions.is_credit(plain):
        return _Role.FURNITURE
    if _crumbs(plain):
        return _Role.CRUMBS
    if _says_only_when(plain):
        return _Role.DATE
    if not paragraphs.ends_sentence(plain) and bylines.authors(plain):
        return _Role.BYLINE
    if words >= _SCRAP and captions.is_caption(plain):
        return _Role.CAPTION
    if furniture.is_notice(plain):
        return _Role.NOTICE
    return _shape(plain, words)


def _shape(plain: str, words: int) -> _Role:
    if words >= _RUNNING:
        return _Role.PROSE
    if not paragraphs.ends_sentence(plain):
        return _Role.FRAGMENT
    # A headline may be a question or a cry, and so may the page's calls to its visitors.
    return _Role.PROSE if words >= _PROSE and not plain.endswith(("?", "!")) else _Role.SENTENCE


def _crumbs(plain: str, least: int = 3) -> list[str]:
    """The steps of a breadcrumb, such as Home > National > Harbours; empty if it is none.

    One that does not begin at home has arrows, and at least ``least`` steps.
    """
    if len(plain) > 200 or paragraphs.ends_sentence(plain):
        return []
    steps = [step for step in _CRUMB.split(plain) if step]
    if len(steps) < 2 or any(len(step.split()) > 4 for step in steps[:-1]):
        return []
    from_home = steps[0].lower() in _HOME
    return steps if from_home or (len(steps) >= least and _ARROW.search(plain)) else []


def _says_only_when(plain: str) -> bool:
    if len(plain) > 120 or not dates.find(plain):
        return False
    return all(word.lower() in _TIME_WORDS for word in re.findall(r"[^\W\d_]+", plain))


def _without_repeats(lines: list[_Line]) -> list[_Line]:
    """Long lines once; a line that stands twice together, or once more with a credit, is a caption."""
    kept: list[_Line] = []
    seen: set[str] = set()
    for line in lines:
        if kept and _is_same_picture(kept[-1], line):
            kept[-1] = max(kept[-1], line, key=lambda each: len(each.plain))
            kept[-1].role = _Role.CAPTION
        elif line.words < _PROSE or line.role not in _WORDS or line.plain not in seen:
            kept.append(line)
        seen.add(line.plain)
    return kept


def _is_same_picture(one: _Line, other: _Line) -> bool:
    if one.words < _SCRAP or not _WORDS & {one.role, other.role}:
        return False
    short, long = sorted((one.plain, other.plain), key=len)
    more = long[len(short) :].strip(" .|-–—")
    return long.startswith(short) and (not more or captions.is_credit(more))


class _Page:
    """The lines of one page, and where on it the article stands."""

    def __init__(self, lines: list[_Line]) -> None:
        self.lines = lines
        counts = Counter(
            line.plain.casefold() for line in lines if line.role is _Role.FRAGMENT and line.words >= _SCRAP
        )
        self.twice = {key for key, count in counts.items() if count > 1}
        for line in lines[:_EARLY]:
            if line.role is _Role.FRAGMENT and _crumbs(line.plain, least=2):
                line.role = _Role.CRUMBS
        self.scraped = bool(self.twice) or any(line.role in _PAGE - {_Role.NOTICE} for line in lines)
        if not self.scraped:
            for line in lines:
                if line.role is _Role.NOTICE:
                    line.role = _shape(line.plain, line.words)
        self.first, self.last = self._article()
        self.headline = self._headline()
        self.title = ""
        if self.headline is not None:
            self.title = lines[self.headline].plain
            below = range(self.headline + 1, self.first)
            self.first = next((at for at in below if lines[at].role is _Role.PROSE), self.first)
        self.bylines = self._bylines()
        self.end = next((at for at in range(self.last + 1, len(lines)) if self._ends_article(at)), len(lines))

    def paragraphs(self) -> tuple[Paragraph, ...]:
        kept: list[Paragraph] = []
        listing = False  # below a line that ends with a colon
        for at, line in enumerate(self.lines):
            kind = self._kind(at, line)
            listing = line.plain.endswith(":") or (listing and line.role is _Role.FRAGMENT)
            if kind or (listing and self.last < at < self.end):
                kept.append(Paragraph(line.text, kind or Kind.BODY))
        if not kept and self.headline is not None and not any(line.role in _PAGE for line in self.lines):
            return (Paragraph(self.lines[self.headline].text),)
        return tuple(kept)

    def authors(self) -> tuple[str, ...]:
        lines = [self.lines[at].plain for at in self.bylines]
        names = [name for plain in lines for name in bylines.authors(plain) or bylines.signature(plain)]
        return tuple(dict.fromkeys(names))

    def published(self) -> date | None:
        dated = [line.plain for line in self.lines if line.role is _Role.DATE]
        beside = [self.lines[at].plain for at in self.bylines]
        beside += [self.lines[at].plain for at in range(len(self.lines)) if self._is_beside_byline(at)]
        stated = [
            *(plain for plain in dated if _PUBLISHED.match(plain)),
            *beside,
            *(plain for plain in dated if _UPDATED.match(plain)),
        ]
        return next((day for plain in stated if (day := dates.find(plain))), None)

    def section(self) -> str:
        for line in self.lines:
            if line.role is _Role.CRUMBS:
                steps = [step for step in _crumbs(line.plain, least=2) if step.lower() not in _HOME]
                return next((step for step in reversed(steps) if not self._cuts_headline(step)), "")
        top = self.headline or 0
        above = [line.plain for line in self.lines[max(0, top - 2) : top]]
        return next((plain for plain in above if furniture.is_section(plain)), "")

    def _article(self) -> tuple[int, int]:
        """The places of the article's first and last paragraph that are told for certain.

        On a page, they bound the run of lines in which prose most outweighs scraps, and what adjoins it
        without any furniture between.
        """
        certain = [at for at, line in enumerate(self.lines) if line.role is _Role.PROSE]
        certain = certain or [at for at, line in enumerate(self.lines) if line.role is _Role.SENTENCE]
        if not certain:
            return len(self.lines), len(self.lines)
        first, last = self._densest() if self.scraped else (0, len(self.lines))
        marks = [at for at, line in enumerate(self.lines) if line.role in _PAGE]
        after = max((at for at in marks if at < first), default=-1)
        before = min((at for at in marks if at > last), default=len(self.lines))
        certain = [at for at in certain if after < at < before] or certain
        return certain[0], certain[-1]

    def _densest(self) -> tuple[int, int]:
        """The ends of the run of lines with the most words of prose, less those that scraps cost."""
        start = first = last = total = best = 0
        for at, line in enumerate(self.lines):
            if total <= 0:
                start, total = at, 0
            total += min(line.words, 60) if line.role in _WORDS else -_cost(line)
            if total > best:
                best, first, last = total, start, at
        return first, last

    def _headline(self) -> int | None:
        head = [at for at, line in enumerate(self.lines[: self.first]) if _may_be_headline(line)]
        if not head:
            return None
        if not self.scraped and not furniture.is_section(self.lines[head[0]].plain):
            return head[0]
        head = head[-_HEAD:]
        likely = {at: self._likeness(at, head) for at in head}
        best = max(head, key=lambda at: likely[at])
        # A standfirst may look as likely, and it follows the headline.
        close = (at for at in head if likely[at] >= likely[best] - _STANDFIRST)
        return next((at for at in close if self.lines[at].words >= _SCRAP), best)

    def _likeness(self, at: int, head: list[int]) -> float:
        """How much a line above a scraped article looks like its headline: long, said again, and close."""
        line = self.lines[at]
        said_again = line.plain.casefold() in self.twice or any(
            _adds_outlet(line.plain, self.lines[more].plain) for more in head
        )
        dated = bool(_CLOCK.search(line.plain) or dates.find(line.plain))
        return min(line.words, 8) + 4 * said_again - 8 * dated - min(self.first - at, 60) / 3

    def _bylines(self) -> list[int]:
        """The places of the lines that name the authors."""
        places = [
            at for at, line in enumerate(self.lines) if line.role is _Role.BYLINE and at != self.headline
        ]
        top = (self.headline or 0) - _EARLY
        at_head = [at for at in places if top <= at <= self.first + _EARLY]
        signed = [] if self.headline is None else range(self.headline + 1, self.first)
        return (
            at_head
            or [at for at in signed if bylines.signature(self.lines[at].plain)]
            or [at for at in places if at > self.last][:1]
        )

    def _ends_article(self, at: int) -> bool:
        return self.lines[at].role in _PAGE | {_Role.BYLINE}

    def _kind(self, at: int, line: _Line) -> Kind | None:
        """What part of the article the line is; None if it is none."""
        if line.role is _Role.CAPTION:
            return Kind.CAPTION
        if line.role is _Role.FURNITURE or self._is_headline(at) or self._signs(at) or self._dates(at):
            return None
        if at < self.first:
            return Kind.BODY if self._leads_in(at, line) else None
        if at > self.last:
            return Kind.BODY if self._lingers(at, line) else None
        if self._is_behind_door(at):
            return None
        return Kind.HEADING if self._heads(at, line) else Kind.BODY

    def _leads_in(self, at: int, line: _Line) -> bool:
        """Whether a line before the first prose is the article's, such as a standfirst."""
        before = self.headline is not None and at < self.headline
        if line.role in _WORDS:
            return not before or not self.scraped or line.words >= _RUNNING
        if not self.scraped:
            return not (before and furniture.is_section(line.plain))
        dated = _CLOCK.search(line.plain) and dates.find(line.plain)
        return line.role is _Role.FRAGMENT and line.words > _SCRAP and not before and not dated

    def _lingers(self, at: int, line: _Line) -> bool:
        """Whether a line after the last prose is still the article's."""
        if line.role in _WORDS:
            near = line.role is _Role.SENTENCE or at <= self.last + _EARLY
            calls = line.plain.endswith(("?", "!"))
            return at < self.end or (near and not calls) or line.words >= _RUNNING
        fragment = line.role in {_Role.FRAGMENT, _Role.DATE}
        return fragment and at < self.end and (not self.scraped or _is_listed(line.plain))

    def _is_behind_door(self, at: int) -> bool:
        """Whether this is the title of another story, which the page puts amid the article."""
        for above in range(at, max(self.first, at - _LINKS), -1):
            if self.lines[above].role is not _Role.FRAGMENT or self.lines[above].words <= _SCRAP:
                return above < at and furniture.is_door(self.lines[above].plain)
        return False

    def _heads(self, at: int, line: _Line) -> bool:
        """Whether a line within the article is the heading of what follows."""
        if line.role in _WORDS or line.words > _LONGEST_HEADING or line.plain.endswith(":"):
            return False
        below_entry = self.lines[at - 1].role is _Role.FRAGMENT and not self._is_behind_door(at - 1)
        listed = _LIST_ITEM.match(line.plain) or below_entry
        return self.lines[at + 1].role in _WORDS and not listed

    def _is_headline(self, at: int) -> bool:
        """Whether this is the headline or says it again, perhaps with the outlet's name."""
        line = self.lines[at]
        if not self.title or not (line.role is _Role.FRAGMENT or self.scraped):
            return False
        same = line.plain.casefold() == self.title.casefold()
        return same or (at < self.first and _adds_outlet(self.title, line.plain))

    def _cuts_headline(self, step: str) -> bool:
        """Whether the last step of a breadcrumb is the article itself."""
        start = step.casefold().rstrip(" .…")
        return len(start.split()) >= _SCRAP and self.title.casefold().startswith(start)

    def _signs(self, at: int) -> bool:
        below = at - 1 in self.bylines and self.lines[at].role is _Role.FRAGMENT
        return at in self.bylines or (below and bylines.role(self.lines[at].plain))

    def _dates(self, at: int) -> bool:
        line = self.lines[at]
        labelled = bool(_PUBLISHED.match(line.plain) or _UPDATED.match(line.plain))
        around = self.scraped and not self.first <= at <= self.last
        return line.role is _Role.DATE and (labelled or around or self._is_beside_byline(at))

    def _is_beside_byline(self, at: int) -> bool:
        return self.lines[at].role is _Role.DATE and bool({at - 1, at + 1} & set(self.bylines))


def _cost(line: _Line) -> int:
    """The words of prose that a line outweighs as a sign that here is no article; lists are no sign."""
    if line.role in _PAGE:
        return 5
    return 4 if line.role is _Role.FRAGMENT and not _is_listed(line.plain) else 0


def _is_listed(plain: str) -> bool:
    """Whether a fragment looks like an entry of a list or a table."""
    return bool(_LISTED.search(plain))


def _may_be_headline(line: _Line) -> bool:
    asks = line.role is _Role.SENTENCE and line.plain.endswith(("?", "!"))
    return (asks or line.role is _Role.FRAGMENT) and len(line.plain) <= _LONGEST_HEADLINE


def _adds_outlet(headline: str, longer: str) -> bool:
    """Whether ``longer`` is the headline with a name before or after it: Headline | Outlet."""
    if longer.startswith(headline):
        return bool(_OUTLET.fullmatch(longer[len(headline) :]))
    return longer.endswith(headline) and bool(_OUTLET.fullmatch(longer[: -len(headline)]))
