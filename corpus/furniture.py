"""What stands on a newspaper's page around the article: menus, share bars, log-in notes, adverts.

Each rule is about one line, without regard to where it stands, and holds for pages of many papers. A rule
must never fit a sentence of reporting: a line of furniture that stays is a blemish, a lost sentence a fault.
"""

from __future__ import annotations

import re

from corpus import vocabulary

_LONGEST = 500  # characters; a longer line is prose whatever words it holds

_BUTTONS = vocabulary.words(
    """
    share save print email e-mail mail copy link tweet facebook twitter x whatsapp linkedin reddit
    pinterest telegram messenger bluesky threads flipboard instagram youtube tiktok line kakaotalk kakao
    naver pocket bookmark like follow comment comments reply report listen play pause mute unmute replay
    download font size text small medium large bigger smaller zoom a a+ a- aa + - translate language
    gift article url this story on via to with and or close open menu search home next previous prev
    back top login register subscribe more options icon button loading advertisement ad ads sponsored
    """
)
_SECTIONS = vocabulary.words(
    """
    home news world nation national local politics business economy money markets opinion editorial
    editorials columns sport sports football cricket culture arts entertainment lifestyle life style
    fashion food travel weather video videos photos pictures podcast podcasts tv radio tech technology
    science health education environment climate magazine features property jobs obituaries classifieds
    games puzzles crosswords cartoons letters blogs live latest trending more menu search subscribe
    newsletters shop events archive contact about
    """
)
_LABELS = (_SECTIONS - _BUTTONS) | {"&", "and"}
_BARE = re.compile(r"[^\s()\[\]|·•:,/>]+")


def _any(table: str) -> re.Pattern[str]:
    """A pattern of alternatives, one a line of ``table``; a line that begins with # says what follows."""
    lines = (line.strip() for line in table.splitlines())
    return re.compile("|".join(f"(?:{line})" for line in lines if line and line[0] != "#"), re.IGNORECASE)


# A whole line is one of these.
_WHOLE = _any(
    r"""
# adverts
(?:sponsored|paid|partner|promoted) (?:content|post|by\b.{0,60})|promoted|advertorial
advertisements?|advertisement\b.{0,60}|(?:remove|hide) ads?|why am i seeing this.{0,20}
(?:story|article) continues (?:below|after).{0,60}
scroll (?:down )?(?:to|for) (?:continue|more|read).{0,40}
# counters and clocks
[\d.,]+ ?[km]? (?:comments?|shares?|likes?|views?|reads?|retweets?|reactions?|replies|followers)
(?:comments?|shares?|likes?|views?|replies|reactions)[:\s]*\(?[\d.,]+ ?[km]?\)?
(?:no|add|post|leave) (?:a )?comments?(?: yet)?
(?:(?:estimated )?(?:reading|read) time\W*)?\d+[ -]?min(?:ute)?s?(?:[ -](?:read|watch|listen))?
\d+ (?:seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?) ago
# sound and pictures
(?:audio|listen)\b(?! to (?:him|her|them)\b)[^.!?]{0,90}
(?:this (?:article|story)|article) (?:was|is) (?:narrated|read|voiced).{0,60}
(?:play|watch|view|see|open|enlarge) (?:the |full )*(?:video|image|gallery|photos?|pictures?|slideshow).{0,30}
(?:image|photo|video|media|picture) (?:source|credit|copyright)\b[^.!?]{0,80}
\d+ of \d+|\d+ ?/ ?\d+
# doors to other stories, with what they lead to
(?:read(?: more| also| next)?|also read|see also|related|watch|more|recommended)\s*[:>»›|].{0,200}[^.!?\s]
(?:tags?|topics|keywords|filed under)\s*:.{0,200}[^.!?\s]
(?:click to )?(?:share|e-?mail|print|tweet)\b[^.!?]{0,60}\((?:opens|in) [^()]{0,30}window\)
# ways into the page and out of it
(?:(?:skip|go|back|return) to (?:main |the |site )?(?:content|navigation|top|home ?page|menu|search)\W*)+
(?:log|sign) ?(?:in|out|up|on)(?: (?:here|now|/ ?(?:register|sign up|join)|or (?:register|subscribe)))?
my account|e-?paper|home|menu|search|subscribe(?: now| today)?|newsletters?|register|donate|help|faq
(?:contact|about)(?: us)?|advertise(?: with us)?
[\w.+-]+@[\w-]+(?:\.[\w-]+)+|@\w{2,30}|[\[(]?\[?email\s+protected\]?[\])]?
    """
)

# A whole line announces other stories.
_DOOR = _any(
    r"""
(?:read (?:more|also|next|on)|also read|see also|must read|don['’]t miss|up next)\W*
related(?: (?:stor(?:y|ies)|articles?|news|topics|content|coverage|links|posts|reading))?\W*
more (?:on this (?:story|topic)|like this|stories|news|from\b.{1,40}|in\b.{1,30})\W*
(?:most|top) (?:read|popular|viewed|shared|commented|stories|news)\W*
(?:popular (?:now|stories|articles)|latest (?:news|stories|headlines)|trending(?: now)?)\W*
(?:recommended(?: for you)?|you (?:may|might) (?:also )?like|editor['’]?s['’]? picks?)\W*
(?:tags?|topics|keywords|filed under)\W*
"""
)

# A line begins with one of these.
_OPENING = _any(
    r"""
copyright:? ?(?:©|\(c\)|\d{4})|©|\(c\) ?\d{4}
(?:no part of )?this (?:material|article|content)\b.{0,40}\bmay (?:not )?be (?:published|reproduced|copied)\b
(?:sign up|subscribe)\b.{0,60}\b(?:newsletters?|inbox|alerts|premium|full access|unlimited)\b
(?:get|receive|want|enjoy)\b.{0,80}\b(?:in|to) your (?:inbox|email|mailbox)\b
(?:we|this (?:web)?site|our (?:web)?site|our partners)\b.{0,40}\buses? (?:our )?(?:own )?(?:[\w-]+ )?cookies\b
by (?:clicking|continuing|using|signing|subscribing|submitting)\b.{0,80}\byou (?:agree|accept|consent)\b
accept (?:all )?cookies\b|(?:cookie|privacy) (?:policy|settings|preferences|notice)\b
(?:follow|like|find|join) (?:us|our|@\w+)\b.{0,60}\b(?:on|channel|page|group)\b
(?:follow|like) [\w .&'’-]{1,40} on (?:facebook|twitter|x|instagram|youtube|telegram|whatsapp|linkedin)\b
(?:download|get|install|open in) (?:our|the)\b.{0,30}\bapp\b
already (?:a|have an?) (?:subscriber|member|account)\b|(?:not a|become a) (?:subscriber|member)\b
don['’]t have an account\b|(?:please )?(?:enable|turn on|disable) (?:javascript|cookies|your ad ?blocker)\b
(?:like|enjoy(?:ed|ing)?) (?:this|what you)\b.{0,60}\b(?:share|subscribe|support|sign up|newsletter)\b
support (?:our|independent|quality|local) journalism\b
    """
)
_RIGHTS = re.compile(r"\ball rights reserved\b", re.IGNORECASE)

# A line for the page's visitor begins with one of these.
_NOTICE = _any(
    r"""
(?=.*\b(?:your?|please)\b)(?:to|please|if|you must)\b.{0,80}\b(?:(?:log|sign) ?(?:in|up)|register|subscribe)\b
(?:log|sign) (?:in|up|on)\b|register (?:now|here|for|to)\b|subscribe\b|create (?:an?|your) (?:free )?account\b
(?:leave|post|write|add|view|read|show|hide|load|see|submit)\b.{0,40}\b(?:comments?|reply|replies|conversation)\b
(?:join|be the first to|have your say|what do you)\b.{0,40}\b(?:comment|conversation|discussion|debate)\b
(?:the )?comment(?:s|ing|er)?\b.{0,60}\b(?:closed|moderated|disabled|our|loading|policy|guidelines|below)\b
(?:this|the full) (?:article|story|content|page)\b.{0,20}\b(?:for|to) (?:\w+ )?(?:subscribers|members)\b
(?:have|got|know) (?:a|any|something)\b.{0,40}\b(?:tip|story|news|question|correction)s?\b
(?:report|spotted|found|notice) (?:a|an|any) (?:errors?|mistakes?|typos?|corrections?)\b
(?:contact|e-?mail|write to) (?:us|our|the (?:reporter|author|writer|newsroom|editor))\b
(?:thank you|thanks) for (?:reading|subscribing|visiting|your (?:interest|support))\b
(?:click|tap) (?:here|on)\b|(?:continue|keep) reading\b|our (?:standards|policy|policies|code)\b
you(?:['’]ve| have) (?:reached|used|read)\b.{0,60}\b(?:limit|free|articles?)\b
(?:start|try|get|unlock)\b.{0,40}\b(?:free trial|(?:full|digital|unlimited) access)\b
    """
)


def is_furniture(line: str) -> bool:
    """Whether ``line`` (white space collapsed) is no part of an article wherever it stands."""
    if len(line) > _LONGEST:
        return False
    return (
        bool(_WHOLE.fullmatch(line) or _DOOR.fullmatch(line) or _OPENING.match(line) or _RIGHTS.search(line))
        or _BUTTONS.issuperset(_bare_words(line))
        or is_menu(line)
    )


def is_notice(line: str) -> bool:
    """Whether ``line`` speaks to the page's visitor; amid an article, somebody who is quoted may speak so."""
    return len(line) <= _LONGEST / 2 and bool(_NOTICE.match(line))


def is_door(line: str) -> bool:
    """Whether ``line`` announces other stories, whose titles follow it."""
    return len(line) <= _LONGEST and bool(_DOOR.fullmatch(line))


def is_menu(line: str) -> bool:
    """Whether ``line`` is a row of section names."""
    if line.endswith((".", "?", "!")):
        return False
    words = _bare_words(line)
    known = sum(word in _SECTIONS for word in words)
    return known >= 3 and known >= 0.6 * len(words)


def is_section(line: str) -> bool:
    """Whether ``line`` is the name of a newspaper's section and nothing else."""
    words = _bare_words(line)
    return 1 <= len(words) <= 3 and all(word in _LABELS for word in words)


def _bare_words(line: str) -> list[str]:
    return _BARE.findall(line.lower())
