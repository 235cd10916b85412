"""Text for Discord: what is written is what is shown, and a link leads where it seems to lead.

Every character that Discord could read as Markdown, a mention, an emoji or a link is escaped, so that the
words of an article can neither leave their quotation nor call anybody.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from bot.language import _

MOST_LINK = 2048  # Discord's limit, in characters

_SYNTAX = re.compile(r"[\\*_~|`<>\[\]@:&]")
_LINE_SYNTAX = re.compile(r"^([^\S\n]*)(?:([-+#=])|(\d+)(?=[.)]))", re.MULTILINE)
_NEWLINE = re.compile(r"\r\n?|\n")
_ROUND = str.maketrans("[]", "()")
# Characters that turn the direction of what follows them: a title could show a link's name backwards.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# What may stand in a link; a parenthesis would end it, an asterisk could end the bold around it.
_LINK_CHARACTERS = "%/:?#@!$&'+,;=~-._"
_HOST = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\.?")


def size(text: str) -> int:
    """The length of ``text`` in UTF-16 units: of the two ways to count characters the larger."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escape(text: str) -> str:
    """``text`` so that Discord shows it as it is written."""
    # Discord takes a carriage return for the end of a line, too.
    escaped = _SYNTAX.sub(r"\\\g<0>", _NEWLINE.sub("\n", text))
    return _LINE_SYNTAX.sub(_escape_start, escaped)


def plain(text: str, most: int) -> str:
    """``text`` on one line, escaped, and shortened at its end to ``most`` characters, one at least.

    What would turn the direction of the words beside it is left out.
    """
    text = " ".join(text.translate(_TURNING).split())
    escaped = escape(text)
    kept = len(text)
    while (over := size(escaped) - most) > 0:
        kept = min(kept - (over + 1) // 2, most - 1)  # an escaped character counts two
        escaped = escape(text[:kept].rstrip()) + "…"
    return escaped


def bold(escaped: str) -> str:
    """Escaped text in bold, line by line: a bold passage may not go over an empty line."""
    return "\n".join(map(_bold_line, escaped.split("\n")))


def name(text: str, most: int) -> str:
    """``text`` as ``plain`` has it, for the name of a link, or to stand beside one.

    Square brackets become round ones: of an escaped bracket, too, Discord may make the end of a link's name.
    """
    return plain(text.translate(_ROUND), most)


def link(name: str, target: str) -> str:
    """A link to an ``address`` under a ``name``."""
    # Discord refuses a name that looks like an address, since it may lead elsewhere.
    return f"{name} [{_('open')}]({target})" if r"\://" in name else f"[{name}]({target})"


@lru_cache(maxsize=1000)
def address(url: str) -> str:
    """``url`` as it may stand in a link; empty if it is none that Discord would open, or too long."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    # What stands before an @ could be taken for the host.
    if parts.scheme not in {"http", "https"} or parts.username is not None or not _HOST.fullmatch(host):
        return ""
    rest = (quote(part, safe=_LINK_CHARACTERS) for part in parts[2:])
    target = urlunsplit((parts.scheme, host + port, *rest))
    return target if len(target) <= MOST_LINK else ""


def _escape_start(found: re.Match[str]) -> str:
    indent, mark, number = found.groups()
    return f"{indent}{number}\\" if number else f"{indent}\\{mark}"


def _bold_line(line: str) -> str:
    bare = line.strip()
    if not bare:
        return line
    start = len(line) - len(line.lstrip())
    return f"{line[:start]}**{bare}**{line[start + len(bare) :]}"
