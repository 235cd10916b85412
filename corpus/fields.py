"""What the fields of an article may hold, whatever file or page they come from."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from corpus.errors import ReadError

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def one_line(written: str) -> str:
    """``written`` with its white space collapsed."""
    return " ".join(written.split())


def language(written: str) -> str:
    """A BCP 47 tag (en, pt-BR), empty if ``written`` is none."""
    bare = written.strip()
    return bare.replace("_", "-") if _LANGUAGE.fullmatch(bare) else ""


def address(written: str) -> str:
    """A web address as it was written, without white space around it and without its fragment.

    Empty where nothing is written. Raises ReadError where it is no http or https address.
    """
    bare = written.strip()
    if not bare:
        return ""
    try:
        parts = urlsplit(bare)
        known = bare.isprintable() and parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise ReadError("has a `url` that is not a web address; begin it with https:// or leave it out")
    return bare.partition("#")[0]
